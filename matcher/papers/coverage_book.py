"""Coverage as a workbook: figures, rules, the matrix as a heat map, and a row a unit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matcher.export.rows import Cell
from matcher.outcomes.cover import Amount, SideCover
from matcher.papers.blocks import Matrix
from matcher.papers.coverage_files import COLUMNS, item_rows
from matcher.papers.figures import side_name, weight_key
from matcher.papers.matrix import matrix
from matcher.papers.report import Findings
from matcher.papers.sheets import filtered, head, page_of_text, put, write_book
from matcher.papers.svg import SIGNS
from matcher.papers.words import PaperLanguage, Words, words_for

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_WIDTHS = (9, 18, 34, 20, 22, 10, 9, 11, 11, 10, 12, 11, 11, 11, 11, 26, 60, 44)
_COLOURS = {"decided": (0x1D, 0x5C, 0xA3), "candidate": (0xC8, 0x6A, 0x14)}
_PLAIN = {"refused": "E3E6EA", "open": "F3DFF2"}


def write_coverage_book(findings: Findings, language: PaperLanguage, path: Path) -> None:
    """Write the workbook, whole or not at all."""
    words = words_for(language, findings.covered.source.side.framework)

    def fill(book: Any) -> None:
        _figures(book.create_sheet(words.one("summary")), findings, words)
        _matrix(book.create_sheet(words.one("matrix")), findings, words)
        _items(book.create_sheet(words.one("units")), findings)
        lines = [words.one("coverage_title"), words.one("notice")]
        if not findings.review.decisions:
            lines.append(words.one("not_reviewed"))
        lines += [words.one(f"key_{kind}") for kind in ("decided", "candidate", "refused", "open")]
        notes = [words.one(note.key, *note.values) for note in findings.all_notes]
        page_of_text(book.create_sheet(words.one("read_me")), [*lines, *notes])

    write_book(path, fill)


def _name(side: SideCover, words: Words) -> str:
    return "".join(text.text for text in side_name(side, words))


def _figures(sheet: Worksheet, findings: Findings, words: Words) -> None:
    headings = [words.one(key) for key in ("figure", "side", "covered", "rule_total", "share")]
    head(sheet, [*headings, words.one("reviewed")], (50, 54, 14, 14, 14, 40))
    row = 2
    for side in (findings.covered.source, findings.covered.target):
        name = _name(side, words)
        for key, amount, whole in (
            ("units_whole", side.units, True),
            ("credits_whole", side.credits, True),
            ("credits_share", side.credits, False),
            ("hours_whole", side.hours, True),
        ):
            if amount is not None:
                put(sheet, row, (words.one(key), name, *_amount(amount, whole=whole)))
                row += 1
        part = side.weight
        weight = (_short(part.share * 100), 100, _short(part.share), _short(part.reviewed * 100))
        put(sheet, row, (words.one(weight_key(side)), name, *weight))
        row += 1
    put(sheet, row + 1, tuple(words.one(key) for key in ("rules", "side", "rule_have", "rule_total", "rule_need",
                                                         "rule_says")), bold=True)  # fmt: skip
    for place, result in enumerate(findings.rules, row + 2):
        key = "met_candidates" if result.candidates else "met" if result.met else "not_met"
        if result.met is None:
            key = "cannot" if result.reason.startswith("no ") else "cannot_none"
        side = findings.covered.of(result.side)
        figures = tuple(_short(value) for value in (result.have, result.total, result.need))
        put(sheet, place, (result.rule.title(words.leading), _name(side, words), *figures, words.one(key)))


def _short(value: Fraction) -> float:
    # For the eye; the sheet of units and the JSON have six places.
    return float(round(value, 4))


def _amount(amount: Amount, *, whole: bool) -> tuple[Cell, ...]:
    done, reviewed = (amount.whole, amount.whole_reviewed) if whole else (amount.share, amount.share_reviewed)
    share = done / amount.total if amount.total else Fraction(0)
    return tuple(_short(value) for value in (done, amount.total, share, reviewed))


def _matrix(sheet: Worksheet, findings: Findings, words: Words) -> None:
    from openpyxl.styles import Alignment, PatternFill

    found = next(
        (block for block in matrix(findings.covered, findings.review, words) if isinstance(block, Matrix)), None
    )
    if found is None:
        page_of_text(sheet, [words.one("matrix_none")])
        return
    target = findings.covered.target
    codes = [target.items[int(number_) - 1].id for number_ in found.columns]
    head(sheet, [words.one("unit"), *codes], (18, *[7] * len(codes)))
    sheet.freeze_panes = "B2"
    sheet.row_dimensions[1].height = 96
    for cell in sheet[1][1:]:
        cell.alignment = Alignment(text_rotation=90, horizontal="center", vertical="bottom")
    for row, name in enumerate(found.rows):
        put(sheet, row + 2, (name.lines[0][0].text,))
        for column in range(len(codes)):
            mark = found.marks.get((row, column))
            if mark is None:
                continue
            figure = f"{mark.share * 100:.0f}" if mark.fill in _COLOURS else ""
            cell = sheet.cell(row=row + 2, column=column + 2, value=f"{SIGNS[mark.fill]}{figure}")
            cell.data_type = "s"
            cell.alignment = Alignment(horizontal="center", vertical="center")
            colour = _PLAIN.get(mark.fill) or "".join(
                f"{round(255 - (255 - part) * (0.1 + 0.5 * mark.share)):02X}" for part in _COLOURS[mark.fill]
            )
            cell.fill = PatternFill("solid", fgColor=colour)


def _items(sheet: Worksheet, findings: Findings) -> None:
    head(sheet, COLUMNS, _WIDTHS)
    last = 1
    for last, cells in enumerate(item_rows(findings), 2):
        put(sheet, last, cells, widths=_WIDTHS)
    filtered(sheet, len(COLUMNS), last)
