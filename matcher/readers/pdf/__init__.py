"""PDF pages to lines and tables, by geometry."""
