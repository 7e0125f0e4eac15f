"""A book's pages to one record a unit: labels and values by cell, tables joined over page breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matcher.readers.blocks import Document, Grid, Line
from matcher.readers.scs.labels import Field, field_of
from matcher.readers.text_lines import join_text, joined_lines

# A unit's table shows at least this many known labels on the page where it begins; a list of units has its labels
# side by side in one row instead.
MIN_LABELS = 3
_AREA = re.compile(r"^(?:functional area|職能範疇|职能范畴|職能範圍|职能范围)\s*[:：]\s*(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawUnit:
    """One unit's table or record: its page or row, its fields in order, and the area that stood above it."""

    page: int
    fields: dict[Field, tuple[Line, ...]]
    unknown: tuple[str, ...] = ()
    area: str = ""
    row: int = 0
    version: str = ""
    revision: str = ""
    old_code: str = ""


class _Building:
    """The unit whose table is open."""

    __slots__ = ("area", "current", "edges", "fields", "label", "page", "unknown")

    def __init__(self, page: int, area: str) -> None:
        self.page = page
        self.area = area
        self.fields: dict[Field, list[Line]] = {}
        self.unknown: list[str] = []
        self.current: Field | None = None
        self.label = ""
        self.edges: tuple[float, ...] = ()

    def done(self) -> RawUnit:
        return RawUnit(
            page=self.page,
            fields={field: tuple(lines) for field, lines in self.fields.items()},
            unknown=tuple(self.unknown),
            area=self.area,
        )


def _rows(grid: Grid) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """Yield each row's label and the lines of its value; a label that spans rows holds for all of them."""
    for number in range(grid.rows):
        cells = grid.row(number)
        if not cells:
            continue
        label = join_text([line.text for cell in cells if cell.column == 0 for line in cell.lines])
        yield label, tuple(line for cell in cells if cell.column > 0 for line in cell.lines)


def _labels(grid: Grid) -> int:
    return sum(field_of(label) is not None for label, _ in _rows(grid))


def _continues(grid: Grid, unit: _Building | None) -> bool:
    """Return whether a table goes on with the open unit: the same columns, and no label or a known one."""
    if unit is None:
        return False
    if unit.edges and grid.edges:
        same = len(unit.edges) == len(grid.edges)
        if not same or any(abs(a - b) > 6 for a, b in zip(unit.edges, grid.edges, strict=True)):
            return False
    return all(
        not label or field_of(label) is not None or (number == 0 and _goes_on(unit, label))
        for number, (label, _) in enumerate(_rows(grid))
    )


def _goes_on(unit: _Building, label: str) -> bool:
    """Return whether a table's first label is the end of the last one, which a page break cut in two."""
    return unit.current is not None and field_of(f"{unit.label} {label}") == unit.current


def raw_units(document: Document) -> Iterator[RawUnit]:
    """Yield the unit tables of a document in order; everything outside of them (front matter, lists) is passed over."""
    unit: _Building | None = None
    area = ""
    for page in document.pages:
        for block in page.blocks:
            if isinstance(block, Line):
                found = _AREA.match(block.text)
                area = found.group(1).strip() if found else area
                continue
            if _labels(block) < MIN_LABELS and not _continues(block, unit):
                continue
            for number, (label, value) in enumerate(_rows(block)):
                field = field_of(label) if label else None
                if label and field is None and number == 0 and unit is not None and _goes_on(unit, label):
                    field = unit.current
                starts = field in ("title", "code") and (unit is None or field in unit.fields or len(unit.fields) > 3)
                if starts:
                    if unit is not None:
                        yield unit.done()
                    unit = _Building(page.number, area)
                if unit is None:
                    continue
                unit.edges = block.edges
                _take(unit, label, field, value)
    if unit is not None:
        yield unit.done()


def _take(unit: _Building, label: str, field: Field | None, value: Sequence[Line]) -> None:
    if field is not None:
        unit.current = field
        unit.label = label
    elif label:
        # A row that no edition we know has: nothing of it is lost without a word.
        unit.unknown.append(f"{label}: {join_text([line.text for line in value])}"[:300])
        return
    if unit.current is not None:
        unit.fields[unit.current] = joined_lines(unit.fields.get(unit.current, []), value)
