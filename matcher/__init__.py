"""Suggest comparable units across competency frameworks, for experts to review."""

__version__ = "0.1.0"
