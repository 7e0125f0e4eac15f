"""Screening in partitions: on one machine with several processes, or beyond it; the same bytes either way."""
