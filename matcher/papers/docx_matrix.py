"""The matrix in a document: shaded cells, as many columns to a table as a page has room for."""

from __future__ import annotations

from typing import Any

from matcher.papers import docx_parts as parts
from matcher.papers.blocks import Line, Mark, Matrix, Text
from matcher.papers.svg import SIGNS

# Columns to a table: 3.2 cm for the unit's code leave 0.65 cm each of 17 cm.
COLUMNS = 21
_NAME, _COLUMN = round(3.2 * parts.CM), round(0.65 * parts.CM)
_HEAD_HEIGHT = round(3.4 * parts.CM)
_COLOURS = {"decided": (0x1D, 0x5C, 0xA3), "candidate": (0xC8, 0x6A, 0x14)}
_DARK = 0.55


def matrix_tables(matrix: Matrix, chinese: str) -> list[Any]:
    """Return the matrix as tables that fit the page's width."""
    out = []
    heads = [line for line, count in matrix.groups for _ in range(count)]
    total = len(matrix.columns)
    # Tables of about one width: a last one with a single column helps nobody.
    each = -(-total // -(-total // COLUMNS)) if total else COLUMNS
    for start in range(0, total, each):
        places = range(start, min(start + each, total))
        out += [_table(matrix, places, heads, chinese), _gap()]
    return out


def _gap() -> Any:
    return parts.element("w:p", children=[parts.element("w:pPr")])


def _line(text: str, size: float, chinese: str, *, colour: str = "", centred: bool = True) -> Any:
    settings = [parts.element("w:spacing", {"w:before": "0", "w:after": "0"})]
    settings += [parts.value("w:jc", "center")] if centred else []
    made = parts.element("w:p", children=[parts.element("w:pPr", children=settings)])
    for piece in parts.run(Text(text=text, language="en"), chinese, size=size, colour=colour):
        made.append(piece)
    return made


def _table(matrix: Matrix, places: range, heads: list[Line], chinese: str) -> Any:
    groups: list[tuple[Line, int]] = []
    for place in places:
        if groups and groups[-1][0] == heads[place]:
            groups[-1] = (heads[place], groups[-1][1] + 1)
        else:
            groups.append((heads[place], 1))
    fill = parts.FILLS["head"]
    upper = [parts.cell([], _NAME, fill=fill)]
    for line, count in groups:
        settings = [parts.element("w:spacing", {"w:before": "0", "w:after": "0"})]
        words = parts.paragraph(line, chinese, size=7, settings=settings)
        upper.append(parts.cell([words], _COLUMN * count, fill=fill, span=count, vertical=True))
    numbers = [_line(matrix.columns[place], 7, chinese) for place in places]
    lower = [parts.cell([], _NAME, fill=fill), *(parts.cell([number], _COLUMN, fill=fill) for number in numbers)]
    rows = [parts.row(upper, head=True, height=_HEAD_HEIGHT), parts.row(lower, head=True)]
    for number, name in enumerate(matrix.rows):
        settings = [parts.element("w:spacing", {"w:before": "0", "w:after": "0"})]
        content = [parts.paragraph(line, chinese, size=8, settings=settings) for line in name.lines[:1]]
        marks = [_mark(matrix.marks.get((number, place)), chinese) for place in places]
        rows.append(parts.row([parts.cell(content, _NAME), *marks]))
    return parts.table(rows, [_NAME, *[_COLUMN] * len(places)], margin=20)


def _mark(mark: Mark | None, chinese: str) -> Any:
    if mark is None:
        return parts.cell([_line("", 7, chinese)], _COLUMN)
    if mark.fill not in _COLOURS:
        return parts.cell([_line(SIGNS[mark.fill], 7, chinese)], _COLUMN, fill=parts.FILLS[mark.fill])
    depth = 0.12 + 0.78 * mark.share
    fill = "".join(f"{round(255 - (255 - part) * depth):02X}" for part in _COLOURS[mark.fill])
    colour = "FFFFFF" if mark.share >= _DARK else ""
    lines = (SIGNS[mark.fill], f"{mark.share * 100:.0f}")
    return parts.cell([_line(text, 6.5, chinese, colour=colour) for text in lines], _COLUMN, fill=fill)
