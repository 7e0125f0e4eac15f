"""Original ZZ text typeset into the layouts of real documents, with damage on request; the truth is known."""
