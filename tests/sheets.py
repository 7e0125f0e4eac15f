"""Work lists in tests: made, opened and filled in as a reviewer does."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import openpyxl

from matcher.review.run import Run
from matcher.review.words import RELATION_WORDS, VERDICT_WORDS
from matcher.review.worklist import ListOptions, WorkList, make_lists
from matcher.review.worklist_book import write_worklist
from matcher.store import Store

SOFFICE = shutil.which("soffice")
HEADINGS_OF = {
    "en": ("Your verdict", "Your relation", "Your comment"),
    "zh": ("您的结论", "您判断的关系", "您的意见"),
}


def a_list(packed: tuple[Run, bytes], path: Path, reviewer: str = "Chan", **options: Any) -> WorkList:
    run, payload = packed
    (listed,) = make_lists(run, [reviewer] if reviewer else [], ListOptions(**options))
    write_worklist(listed, payload, path)
    return listed


class Sheet:
    """A list opened as a reviewer does, with the columns found by their headings."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)
        self.sheet = self.book.worksheets[0]
        self.column = {str(cell.value): cell.column for cell in self.sheet[1]}

    def write(self, row: int, heading: str, value: object) -> None:
        self.sheet.cell(row=row, column=self.column[heading]).value = value

    def ids(self) -> dict[str, int]:
        column = self.column["matcher:id"]
        return {str(self.sheet.cell(row=n, column=column).value): n for n in range(2, self.sheet.max_row + 1)}

    def save(self) -> Path:
        self.book.save(self.path)
        return self.path


def fill(path: Path, listed: WorkList, seed: int = 7) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Give half the rows a verdict; return what was written by unit and candidate."""
    sheet, chance = Sheet(path), random.Random(seed)
    words = HEADINGS_OF[listed.options.language]
    verdicts, relations = VERDICT_WORDS[listed.options.language], RELATION_WORDS[listed.options.language]
    said: dict[tuple[str, str], tuple[str, str, str]] = {}
    rows = sheet.ids()
    for row in listed.rows:
        if chance.random() < 0.5:
            continue
        verdict = chance.choice(["accept", "partly", "reject", "unsure"]) if row.object else "no_counterpart"
        relation = chance.choice(["", "close", "broad"]) if verdict == "accept" else ""
        comment = chance.choice(["", "see 3.2, 範圍不同", "<script>alert(1)</script>", "two\nlines"])
        said[row.subject, row.object] = (verdict, relation, comment)
        sheet.write(rows[row.id], words[0], verdicts[verdict])  # type: ignore[index]
        sheet.write(rows[row.id], words[1], relations[relation] if relation else None)  # type: ignore[index]
        sheet.write(rows[row.id], words[2], comment or None)
    sheet.save()
    return said


def kept(store: Store) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {(d.subject, d.object): (d.verdict, d.relation, d.comment) for d in store.log()}


def sheet_heading(sheet: Sheet) -> str:
    return next(heading for heading in ("Your verdict", "您的结论") if heading in sheet.column)
