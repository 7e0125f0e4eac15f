"""A standard to a framework: a unit for each 工作内容 at each level, and the checks on the standard's own figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.blocks import Document, Line
from matcher.readers.cn.basics import read_basics
from matcher.readers.cn.checks import check_standard
from matcher.readers.cn.cover import Cover, read_cover
from matcher.readers.cn.items import cell_items
from matcher.readers.cn.weights import bare, function_weights, read_weights
from matcher.readers.cn.works import Work, with_lost_levels, works_of
from matcher.readers.options import ReadOptions, overridden, with_languages
from matcher.readers.report import CellNote, FileReport, ParseReport, ReadResult, RowReport, verdict_of
from matcher.readers.text_lines import join_text
from matcher.schema import ContextLabel, Framework, Header, Language, Role, Statement, Unit

_CHINESE: Language = "zh-Hans"


def make_unit(work: Work, cover: Cover) -> Unit:
    """Return the unit of a work content; notes on its cells are added to ``work.cells``."""
    statements: list[Statement] = []
    if work.title:
        statements.append(Statement(role="title", language=_CHINESE, text=work.title))
    roles: tuple[tuple[str, Role, list[Line]], ...] = (
        ("skills", "skill", work.band.skills),
        ("knowledge", "knowledge", work.band.knowledge),
    )
    prefix = work.number if re.fullmatch(r"\d+\.\d+", work.number) else ""
    for name, role, lines in roles:
        items = cell_items(lines, prefix)
        whole = join_text([line.text for line in lines])
        work.cells.extend(
            [
                CellNote(kind="repaired", field=name, reason=why, before=old, after=new, page=work.band.page)
                for why, old, new in items.repaired
            ]
        )
        if items.flagged:
            work.cells.append(
                CellNote(
                    kind="flagged", field=name, reason=items.flagged, before=whole, after=whole, page=work.band.page
                )
            )
        statements += [Statement(role=role, language=_CHINESE, text=text) for text in items.texts if text]
    for label, lines in (("work", work.band.work), ("function", work.band.function)):
        count = sum(line.unmapped for line in lines)
        if count:
            text = join_text([line.text for line in lines])
            work.cells.append(CellNote(kind="flagged", field=label, reason=f"{count} characters have no Unicode value",
                                       before=text, after=text, page=work.band.page))  # fmt: skip
    if work.level is None and not any(cell.field == "level" for cell in work.cells):
        work.cells.append(CellNote(kind="flagged", field="level", reason="no heading of a level stands above",
                                   page=work.band.page))  # fmt: skip
    names = [name for name in (cover.name, work.band.kind) if name]
    context = [ContextLabel(kind="occupation", language=_CHINESE, text=name) for name in names]
    if work.function:
        context.append(ContextLabel(kind="function", language=_CHINESE, text=work.function))
    frame = work.level[0] if work.level and work.level[0] != cover.frame else None
    return Unit(
        code=_code(work, cover),
        version=cover.edition,
        level=work.level[1] if work.level else None,
        frame=frame,
        occupation_code=cover.code,
        context=tuple(context),
        statements=tuple(dict.fromkeys(statements)),
        notes=tuple(f"{cell.field}: {cell.reason}" for cell in work.cells if cell.kind == "flagged"),
    )


def _code(work: Work, cover: Cover) -> str:
    level = work.level[1] if work.level else "x"
    kind = f"-{work.band.kind}" if work.band.kind else ""
    return f"{cover.code or cover.name or 'standard'}{kind}-{level}-{work.number or f'p{work.band.page}'}"


def read_standard(document: Document, path: Path, options: ReadOptions) -> ReadResult:
    """Return the units of a national occupational standard.

    Raises:
        InputError: The document has no table of work requirements.
    """
    cover = read_cover(document)
    works = works_of(document)
    if not works:
        raise InputError(
            "no table of 工作要求 found",
            where=str(path),
            expected="tables with the columns 职业功能, 工作内容, 技能要求, 相关知识要求",
            do="check that it is a 国家职业标准 with its text layer",
        )
    if any(work.level is None for work in works):
        works = with_lost_levels(works, cover)
    units: list[Unit] = []
    rows: list[RowReport] = []
    for basics in read_basics(document):
        units.append(_basics_unit(basics.number, basics.name, basics.items, cover))
        rows.append(RowReport(file=str(path), row=len(rows) + 1, page=basics.page, code=units[-1].code))
    for work in works:
        unit = make_unit(work, cover)
        units.append(unit)
        row = RowReport(file=str(path), row=len(rows) + 1, page=work.band.page, code=unit.code, cells=tuple(work.cells))
        mended = row.of_kind("repaired")
        if mended:
            more = f" (and {len(mended) - 1} more)" if len(mended) > 1 else ""
            row = replace(row, reason=f"{mended[0].field}: {mended[0].reason}{more}", before=mended[0].before,
                          after=mended[0].after)  # fmt: skip
        rows.append(row)
    if not document.paged:
        rows = [replace(row, page=0) for row in rows]
    refused, kept_units, kept_rows = _doubles(units, rows)
    found = [(work.level, work.band.kind, bare(work.function)) for work in works]
    weights = read_weights(document)
    report = ParseReport(
        kept=tuple(row for row in kept_rows if not row.of_kind("repaired")),
        repaired=tuple(row for row in kept_rows if row.of_kind("repaired")),
        refused=tuple(refused),
        notes=() if cover.code else (f"{path.name}: no 职业编码 found: units are named by the occupation",),
        checks=check_standard(str(path), found, weights, cover),
    )
    base = Header(
        id=path.stem, title=cover.name, jurisdiction="CN", edition=cover.edition, level_frame=cover.frame,
        languages=(_CHINESE,), weights=function_weights(weights, cover, (work.function for work in works)),
    )  # fmt: skip
    file = FileReport(
        file=str(path), reader="cn-standard", pages=len(document.pages) if document.paged else 0,
        units=len(kept_units), statements=sum(len(unit.statements) for unit in kept_units), verdict=verdict_of(report),
    )  # fmt: skip
    header = with_languages(overridden(base, options), tuple(kept_units))
    framework = Framework(header=header, units=tuple(kept_units))
    return ReadResult(framework=framework, report=replace(report, files=(file,)))


def _basics_unit(number: str, name: str, items: Sequence[str], cover: Cover) -> Unit:
    return Unit(
        code=f"{cover.code or cover.name or 'standard'}-base-{number}",
        version=cover.edition,
        occupation_code=cover.code,
        context=(
            *(ContextLabel(kind="occupation", language=_CHINESE, text=text) for text in (cover.name,) if text),
            ContextLabel(kind="function", language=_CHINESE, text="基本要求"),
        ),
        statements=(
            Statement(role="title", language=_CHINESE, text=name),
            *(Statement(role="knowledge", language=_CHINESE, text=item) for item in dict.fromkeys(items)),
        ),
        notes=("基本要求: holds for every level of the standard",),
    )


def _doubles(units: list[Unit], rows: list[RowReport]) -> tuple[list[RowReport], list[Unit], list[RowReport]]:
    """Refuse a second unit of the same code: a numbering that the reader could not follow is never hidden."""
    seen: dict[str, int] = {}
    refused: list[RowReport] = []
    kept_units: list[Unit] = []
    kept_rows: list[RowReport] = []
    for unit, row in zip(units, rows, strict=True):
        if unit.code in seen:
            refused.append(
                replace(row, reason=f"second unit with the code {unit.code} (the first: page {seen[unit.code]})")
            )
            continue
        seen[unit.code] = row.page
        kept_units.append(unit)
        kept_rows.append(row)
    return refused, kept_units, kept_rows
