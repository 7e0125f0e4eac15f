"""The merged draft as a workbook that a panel edits: a line a statement, two columns to write in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matcher.export.rows import Cell, clean
from matcher.levels import level_label
from matcher.outcomes.draft import DraftItem, DraftLine
from matcher.outcomes.level_view import domains
from matcher.outcomes.statements import place
from matcher.papers.report import Findings
from matcher.papers.sheets import filtered, head, page_of_text, put, write_book
from matcher.papers.words import PaperLanguage, Words, statement_lines, titles, words_for

_KEYS = ("number", "draft_group", "draft_mark", "draft_text", "draft_panel", "draft_panel_says", "side", "framework",
         "edition", "code", "title", "level", "statement", "draft_role", "similarity", "draft_why",
         "basis")  # fmt: skip
_WIDTHS = (8, 8, 20, 58, 48, 18, 18, 24, 11, 16, 30, 18, 11, 14, 11, 36, 22)
_EDITED = (5, 6)
_COLOURS = {"higher": "DBE9F8", "unclear": "F3DFF2", "law": "FBF4CF"}


def write_draft_book(items: Sequence[DraftItem], findings: Findings, language: PaperLanguage, path: Path) -> None:
    """Write the workbook, whole or not at all."""
    words = words_for(language, findings.covered.source.side.framework)

    def fill(book: Any) -> None:
        sheet = book.create_sheet(words.one("draft_title")[:31])
        last = _lines(sheet, items, findings, words)
        _edited(sheet, last, words)
        # Printed: what the panel reads and writes; the rest stays on the screen.
        sheet.print_area = f"A1:L{last}"
        filtered(sheet, len(_KEYS), last)
        state = [] if findings.review.decisions else ["not_reviewed"]
        text = [_said(words, key) for key in ("draft_title", "notice", *state, "draft_note", "read_me_edit")]
        text += [_said(words, f"mark_{mark}") for mark in ("higher", "lower", "alike", "unclear", "only", "law")]
        page_of_text(book.create_sheet(words.one("read_me")), text)

    write_book(path, fill)


def _said(words: Words, key: str, *values: object) -> str:
    return "  ".join(dict.fromkeys("".join(text.text for text in line) for line in words.each(key, *values)))


def _lines(sheet: Any, items: Sequence[DraftItem], findings: Findings, words: Words) -> int:
    head(sheet, [_said(words, key) for key in _KEYS], _WIDTHS)
    sheet.row_dimensions[1].height = 48
    sheet.freeze_panes = "E2"
    row = 1
    for number, item in enumerate(items, 1):
        basis = item.basis or ("only_source" if item.source else "only_target")
        for line in item.lines:
            row += 1
            put(
                sheet,
                row,
                _cells(number, line, basis, findings, words),
                widths=_WIDTHS,
                colour=_COLOURS.get(line.mark, ""),
            )
    return row


def _cells(number: int, line: DraftLine, basis: str, findings: Findings, words: Words) -> tuple[Cell, ...]:
    side = findings.covered.of(line.side)
    unit, framework = side.side.units[line.unit], side.side.framework
    statement = unit.statements[line.statement]
    header = framework.header
    texts = ["".join(text.text for text in shown) for shown in statement_lines(unit, line.statement, framework, words)]
    title = " / ".join("".join(text.text for text in shown) for shown in titles(unit, framework, words))
    return (
        number,
        line.group or None,
        _said(words, f"mark_{line.mark}"),
        clean("\n".join(texts)),
        "",
        "",
        _said(words, f"{line.side}_side"),
        clean(header.title or header.id),
        clean(header.edition),
        line.unit,
        clean(title),
        clean(level_label(framework.frame_of(unit), unit.level, *header.languages)),
        place(unit, line.statement),
        _said(words, f"role_{statement.role}"),
        None if line.similarity is None else round(line.similarity, 2),
        clean(_why(line, words)),
        _said(words, basis),
    )


def _why(line: DraftLine, words: Words) -> str:
    """Return the cue words that a mark rests on, with the domain of the descriptors that each speaks to."""
    if line.mark in ("only", "law") or not line.cues:
        return ""
    names = {domain.id: domain.names[words.leading] for domain in domains()}
    said = "; ".join(f"{cue.word} {cue.band} ({names[cue.domain]})" for cue in line.cues)
    return _said(words, "why_cues", said) if len(words.languages) == 1 else words.one("why_cues", said)


def _edited(sheet: Any, last: int, words: Words) -> None:
    """Colour the two columns that the panel writes in, and give the second its choices."""
    from openpyxl.styles import PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for row in range(2, last + 1):
        for column in _EDITED:
            sheet.cell(row=row, column=column).fill = PatternFill("solid", fgColor="FFF9DB")
    choices = ",".join(words.one(key) for key in ("draft_keep", "draft_merge", "draft_drop"))
    validation = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True)
    validation.add(f"{get_column_letter(_EDITED[1])}2:{get_column_letter(_EDITED[1])}{max(last, 2)}")
    sheet.add_data_validation(validation)
