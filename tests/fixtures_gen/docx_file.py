"""DOCX of a document, for the DOCX reader and for the third producer: LibreOffice prints it to PDF."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.fixtures_gen.model import Break, Doc, Para, Spot, Tab

_FONTS = {"en": "DejaVu Serif", "zh-Hant": "Noto Serif CJK HK", "zh-Hans": "Noto Serif CJK SC"}


def soffice() -> str | None:
    """Return LibreOffice's path, or None where there is none."""
    return shutil.which("soffice")


def _fill(paragraph: Any, para: Para, doc: Doc) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt

    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(doc.gap), Pt(doc.gap)
    if para.indent:
        form.left_indent = Pt(para.indent)
    if para.center:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif doc.justify:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    pieces = [(para.number + " ", para.rise)] if para.number else []
    for text, rise in [*pieces, (para.text, 0.0)]:
        run = paragraph.add_run(text)
        run.font.size = Pt(para.size)
        run.bold = para.bold
        run.font.name = "DejaVu Serif"
        fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), _FONTS[doc.language])
        if rise:
            position = run._element.get_or_add_rPr().makeelement(
                qn("w:position"), {qn("w:val"): str(round(rise * para.size * 2))}
            )
            run._element.get_or_add_rPr().append(position)


def _set(cell: Any, spot: Spot, doc: Doc) -> None:
    from docx.oxml.ns import qn

    paragraphs = list(spot.paras) or [Para(text="")]
    for number, para in enumerate(paragraphs):
        _fill(cell.paragraphs[0] if number == 0 else cell.add_paragraph(), para, doc)
    if spot.vertical:
        properties = cell._tc.get_or_add_tcPr()
        properties.append(properties.makeelement(qn("w:textDirection"), {qn("w:val"): "tbRlV"}))


def _table(document: Any, tab: Tab, doc: Doc) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm

    columns = len(tab.widths)
    table = document.add_table(rows=len(tab.rows), cols=columns)
    table.style = "Table Grid"
    table.autofit = False
    covered: set[tuple[int, int]] = set()
    for number, row in enumerate(tab.rows):
        column = 0
        for spot in row:
            while (number, column) in covered:
                column += 1
            covered |= {(number + r, column + c) for r in range(spot.rows) for c in range(spot.columns)}
            cell = table.cell(number, column)
            if spot.rows > 1 or spot.columns > 1:
                cell = cell.merge(table.cell(number + spot.rows - 1, column + spot.columns - 1))
            _set(cell, spot, doc)
            column += spot.columns
        properties = table.rows[number]._tr.get_or_add_trPr()
        if number < tab.header:
            properties.append(properties.makeelement(qn("w:tblHeader"), {}))
        if not doc.breaks_in_rows:
            properties.append(properties.makeelement(qn("w:cantSplit"), {}))
    # Both the grid and the cells: LibreOffice goes by the grid.
    for number, share in enumerate(tab.widths):
        table.columns[number].width = Cm(16.6 * share)
    for row in table.rows:
        for number, share in enumerate(tab.widths):
            row.cells[number].width = Cm(16.6 * share)
    if tab.open_sides:
        borders = table._tbl.tblPr.makeelement(qn("w:tblBorders"), {})
        for side in ("left", "right"):
            borders.append(borders.makeelement(qn(f"w:{side}"), {qn("w:val"): "nil"}))
        for side in ("top", "bottom", "insideH", "insideV"):
            borders.append(borders.makeelement(qn(f"w:{side}"), {qn("w:val"): "single", qn("w:sz"): "4"}))
        table._tbl.tblPr.append(borders)


def write(doc: Doc, path: Path) -> Path:
    """Write the document as DOCX."""
    from docx import Document
    from docx.shared import Cm

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    if doc.running_head:
        section.header.paragraphs[0].text = doc.running_head
    for block in doc.blocks:
        if isinstance(block, Break):
            document.add_page_break()  # type: ignore[no-untyped-call]
        elif isinstance(block, Para):
            _fill(document.add_paragraph(), block, doc)
        else:
            _table(document, block, doc)
            document.add_paragraph()
    document.save(str(path))
    return path


def convert(paths: list[Path], folder: Path) -> list[Path]:
    """Print DOCX files to PDF with LibreOffice, in one run."""
    program = soffice()
    if program is None:
        raise FileNotFoundError("soffice")
    subprocess.run(
        [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
         "--outdir", str(folder), *map(str, paths)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return [folder / f"{path.stem}.pdf" for path in paths]
