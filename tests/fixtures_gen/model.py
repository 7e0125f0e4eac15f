"""What a producer typesets: paragraphs and tables, without any file format."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Para:
    """One paragraph of a cell or of the page; ``rise`` lifts its opening number by so many ems (a real damage)."""

    text: str
    indent: float = 0.0
    size: float = 10.0
    bold: bool = False
    center: bool = False
    number: str = ""
    rise: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One cell: its paragraphs, how many rows and columns it covers, and whether its text runs downwards."""

    paras: tuple[Para, ...] = ()
    rows: int = 1
    columns: int = 1
    vertical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One table: column widths as shares of the text width, rows of cells (covered places left out)."""

    widths: tuple[float, ...]
    rows: tuple[tuple[Spot, ...], ...]
    header: int = 0
    open_sides: bool = False
    continued: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A new page."""


Block = Para | Tab | Break


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """A document to typeset: its blocks, the text at the head of every page, and the language of its font.

    ``gap`` is the space (points) above and below a paragraph, ``watermark`` a word set askew over every page;
    reportlab sets no gap and justifies nothing, LibreOffice has no watermark.
    """

    blocks: tuple[Block, ...]
    running_head: str = ""
    language: str = "en"
    breaks_in_rows: bool = True
    seed: int = 0
    justify: bool = False
    gap: float = 1.0
    watermark: str = ""
    notes: tuple[str, ...] = field(default=())
