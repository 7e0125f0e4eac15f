"""What matches are for: how much a set of units and an occupation cover of each other, what is left, a merged draft."""
