"""The guide's sheet of a work list: who fills it in, how far they are, and what the words to choose from mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from matcher.review.sheet_words import GUIDES, NAME_LABEL, PROGRESS, RELATIONS_HEADING, SHEETS
from matcher.review.words import RELATION_WORDS, VERDICT_WORDS
from matcher.review.worklist import WorkList

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

# Excel and LibreOffice take Chinese characters from the system's own fonts beside it.
FONT = "Calibri"
# The first character of the East Asian blocks, all of them twice as wide as a Latin letter.
WIDE = 0x2E80
# The cell that a list without a reviewer asks for the name in.
NAME_CELL = "B2"
_WIDTHS = (24, 96)


def fill_guide(sheet: Worksheet, listed: WorkList, fills: Mapping[str, str], *, verdict_column: int) -> None:
    """Fill the guide's sheet.

    Args:
        sheet: The sheet, empty.
        listed: The list.
        fills: The colour of each verdict, as the list's own rows show it.
        verdict_column: The list's column of verdicts, counted from 1.
    """
    from openpyxl.styles import Font, PatternFill, Protection
    from openpyxl.utils import get_column_letter

    shown = listed.options.language
    guide = GUIDES[listed.purpose][shown]
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _WIDTHS
    sheet.cell(row=1, column=1, value=guide.title).font = Font(name=FONT, bold=True, size=14)
    sheet.row_dimensions[1].height = 24
    sheet.cell(row=2, column=1, value=NAME_LABEL[shown])
    name = sheet[NAME_CELL]
    if listed.reviewer:
        # A string cell: Excel never runs it.
        name.value, name.data_type = listed.reviewer, "s"
    else:
        name.fill = PatternFill("solid", fgColor="FFF6CC")
        name.protection = Protection(locked=False)
    sheet.cell(row=3, column=1, value=PROGRESS[shown])
    column = get_column_letter(verdict_column)
    span = f"'{SHEETS[shown][0]}'!${column}$2:${column}${max(2, len(listed.rows) + 1)}"
    sheet.cell(row=3, column=2, value=f'=COUNTA({span})&" / "&{len(listed.rows)}')
    at = 5
    for text in guide.before:
        at = _paragraph(sheet, at, text)
    for verdict, meaning in guide.verdicts.items():
        at = _term(sheet, at, VERDICT_WORDS[shown][verdict], meaning, fills[verdict])
    at = _paragraph(sheet, at + 1, RELATIONS_HEADING[shown])
    for words in RELATION_WORDS[shown].values():
        word, _, meaning = words.replace("：", ":").partition(":")
        at = _term(sheet, at, word, meaning.strip(), "FFF6CC")
    at += 1
    for text in guide.after:
        at = _paragraph(sheet, at, text)
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.sheet_view.showGridLines = False
    sheet.protection.sheet = True


def _height(text: str, width: int) -> float:
    """Return a row's height in points; a merged row does not grow by itself. Chinese takes two columns a character."""
    taken = sum(2 if ord(character) > WIDE else 1 for character in text)
    return 16.0 * (1 + taken // width) + 4


def _paragraph(sheet: Worksheet, row: int, text: str) -> int:
    from openpyxl.styles import Alignment, Font

    cell = sheet.cell(row=row, column=1, value=text)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)
    cell.font = Font(name=FONT)
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    sheet.row_dimensions[row].height = _height(text, sum(_WIDTHS))
    return row + 1


def _term(sheet: Worksheet, row: int, word: str, meaning: str, color: str) -> int:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    term, text = sheet.cell(row=row, column=1, value=word), sheet.cell(row=row, column=2, value=meaning)
    line = Border(bottom=Side("thin", color="FFFFFF"))
    term.font, text.font = Font(name=FONT, bold=True), Font(name=FONT)
    term.fill, term.border = PatternFill("solid", fgColor=color), line
    for cell in (term, text):
        cell.alignment = Alignment(horizontal="left", vertical="top", wrap_text=True, indent=1)
    sheet.row_dimensions[row].height = _height(meaning, _WIDTHS[1])
    return row + 1
