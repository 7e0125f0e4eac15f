"""A unit's table to a unit: statements with the role of their block, and the checks that a unit's own figures allow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.blocks import Document, Line
from matcher.readers.build import credit_of
from matcher.readers.levels import find_level, level_in_code
from matcher.readers.options import ReadOptions, overridden, with_languages
from matcher.readers.report import CellNote, Check, FileReport, ParseReport, ReadResult, RowReport, verdict_of
from matcher.readers.scs.tables import RawUnit, raw_units
from matcher.readers.statements import chinese_script, is_boilerplate, language_of, performance_role
from matcher.readers.text_lines import Item, join_text, nested_items, whole
from matcher.schema import ContextLabel, Framework, Header, Language, Role, Statement, Unit
from matcher.text.normalize import fold

# Block headings that only name the block; others are statements of their own ("Perform hair colouring").
_GENERIC = re.compile(
    r"^(?:knowledge(?: (?:in|of) the subject area)?|applications?(?: and process(?:es)?)?|process(?:es)?|skills?"
    r"|professional (?:attitude|approach|handling|processing)|(?:exhibit )?professionalism|attitudes?"
    r"|(?:相关|专业)?知识|应用(?:及|和|与)程序|应用|(?:实务)?技能|专业(?:态度|处理|精神)|态度)[:.]?$"
)
_KNOWLEDGE = re.compile(r"^(?:knowledge|understand|know)\b|知识[:.]?$|^(?:认识|了解|明白|懂得|掌握)")
_ATTITUDE = re.compile(
    r"professionalism|professional (?:attitude|approach|handling|processing)|^attitude"
    r"|专业(?:态度|处理|精神)|态度[:.]?$"
)
_CODE = re.compile(r"^[A-Z0-9][A-Z0-9-]{3,19}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A unit, the notes on its cells and its checks; or why it is refused."""

    unit: Unit | None
    code: str
    refused: str = ""
    cells: tuple[CellNote, ...] = ()
    checks: tuple[Check, ...] = ()


def _block_role(heading: str) -> Role | None:
    folded = fold(heading)
    if _ATTITUDE.search(folded):
        return "attitude"
    return "knowledge" if _KNOWLEDGE.search(folded) else "skill"


def _language(text: str, chinese: Language) -> Language:
    return language_of(text, chinese=chinese)


def _performance(lines: Sequence[Line], chinese: Language, cells: list[CellNote], page: int) -> list[Statement]:
    out: list[Statement] = []

    def add(text: str, role: Role) -> None:
        if re.search(r"\w", text):
            out.append(Statement(role=role, language=_language(text, chinese), text=text))

    for item in nested_items(lines):
        generic = item.is_block and _GENERIC.match(fold(item.text).strip()) is not None
        if not (item.is_block and item.children) and not generic:
            text = whole(item)
            if is_boilerplate(text):
                cells.append(_tidied("performance", text, page))
            else:
                add(text, performance_role(text))
            continue
        role = _block_role(item.text) or "skill"
        if generic:
            cells.append(CellNote(kind="tidied", field="performance", reason="block heading gave the role",
                                  before=item.text, after=role, page=page))  # fmt: skip
        else:
            add(item.text, role)
        for child in item.children:
            add(whole(child), role)
    return out


def _tidied(field: str, text: str, page: int) -> CellNote:
    return CellNote(kind="tidied", field=field, reason="opening line left out", before=text, page=page)


def _assessment(lines: Sequence[Line], chinese: Language, cells: list[CellNote], page: int) -> list[Statement]:
    out: list[Statement] = []

    def walk(items: Sequence[Item]) -> None:
        for item in items:
            if is_boilerplate(item.text):
                cells.append(_tidied("assessment", item.text, page))
                walk(item.children)
                continue
            text = whole(item)
            if re.search(r"\w", text):
                out.append(Statement(role="outcome", language=_language(text, chinese), text=text))

    walk(nested_items(lines))
    return out


def _by_language(lines: Sequence[Line], role: Role, chinese: Language) -> list[Statement]:
    """Return one statement a language: a title or a range, wrapped or not, in one language or two."""
    runs: list[tuple[Language, list[str]]] = []
    ended = True
    for line in lines:
        if not line.text.strip():
            continue
        language = _language(line.text, chinese) if re.search(r"[^\W\d_]", line.text) else None
        if not runs or (language is not None and language != runs[-1][0] and (ended or _many(line.text))):
            runs.append((language or chinese, [line.text]))
        else:
            runs[-1][1].append(line.text)
        ended = line.ends
    return [Statement(role=role, language=language, text=join_text(parts)) for language, parts in runs]


def _many(text: str) -> bool:
    # A wrapped line of Chinese may be Latin (… 解讀 / SVI30。): in mid-paragraph a turn of language needs some words.
    return len(text.split()) > 2


def make_unit(raw: RawUnit, *, file: str, chinese: Language, frame: str) -> _Made:
    """Return the unit of one table.

    Args:
        raw: The table.
        file: For the report.
        chinese: The document's Chinese.
        frame: The level frame.
    """
    cells: list[CellNote] = []
    notes: list[str] = []
    code = re.sub(r"\s+", "", join_text([line.text for line in raw.fields.get("code", ())]))
    title = _by_language(raw.fields.get("title", ()), "title", chinese)
    if not code:
        named = title[0].text[:60] if title else "no title"
        return _Made(unit=None, code="", refused=f"the table has no code ({named})")
    statements = [
        *title,
        *_by_language(raw.fields.get("range", ()), "range", chinese),
        *_performance(raw.fields.get("performance", ()), chinese, cells, raw.page),
        *_assessment(raw.fields.get("assessment", ()), chinese, cells, raw.page),
    ]
    if not statements:
        return _Made(unit=None, code=code, refused="no text: neither a title nor a statement")
    if not _CODE.match(code):
        notes.append(f"code {code} has an unusual form")
    cells += _unmapped(raw)
    level, level_notes = _level(raw, code, frame, cells)
    credit = _credit(raw, cells, notes)
    notes += [*level_notes, *(f"row not read: {row}" for row in raw.unknown)]
    notes += [f"{cell.field}: {cell.reason}" for cell in cells if cell.kind == "flagged"]
    areas = [" ".join(area.split()) for area in re.split(r"[;；]", raw.area)]
    context = [ContextLabel(kind="area", language=_language(area, chinese), text=area) for area in areas if area]
    if raw.old_code and raw.old_code != code:
        notes.append(f"old code {raw.old_code}")
    unit = Unit(
        code=code,
        version=raw.version,
        revision=raw.revision,
        level=level,
        credit=credit,
        context=tuple(context),
        statements=tuple(dict.fromkeys(statements)),
        remarks=join_text([line.text for line in raw.fields.get("remarks", ())]),
        notes=tuple(notes),
    )
    return _Made(unit=unit, code=code, cells=tuple(cells), checks=_checks(unit, raw, file, frame))


def _unmapped(raw: RawUnit) -> list[CellNote]:
    out = []
    for field, lines in raw.fields.items():
        count = sum(line.unmapped for line in lines)
        if count:
            text = join_text([line.text for line in lines])
            reason = f"{count} characters have no Unicode value in the file's font"
            out.append(CellNote(kind="flagged", field=field, reason=reason, before=text, after=text, page=raw.page))
    return out


def _level(raw: RawUnit, code: str, frame: str, cells: list[CellNote]) -> tuple[str | None, list[str]]:
    text = join_text([line.text for line in raw.fields.get("level", ())])
    found = find_level(text, frame=frame, code=code, side="units")
    coded = level_in_code(code) if frame == "hkqf" else None
    if found.level is None and coded is not None:
        cells.append(
            CellNote(
                kind="repaired",
                field="level",
                reason="level taken from the code",
                before=text,
                after=coded,
                page=raw.page,
            )
        )
        return coded, [f"level as written: {text!r}; taken from the code"]
    if found.level is None or found.notes:
        reason = found.notes[0] if found.notes else "level missing"
        cells.append(CellNote(kind="flagged", field="level", reason=reason, before=text, after=text, page=raw.page))
        return found.level, []
    return found.level, []


def _credit(raw: RawUnit, cells: list[CellNote], notes: list[str]) -> float | None:
    repairs: list[tuple[str, str, str]] = []
    said: list[str] = []
    text = join_text([line.text for line in raw.fields.get("credit", ())])
    value = credit_of(text, repairs, said)
    cells += [
        CellNote(kind="tidied", field="credit", reason=reason, before=old, after=new, page=raw.page)
        for reason, old, new in repairs
    ]
    if value is None and text:
        cells.append(CellNote(kind="flagged", field="credit", reason=said[0], before=text, after=text, page=raw.page))
        return None
    notes += said
    return value


def _checks(unit: Unit, raw: RawUnit, file: str, frame: str) -> tuple[Check, ...]:
    coded = level_in_code(unit.code) if frame == "hkqf" else None
    checks = []
    if coded is not None:
        checks.append(
            Check(file=file, name=f"{unit.code}: level equals the code's", expected=coded,
                  found=unit.level or "none", passed=coded == unit.level, page=raw.page)
        )  # fmt: skip
    missing = [name for name in ("title", "level", "performance") if name not in raw.fields]
    checks.append(
        Check(file=file, name=f"{unit.code}: rows of the table", expected="title, level, performance",
              found=f"without {', '.join(missing)}" if missing else "all", passed=not missing, page=raw.page)
    )  # fmt: skip
    return tuple(checks)


def read_scs(document: Document, path: Path, options: ReadOptions) -> ReadResult:
    """Return the units of a Specification of Competency Standards.

    Raises:
        InputError: The document has no unit table.
    """
    raws = list(raw_units(document))
    if not raws:
        raise InputError(
            "no unit table found",
            where=str(path),
            expected="tables with the rows title, code, level, credit, competency, range, assessment criteria",
            do="check that it is a Specification of Competency Standards with its text layer",
        )
    found = collect(raws, path, options, reader="scs", pages=len(document.pages) if document.paged else 0)
    return replace(found, report=replace(found.report, notes=(*document.notes, *found.report.notes)))


def collect(raws: Sequence[RawUnit], path: Path, options: ReadOptions, *, reader: str, pages: int) -> ReadResult:
    """Return the framework and the report of unit tables or records.

    Args:
        raws: The tables.
        path: The file.
        options: How to read.
        reader: The reader's name, for the report.
        pages: How many pages the file has (0: none).
    """
    header = overridden(Header(id=path.stem, jurisdiction="HK", level_frame="hkqf"), options)
    sample = [line.text for raw in raws[:50] for lines in raw.fields.values() for line in lines]
    chinese = chinese_script(sample)
    units: list[Unit] = []
    places: dict[tuple[str, str, str], int] = {}
    kept: list[RowReport] = []
    repaired: list[RowReport] = []
    refused: list[RowReport] = []
    checks: list[Check] = []
    notes: list[str] = []
    for number, raw in enumerate(raws, 1):
        made = make_unit(raw, file=str(path), chinese=chinese, frame=header.level_frame)
        row = RowReport(
            file=str(path), row=raw.row or number, page=raw.page if pages else 0, code=made.code, cells=made.cells
        )
        if made.unit is None:
            refused.append(replace(row, reason=made.refused))
            continue
        same = places.get(made.unit.identity)
        if same is not None and _same_text(units[same], made.unit):
            context = tuple(dict.fromkeys((*units[same].context, *made.unit.context)))
            units[same] = replace(units[same], context=context)
            notes.append(f"{path.name}: {made.code} is listed again ({row.place}): its area was added")
            continue
        places.setdefault(made.unit.identity, len(units))
        units.append(made.unit)
        checks += made.checks
        mended = row.of_kind("repaired") or row.of_kind("tidied")
        if mended:
            first = mended[0]
            more = f" (and {len(mended) - 1} more)" if len(mended) > 1 else ""
            row = replace(row, reason=f"{first.field}: {first.reason}{more}", before=first.before, after=first.after)
        (repaired if row.of_kind("repaired") else kept).append(row)
    report = ParseReport(
        kept=tuple(kept), repaired=tuple(repaired), refused=tuple(refused), notes=tuple(notes), checks=tuple(checks)
    )
    file = FileReport(
        file=str(path),
        reader=reader,
        pages=pages,
        units=len(units),
        statements=sum(len(unit.statements) for unit in units),
        verdict=verdict_of(report),
    )
    framework = Framework(header=with_languages(header, tuple(units)), units=tuple(units))
    return ReadResult(framework=framework, report=replace(report, files=(file,)))


def _same_text(one: Unit, other: Unit) -> bool:
    return one.statements == other.statements and one.level == other.level
