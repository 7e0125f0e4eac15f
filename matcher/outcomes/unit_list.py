"""A list of units as its owner keeps it: a column of codes, optional credits, optional names of sets.

A course, a VQP post or an RPL cluster is such a list; a file may hold several, told apart by the column of sets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import InputError
from matcher.outcomes.model import Note
from matcher.readers.cells import plain_cell
from matcher.readers.columns import heading_key
from matcher.readers.tables import Table, read_tables

# A set is a course, a post or a cluster; no industry has more units than this.
MAX_ROWS = 20_000
MAX_CREDIT = 100_000.0
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "unit", "unit code", "uoc", "uoc code", "uocs", "id", "编号", "单元", "单元编号", "能力单元",
             "能力单元编号", "工作内容编号"),
    "credit": ("credit", "credits", "qf credit", "qf credits", "credit value", "学分", "资历学分"),
    "set": ("set", "course", "post", "vqp", "job", "job title", "cluster", "rpl cluster", "module", "课程", "职位",
            "岗位", "职业资历", "能力单元组合", "组合", "组别"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUnit:
    """One row: a code, the credits that the list gives it, the set it belongs to."""

    code: str
    credit: float | None
    set: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitList:
    """The rows of one set; ``notes`` say what was left out or not understood."""

    name: str
    where: str
    rows: tuple[ListedUnit, ...]
    notes: tuple[Note, ...] = ()


def read_unit_list(path: Path, *, chosen: str = "") -> UnitList:
    """Read a list of units: CSV, TSV, XLSX, or a text file with a code a line.

    Args:
        path: The file.
        chosen: The set to take, where the file names several.

    Raises:
        InputError: The file cannot be read, has no codes, or names several sets and none is chosen.
    """
    table = next((table for table in read_tables(path) if any(row.cells for row in table.rows)), None)
    if table is None:
        raise InputError("is empty", where=str(path), expected="a column of codes", do="check the file")
    where = f"{path}, sheet {table.sheet}" if table.sheet else str(path)
    columns, first = _columns(table)
    rows, notes = _rows(table, columns, first, where)
    if not rows:
        raise InputError("holds no code", where=where, expected="a column headed Code (編號)", do="check the file")
    return _one_set(rows, notes, path=path, where=where, chosen=chosen)


def _columns(table: Table) -> tuple[dict[str, int], int]:
    """Return field to column, and the number of the first row under the headings; column 0 where none is headed."""
    keys = {heading_key(name): field for field, names in _HEADINGS.items() for name in names}
    for number, row in enumerate(table.rows[:20]):
        found: dict[str, int] = {}
        for column, cell in enumerate(row.cells):
            field = keys.get(heading_key(cell)) or _two_languages(cell, keys)
            if field is not None:
                found.setdefault(field, column)
        if "code" in found:
            return found, number + 1
    return {"code": 0}, 0


def _two_languages(cell: str, keys: Mapping[str, str]) -> str | None:
    """Return the field of a heading in both languages (編號 Code), where neither half says otherwise."""
    chinese = "".join(c for c in cell if "\u3400" <= c <= "\u9fff")
    latin = "".join(" " if "\u3400" <= c <= "\u9fff" else c for c in cell)
    halves = {keys.get(heading_key(chinese)), keys.get(heading_key(latin))} - {None}
    return halves.pop() if chinese and latin.strip() and len(halves) == 1 else None


def _rows(table: Table, columns: Mapping[str, int], first: int, where: str) -> tuple[list[ListedUnit], list[Note]]:
    def cell(cells: Sequence[str], field: str) -> str:
        column = columns.get(field)
        return plain_cell(cells[column]).strip() if column is not None and column < len(cells) else ""

    rows: list[ListedUnit] = []
    bad: list[str] = []
    for row in table.rows[first:]:
        code = cell(row.cells, "code")
        if not code:
            continue
        if len(rows) == MAX_ROWS:
            raise InputError(f"has more than {MAX_ROWS} rows", where=where, do="split the list")
        credit = _credit(cell(row.cells, "credit"))
        if credit is None and cell(row.cells, "credit"):
            bad.append(str(row.number))
        rows.append(ListedUnit(code=code, credit=credit, set=cell(row.cells, "set")))
    notes = [Note(key="note_file", values=(note,)) for note in table.notes]
    if bad:
        more = " …" if len(bad) > 8 else ""
        notes.append(Note(key="note_bad_credits", values=(where, len(bad), ", ".join(bad[:8]) + more)))
    return rows, notes


def _credit(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= MAX_CREDIT else None


def _one_set(rows: Sequence[ListedUnit], notes: Sequence[Note], *, path: Path, where: str, chosen: str) -> UnitList:
    sets = list(dict.fromkeys(row.set for row in rows if row.set))
    if chosen:
        kept = tuple(row for row in rows if row.set == chosen)
        if not kept:
            raise InputError(
                f"has no set {chosen!r}", where=where, expected=", ".join(sets[:12]) or "a column Set", do="name one"
            )
        return UnitList(name=chosen, where=where, rows=kept, notes=tuple(notes))
    if len(sets) > 1:
        raise InputError(
            f"names {len(sets)} sets", where=where, expected=", ".join(sets[:12]), do="name one of them with --set"
        )
    return UnitList(name=sets[0] if sets else path.stem, where=where, rows=tuple(rows), notes=tuple(notes))
