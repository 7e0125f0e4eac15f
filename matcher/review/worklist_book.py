"""A work list as an Excel workbook; the same list gives the same bytes.

Sheets: the guide's page, the list, and a hidden one that says what the list is: every row's id with a checksum of each
machine cell, and the whole run, so that the list can be imported into a store that has never seen it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from copy import copy
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matcher.artefact import atomic_path, sha256_of_bytes
from matcher.errors import InputError
from matcher.export.rows import Cell
from matcher.export.workbook import FIXED_TIME, MAX_CELL, MAX_ROWS, fix_times
from matcher.review.sheet_words import CHOOSE, HEADINGS, ID_HEADING, SHEETS
from matcher.review.words import RELATION_WORDS, VERDICT_WORDS, Shown
from matcher.review.worklist import UNIT_COLUMNS, WorkList
from matcher.review.worklist_guide import FONT, WIDE, fill_guide

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

FORMAT = "competency-matcher work list"
FORMAT_VERSION = 1
HIDDEN_SHEET = "_matcher"
FILL_COLUMNS = ("verdict", "your_relation", "comment")
_CHUNK = 30_000
# Excel's own limit, in points.
MAX_HEIGHT = 409.0
_WIDTHS = {
    "unit": 13, "unit_title": 22, "unit_level": 10, "candidate": 14, "candidate_title": 22, "candidate_level": 12,
    "candidate_context": 20, "matched": 54, "about": 13, "said": 34, "verdict": 14, "your_relation": 18, "comment": 30,
    "rank": 7, "score": 7, "confidence": 11, "relation": 15,
}  # fmt: skip
# What the machine thinks stands right of what the reviewer says, so that a screen of 1,920 points shows all that is
# needed to judge without moving sideways, and a smaller one at ZOOM percent.
_AFTER = ("rank", "score", "confidence", "relation")
ZOOM = 85
# Long texts stand a little off the column before them.
_INDENTED = ("candidate_context", "matched", "said", "comment")
_FORMATS = {"score": "0.00", "confidence": "0%"}
VERDICT_FILLS = {
    "accept": "C6E7C8",
    "partly": "FFE9A8",
    "reject": "E3E3E3",
    "unsure": "CFE2F7",
    "no_counterpart": "E3E3E3",
}


def digest(cell: Cell) -> str:
    """Return a short checksum of a machine cell; spaces do not count: programs change them at will."""
    text = f"{cell:.6g}" if isinstance(cell, int | float) and not isinstance(cell, bool) else str(cell or "")
    return sha256_of_bytes(" ".join(text[:MAX_CELL].split()).encode("utf-8", "replace"))[:8]


def write_worklist(listed: WorkList, payload: bytes, path: Path) -> None:
    """Write a list.

    Args:
        listed: The list.
        payload: The run's bytes, as ``pack_run`` gave them.
        path: The file, replaced whole.

    Raises:
        InputError: There are more rows than a sheet holds, or the file cannot be written.
    """
    from openpyxl import Workbook

    if len(listed.rows) > MAX_ROWS:
        raise InputError(
            f"{len(listed.rows)} rows are too many for one sheet",
            where=str(path),
            do="use a smaller -k, or --reviewers",
        )
    book = Workbook()
    shown = listed.options.language
    sheet = book.active
    sheet.title = SHEETS[shown][0]
    _fill_list(sheet, listed)
    _finish_list(sheet, listed)
    column = layout(listed.columns).index(FILL_COLUMNS[0]) + 1
    fill_guide(book.create_sheet(SHEETS[shown][1]), listed, VERDICT_FILLS, verdict_column=column)
    _hidden(book, listed, payload)
    book.properties.creator = "Competency Matcher"
    book.properties.created = book.properties.modified = datetime(*FIXED_TIME)
    with atomic_path(path) as temporary:
        book.save(temporary)
        fix_times(temporary)


def layout(columns: Sequence[str]) -> tuple[str, ...]:
    """Return a sheet's visible columns from left to right, by name: the machine's, and those to fill in."""
    after = tuple(name for name in columns if name in _AFTER)
    return (*(name for name in columns if name not in after), *FILL_COLUMNS, *after)


def _text_cell(cell: Any, value: str) -> None:
    # Always a string cell: Excel never runs it, not even after an edit.
    cell.value = value[:MAX_CELL]
    cell.data_type = "s"


def _fill_list(sheet: Worksheet, listed: WorkList) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

    shown, names = listed.options.language, layout(listed.columns)
    for column, name in enumerate(names, 1):
        cell = sheet.cell(row=1, column=column, value=HEADINGS[shown][name])
        cell.font = Font(name=FONT, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="7F6000" if name in FILL_COLUMNS else "1F4E79")
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    _text_cell(sheet.cell(row=1, column=len(names) + 1), ID_HEADING)
    sheet.row_dimensions[1].height = 32
    # A line above each unit; what is to be filled in has one on its left as well.
    lines = {
        (unit, fill): Border(
            top=Side("medium", color="1F4E79") if unit else Side("thin", color="D0D0D0"),
            left=Side("thin", color="D9C77A") if fill else None,
        )
        for unit in (True, False)
        for fill in (True, False)
    }
    styles: dict[tuple[bool, str, bool], Any] = {}
    for number, row in enumerate(listed.rows, 2):
        values = {**dict(zip(listed.columns, row.cells, strict=True)), ID_HEADING: row.id}
        for column, name in enumerate((*names, ID_HEADING), 1):
            cell, value = sheet.cell(row=number, column=column), values.get(name)
            if isinstance(value, str):
                _text_cell(cell, value)
            elif value is not None:
                cell.value = value
            quoted = isinstance(value, str) and value[:1] in ("=", "+", "-", "@")
            kind = (row.object == "", name, quoted)
            if kind not in styles:
                unit, to_fill = row.object == "", name in FILL_COLUMNS
                cell.alignment = Alignment(
                    vertical="top",
                    wrap_text=True,
                    horizontal="center" if name in _AFTER else "left" if name in _INDENTED else None,
                    indent=1 if name in _INDENTED else 0,
                )
                cell.border = lines[unit, to_fill]
                cell.number_format = _FORMATS.get(name, "General")
                # Every candidate repeats its unit, so that a sorted list still reads; the repetition stays grey.
                repeated = not unit and name in UNIT_COLUMNS
                cell.font = Font(
                    name=FONT, bold=unit and name in UNIT_COLUMNS, color="808080" if repeated else "000000"
                )
                color = "FFF6CC" if to_fill else "DCE6F1" if unit else "FFFFFF"
                cell.fill = PatternFill("solid", fgColor=color)
                cell.protection = Protection(locked=not to_fill)
                cell.quotePrefix = quoted
                styles[kind] = copy(cell._style)
            cell._style = copy(styles[kind])
        dimension = sheet.row_dimensions[number]
        dimension.outlineLevel = 1 if row.object else 0
        dimension.height = _height(row.cells, listed.columns)


def _height(cells: Sequence[Cell], columns: Sequence[str]) -> float:
    """Return a row's height in points: programs do not fit the rows of a file they did not write.

    A line of the font is 15 points high, one with Chinese characters 16. A column's width counts digits: a Chinese
    character takes the room of two, other letters that of 0.9 (Calibri), and a word that does not fit goes down whole.
    """
    most = 15.0
    for value, name in zip(cells, columns, strict=True):
        if isinstance(value, str):
            high = 16.0 if any(ord(character) > WIDE for character in value) else 15.0
            lines = (sum(2.1 if ord(character) > WIDE else 0.9 for character in line) for line in value.split("\n"))
            most = max(most, sum(high * (1 + int(line) // _WIDTHS[name]) for line in lines))
    return min(most + 3, MAX_HEIGHT)


def _finish_list(sheet: Worksheet, listed: WorkList) -> None:
    from openpyxl.utils import get_column_letter

    names = layout(listed.columns)
    last = max(2, len(listed.rows) + 1)
    for column, name in enumerate(names, 1):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS[name]
    hidden = get_column_letter(len(names) + 1)
    sheet.column_dimensions[hidden].hidden = True
    sheet.freeze_panes, sheet.sheet_view.zoomScale = "C2", ZOOM
    sheet.auto_filter.ref = f"A1:{hidden}{last}"
    sheet.sheet_properties.outlinePr.summaryBelow = False
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A3
    sheet.page_setup.fitToHeight = 0
    margins = sheet.page_margins
    margins.left = margins.right = margins.top = 0.4  # inches
    margins.bottom, margins.footer = 0.6, 0.3
    sheet.print_title_rows = "1:1"
    sheet.print_area = f"A1:{get_column_letter(len(names))}{last}"
    sheet.oddFooter.left.text = f"{listed.reviewer} {listed.id}".strip()
    sheet.oddFooter.right.text = "&P / &N"
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "sort", "autoFilter", "deleteRows"):
        # In the file format these say what is locked.
        setattr(sheet.protection, allowed, False)
    _choices(sheet, listed, last)


def _choices(sheet: Worksheet, listed: WorkList, last: int) -> None:
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import PatternFill
    from openpyxl.utils import get_column_letter

    shown = listed.options.language
    # An adjudicator decides: "unsure" would leave it as it is.
    verdicts = {v: word for v, word in VERDICT_WORDS[shown].items() if listed.purpose == "review" or v != "unsure"}
    names = layout(listed.columns)
    column, relation = (get_column_letter(names.index(name) + 1) for name in FILL_COLUMNS[:2])
    # One choice for every row: a validation does not move with its row when the list is sorted.
    choice = _validation(list(verdicts.values()), shown)
    choice.add(f"{column}2:{column}{last}")
    relations = _validation(list(RELATION_WORDS[shown].values()), shown)
    relations.add(f"{relation}2:{relation}{last}")
    for validation in (choice, relations):
        sheet.add_data_validation(validation)
    for verdict, word in verdicts.items():
        rule = FormulaRule(formula=[f'${column}2="{word}"'], fill=PatternFill("solid", bgColor=VERDICT_FILLS[verdict]))
        sheet.conditional_formatting.add(f"A2:{get_column_letter(len(names))}{last}", rule)


def _validation(words: Sequence[str], shown: Shown) -> Any:
    from openpyxl.worksheet.datavalidation import DataValidation

    validation = DataValidation(type="list", formula1='"' + ",".join(words) + '"', allow_blank=True)
    validation.showErrorMessage = True
    validation.error = CHOOSE[shown]
    return validation


def _hidden(book: Workbook, listed: WorkList, payload: bytes) -> None:
    sheet = book.create_sheet(HIDDEN_SHEET)
    sheet.sheet_state = "veryHidden"
    manifest = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "list": listed.id,
        "run": listed.run,
        "purpose": listed.purpose,
        "reviewer": listed.reviewer,
        "columns": list(listed.columns),
        "options": asdict(listed.options),
    }
    packed = base64.b64encode(zlib.compress(payload, 9)).decode("ascii")
    records: list[tuple[str, ...]] = [("list", json.dumps(manifest, sort_keys=True))]
    # As JSON: an id may hold a character that a cell cannot.
    records += [
        ("row", row.id, json.dumps([row.subject, row.object]), " ".join(map(digest, row.cells))) for row in listed.rows
    ]
    records += [("run", packed[start : start + _CHUNK]) for start in range(0, len(packed), _CHUNK)]
    records.append(("sum", checksum(records)))
    for number, record in enumerate(records, 1):
        for column, value in enumerate(record, 1):
            _text_cell(sheet.cell(row=number, column=column), value)


def checksum(records: Sequence[Sequence[str]]) -> str:
    """Return the checksum of the hidden sheet's rows before the last."""
    return sha256_of_bytes(json.dumps([list(record) for record in records]).encode())
