"""Other frameworks against the samples: gold from two readings, and what `matcher screen` makes of it."""
