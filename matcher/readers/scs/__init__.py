"""Specification of Competency Standards: books of unit tables, as PDF, DOCX or HTML."""
