"""What stands at the head and the foot of every page: running titles, codes, page numbers."""

from __future__ import annotations

import re
from dataclasses import replace

from matcher.readers.blocks import Document, Grid, Page

_CODE_LINE = re.compile(r"^职业编码[:：][\dX][\d-]{8,}$")
PAGE_NUMBER = re.compile(r"^[-—–·]*(\d{1,3})[-—–·]*$")
# Points within which lines of two pages stand at the same height.
_HEIGHT = 4


def compact(text: str) -> str:
    """Return a text without spaces."""
    return re.sub(r"\s+", "", text)


def running_heads(document: Document) -> set[str]:
    """Return lines that stand on many pages at the same height: the pages' heads and feet."""
    coded: set[str] = set()
    for page in document.pages:
        for line in page.lines:
            # The series prints its code at the head of every page: in a cell it is foreign wherever it was read first.
            if _CODE_LINE.match(compact(line.text)):
                coded.add(compact(line.text))
    return coded | {text for text, _ in _places(document)}


def _places(document: Document) -> set[tuple[str, int]]:
    """Return the lines that stand on three pages or more at the same height, each with that height."""
    seen: dict[tuple[str, int], int] = {}
    for page in document.pages:
        for key in {(compact(line.text), round(line.top / _HEIGHT)) for line in page.lines}:
            seen[key] = seen.get(key, 0) + 1
    return {key for key, count in seen.items() if count >= 3 and len(key[0]) > 1}


def without_heads(document: Document) -> Document:
    """Return a document whose tables do not hold the pages' heads.

    Where a table's sides are drawn beyond what is seen of it (Chromium clips them), the head falls into its cells and
    is parted by its columns: the lines at the head's height that together say what the head says are taken out.
    """
    places = _places(document)
    if not places:
        return document
    return replace(document, pages=tuple(_cleaned(page, places) for page in document.pages))


def _cleaned(page: Page, places: set[tuple[str, int]]) -> Page:
    inside = [line for grid in page.grids for cell in grid.cells for line in cell.lines]
    foreign: set[int] = set()
    for height in {height for _, height in places}:
        near = [line for line in (*page.lines, *inside) if abs(line.top / _HEIGHT - height) <= 1]
        text = compact("".join(line.text for line in sorted(near, key=lambda line: line.left)))
        if any(said == text for said, at in places if at == height):
            foreign |= set(map(id, near))
    if not foreign.intersection(map(id, inside)):
        return page
    blocks = (_kept(block, foreign) if isinstance(block, Grid) else block for block in page.blocks)
    return replace(page, blocks=tuple(block for block in blocks if id(block) not in foreign))


def _kept(grid: Grid, foreign: set[int]) -> Grid:
    return replace(
        grid,
        cells=tuple(
            replace(cell, lines=tuple(line for line in cell.lines if id(line) not in foreign)) for cell in grid.cells
        ),
    )


def page_labels(document: Document) -> int | None:
    """Return what is added to a page's place in the file to get the number printed on it; None where none is."""
    counts: dict[int, int] = {}
    for page in document.pages:
        for line in page.lines:
            found = PAGE_NUMBER.match(compact(line.text))
            if found:
                offset = int(found.group(1)) - page.number
                counts[offset] = counts.get(offset, 0) + 1
    best = max(counts, key=lambda offset: (counts[offset], -abs(offset)), default=0)
    return best if counts.get(best, 0) >= 3 else None
