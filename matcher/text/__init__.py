"""Text in its normal form: folded, one script, one vocabulary, no genre boilerplate."""
