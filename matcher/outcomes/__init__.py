"""What matches are for: coverage of a set of units and an occupation, a merged draft, editions and what they change."""
