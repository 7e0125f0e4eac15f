"""What a document is to the readers of both sides, whatever file it came from: lines, and tables of cells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text.

    ``left`` and ``right`` are in points from the page's left edge, ``room`` is what is left to the right of it,
    ``first`` the width of its first word; ``ends`` says that a paragraph ends here. ``apart`` is 1 where an item's
    number opens the line and is set apart from its words (by a space, or by a baseline of its own), -1 where it is not
    while the page's other numbers are, 0 where that says nothing. Files without geometry have one line a paragraph.
    """

    text: str
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    size: float = 10.0
    ends: bool = True
    room: float = 0.0
    first: float = 0.0
    unmapped: int = 0
    apart: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table; rows and columns count from 0, the ends are exclusive."""

    row: int
    row_end: int
    column: int
    column_end: int
    lines: tuple[Line, ...] = ()

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One table on one page; its cells by row, then column."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    top: float = 0.0
    edges: tuple[float, ...] = ()

    def row(self, number: int) -> tuple[Cell, ...]:
        """Return the cells that begin in a row."""
        return tuple(cell for cell in self.cells if cell.row == number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: what stands outside of its tables, its tables, and both in reading order."""

    number: int
    blocks: tuple[Line | Grid, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines outside of tables."""
        return tuple(block for block in self.blocks if isinstance(block, Line))

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The tables."""
        return tuple(block for block in self.blocks if isinstance(block, Grid))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document's pages; ``paged`` is False for files that have none (one page then).

    ``notes`` say what was left out on the way.
    """

    pages: tuple[Page, ...]
    paged: bool = True
    notes: tuple[str, ...] = ()

    def opening(self, pages: int = 12) -> str:
        """Return the text of the first pages, tables included, without spaces at line ends."""
        out = []
        for page in self.pages[:pages]:
            for block in page.blocks:
                cells = block.cells if isinstance(block, Grid) else ()
                out += [block.text] if isinstance(block, Line) else [cell.text for cell in cells]
        return "\n".join(out)
