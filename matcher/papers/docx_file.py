"""A paper as a Word document: contents, running heads with page numbers, heads of tables that repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from matcher.artefact import atomic_path
from matcher.export.workbook import FIXED_TIME, fix_times
from matcher.papers import docx_parts as parts
from matcher.papers.blocks import Block, Bullets, Cell, Contents, Heading, Line, Matrix, Paper, Paragraph, Table, Text
from matcher.papers.docx_matrix import matrix_tables

# A4 with margins of 2 cm leaves so much.
WIDTH = 17 * parts.CM
SIZE = 9.0
# A paper's levels are Word's title, its headings 1 and 2, and a third that the contents leave out.
_STYLES = {1: "Title", 2: "Heading1", 3: "Heading2"}
_UNLISTED = "Heading3"
# A row longer than this many characters may be cut by a page's end: kept whole it could leave a page half empty.
_LONG = 700


def write_docx(paper: Paper, path: Path) -> None:
    """Write the document, whole or not at all; the same paper gives the same bytes."""
    document = Document()
    _prepare(document, paper)
    body = document.element.body
    end = body.find(qn("w:sectPr"))
    writer = _Writer(paper)
    for block, after in zip(paper.blocks, (*paper.blocks[1:], None), strict=True):
        for made in writer.block(block, keep=isinstance(after, Table)):
            end.addprevious(made)
    with atomic_path(path) as temporary:
        document.save(str(temporary))
        fix_times(temporary)


def _chinese(paper: Paper) -> str:
    """Return the Chinese of a paper: its language, else that of the first Chinese text in it."""
    if paper.language != "en":
        return paper.language
    lines = [line for block in paper.blocks if isinstance(block, Heading | Paragraph) for line in block.lines]
    return next((text.language for line in lines for text in line if text.language != "en"), "zh-Hant")


def _prepare(document: Any, paper: Paper) -> None:
    chinese = _chinese(paper)
    for name, size, colour in (
        ("Normal", 10.5, None), ("Title", 24, "17365D"), ("Heading 1", 16, "17365D"), ("Heading 2", 12.5, "1D5CA3"),
        ("Heading 3", 11, "33475B"), ("List Bullet", 10.5, None), ("Header", 8, "556273"), ("Footer", 8, "556273"),
    ):  # fmt: skip
        style = document.styles[name]
        style.font.size = Pt(size)
        if colour:
            style.font.color.rgb = RGBColor.from_string(colour)
        _set_fonts(style.element.get_or_add_rPr(), chinese)
    for level in (1, 2):
        style = document.styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        style.paragraph_format.left_indent = Cm(0.6 * (level - 1))
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.tab_stops.add_tab_stop(Cm(17), alignment=2, leader=1)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    for name, before in (("Heading 1", 14), ("Heading 2", 12), ("Heading 3", 10)):
        document.styles[name].paragraph_format.space_before = Pt(before)
        document.styles[name].paragraph_format.space_after = Pt(4)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin, section.bottom_margin = Cm(2.2), Cm(2)
    section.header_distance = section.footer_distance = Cm(1)
    _running(section, paper, chinese)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = paper.title, "Competency Matcher", ""
    properties.language = paper.language
    properties.created = properties.modified = datetime(*FIXED_TIME)


def _set_fonts(properties: Any, chinese: str) -> None:
    """Set a style's fonts for both scripts in place of the theme's."""
    for old in (*properties.findall(qn("w:rFonts")), *properties.findall(qn("w:lang"))):
        properties.remove(old)
    properties.insert(0, parts.fonts("en", chinese))
    properties.append(parts.language_mark("en", chinese))


def _running(section: Any, paper: Paper, chinese: str) -> None:
    """Fill the header and the footer."""
    head = section.header.paragraphs[0]._p
    for text in paper.header:
        for made in parts.run(text, chinese, size=8, colour="556273"):
            head.append(made)
    foot = section.footer.paragraphs[0]._p
    page, of = paper.page_words

    def said(words: str) -> list[Any]:
        return parts.run(Text(text=words, language=paper.language), chinese, size=8, colour="556273")

    after = [] if paper.language == "en" else said(" 頁" if paper.language == "zh-Hant" else " 页")
    for text in paper.footer:
        for made in parts.run(text, chinese, size=8, colour="556273"):
            foot.append(made)
    tab = parts.element("w:r", children=[parts.element("w:tab")])
    again = parts.element("w:r", children=[parts.element("w:tab")])
    numbers = [*parts.field("PAGE", said("1")), *said(f" {of} "), *parts.field("NUMPAGES", said("1"))]
    for made in (tab, again, *said(f"{page} "), *numbers, *after):
        foot.append(made)


class _Writer:
    """Turns blocks into elements; it counts bookmarks."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.chinese = _chinese(paper)
        self.names = {
            id(block): f"_Toc{number:06d}"
            for number, block in enumerate(paper.blocks, 1)
            if isinstance(block, Heading) and block.listed
        }

    def block(self, block: Block, *, keep: bool) -> list[Any]:
        """Return a block's elements; ``keep`` holds a paragraph on the page of what follows it."""
        if isinstance(block, Heading):
            return self._heading(block)
        if isinstance(block, Paragraph):
            return self._paragraph(block, keep=keep)
        if isinstance(block, Bullets):
            return [self._bullet(item) for item in block.items]
        if isinstance(block, Table):
            return [self._table(block), _gap()]
        if isinstance(block, Matrix):
            return matrix_tables(block, self.chinese)
        return self._contents(block)

    def _heading(self, heading: Heading) -> list[Any]:
        style = _STYLES[heading.level] if heading.listed or heading.level < 3 else _UNLISTED
        keep = [parts.element("w:keepNext")]
        start = [parts.element("w:pageBreakBefore")] if heading.new_page else []
        line: Line = heading.lines[0]
        for more in heading.lines[1:]:
            # One heading a paragraph, whatever the languages: the contents list it once.
            line = (*line, Text(text="  ", language=self.paper.language), *more)
        made = parts.paragraph(line, self.chinese, style=style, settings=[*keep, *start])
        name = self.names.get(id(heading))
        return [parts.bookmarked(made, name, int(name[4:])) if name else made]

    def _paragraph(self, block: Paragraph, *, keep: bool) -> list[Any]:
        settings: list[Any] = [parts.element("w:keepNext")] if keep else []
        if block.boxed:
            edge = {"w:val": "single", "w:sz": "24", "w:space": "6", "w:color": "1D5CA3"}
            settings += [
                parts.element("w:pBdr", children=[parts.element("w:left", edge)]),
                parts.element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": "F2F5F9"}),
                parts.element("w:ind", {"w:left": "170"}),
            ]
        return [parts.paragraph(line, self.chinese, settings=settings) for line in block.lines]

    def _bullet(self, lines: Sequence[Line]) -> Any:
        made = parts.paragraph(lines[0], self.chinese, style="ListBullet")
        for line in lines[1:]:
            made.append(parts.element("w:r", children=[parts.element("w:br")]))
            for text in line:
                for piece in parts.run(text, self.chinese):
                    made.append(piece)
        return made

    def _table(self, block: Table) -> Any:
        widths = [round(WIDTH * width) for width in block.widths]
        head = parts.row([self._cell(cell, width) for cell, width in zip(block.head, widths, strict=True)], head=True)
        rows = [
            parts.row(
                [self._cell(cell, width) for cell, width in zip(cells, widths, strict=True)],
                whole=max((_length(cell) for cell in cells), default=0) < _LONG,
            )
            for cells in block.rows
        ]
        return parts.table([head, *rows], widths)

    def _cell(self, cell: Cell, width: int) -> Any:
        settings = [parts.element("w:spacing", {"w:before": "0", "w:after": "10"})]
        settings += [parts.value("w:jc", "right")] if cell.right else []
        content = [parts.paragraph(line, self.chinese, size=SIZE, settings=settings) for line in cell.lines]
        if cell.bar is not None:
            content += parts.bar(cell.bar.share, cell.bar.reviewed, width - 2 * parts.CELL_MARGIN)
        return parts.cell(content, width, fill=parts.FILLS.get(cell.fill, ""))

    def _contents(self, block: Contents) -> list[Any]:
        """Return the table of contents: links with the pages' numbers as fields.

        Not Word's own contents field: LibreOffice would show its numbers as they were written, and nobody knows them
        before the pages are set. A field a number is worked out by both.
        """
        listed = [h for h in self.paper.blocks if isinstance(h, Heading) and h.listed and h.level > 1]
        title = [parts.paragraph(line, self.chinese, style=_UNLISTED) for line in block.heading[:1]]
        return [*title, *map(self._entry, listed)]

    def _entry(self, heading: Heading) -> Any:
        name = self.names[id(heading)]
        style = "toc1" if heading.level == 2 else "toc2"
        tab = parts.element("w:r", children=[parts.element("w:tab")])
        line: Line = heading.lines[0]
        for more in heading.lines[1:]:
            line = (*line, Text(text="  ", language=self.paper.language), *more)
        words = [piece for text in line for piece in parts.run(text, self.chinese, size=10)]
        number = parts.field(f"PAGEREF {name} \\h", parts.run(Text(text="–", language="en"), self.chinese), dirty=True)
        link = parts.element("w:hyperlink", {"w:anchor": name, "w:history": "1"}, [*words, tab, *number])
        return parts.element("w:p", children=[parts.element("w:pPr", children=[parts.value("w:pStyle", style)]), link])


def _length(cell: Cell) -> int:
    return sum(len(text.text) for line in cell.lines for text in line)


def _gap() -> Any:
    spacing = parts.element("w:spacing", {"w:before": "0", "w:after": "60", "w:line": "120", "w:lineRule": "exact"})
    return parts.element("w:p", children=[parts.element("w:pPr", children=[spacing])])
