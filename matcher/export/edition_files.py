"""The changes between two editions as JSON and as an Excel workbook."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from matcher.artefact import atomic_path, write_atomic
from matcher.export.edition_words import (
    FOOTER,
    HEADINGS,
    KIND_WORDS,
    YES_NO,
    Shown,
    counts,
    reasons,
    title_of,
    units_by_id,
)
from matcher.export.rows import Cell, clean
from matcher.export.workbook import FIXED_TIME, MAX_CELL, fix_times
from matcher.readers.cells import workbook_text
from matcher.schema import Framework, Unit
from matcher.schema.edition import EditionDiff

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_SHEETS = {"en": ("Changes", "Statements", "Summary"), "zh": ("变化", "要求", "概况")}
_MOVED = {
    "en": ("Change", "Old", "Statement (old)", "How", "Similarity", "New", "Statement (new)"),
    "zh": ("变化", "旧编号", "旧要求", "如何", "相似度", "新编号", "新要求"),
}
_HOW = {
    "en": {"same": "same", "words": "reworded", "meaning": "other words", "lost": "gone", "added": "added"},
    "zh": {"same": "相同", "words": "改写", "meaning": "换了说法", "lost": "删去", "added": "新增"},
}


def _side(framework: Framework) -> dict[str, object]:
    header = framework.header
    return {"id": header.id, "title": header.title, "edition": header.edition, "units": len(framework.units)}


def write_json(diff: EditionDiff, notes: Sequence[str], path: Path) -> None:
    """Write everything, statements with their texts.

    Raises:
        InputError: The file cannot be written.
    """
    old, new = units_by_id(diff.old), units_by_id(diff.new)
    changes = []
    for change in diff.changes:
        record = asdict(change)
        record["moves"] = [
            {
                **asdict(move),
                "old_text": old[move.old_id].statements[move.old_index].text,
                "new_text": new[move.new_id].statements[move.new_index].text,
            }
            for move in change.moves
        ]
        record["lost"] = [{"id": i, "index": n, "text": old[i].statements[n].text} for i, n in change.lost]
        record["added"] = [{"id": i, "index": n, "text": new[i].statements[n].text} for i, n in change.added]
        record["reasons"] = list(reasons(change, "en"))
        changes.append(record)
    whole = {
        "format": "competency-matcher editions", "format_version": 1, "note": FOOTER["en"], "notes": list(notes),
        "old": _side(diff.old), "new": _side(diff.new), "counts": counts(diff), "changes": changes,
    }  # fmt: skip
    write_atomic(path, (clean(json.dumps(whole, ensure_ascii=False, indent=2)) + "\n").encode("utf-8", "replace"))


def _put(sheet: Worksheet, row: int, cells: Sequence[Cell], *, bold: bool = False) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    for column, value in enumerate(cells, 1):
        cell = sheet.cell(row=row, column=column)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        if isinstance(value, str):
            # Always a string cell, marked as typed with an apostrophe: Excel never runs it.
            cell.value = workbook_text(value[:MAX_CELL])
            cell.data_type = "s"
            cell.quotePrefix = value[:1] in ("=", "+", "-", "@")
        elif value is not None:
            cell.value = value
        if bold:
            cell.font = Font(bold=True, color="FFFFFF")
            cell.fill = PatternFill("solid", fgColor="1F4E79")


def _set_heights(sheet: Worksheet, widths: Sequence[int]) -> None:
    """Give each row the height its text needs: not every program does so by itself where cells wrap."""
    for row in sheet.iter_rows(min_row=2):
        lines = 1
        for cell, width in zip(row, widths, strict=False):
            if isinstance(cell.value, str):
                # Characters of the East Asian blocks are twice as wide as Latin ones.
                wide = [sum(2 if c >= "\u2e80" else 1 for c in part) for part in cell.value.split("\n")]
                lines = max(lines, sum(max(1, math.ceil(w / (width - 3))) for w in wide))
        sheet.row_dimensions[row[0].row].height = min(409.0, 16.5 * lines + 3)


def _titles(framework: Framework, units: dict[str, Unit], ids: Sequence[str], shown: Shown) -> str:
    return clean("\n".join(title_of(framework, units[i], shown) for i in ids))


def write_workbook(diff: EditionDiff, notes: Sequence[str], shown: Shown, path: Path) -> None:
    """Write a sheet of changes, a sheet of statements and a summary.

    Raises:
        InputError: The file cannot be written.
    """
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    old, new = units_by_id(diff.old), units_by_id(diff.new)
    book = Workbook()
    sheet, statements, summary = book.active, *(book.create_sheet(name) for name in _SHEETS[shown][1:])
    sheet.title = _SHEETS[shown][0]
    _put(sheet, 1, HEADINGS[shown], bold=True)
    _put(statements, 1, _MOVED[shown], bold=True)
    line = 1
    for number, change in enumerate(diff.changes, 2):
        kind = KIND_WORDS[shown][change.kind]
        again = YES_NO[shown][0 if change.touched else 1]
        cells: tuple[Cell, ...] = (
            kind, clean("\n".join(change.old)), _titles(diff.old, old, change.old, shown), clean("\n".join(change.new)),
            _titles(diff.new, new, change.new, shown), again, clean("\n".join(reasons(change, shown))),
        )  # fmt: skip
        _put(sheet, number, cells)
        if change.kind == "unchanged":
            continue
        rows: list[tuple[Cell, ...]] = [
            (kind, m.old_id, clean(old[m.old_id].statements[m.old_index].text), _HOW[shown][m.how], m.similarity,
             m.new_id, clean(new[m.new_id].statements[m.new_index].text))
            for m in change.moves
        ]  # fmt: skip
        rows += [
            (kind, i, clean(old[i].statements[n].text), _HOW[shown]["lost"], None, None, None) for i, n in change.lost
        ]
        rows += [
            (kind, None, None, _HOW[shown]["added"], None, i, clean(new[i].statements[n].text)) for i, n in change.added
        ]
        for cells in rows:
            line += 1
            _put(statements, line, cells)
    for row, (kind, count) in enumerate(counts(diff).items(), 1):
        _put(summary, row, (KIND_WORDS[shown][kind], count))
    for row, note in enumerate((*notes, FOOTER[shown]), len(counts(diff)) + 2):
        _put(summary, row, (clean(note),))
    for target, widths in (
        (sheet, (14, 18, 44, 18, 44, 12, 60)),
        (statements, (14, 18, 60, 12, 10, 18, 60)),
        (summary, (60, 10)),
    ):
        for column, width in enumerate(widths, 1):
            target.column_dimensions[get_column_letter(column)].width = width
        _set_heights(target, widths)
        target.page_setup.orientation = "landscape"
        target.page_setup.fitToHeight = 0
        target.sheet_properties.pageSetUpPr.fitToPage = True
    for target, count in ((sheet, len(diff.changes) + 1), (statements, line)):
        target.freeze_panes = "A2"
        target.auto_filter.ref = f"A1:G{count}"
        target.print_title_rows = "1:1"
    book.properties.creator = "Competency Matcher"
    book.properties.created = book.properties.modified = datetime(*FIXED_TIME)
    with atomic_path(path) as temporary:
        book.save(temporary)
        fix_times(temporary)
