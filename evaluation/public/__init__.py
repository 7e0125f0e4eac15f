"""Public test sets, measured so that the figures stand beside published ones; their texts stay outside."""
