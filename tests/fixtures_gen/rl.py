"""The first producer: a canvas of reportlab, with page breaks anywhere and every line drawn by hand."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.fixtures_gen.model import Break, Doc, Para, Spot, Tab

LEADING = 1.35
PAD = 4.0
_RUN = re.compile(r"[\u0020-\u007e\u00c0-\u00ff]+|[^\u0020-\u007e\u00c0-\u00ff]+")
_TOKEN = re.compile(r"[\u0021-\u007e\u00c0-\u00ff]+|\s+|[^\u0020-\u007e\u00c0-\u00ff]")
# No line of Chinese text begins with these.
_CLOSING = "，。；：、！？）》”’」』"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One visual line of a cell: its text, indent, size, and the number drawn before it with its rise."""

    text: str
    indent: float
    size: float
    bold: bool
    center: bool
    number: str = ""
    rise: float = 0.0


class _Pen:
    """Fonts and the place on the page."""

    def __init__(self, doc: Doc, rng: random.Random) -> None:
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=A4, invariant=1)
        self.doc = doc
        cjk = "MSung-Light" if doc.language == "zh-Hant" else "STSong-Light"
        if cjk not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(cjk))
        self.cjk = cjk
        self.latin, self.strong = rng.choice((("Times-Roman", "Times-Bold"), ("Helvetica", "Helvetica-Bold")))
        self.left, self.right = 62.0, A4[0] - 62.0
        self.top, self.bottom = A4[1] - 76.0, 66.0
        self.y = self.top
        self.page = 1
        self.head()

    def head(self) -> None:
        if self.doc.running_head:
            self.text(self.left, A4[1] - 48, self.doc.running_head, 9.0)
        self.text(A4[0] / 2, 36, str(self.page), 9.0)
        if self.doc.watermark:
            self.canvas.saveState()
            self.canvas.translate(130, 300)
            self.canvas.rotate(40)
            self.canvas.setFillGray(0.8)
            self.text(0, 0, self.doc.watermark, 60.0)
            self.canvas.restoreState()

    def new_page(self) -> None:
        self.canvas.showPage()
        self.page += 1
        self.y = self.top
        self.head()

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        return float(sum(pdfmetrics.stringWidth(run, self.font(run, bold=bold), size) for run in _RUN.findall(text)))

    def font(self, run: str, *, bold: bool) -> str:
        return (self.strong if bold else self.latin) if run[0] <= "~" or "À" <= run[0] <= "ÿ" else self.cjk

    def text(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> float:
        for run in _RUN.findall(text):
            font = self.font(run, bold=bold)
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, run)
            x += pdfmetrics.stringWidth(run, font, size)
        return x

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.canvas.setLineWidth(0.5)
        self.canvas.line(x0, y0, x1, y1)


def _wrap(pen: _Pen, para: Para, width: float) -> Iterator[_Row]:
    text = para.text
    lead = pen.width(para.number + " ", para.size) if para.number else 0.0
    room = width - para.indent - lead
    line = ""
    first = True
    for token in _TOKEN.findall(text):
        if token.isspace():
            line += " " if line else ""
            continue
        if line and pen.width(line + token, para.size, bold=para.bold) > room:
            # A closing mark takes the character or the word before it along.
            last = _TOKEN.findall(line)[-1]
            keep, carry = (line[: -len(last)], last) if token in _CLOSING and len(last) < len(line) else (line, "")
            yield _row(para, keep.rstrip(), lead, first=first)
            first, line = False, carry
        while pen.width(token, para.size) > room and len(token) > 1:
            cut = max(1, int(len(token) * room / pen.width(token, para.size)) - 1)
            yield _row(para, token[:cut], lead, first=first)
            first, token = False, token[cut:]
        line += token
    yield _row(para, line.rstrip(), lead, first=first)


def _row(para: Para, text: str, lead: float, *, first: bool) -> _Row:
    return _Row(
        text=text, indent=para.indent + (lead if para.number else 0.0), size=para.size, bold=para.bold,
        center=para.center, number=para.number if first else "", rise=para.rise if first else 0.0,
    )  # fmt: skip


def _draw(pen: _Pen, row: _Row, x: float, y: float, width: float) -> None:
    if row.center:
        x += max(0.0, (width - pen.width(row.text, row.size, bold=row.bold)) / 2)
    if row.number:
        lead = pen.width(row.number + " ", row.size)
        pen.text(x + row.indent - lead, y + row.rise * row.size, row.number, row.size)
    pen.text(x + row.indent, y, row.text, row.size, bold=row.bold)


def _para(pen: _Pen, para: Para) -> None:
    for row in _wrap(pen, para, pen.right - pen.left):
        if pen.y - row.size * LEADING < pen.bottom:
            pen.new_page()
        pen.y -= row.size * LEADING
        _draw(pen, row, pen.left, pen.y, pen.right - pen.left)
    pen.y -= para.size * 0.5


@dataclass(slots=True, kw_only=True)
class _Open:
    """A cell that is being drawn: its place, what is left of its lines, and the rows it still covers."""

    spot: Spot
    column: int
    rows: list[_Row]
    left: int
    start: float = 0.0
    used: float = 0.0


def _place_cells(tab: Tab) -> list[list[tuple[int, Spot]]]:
    """Return for every row the column of each cell that begins in it."""
    covered: dict[tuple[int, int], bool] = {}
    out = []
    for number, row in enumerate(tab.rows):
        column = 0
        placed = []
        for spot in row:
            while covered.get((number, column)):
                column += 1
            placed.append((column, spot))
            for r in range(spot.rows):
                for c in range(spot.columns):
                    covered[number + r, column + c] = True
            column += spot.columns
        out.append(placed)
    return out


def _table(pen: _Pen, tab: Tab) -> None:
    total = pen.right - pen.left
    xs = [pen.left]
    for share in tab.widths:
        xs.append(xs[-1] + share * total)
    cells = _place_cells(tab)
    active: dict[int, _Open] = {}
    top = pen.y

    def close(y: float, columns: Sequence[int]) -> None:
        for column in columns:
            cell = active[column]
            pen.line(xs[column], y, xs[column + cell.spot.columns], y)

    def sides(y0: float, y1: float) -> None:
        if y0 - y1 < 1:
            return
        for column in active:
            if column > 0:
                pen.line(xs[column], y0, xs[column], y1)
        if not tab.open_sides:
            pen.line(xs[0], y0, xs[0], y1)
            pen.line(xs[-1], y0, xs[-1], y1)

    def turn_page() -> None:
        nonlocal top
        sides(top, pen.y)
        pen.line(xs[0], pen.y, xs[-1], pen.y)
        pen.new_page()
        if tab.continued:
            pen.y -= 14
            pen.text(pen.right - 40, pen.y, tab.continued, 9.0)
            pen.y -= 6
        pen.line(xs[0], pen.y, xs[-1], pen.y)
        if tab.header:
            before = dict(active)
            active.clear()
            top = pen.y
            for number in range(tab.header):
                draw_row(number)
            active.clear()
            active.update(before)
        top = pen.y
        for cell in active.values():
            cell.start, cell.used = pen.y, 0.0

    def draw_row(number: int) -> None:
        nonlocal top
        for column, spot in cells[number]:
            width = xs[column + spot.columns] - xs[column] - 2 * PAD
            active[column] = _Open(
                spot=spot, column=column, rows=_cell_rows(pen, spot, width), left=spot.rows, start=pen.y
            )
        while True:
            needed = 0.0
            for cell in active.values():
                if cell.left == 1 and cell.rows:
                    rest = sum(row.size * LEADING for row in cell.rows) + 2 * PAD
                    needed = max(needed, cell.used + rest - (cell.start - pen.y))
            needed = max(needed, 14.0)
            room = pen.y - pen.bottom
            if needed <= room:
                break
            splits = pen.doc.breaks_in_rows and number >= tab.header and room > 40
            if splits:
                bottom = pen.bottom
                draw_lines(bottom)
                pen.y = bottom
            turn_page()
            if splits and not any(cell.rows for cell in active.values() if cell.left == 1):
                needed = 14.0
                break
        draw_lines(pen.y - needed)
        sides(top, pen.y - needed)
        pen.y -= needed
        top = pen.y
        ending = [column for column, cell in active.items() if cell.left == 1]
        close(pen.y, ending)
        for column in ending:
            del active[column]
        for cell in active.values():
            cell.left -= 1

    def draw_lines(bottom: float) -> None:
        for cell in active.values():
            y = cell.start - PAD - cell.used
            while cell.rows and y - cell.rows[0].size * LEADING >= bottom - 0.1:
                row = cell.rows.pop(0)
                y -= row.size * LEADING
                cell.used += row.size * LEADING
                width = xs[cell.column + cell.spot.columns] - xs[cell.column] - 2 * PAD
                _draw(pen, row, xs[cell.column] + PAD, y + 2, width)

    if pen.y - pen.bottom < 60:
        pen.new_page()
    pen.line(xs[0], pen.y, xs[-1], pen.y)
    top = pen.y
    for number in range(len(cells)):
        draw_row(number)
    pen.y -= 10


def _cell_rows(pen: _Pen, spot: Spot, width: float) -> list[_Row]:
    if spot.vertical:
        text = "".join(para.number + para.text for para in spot.paras)
        size = spot.paras[0].size if spot.paras else 10.0
        return [_Row(text=c, indent=0.0, size=size, bold=False, center=True) for c in re.findall(r"[\d.]+|\S", text)]
    return [row for para in spot.paras for row in _wrap(pen, para, width)]


def to_pdf(doc: Doc) -> bytes:
    """Return the document as a PDF."""
    pen = _Pen(doc, random.Random(doc.seed))
    for block in doc.blocks:
        if isinstance(block, Break):
            pen.new_page()
        elif isinstance(block, Para):
            _para(pen, block)
        else:
            _table(pen, block)
    pen.canvas.save()
    return pen.buffer.getvalue()


def write(doc: Doc, path: Path) -> Path:
    """Write the document as a PDF."""
    path.write_bytes(to_pdf(doc))
    return path
