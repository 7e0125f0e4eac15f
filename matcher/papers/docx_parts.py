"""Pieces of WordprocessingML: runs with the fonts of both scripts, fields, shades, bars, tables of fixed widths.

Children stand in the order that the schema wants (ECMA-376 part 1, 17.3 and 17.4): Word refuses any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from matcher.export.rows import clean
from matcher.papers.blocks import Line, Text

LATIN = "Calibri"
MONO = "Consolas"
# Fonts that Windows and Office have; each draws the glyphs of its place. Other programs choose by the language.
EAST_ASIAN = {"zh-Hant": "Microsoft JhengHei", "zh-Hans": "Microsoft YaHei"}
TAGS = {"zh-Hant": "zh-HK", "zh-Hans": "zh-CN"}
INK = {"soft": "556273", "decided": "1D5CA3", "candidate": "94480A", "gap": "A3261D", "law": "6D5A00",
       "higher": "2A6B2F", "code": "33475B"}  # fmt: skip
FILLS = {"head": "E4EBF4", "band": "F2F5F9", "decided": "DBE9F8", "candidate": "FDEBD8", "refused": "E3E6EA",
         "open": "F3DFF2", "law": "FBF4CF"}  # fmt: skip
BADGES = ("0D6B67", "1D5CA3", "94480A", "2A6B2F", "82307D", "6D5A00")
# A twentieth of a point, Word's unit: 567 to the centimetre. The margin that a cell has at each side.
CM = 567
CELL_MARGIN = 85


def element(name: str, attributes: Mapping[str, str] | None = None, children: Sequence[Any] = ()) -> Any:
    """Return a new element; attributes are named with their prefix (``w:val``)."""
    made = OxmlElement(name)
    for key, value in (attributes or {}).items():
        made.set(qn(key), value)
    for child in children:
        made.append(child)
    return made


def value(name: str, given: str) -> Any:
    """Return an element with nothing but a value."""
    return element(name, {"w:val": given})


def fonts(language: str, chinese: str, *, mono: bool = False, hint: bool = False) -> Any:
    """Return the fonts of a run: Latin, and East Asian by the run's script, else by the paper's Chinese.

    The hint makes Word draw quotation marks and dots of a Chinese run from the Chinese font, at full width.
    """
    latin = MONO if mono else LATIN
    made = {
        "w:ascii": latin,
        "w:hAnsi": latin,
        "w:cs": latin,
        "w:eastAsia": EAST_ASIAN.get(language, EAST_ASIAN[chinese]),
    }
    return element("w:rFonts", {**made, **({"w:hint": "eastAsia"} if hint else {})})


def language_mark(language: str, chinese: str) -> Any:
    """Return the languages of a run, for spelling and for the glyphs that a substitute font draws."""
    return element("w:lang", {"w:val": "en-GB", "w:eastAsia": TAGS.get(language, TAGS[chinese])})


def run(text: Text, chinese: str, *, size: float = 0, strong: bool = False, colour: str = "") -> list[Any]:
    """Return a text as runs: its badge where it has one, then the words.

    Args:
        text: The text.
        chinese: The Chinese of the paper, for runs in English that hold a Chinese character.
        size: Points; 0 is the paragraph's.
        strong: Bold whatever the text says.
        colour: The ink where the text has no tone.
    """
    mono = text.tone == "code"
    properties = [fonts(text.language, chinese, mono=mono, hint=text.language != "en")]
    if text.strong or strong:
        properties += [element("w:b"), element("w:bCs")]
    ink = INK.get(text.tone, colour)
    if ink:
        properties.append(value("w:color", ink))
    points = (size or 10.5) - (0.5 if text.tone in ("soft", "code") else 0)
    if size or text.tone in ("soft", "code"):
        properties += [value(name, str(round(points * 2))) for name in ("w:sz", "w:szCs")]
    properties.append(language_mark(text.language, chinese))
    words = element("w:t", {"xml:space": "preserve"})
    words.text = clean(text.text)
    made = element("w:r", children=[element("w:rPr", children=properties), words])
    return [*_badge(text.badge, points), made] if text.badge else [made]


def _badge(number: int, points: float) -> list[Any]:
    sizes = [value(name, str(round(points * 2 - 2))) for name in ("w:sz", "w:szCs")]
    fill = element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": BADGES[number % len(BADGES)]})
    properties = [element("w:b"), value("w:color", "FFFFFF"), *sizes, fill]
    words = element("w:t", {"xml:space": "preserve"})
    words.text = f"\u00a0{number}\u00a0"
    space = element("w:t", {"xml:space": "preserve"})
    space.text = " "
    return [element("w:r", children=[element("w:rPr", children=properties), words]), element("w:r", children=[space])]


def paragraph(
    line: Line, chinese: str, *, style: str = "", size: float = 0, strong: bool = False, settings: Sequence[Any] = ()
) -> Any:
    """Return a paragraph of a line; ``settings`` are elements of its properties, in the schema's order."""
    named = [value("w:pStyle", style)] if style else []
    # An element stands in one place only: each paragraph gets settings of its own.
    properties = element("w:pPr", children=[*named, *deepcopy(list(settings))])
    runs = [piece for text in line for piece in run(text, chinese, size=size, strong=strong)]
    return element("w:p", children=[properties, *runs])


def field(instruction: str, shown: Sequence[Any], *, dirty: bool = False) -> list[Any]:
    """Return a field as runs: PAGE, NUMPAGES, PAGEREF; ``shown`` stands there until a program works it out."""
    code = element("w:instrText", {"xml:space": "preserve"})
    code.text = f" {instruction} "
    begin = element("w:fldChar", {"w:fldCharType": "begin", **({"w:dirty": "true"} if dirty else {})})
    parts = [element("w:r", children=[part]) for part in (begin, code, value_type("separate"))]
    return [*parts, *shown, element("w:r", children=[value_type("end")])]


def value_type(kind: str) -> Any:
    """Return a field's mark."""
    return element("w:fldChar", {"w:fldCharType": kind})


def bookmarked(made: Any, name: str, number: int) -> Any:
    """Return a paragraph with a bookmark around what it holds."""
    made.insert(1, element("w:bookmarkStart", {"w:id": str(number), "w:name": name}))
    made.append(element("w:bookmarkEnd", {"w:id": str(number)}))
    return made


def bar(share: float, reviewed: float, width: int) -> list[Any]:
    """Return a bar as shaded paragraphs that end where the share does: what is decided, then what is not.

    Args:
        share: The covered share, 0 to 1.
        reviewed: The part of it that is decided.
        width: The cell's inner width.
    """
    parts = [(reviewed, INK["decided"])] if reviewed > 0 else []
    parts += [(share, "E08A3C")] if share > reviewed else []
    out = []
    for part, colour in parts:
        right = max(round(width * (1 - min(part, 1))), 0)
        settings = [
            element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": colour}),
            element("w:spacing", {"w:before": "0", "w:after": "20", "w:line": "70", "w:lineRule": "exact"}),
            element("w:ind", {"w:left": "0", "w:right": str(min(right, width - 40))}),
            element("w:rPr", children=[value("w:sz", "4")]),
        ]
        out.append(element("w:p", children=[element("w:pPr", children=settings)]))
    return out


def cell(content: Sequence[Any], width: int, *, fill: str = "", span: int = 1, vertical: bool = False) -> Any:
    """Return a table's cell of paragraphs; a cell without any gets an empty one."""
    properties = [element("w:tcW", {"w:w": str(width), "w:type": "dxa"})]
    properties += [value("w:gridSpan", str(span))] if span > 1 else []
    properties += [element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": fill})] if fill else []
    properties += [value("w:textDirection", "btLr"), value("w:vAlign", "center")] if vertical else []
    return element("w:tc", children=[element("w:tcPr", children=properties), *(content or [element("w:p")])])


def row(cells: Sequence[Any], *, head: bool = False, whole: bool = True, height: int = 0) -> Any:
    """Return a row; ``head`` rows stand again on every page, ``whole`` rows are not cut by a page's end."""
    properties = [element("w:cantSplit")] if whole else []
    properties += [element("w:trHeight", {"w:val": str(height), "w:hRule": "exact"})] if height else []
    properties += [element("w:tblHeader")] if head else []
    return element("w:tr", children=[element("w:trPr", children=properties), *cells])


def table(rows: Sequence[Any], widths: Sequence[int], *, margin: int = CELL_MARGIN) -> Any:
    """Return a table of fixed widths with thin lines."""
    line = {"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": "C3CCD8"}
    sides = ("w:top", "w:left", "w:bottom", "w:right", "w:insideH", "w:insideV")
    margins = [element(f"w:{side}", {"w:w": str(width), "w:type": "dxa"})
               for side, width in (("top", 40), ("left", margin), ("bottom", 40), ("right", margin))]  # fmt: skip
    properties = element(
        "w:tblPr",
        children=[
            element("w:tblW", {"w:w": str(sum(widths)), "w:type": "dxa"}),
            element("w:tblBorders", children=[element(side, line) for side in sides]),
            element("w:tblLayout", {"w:type": "fixed"}),
            element("w:tblCellMar", children=margins),
        ],
    )
    grid = element("w:tblGrid", children=[element("w:gridCol", {"w:w": str(width)}) for width in widths])
    return element("w:tbl", children=[properties, grid, *rows])
