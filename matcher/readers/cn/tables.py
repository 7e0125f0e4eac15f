"""The tables of 3 工作要求 to bands: one 工作内容 with its cells, at the level whose heading stands above it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from matcher.readers.blocks import Cell, Document, Grid, Line
from matcher.readers.cn.cover import level_of
from matcher.readers.cn.heads import PAGE_NUMBER, compact, page_labels, running_heads, without_heads
from matcher.readers.text_lines import ends_surely, joined_lines

_SECTION = re.compile(r"^([1-9])\s*[.．]?\s*(职业概况|基本要求|工作要求|权重表|比重表|附录)\s*$")
_HEADING = re.compile(r"^3(?:\s*[.．]\s*\d{1,2}){1,3}\s*(\S.*)$")
_CONTINUED = re.compile(
    r"^(?:[（(]\s*续\s*(?:上\s*)?表?\s*\d*(?:[.．-]\d+)*\s*[)）]|续\s*(?:上\s*)?表\s*\d*(?:[.．-]\d+)*)$"
)
_COLUMNS = {
    "function": ("职业功能",),
    "work": ("工作内容",),
    "skills": ("技能要求", "专业能力要求", "能力要求", "技能"),
    "knowledge": ("相关知识要求", "相关知识", "知识要求"),
}


# A page's head has a line's length: in the narrowest column it takes no more lines than this.
MAX_WRAPPED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One line that was taken out of a cell it does not belong to."""

    page: int
    field: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One 工作内容 as it stands on its pages; its lists grow while its pages are walked."""

    page: int
    level: tuple[str, str] | None
    kind: str
    first_on_page: bool
    function: list[Line] = field(default_factory=list)
    work: list[Line] = field(default_factory=list)
    skills: list[Line] = field(default_factory=list)
    knowledge: list[Line] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)


def header_columns(cells: Sequence[Cell]) -> dict[str, Cell]:
    """Return which cell of a row heads which column; empty where the row is no heading of a work table."""
    found: dict[str, Cell] = {}
    for cell in cells:
        name = compact(cell.text)
        for column, names in _COLUMNS.items():
            if name in names and column not in found:
                found[column] = cell
    return found if {"work", "skills"} <= set(found) or {"function", "work"} <= set(found) else {}


def section_of(text: str) -> str:
    """Return the number of the section that a line opens ("3" of 3 工作要求), or ""."""
    found = _SECTION.match(text.strip())
    return found.group(1) if found else ""


class _Walk:
    """Where the walk through the pages stands: section, level, kind of work, the open table's columns."""

    __slots__ = ("columns", "heads", "kind", "label", "labels", "level", "pending", "section")

    def __init__(self, heads: set[str], labels: int | None) -> None:
        self.heads = heads
        self.labels = labels
        self.label = ""
        self.section = ""
        self.level: tuple[str, str] | None = None
        self.kind = ""
        self.columns: dict[str, tuple[float, float]] = {}
        self.pending: list[Repair] = []

    def line(self, text: str) -> None:
        number = section_of(text)
        if number:
            self.section = number
            self.level, self.columns = None, {}
            return
        level = heading_level(text)
        if level is not None:
            self.section, self.level = "3", level
            return
        found = _HEADING.match(text.strip())
        if found and self.section == "3" and not re.search(r"[。，；.…]|\d$", found.group(1)):
            self.kind, self.level = compact(found.group(1)), None


def heading_level(text: str) -> tuple[str, str] | None:
    """Return the level that a line names when it is a level's heading: its words alone, or behind a section number."""
    bare = re.sub(r"^\d(?:\s*[.．]\s*\d{1,2}){1,3}\s*", "", text.strip())
    return level_of(bare)


def bands(document: Document) -> Iterator[Band]:
    """Yield the work contents of every level in order, each once, joined over page breaks."""
    walk = _Walk(running_heads(document), page_labels(document))
    last: Band | None = None
    for page in without_heads(document).pages:
        fresh = True
        walk.label = "" if walk.labels is None else str(page.number + walk.labels)
        for block in page.blocks:
            if isinstance(block, Line):
                if compact(block.text) not in walk.heads:
                    walk.line(block.text)
                continue
            for band in _grid_bands(block, walk, page.number, fresh=fresh):
                fresh = False
                if last is not None and _goes_on(last, band):
                    _append(last, band)
                    continue
                if last is not None:
                    yield last
                last = band
    if last is not None:
        yield last


def _span(grid: Grid, cell: Cell) -> tuple[float, float]:
    if grid.edges:
        return grid.edges[cell.column], grid.edges[cell.column_end]
    return float(cell.column), float(cell.column_end)


def _column_of(grid: Grid, cell: Cell, walk: _Walk) -> str:
    """Return the column a cell stands in: the one that shares most of its width."""
    left, right = _span(grid, cell)
    best, most = "", 0.0
    for name, (start, end) in walk.columns.items():
        shared = min(right, end) - max(left, start)
        if shared > most:
            best, most = name, shared
    return best if most > 0.5 * (right - left) else ""


def _grid_bands(grid: Grid, walk: _Walk, page: int, *, fresh: bool) -> Iterator[Band]:
    by_work: dict[int, Band] = {}
    groups: list[tuple[Cell, Band]] = []
    for number in range(grid.rows):
        row = grid.row(number)
        if not row:
            continue
        headed = header_columns(row)
        if headed:
            walk.columns = {name: _span(grid, cell) for name, cell in headed.items()}
            yield from _flush(groups)
            by_work.clear()
            continue
        wide = [cell for cell in row if cell.column == 0 and cell.column_end == grid.columns and grid.columns > 1]
        if wide:
            text = compact(wide[0].text)
            level = heading_level(text)
            if level is not None or section_of(text):
                yield from _flush(groups)
                by_work.clear()
                walk.line(text)
                walk.pending.append(
                    Repair(page=page, field="level", reason="a level's heading stood inside the table", text=text)
                )
            elif _CONTINUED.match(text) or text in walk.heads:
                walk.pending.append(
                    Repair(page=page, field="table", reason="a page's head stood inside the table", text=text)
                )
            continue
        if is_weights(row):
            walk.columns = {}
        if not walk.columns or walk.section not in ("3", ""):
            continue
        for cell in row:
            name = _column_of(grid, cell, walk)
            if name == "work" or (name == "skills" and not groups):
                band = Band(page=page, level=walk.level, kind=walk.kind, first_on_page=fresh and not groups)
                band.repairs.extend(walk.pending)
                walk.pending.clear()
                groups.append((cell, band))
        for cell in row:
            _give(grid, cell, groups, walk)
    yield from _flush(groups)


def is_weights(row: Sequence[Cell]) -> bool:
    """Return whether a row heads a weight table: its first cell says 项目 and 技能等级, and hardly more."""
    text = compact(row[0].text) if row and row[0].column == 0 else ""
    return (
        "项目" in text
        and re.fullmatch(r"(?:项目|(?:职业)?技能等级|专业技术等级|等级|[（(]?[%％][)）]?|[/\\、])+", text) is not None
    )


def _flush(groups: list[tuple[Cell, Band]]) -> Iterator[Band]:
    for _, band in groups:
        # A page may hold nothing but the rest of a function's name.
        if band.work or band.skills or band.knowledge or (band.function and band.first_on_page):
            yield band
    groups.clear()


def _give(grid: Grid, cell: Cell, groups: list[tuple[Cell, Band]], walk: _Walk) -> None:
    """Put a cell's lines into the band of the work content beside it."""
    name = _column_of(grid, cell, walk)
    beside = [band for work, band in groups if work.row < cell.row_end and cell.row < work.row_end]
    if not name or not beside:
        return
    band = beside[0]
    kept: list[Line] = []
    lines = list(cell.lines)
    last = PAGE_NUMBER.match(compact(lines[-1].text)) if len(lines) > 1 else None
    if last and last.group(1) == walk.label and ends_surely(lines[-2], lines[-1]):
        text = compact(lines.pop().text)
        reason = "the page's number stood in the cell"
        band.repairs.append(Repair(page=band.page, field=name, reason=reason, text=text))
    while lines:
        count, reason, level = _foreign(lines, walk.heads)
        if not count:
            kept.append(lines.pop(0))
            continue
        text = compact("".join(line.text for line in lines[:count]))
        band.repairs.append(Repair(page=band.page, field=name, reason=reason, text=text))
        walk.level = level or walk.level
        del lines[:count]
    getattr(band, name).extend(joined_lines([], kept) if len(kept) < len(cell.lines) else kept)


def _foreign(lines: Sequence[Line], heads: set[str]) -> tuple[int, str, tuple[str, str] | None]:
    """Return how many of the first lines do not belong to a cell, why, and the level that they name.

    In a narrow cell a page's head or a heading is wrapped like any other text.
    """
    text = ""
    for count, line in enumerate(lines[:MAX_WRAPPED], 1):
        text += compact(line.text)
        level = heading_level(text) if _HEADING.match(text) else None
        if level is not None:
            return count, "the next level's heading stood in the cell", level
        if _CONTINUED.match(text) or text in heads:
            return count, "a page's head stood in the cell", None
    return 0, "", None


def _goes_on(last: Band, band: Band) -> bool:
    """Return whether a page's first work content goes on with the last of the page before."""
    if not band.first_on_page or band.level != last.level or band.kind != last.kind:
        return False
    mine, other = item_prefix(last), item_prefix(band)
    if mine and mine == other:
        return True
    if not band.work or not last.work:
        # A merged cell's words stand on one of its pages only.
        return True
    if mine and other:
        return False
    numbered = re.match(r"^\s*(?:\d|[（(]\s*[一二三四五六七八九十\d])", last.work[0].text) is not None
    words = "".join(line.text for line in band.work)
    return numbered and re.search(r"\d[.．]\d|^[（(]\s*[一二三四五六七八九十\d]", words) is None


def item_prefix(band: Band) -> str:
    """Return the m.n that most of a band's items begin with, or ""."""
    found = re.findall(
        r"(?<![\d.])(\d{1,2})[.．](\d{1,2})[.．]\d{1,2}(?![.．]?\d)",
        "\n".join(line.text for line in (*band.skills, *band.knowledge)),
    )
    counts: dict[str, int] = {}
    for major, minor in found:
        counts[f"{int(major)}.{int(minor)}"] = counts.get(f"{int(major)}.{int(minor)}", 0) + 1
    return max(counts, key=lambda key: counts[key]) if counts else ""


def _append(last: Band, band: Band) -> None:
    last.function.extend(band.function)
    last.work[:] = joined_lines(last.work, band.work)
    last.skills[:] = joined_lines(last.skills, band.skills)
    last.knowledge[:] = joined_lines(last.knowledge, band.knowledge)
    last.repairs.extend(band.repairs)
