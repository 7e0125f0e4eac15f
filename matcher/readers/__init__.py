"""Readers: files as people keep them to the canonical record, with a report of every row."""

from matcher.readers.canonical import write_framework
from matcher.readers.options import ReadOptions
from matcher.readers.read import read_framework
from matcher.readers.report import ParseReport, ReadResult, RowReport

__all__ = [
    "ParseReport",
    "ReadOptions",
    "ReadResult",
    "RowReport",
    "read_framework",
    "write_framework",
]
