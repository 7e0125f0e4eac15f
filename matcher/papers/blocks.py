"""A paper as a list of blocks, written once and drawn twice: as a page (HTML) and as a document (DOCX)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from matcher.schema import Language

# "" plain; "soft" smaller and grey; "code" a code; "decided", "candidate", "gap", "law", "higher" as their colours.
Tone = Literal["", "soft", "code", "decided", "candidate", "gap", "law", "higher"]
Fill = Literal["", "head", "decided", "candidate", "refused", "open", "law", "band"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A run of text in one language; ``region`` is HK or CN where the glyphs of a place are wanted.

    ``badge`` is the number of a matched statement, drawn before the text in its colour.
    """

    text: str
    language: Language
    region: str = ""
    strong: bool = False
    tone: Tone = ""
    badge: int = 0


Line = tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar in a cell: a covered share (0-1), and the part of it that is decided."""

    share: float
    reviewed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A table's cell: lines of text, perhaps a bar under them."""

    lines: tuple[Line, ...] = ()
    bar: Bar | None = None
    fill: Fill = ""
    right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading, one line a language; ``level`` 1 is the paper's own title. ``listed`` ones stand in the contents."""

    level: int
    lines: tuple[Line, ...]
    anchor: str = ""
    new_page: bool = False
    listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph a line; ``boxed`` stands out as a notice."""

    lines: tuple[Line, ...]
    boxed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list."""

    items: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a head that repeats over pages; ``widths`` are shares of the page's width."""

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One place of a matrix: how far the row's unit is covered by the column's, and on what it rests."""

    share: float
    fill: Fill
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Units down, the other side's across; columns are numbered as in the list that stands with it.

    ``groups`` hold the columns' heads: a label and how many columns stand under it. ``marks`` go by row and column.
    """

    rows: tuple[Cell, ...]
    columns: tuple[str, ...]
    groups: tuple[tuple[Line, int], ...]
    marks: dict[tuple[int, int], Mark]
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Where the table of contents stands."""

    heading: tuple[Line, ...]


Block = Heading | Paragraph | Bullets | Table | Matrix | Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A whole paper; ``header`` and ``footer`` stand on every page of a document."""

    language: Language
    title: str
    header: Line
    footer: Line
    page_words: tuple[str, str]
    blocks: tuple[Block, ...]
