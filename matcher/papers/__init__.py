"""Papers that people take away, as DOCX, HTML, XLSX and CSV: coverage, the comparability report, the merged draft."""
