"""Speed at full size: a generator of frameworks, what is measured on them, and the plan for more."""
