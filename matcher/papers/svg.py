"""Bars and the heat map as inline SVG; the page's style gives the colours (see ``matcher/data/html/paper.css``)."""

from __future__ import annotations

from html import escape

from matcher.export.rows import clean
from matcher.papers.blocks import Cell, Line, Mark, Matrix

_CELL, _ROW = 34, 24
_NAME_CHARACTER, _NAME_SPACE = 6.8, 18
_HEAD, _GROUP_HEAD = 22, 118
SIGNS = {"decided": "●", "candidate": "○", "refused": "×", "open": "?"}
# From this share on a cell is dark enough for white figures.
_DARK = 0.55


def bar(share: float, reviewed: float) -> str:
    """Return a bar: the covered share, and over it the part that is decided; the figure stands beside it as text."""
    return (
        '<svg class="bar" viewBox="0 0 200 9" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="200" height="9" rx="2"/>'
        f'<rect class="share" width="{share * 200:.2f}" height="9" rx="2"/>'
        f'<rect class="reviewed" width="{reviewed * 200:.2f}" height="9" rx="2"/></svg>'
    )


def _words(line: Line) -> str:
    return escape(clean("".join(text.text for text in line)))


def _row_name(cell: Cell) -> str:
    return _words(cell.lines[0]) if cell.lines else ""


def heat_map(matrix: Matrix) -> str:
    """Return the matrix as a heat map: colour and figure say how far, the sign says on what it rests."""
    names = [_row_name(cell) for cell in matrix.rows]
    left = max((len(name) for name in names), default=0) * _NAME_CHARACTER + _NAME_SPACE
    top = _HEAD + _GROUP_HEAD
    width, height = left + _CELL * len(matrix.columns) + 60, top + _ROW * len(names) + 4
    parts = [_groups(matrix, left, top, height)]
    for column, number in enumerate(matrix.columns):
        x = left + column * _CELL + _CELL / 2
        parts.append(f'<text class="head" x="{x:.1f}" y="{top - 6}" text-anchor="middle">{escape(number)}</text>')
    for row, name in enumerate(names):
        y = top + row * _ROW
        parts.append(f'<text class="name" x="4" y="{y + _ROW / 2:.1f}" dy=".35em">{name}</text>')
        columns = range(len(matrix.columns))
        parts += [_mark(matrix.marks.get((row, column)), left + column * _CELL, y) for column in columns]
    head = f'<svg class="matrix" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}" role="img" '
    return f'{head}aria-label="{escape(clean(matrix.label))}">{"".join(parts)}</svg>'


def _groups(matrix: Matrix, left: float, top: int, height: int) -> str:
    """Return the slanted heads over the columns and the lines between groups."""
    parts = []
    column = 0
    for line, count in matrix.groups:
        x = left + column * _CELL
        at = x + count * _CELL / 2
        parts.append(
            f'<line class="group" x1="{x:.1f}" x2="{x:.1f}" y1="{top - _HEAD}" y2="{height - 4}"/>'
            f'<text class="head" transform="translate({at:.1f} {top - _HEAD - 2}) rotate(-50)">{_words(line)}</text>'
        )
        column += count
    return "".join(parts)


def _mark(mark: Mark | None, x: float, y: float) -> str:
    box = f'x="{x:.1f}" y="{y:.1f}" width="{_CELL}" height="{_ROW}"'
    if mark is None:
        return f'<rect class="grid" {box}/>'
    sign = SIGNS[mark.fill]
    shown = f"{sign}{mark.share * 100:.0f}" if mark.fill in ("decided", "candidate") else sign
    opacity = f"{0.12 + 0.78 * mark.share:.3f}" if mark.fill in ("decided", "candidate") else "1"
    dark = ' class="dark"' if mark.share >= _DARK else ""
    return (
        f'<g><title>{escape(clean(mark.title))}</title><rect class="c-{mark.fill}" fill-opacity="{opacity}" {box}/>'
        f'<rect class="grid" {box}/><text{dark} x="{x + _CELL / 2:.1f}" y="{y + _ROW / 2:.1f}" dy=".35em" '
        f'text-anchor="middle">{shown}</text></g>'
    )
