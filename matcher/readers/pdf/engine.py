"""PDFium's side of a page: characters with their places, and the straight lines that tables are drawn with."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.readers.pdf.characters import INVISIBLE, SPACES, plain

MAX_CHARACTERS = 60_000
MAX_OBJECTS = 40_000
# A table's line is thin; what is wider both ways is a box, and counts by its edges.
THIN = 3.0
# Radians. Scans that were set straight and pages turned by a quarter stay well below.
SLANT = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One character: its text, box, baseline and middle height in points from the page's top left, and its font size.

    ``spaced`` says that there is a space before it, ``drawn`` that the file itself draws that space: the others are
    gaps that PDFium takes for one (a space left out by the producer, or the little gap between Latin and Chinese).
    """

    text: str
    left: float
    right: float
    baseline: float
    middle: float
    size: float
    spaced: bool = False
    drawn: bool = False
    unmapped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One straight line of the page: horizontal where ``top == bottom``, vertical where ``left == right``."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage:
    """One page as PDFium has it; ``slanted`` counts the characters of a watermark, which were left out."""

    number: int
    width: float
    height: float
    characters: tuple[Character, ...]
    rules: tuple[Rule, ...]
    images: int
    slanted: int = 0


def read_pages(path: Path, *, max_pages: int) -> Iterator[RawPage | int]:
    """Yield the number of pages, then each page.

    Raises:
        InputError: The file is encrypted, damaged, or has too many pages.
    """
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        document = pypdfium2.PdfDocument(path)
        count = len(document)
    except (pypdfium2.PdfiumError, OSError) as error:
        raise _refusal(path, error) from error
    if count == 0:
        raise InputError("is a PDF without pages", where=str(path), do="print it to PDF again")
    if count > max_pages:
        raise InputError(
            f"has {count} pages", where=str(path), expected=f"at most {max_pages} pages", do="split it into parts"
        )
    yield count
    for number in range(count):
        try:
            page = document[number]
        except pypdfium2.PdfiumError as error:
            raise InputError(
                "the page is damaged", where=f"{path}, page {number + 1}", do="print the file to PDF again"
            ) from error
        try:
            yield _raw_page(path, page, number + 1, pdfium)
        finally:
            page.close()
    document.close()


def _refusal(path: Path, error: Exception) -> InputError:
    if "password" in str(error).lower():
        return InputError(
            "is an encrypted PDF", where=str(path), expected="a PDF without a password", do="save it without one"
        )
    return InputError(
        "is a PDF that cannot be opened (damaged or cut short)",
        where=str(path),
        expected="a whole PDF file",
        do="download it again, or print it to PDF again",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Page coordinates of PDFium (y upwards, unrotated) to ours (y downwards, as the page is seen)."""

    left: float
    bottom: float
    width: float
    height: float
    turns: int

    def point(self, x: float, y: float) -> tuple[float, float]:
        x, y = x - self.left, y - self.bottom
        if self.turns == 1:
            return y, x
        if self.turns == 2:
            return self.width - x, y
        if self.turns == 3:
            return self.width - y, self.height - x
        return x, self.height - y


def _raw_page(path: Path, page: Any, number: int, pdfium: Any) -> RawPage:
    left, bottom, _, _ = page.get_cropbox()
    width, height = page.get_size()
    frame = _Frame(left=left, bottom=bottom, width=width, height=height, turns=page.get_rotation() // 90 % 4)
    characters, slanted = _characters(path, page, number, frame, pdfium)
    rules, images = _rules(path, page, number, frame, pdfium)
    return RawPage(
        number=number, width=width, height=height, characters=characters, rules=tuple(rules), images=images,
        slanted=slanted,
    )  # fmt: skip


def _characters(path: Path, page: Any, number: int, frame: _Frame, pdfium: Any) -> tuple[tuple[Character, ...], int]:
    textpage = page.get_textpage()
    raw = textpage.raw
    count = pdfium.FPDFText_CountChars(raw)
    if count > MAX_CHARACTERS:
        raise InputError(
            f"the page has {count} characters",
            where=f"{path}, page {number}",
            expected=f"at most {MAX_CHARACTERS}",
            do="print it to PDF again",
        )
    x, y = ctypes.c_double(), ctypes.c_double()
    box = pdfium.FS_RECTF()
    out: list[Character] = []
    pending = slanted = 0
    spaced = drawn = False
    last = (-1.0, -1.0)
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code in INVISIBLE:
            continue
        if code in SPACES:
            # PDFium adds the spaces that a producer left out; only line ends (10, 13) say nothing.
            spaced = spaced or code not in (10, 13)
            drawn = drawn or (code not in (10, 13) and pdfium.FPDFText_IsGenerated(raw, index) == 0)
            continue
        if code == 2:  # PDFium's word for a hyphen at the end of a line
            code = 0x2D
        if 0xD800 <= code <= 0xDBFF:  # PDFium gives UTF-16 halves one after the other
            pending = code
            continue
        if 0xDC00 <= code <= 0xDFFF and pending:
            code, pending = 0x10000 + ((pending - 0xD800) << 10) + (code - 0xDC00), 0
        if _is_slanted(pdfium.FPDFText_GetCharAngle(raw, index)):
            slanted += 1
            continue
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        pdfium.FPDFText_GetLooseCharBox(raw, index, box)
        unmapped = pdfium.FPDFText_HasUnicodeMapError(raw, index) == 1 or _is_unmapped(code)
        (x0, y0), (x1, y1) = frame.point(box.left, box.bottom), frame.point(box.right, box.top)
        origin, baseline = frame.point(x.value, y.value)
        if out and (origin, baseline) == last and not spaced:
            # A ligature (fi) is one glyph and two characters.
            out[-1] = replace(out[-1], text=out[-1].text + chr(code), right=max(out[-1].right, x0, x1))
            continue
        last = (origin, baseline)
        size = max(1.0, min(abs(y1 - y0), pdfium.FPDFText_GetFontSize(raw, index) or 10.0))
        out.append(
            Character(
                text="\ufffd" if code in (0, 0xFFFE, 0xFFFF) or 0xD800 <= code <= 0xDFFF else plain(code),
                left=min(x0, x1),
                right=max(x0, x1),
                baseline=baseline,
                middle=(y0 + y1) / 2,
                size=size,
                spaced=spaced,
                drawn=drawn,
                unmapped=unmapped,
            )
        )
        spaced = drawn = False
    textpage.close()
    return tuple(out), slanted


def _is_slanted(angle: float) -> bool:
    """Return whether text runs askew: a watermark, which would stand among the words of the cells below it."""
    return abs(math.remainder(angle, math.pi / 2)) > SLANT


def _is_unmapped(code: int) -> bool:
    """Return whether a code says that the font did not tell its character: none, private use, or a replacement."""
    return code in (0, 0xFFFD, 0xFFFE, 0xFFFF) or 0xE000 <= code <= 0xF8FF or code < 9


def _rules(path: Path, page: Any, number: int, frame: _Frame, pdfium: Any) -> tuple[list[Rule], int]:
    rules: list[Rule] = []
    images = 0
    kinds = (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE)
    for count, item in enumerate(page.get_objects(filter=kinds, max_depth=4)):
        if count > MAX_OBJECTS:
            raise InputError(
                f"the page has more than {MAX_OBJECTS} drawings",
                where=f"{path}, page {number}",
                do="print it to PDF again",
            )
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            images += 1
            continue
        rules += _path_rules(item, frame, pdfium)
    return rules, images


def _matrix(item: Any, pdfium: Any) -> tuple[float, float, float, float, float, float]:
    matrix = pdfium.FS_MATRIX()
    a = b = c = d = e = f = 0.0
    if pdfium.FPDFPageObj_GetMatrix(item.raw, matrix):
        a, b, c, d, e, f = matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f
    else:
        a = d = 1.0
    container = getattr(item, "container", None)
    while container is not None:  # a drawing inside a form is placed by the form's matrix too
        outer = pdfium.FS_MATRIX()
        if pdfium.FPDFPageObj_GetMatrix(container.raw, outer):
            a, b, c, d, e, f = (
                a * outer.a + b * outer.c,
                a * outer.b + b * outer.d,
                c * outer.a + d * outer.c,
                c * outer.b + d * outer.d,
                e * outer.a + f * outer.c + outer.e,
                e * outer.b + f * outer.d + outer.f,
            )
        container = getattr(container, "container", None)
    return a, b, c, d, e, f


def _path_rules(item: Any, frame: _Frame, pdfium: Any) -> list[Rule]:
    """Return the straight lines of one path: its strokes, and the edges of its boxes."""
    a, b, c, d, e, f = _matrix(item, pdfium)
    count = pdfium.FPDFPath_CountSegments(item.raw)
    if count <= 0 or count > 5_000:
        return []
    x, y = ctypes.c_float(), ctypes.c_float()
    rules: list[Rule] = []
    start = last = (0.0, 0.0)
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(item.raw, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = frame.point(a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            rules += _rule(last, point)
        last = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            rules += _rule(point, start)
    return rules


def _rule(start: tuple[float, float], end: tuple[float, float]) -> list[Rule]:
    (x0, y0), (x1, y1) = start, end
    if abs(y0 - y1) <= 1.0 and abs(x0 - x1) > THIN:
        y = (y0 + y1) / 2
        return [Rule(left=min(x0, x1), right=max(x0, x1), top=y, bottom=y)]
    if abs(x0 - x1) <= 1.0 and abs(y0 - y1) > THIN:
        x = (x0 + x1) / 2
        return [Rule(left=x, right=x, top=min(y0, y1), bottom=max(y0, y1))]
    return []
