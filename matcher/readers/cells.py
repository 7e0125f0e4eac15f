"""How our own tables guard a cell against spreadsheets, and how the text comes back."""

from __future__ import annotations

import re

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# What XML 1.0 cannot hold; Office writes such a character as _xHHHH_ (ECMA-376 part 1, 22.9.2.19, ST_Xstring).
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_WRITTEN = re.compile("_x([0-9A-Fa-f]{4})_")


def _is_formula(text: str) -> bool:
    return text.lstrip("'").lstrip(" ")[:1] in _FORMULA


def guarded_cell(text: str) -> str:
    """Return text that no spreadsheet runs as a formula: an apostrophe before it (OWASP, CSV injection)."""
    return "'" + text if _is_formula(text) else text


def plain_cell(cell: str) -> str:
    """Return what ``guarded_cell`` was given."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell) else cell


def workbook_text(text: str) -> str:
    """Return text whose every character fits XML, in Office's own way of writing the others."""
    return _NOT_XML.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def plain_workbook_text(text: str) -> str:
    """Return what ``workbook_text`` was given (a code that holds ``_xHHHH_`` itself reads as Excel reads it)."""
    return _WRITTEN.sub(
        lambda found: chr(int(found.group(1), 16)) if _NOT_XML.match(chr(int(found.group(1), 16))) else found.group(),
        text,
    )
