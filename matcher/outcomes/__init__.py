"""What comes of matching and reviewing: coverage, reports, editions."""
