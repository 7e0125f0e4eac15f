"""Results as files: JSON Lines, JSON, CSV, XLSX, TREC and a page to read."""

from matcher.export.write import Format, render_results, write_results

__all__ = ["Format", "render_results", "write_results"]
