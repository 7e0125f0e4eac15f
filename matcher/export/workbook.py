"""Results as an Excel workbook; the same results give the same bytes."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from matcher.errors import InputError
from matcher.export.rows import COLUMNS, Cell, DisplayLanguage, clean, resolve, rows
from matcher.export.triage import TRIAGE_WORDS, TRIAGES, Summary, Tally
from matcher.readers.cells import workbook_text
from matcher.schema import Query, UnitResult

# Excel's own limits.
MAX_ROWS = 1_048_000
MAX_CELL = 32_000
_WIDTHS = (16, 18, 6, 9, 11, 10, 8, 34, 14, 18, 18, 30, 16, 70, 9, 9, 36, 10, 10, 44, 44, 30, 30, 12)
_HEADINGS = {
    "en": ("Unit", "Candidate", "Rank", "Score", "Confidence", "Relation", "In set", "Unit title", "Unit level",
           "Occupation", "Function", "Candidate title", "Candidate level", "Statements that match", "Topic part",
           "Level part", "Level evidence", "Unit covered", "Candidate covered", "Left over of the unit",
           "Left over of the candidate", "Local law of the unit", "Local law of the candidate", "No counterpart"),
    "zh": ("能力单元", "候选", "名次", "分值", "置信度", "关系", "在集合内", "单元名称", "单元级别",
           "职业", "职业功能", "候选名称", "候选级别", "对应的要求", "内容部分", "级别部分", "级别依据", "本单元被涵盖",
           "候选被涵盖", "本单元未对应", "候选未对应", "本单元的本地法规", "候选的本地法规", "无对应"),
}  # fmt: skip
_GUIDE = {
    "en": (
        "Candidates for expert review",
        "Each row is one candidate: a unit of the other framework whose content looks comparable.",
        "The list is indicative. It compares texts; it decides nothing about qualifications.",
        "Score: higher is nearer; it ranks candidates of one unit and is no probability. It is the topic part plus the "
        "level part.",
        "Confidence: the calibrated probability that an expert calls the candidate a counterpart. In set: the list "
        "that holds a counterpart for nine units of ten that have one. No counterpart: the probability of none.",
        "Relation: seen from the unit; broad = the candidate covers more, narrow = it covers a part.",
        "Covered: the share of one side's statements that the other side covers. Local law never matches by its text; "
        "it is listed apart. Levels are indicative.",
        "Statements that match: the pairs of statements that carry the suggestion, with their similarity.",
    ),
    "zh": (
        "供专家评审的候选对应",
        "每行是一个候选：另一框架中内容看来可比的单元。",
        "本清单仅供参考，只比较文字，不对任何资历作出决定。",
        "分值：越高越接近；只用于同一单元内排序，不是概率。分值为内容部分与级别部分之和。",
        "置信度：专家认为该候选可作对应的校准概率。在集合内：有对应的单元中，十有其九的对应在此集合内。无对应：没有对应的概率。",
        "关系：从本单元看；“较宽”即候选涵盖更多，“较窄”即候选只涵盖一部分。",
        "被涵盖：一方要求被另一方涵盖的比例。本地法规不按文字对应，单独列出。级别仅供参考。",
        "对应的要求：支持该候选的要求配对及其相似度。",
    ),
}
# The headings of the names and of the totals, and of the three parts.
_SUMMARY = {
    "en": ("Which units need which look", "Units", "All", "By area", "By level"),
    "zh": ("哪些单元需要怎样的查看", "单元数", "全部", "按范畴", "按级别"),
}
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


class _Cells:
    """Cells of a sheet that is written row by row; a style is worked out once and taken over by every other cell."""

    def __init__(self, sheet: Any, *, wrapped: bool) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment

        self._sheet, self._new = sheet, WriteOnlyCell
        plain, quoted = WriteOnlyCell(sheet), WriteOnlyCell(sheet)
        for cell in (plain, quoted) if wrapped else ():
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        quoted.quotePrefix = True
        self._plain, self._quoted = plain._style, quoted._style

    def row(self, cells: Iterable[Cell]) -> list[Any]:
        """Return a row of cells."""
        out = []
        for value in cells:
            cell = self._new(self._sheet)
            cell._style = self._plain
            if isinstance(value, str):
                # Always a string cell, marked as typed with an apostrophe: Excel never runs it, not even after an edit.
                cell.value = workbook_text(value[:MAX_CELL])
                cell.data_type = "s"
                if value[:1] in ("=", "+", "-", "@"):
                    cell._style = self._quoted
            elif value is not None:
                cell.value = value
            out.append(cell)
        return out


def _styled(sheet: Any, texts: Iterable[str], style: Mapping[str, Any]) -> list[Any]:
    """Return cells of a style."""
    from openpyxl.cell import WriteOnlyCell

    cells = [WriteOnlyCell(sheet, value=text) for text in texts]
    for cell in cells:
        for name, value in style.items():
            setattr(cell, name, value)
    return cells


def write_workbook(results: Iterable[UnitResult], query: Query, language: DisplayLanguage, path: Path) -> None:
    """Write candidates to a sheet with headings, filter and frozen panes, and a guide sheet.

    Rows are written as they come: the memory does not grow with their number.

    Raises:
        InputError: There are more candidates than a sheet has rows.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    try:
        _fill_book(book, results, query, language)
        book.save(path)
    except BaseException:
        # Sheets that were begun hold files and generators open.
        for sheet in book.worksheets:
            with contextlib.suppress(Exception):
                sheet.close()
        raise
    fix_times(path)


def _fill_book(book: Any, results: Iterable[UnitResult], query: Query, language: DisplayLanguage) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    shown = resolve(language, query)
    sheet = book.create_sheet("Candidates" if shown == "en" else "候选")
    # What stands before the rows in the file is told before the first of them.
    for column, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "C2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    heading = {
        "font": Font(bold=True, color="FFFFFF"),
        "fill": PatternFill("solid", fgColor="1F4E79"),
        "alignment": Alignment(vertical="center", wrap_text=True),
    }
    sheet.append(_styled(sheet, _HEADINGS[shown], heading))
    number = 1
    tally, make = Tally(query, shown), _Cells(sheet, wrapped=True)
    for cells in rows(tally.watch(results), query, language):
        number += 1
        if number > MAX_ROWS:
            raise InputError("too many candidates for one sheet", where="xlsx", do="use a smaller -k, or CSV")
        sheet.append(make.row(cells))
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{number}"
    sheet.print_title_rows = "1:1"
    _summary_sheet(book.create_sheet("Summary" if shown == "en" else "概况"), tally.summary(), shown)
    guide = book.create_sheet("Read me" if shown == "en" else "说明")
    guide.column_dimensions["A"].width = 100
    for line, text in enumerate(_GUIDE[shown], 1):
        guide.append(_styled(guide, [text], {"font": Font(bold=line == 1, size=14 if line == 1 else 11)}))
    book.properties.creator = "Competency Matcher"
    book.properties.created = book.properties.modified = datetime(*FIXED_TIME)


def _summary_sheet(sheet: Any, summary: Summary, shown: Literal["en", "zh"]) -> None:
    """Fill the sheet that counts units by what look they need: all of them, by area, by level."""
    from openpyxl.styles import Font

    for column, width in zip("ABCDEF", (48, 10, 18, 18, 18, 18), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "B2"
    words, bold, make = _SUMMARY[shown], {"font": Font(bold=True)}, _Cells(sheet, wrapped=False)
    sheet.append(_styled(sheet, [words[0], words[1], *(TRIAGE_WORDS[shown][kind] for kind in TRIAGES)], bold))
    for heading, parts in zip(words[2:], ((summary.whole,), summary.areas, summary.levels), strict=True):
        sheet.append(_styled(sheet, [heading], bold))
        for part in parts:
            sheet.append(make.row((clean(part.name), part.total, *(part.counts[kind] for kind in TRIAGES))))


def fix_times(path: Path) -> None:
    """Write the archive again with fixed dates: Excel files carry the clock in every member."""
    again = path.with_name(path.name + ".fixed")
    # openpyxl declares the names at the root, or where lxml is installed at each element: here in any case.
    stamp = (
        b'<dcterms:modified xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/'
        b'XMLSchema-instance" xsi:type="dcterms:W3CDTF">1980-01-01T00:00:00Z</dcterms:modified>'
    )
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            data = source.read(name)
            if name == "docProps/core.xml":
                start, end = data.index(b"<dcterms:modified"), data.index(b"</dcterms:modified>")
                data = data[:start] + stamp + data[end + len(b"</dcterms:modified>") :]
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, data)
    again.replace(path)
