"""4 权重表: which 职业功能 a level has and what each weighs; a checksum on what was read from section 3."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matcher.readers.blocks import Cell, Document, Grid, Line
from matcher.readers.cn.cover import Cover, level_of
from matcher.readers.cn.heads import compact
from matcher.readers.cn.tables import header_columns, is_weights, section_of
from matcher.schema import FunctionWeight

_BASE = ("基本要求", "职业道德", "基础知识")
# 4.1.2 样本维修工: a table for one kind of work.
_KIND = re.compile(r"^4(?:\s*[.．]\s*\d{1,2}){2}\s*(\S.*)$")
_NUMBER = re.compile(r"^(\d{1,3}(?:\.\d+)?)%?$")
_NO_FUNCTION = ("相关知识要求", "相关知识", "技能要求", "专业能力要求", "项目", "合计", "总计")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One level's column of one weight table: name to per cent, and the sum that the table itself states.

    ``kind`` is the kind of work (工种) whose heading stands above the table, or "".
    """

    page: int
    part: str
    kind: str
    level: str
    weights: tuple[tuple[str, float], ...]
    stated: float | None

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return sum(weight for _, weight in self.weights)


def bare(name: str) -> str:
    """Return a function's name as it is compared: without spaces, number and brackets' width."""
    text = compact(name).replace("（", "(").replace("）", ")")
    return re.sub(r"^(?:\d{1,2}[.、]?|[一二三四五六七八九十]+、)", "", text)


def read_weights(document: Document) -> list[Weights]:
    """Return every level's column of the theory and the skill table."""
    out: list[Weights] = []
    part = kind = ""
    columns: dict[int, str] = {}
    rows: dict[int, list[tuple[str, float]]] = {}
    stated: dict[int, float] = {}
    page_of = 0

    def close() -> None:
        for column, level in columns.items():
            if rows.get(column):
                out.append(Weights(page=page_of, part=part, kind=kind, level=level, weights=tuple(rows[column]),
                                   stated=stated.get(column)))  # fmt: skip
        columns.clear()
        rows.clear()
        stated.clear()

    inside = False
    for page in document.pages:
        for block in page.blocks:
            if isinstance(block, Line):
                if section_of(block.text):
                    inside = section_of(block.text) == "4"
                found = re.match(
                    r"^4\s*[.．]\s*\d\s*(理论知识|技能要求|专业能力要求|相关知识|操作技能)", block.text.strip()
                )
                if found:
                    close()
                    inside = True
                    part = "theory" if found.group(1) in ("理论知识", "相关知识") else "skill"
                    kind = ""
                elif inside and (found := _KIND.match(block.text.strip())):
                    close()
                    kind = compact(found.group(1))
                continue
            if not inside and not is_weights(block.row(0)):
                continue
            for cells in _rows(block):
                found_levels = _levels(cells)
                if header_columns(cells):
                    break
                if len(found_levels) >= 1 and not any(_NUMBER.match(compact(cell.text)) for cell in cells):
                    if columns and set(found_levels) != set(columns):
                        close()
                    columns.update(found_levels)
                    page_of = page_of if rows else page.number
                    continue
                if columns:
                    _take(cells, columns, rows, stated)
    close()
    return out


def _rows(grid: Grid) -> Iterator[tuple[Cell, ...]]:
    for number in range(grid.rows):
        cells = grid.row(number)
        if cells:
            yield cells


def _levels(cells: tuple[Cell, ...]) -> dict[int, str]:
    """Return column to level for a row of level headings: 五级/初级工(%)."""
    out = {}
    for cell in cells:
        text = re.sub(r"[（(]\s*%\s*[)）]|%", "", compact(cell.text))
        level = level_of(text)
        if level is not None:
            out[cell.column] = level[1]
    return out


def _take(
    cells: tuple[Cell, ...],
    columns: dict[int, str],
    rows: dict[int, list[tuple[str, float]]],
    stated: dict[int, float],
) -> None:
    first = min(columns)
    names = [cell.text for cell in cells if cell.column_end <= first and cell.text.strip()]
    if not names:
        return
    # The name stands nearest to the figures; to its left stands the group (基本要求, 相关知识要求).
    name = compact(names[-1])
    for cell in cells:
        number = _NUMBER.match(compact(cell.text))
        if number is None or cell.column not in columns:
            continue
        value = float(number.group(1))
        if name in ("合计", "总计"):
            stated[cell.column] = value
        elif name not in _NO_FUNCTION:
            rows.setdefault(cell.column, []).append((name, value))


def functions_of(weights: Weights) -> set[str]:
    """Return the functions that a column gives a weight, without the basic requirements."""
    return {bare(name) for name, weight in weights.weights if weight > 0 and bare(name) not in _BASE}


def function_weights(columns: Iterable[Weights], cover: Cover, labels: Iterable[str]) -> tuple[FunctionWeight, ...]:
    """Return the rows of the theory and the skill tables joined: what each function weighs at each level.

    Args:
        columns: What ``read_weights`` found.
        cover: The standard's identity.
        labels: The functions as the units name them: a weight gets its unit's spelling.
    """
    spelled = {bare(label): label for label in labels}
    rows: dict[tuple[str, str, str], dict[str, float]] = {}
    for column in columns:
        for name, weight in column.weights:
            # A name that stands twice in a column fails the checksum; the first figure stays.
            rows.setdefault((column.kind, column.level, bare(name)), {}).setdefault(column.part or "theory", weight)
    return tuple(
        FunctionWeight(
            level=level,
            function=spelled.get(name, name),
            theory=parts.get("theory"),
            skill=parts.get("skill"),
            occupation_code=cover.code,
            occupation=cover.name,
            version=cover.edition,
            kind=kind,
        )
        for (kind, level, name), parts in rows.items()
        if name
    )
