"""Sheets of a workbook for people: headings, widths, wrapped cells, nothing that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matcher.artefact import atomic_path
from matcher.errors import InputError
from matcher.export.rows import Cell
from matcher.export.workbook import FIXED_TIME, MAX_CELL, MAX_ROWS, fix_times
from matcher.readers.cells import workbook_text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


# Named, or a program falls back to its own; both scripts of Chinese come from the program's fonts for them.
FONT = "Calibri"
# A row's height: a line of the font is 15 points high, one with Chinese characters 17; those take two columns of width.
# Excel takes no more than 409 points. Programs do not fit the rows of a file that they did not write.
_LINE, _CHINESE_LINE, _WIDE, _HIGHEST = 15.0, 17.0, 0x2E7F, 400.0


def height(cells: Sequence[Cell], widths: Sequence[float]) -> float:
    """Return the height in points that a row of wrapped cells needs."""
    most = _LINE
    for value, width in zip(cells, widths, strict=False):
        if isinstance(value, str):
            each = _CHINESE_LINE if any(ord(c) > _WIDE for c in value) else _LINE
            lines = (sum(2 if ord(c) > _WIDE else 1 for c in line) for line in value.split("\n"))
            most = max(most, sum(each * (1 + int(line * 1.05 // width)) for line in lines))
    return min(most + 2, _HIGHEST)


def write_book(path: Path, fill: Callable[[Any], None]) -> None:
    """Write a workbook that a function fills, whole or not at all; the same content gives the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    fill(book)
    book.properties.creator = "Competency Matcher"
    book.properties.created = book.properties.modified = datetime(*FIXED_TIME)
    with atomic_path(path) as temporary:
        book.save(temporary)
        fix_times(temporary)


def put(
    sheet: Worksheet,
    row: int,
    cells: Sequence[Cell],
    *,
    widths: Sequence[float] = (),
    colour: str = "",
    bold: bool = False,
) -> None:
    """Write cells into a row; text is always text.

    Args:
        sheet: The sheet.
        row: The row's number.
        cells: What to write.
        widths: The columns' widths, where the row is to be as high as its text needs.
        colour: The fill, or "".
        bold: In bold type.

    Raises:
        InputError: The sheet has no more rows.
    """
    from openpyxl.styles import Alignment, Font, PatternFill

    if row > MAX_ROWS:
        raise InputError("too many rows for one sheet", where="xlsx", do="compare fewer units")
    if widths:
        sheet.row_dimensions[row].height = height(cells, widths)
    for column, value in enumerate(cells, 1):
        cell = sheet.cell(row=row, column=column)
        if isinstance(value, str):
            # Marked as typed with an apostrophe: Excel never runs it, not even after an edit.
            cell.value = workbook_text(value[:MAX_CELL])
            cell.data_type = "s"
            cell.quotePrefix = value[:1] in ("=", "+", "-", "@")
        elif value is not None:
            cell.value = value
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        if colour:
            cell.fill = PatternFill("solid", fgColor=colour)
        if bold:
            cell.font = Font(name=FONT, bold=True)


def head(sheet: Worksheet, headings: Sequence[str], widths: Sequence[float]) -> None:
    """Write a heading row that stays in sight and stands on every printed page."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    for column, (heading, width) in enumerate(zip(headings, widths, strict=True), 1):
        cell = sheet.cell(row=1, column=column, value=heading)
        cell.font = Font(name=FONT, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E79")
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "C2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def filtered(sheet: Worksheet, columns: int, last: int) -> None:
    """Give a sheet its filter."""
    from openpyxl.utils import get_column_letter

    sheet.auto_filter.ref = f"A1:{get_column_letter(columns)}{last}"


def page_of_text(sheet: Worksheet, lines: Sequence[str]) -> None:
    """Fill a sheet with lines to read, the first as its title."""
    from openpyxl.styles import Alignment, Font

    sheet.column_dimensions["A"].width = 110
    for row, text in enumerate(lines, 1):
        cell = sheet.cell(row=row, column=1, value=workbook_text(text[:MAX_CELL]))
        cell.data_type = "s"
        cell.font = Font(name=FONT, bold=row == 1, size=14 if row == 1 else 11)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[row].height = height((text,), (95.0,)) + (6 if row == 1 else 0)
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
