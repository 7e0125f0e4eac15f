"""Straight lines to tables: which lines meet, which cells they close, which cells were merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.readers.pdf.engine import Rule

# Lines nearer than this are one line: a border drawn twice, or as a thin box. No row and no column is that small.
SNAP = 2.5
MAX_LINES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One cell's place: its rows and columns (ends exclusive) and its edges in points."""

    row: int
    row_end: int
    column: int
    column_end: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One table's place: its column and row edges, and its cells."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    boxes: tuple[Box, ...]


def _joined(lines: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return lines (place, start, end) with those on one place that touch made one."""
    places = _clusters([line[0] for line in lines])
    by_place: dict[int, list[tuple[float, float]]] = {}
    for place, start, end in lines:
        by_place.setdefault(_nearest(places, place), []).append((start, end))
    out = []
    for number, spans in by_place.items():
        spans.sort()
        start, end = spans[0]
        for low, high in spans[1:]:
            if low <= end + SNAP:
                end = max(end, high)
            else:
                out.append((places[number], start, end))
                start, end = low, high
        out.append((places[number], start, end))
    return sorted(out)


def _clusters(values: Sequence[float]) -> list[float]:
    """Return the means of runs of values in which each is within ``SNAP`` of the run's first."""
    out: list[list[float]] = []
    for value in sorted(values):
        if out and value - out[-1][0] <= SNAP:
            out[-1].append(value)
        else:
            out.append([value])
    return [sum(run) / len(run) for run in out]


def _nearest(places: Sequence[float], value: float) -> int:
    return min(range(len(places)), key=lambda number: abs(places[number] - value))


class _Groups:
    """Union-find over numbers."""

    __slots__ = ("parents",)

    def __init__(self, count: int) -> None:
        self.parents = list(range(count))

    def find(self, number: int) -> int:
        while self.parents[number] != number:
            self.parents[number] = self.parents[self.parents[number]]
            number = self.parents[number]
        return number

    def join(self, one: int, other: int) -> None:
        self.parents[self.find(one)] = self.find(other)


def find_frames(rules: Sequence[Rule]) -> list[Frame]:
    """Return the tables that straight lines make, from top to bottom."""
    across = _joined([(r.top, r.left, r.right) for r in rules if r.top == r.bottom])
    down = _joined([(r.left, r.top, r.bottom) for r in rules if r.left == r.right])
    # Under- and overlines of text, ornaments and huge drawings are no tables.
    if not across or not down or len(across) > MAX_LINES or len(down) > MAX_LINES:
        return []
    groups = _Groups(len(across) + len(down))
    for i, (y, left, right) in enumerate(across):
        for j, (x, top, bottom) in enumerate(down):
            if left - SNAP <= x <= right + SNAP and top - SNAP <= y <= bottom + SNAP:
                groups.join(i, len(across) + j)
    members: dict[int, tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]] = {}
    for i, line in enumerate(across):
        members.setdefault(groups.find(i), ([], []))[0].append(line)
    for j, line in enumerate(down):
        members.setdefault(groups.find(len(across) + j), ([], []))[1].append(line)
    # A page break can leave a row with a line above or below it only.
    frames = [_frame(a, d) for a, d in members.values() if a and d and len(a) + len(d) >= 3]
    return sorted((frame for frame in frames if frame is not None), key=lambda frame: (frame.ys[0], frame.xs[0]))


def _frame(across: list[tuple[float, float, float]], down: list[tuple[float, float, float]]) -> Frame | None:
    # Standards often draw no line at a table's left and right, and a page break can leave its top or bottom open.
    lefts, rights = [line[1] for line in across], [line[2] for line in across]
    xs = _clusters([x for x, _, _ in down] + [min(lefts), max(rights)])
    ys = _clusters([y for y, _, _ in across] + [min(line[1] for line in down), max(line[2] for line in down)])
    columns, rows = len(xs) - 1, len(ys) - 1
    if columns < 2 or rows < 1 or rows * columns > 20_000:
        return None
    groups = _Groups(rows * columns)
    for row in range(rows):
        middle_y = (ys[row] + ys[row + 1]) / 2
        for column in range(columns):
            middle_x = (xs[column] + xs[column + 1]) / 2
            here = row * columns + column
            if column + 1 < columns and not _crosses(down, xs[column + 1], middle_y):
                groups.join(here, here + 1)
            if row + 1 < rows and not _crosses(across, ys[row + 1], middle_x):
                groups.join(here, here + columns)
    spans: dict[int, list[tuple[int, int]]] = {}
    for row in range(rows):
        for column in range(columns):
            spans.setdefault(groups.find(row * columns + column), []).append((row, column))
    boxes = []
    for cells in spans.values():
        row, row_end = min(r for r, _ in cells), max(r for r, _ in cells) + 1
        column, column_end = min(c for _, c in cells), max(c for _, c in cells) + 1
        boxes.append(
            Box(
                row=row, row_end=row_end, column=column, column_end=column_end,
                left=xs[column], top=ys[row], right=xs[column_end], bottom=ys[row_end],
            )
        )  # fmt: skip
    boxes.sort(key=lambda box: (box.row, box.column))
    return Frame(xs=tuple(xs), ys=tuple(ys), boxes=tuple(boxes))


def _crosses(lines: list[tuple[float, float, float]], place: float, at: float) -> bool:
    return any(abs(where - place) <= SNAP and start - SNAP <= at <= end + SNAP for where, start, end in lines)
