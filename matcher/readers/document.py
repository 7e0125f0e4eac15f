"""PDF, DOCX and HTML files to documents, and documents to the reader of their family."""

from __future__ import annotations

from pathlib import Path

from matcher.errors import InputError
from matcher.readers.blocks import Document
from matcher.readers.isolate import MAX_PAGES
from matcher.readers.options import ReadOptions
from matcher.readers.registry import HEAD_BYTES, form_of
from matcher.readers.report import ReadResult

# A scan has pictures and no words: fewer characters a page than this, on average, in a file that has pictures.
SCAN_CHARACTERS = 20


def load_document(path: Path) -> Document:
    """Return a file's pages.

    Raises:
        InputError: The file is encrypted, damaged, scanned, over a cap, or of another kind.
    """
    with path.open("rb") as handle:
        form = form_of(handle.read(HEAD_BYTES))
    if form == "pdf":
        return _pdf(path)
    if form == "html":
        from matcher.readers.html_tree import load_html

        return load_html(path)
    if form in ("docx", "archive"):
        from matcher.readers.docx_tree import load_docx

        return load_docx(path)
    raise InputError("is no PDF, DOCX or HTML file", where=str(path), do="leave --reader out")


def _pdf(path: Path) -> Document:
    from matcher.readers.pdf.engine import read_pages
    from matcher.readers.pdf.layout import lay_out
    from matcher.readers.worker import allow_pages

    pages = []
    characters = unmapped = images = slanted = 0
    for found in read_pages(path, max_pages=MAX_PAGES):
        if isinstance(found, int):
            allow_pages(found)
            continue
        characters += len(found.characters)
        unmapped += sum(character.unmapped for character in found.characters)
        images += found.images
        slanted += found.slanted
        pages.append(lay_out(found))
    if characters < SCAN_CHARACTERS * len(pages) and (images or not characters):
        raise InputError(
            "has no text layer (scanned pages)",
            where=str(path),
            expected="a PDF whose text can be selected",
            do="make one with OCR (for example ocrmypdf), then check the result with care",
        )
    if unmapped * 3 > characters:
        raise InputError(
            f"{unmapped} of {characters} characters have no Unicode value (fonts without Unicode maps)",
            where=str(path),
            expected="a PDF whose text can be copied",
            do="print it to PDF from its source, or make the text with OCR (for example ocrmypdf)",
        )
    notes = (f"{path.name}: {slanted} slanted characters (a watermark) left out",) if slanted else ()
    return Document(pages=tuple(pages), notes=notes)


def read_document(path: Path, options: ReadOptions) -> ReadResult:
    """Read a document of either side; its text tells which.

    Raises:
        InputError: It is of a family that only looks like one of them, or of none that is known.
    """
    from matcher.readers.cn.read import read_standard
    from matcher.readers.families import family_of
    from matcher.readers.scs.read import read_scs as read_book

    document = load_document(path)
    if family_of(document, where=str(path)) == "cn-standard":
        return read_standard(document, path, options)
    return read_book(document, path, options)


def read_scs(path: Path, options: ReadOptions) -> ReadResult:
    """Read a Specification of Competency Standards."""
    from matcher.readers.scs.read import read_scs as read

    return read(load_document(path), path, options)


def read_cn_standard(path: Path, options: ReadOptions) -> ReadResult:
    """Read a national occupational standard of Mainland China."""
    from matcher.readers.cn.read import read_standard

    return read_standard(load_document(path), path, options)
