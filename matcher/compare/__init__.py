"""Comparison of two units: which statements carry a match."""
