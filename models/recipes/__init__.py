"""Training recipes, one folder each."""
