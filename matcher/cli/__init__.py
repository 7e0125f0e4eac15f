"""The command line: a thin skin over importable functions; the home of typer and rich."""
