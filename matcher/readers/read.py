"""One file to a framework: canonical JSON Lines, other JSON lines, CSV, TSV or XLSX, told by content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.errors import InputError
from matcher.levels import level_frames
from matcher.readers.build import Shape, build_unit, chinese_cells
from matcher.readers.canonical import check_record, is_canonical, parse_lines, unit_from_record
from matcher.readers.columns import side_of
from matcher.readers.levels import default_frame
from matcher.readers.mapping import HEADER_FIELDS, ColumnMap, read_map
from matcher.readers.records import Records, records_of_json_lines, records_of_table
from matcher.readers.report import ParseReport, ReadResult, RowReport
from matcher.readers.statements import chinese_script
from matcher.readers.tables import check_size, read_bytes
from matcher.schema import LANGUAGES, Framework, Header, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read: a column map, strictness, and header fields that the user gave (None: not given)."""

    map_file: Path | None = None
    strict: bool = False
    id: str | None = None
    title: str | None = None
    jurisdiction: str | None = None
    publisher: str | None = None
    edition: str | None = None
    level_frame: str | None = None
    licence: str | None = None
    source: str | None = None
    retrieved: str | None = None


def read_framework(path: Path, *, options: ReadOptions | None = None) -> ReadResult:
    """Read one file.

    Raises:
        InputError: The file cannot be used (unreadable, no usable column, no row left), or ``strict`` is set and a row
            was refused.
    """
    return read_frameworks([path], options=options)


def read_frameworks(paths: Sequence[Path], *, options: ReadOptions | None = None) -> ReadResult:
    """Read several files into one framework; the header comes from the first, duplicates across files are refused.

    Raises:
        InputError: As ``read_framework``.
    """
    chosen = options or ReadOptions()
    results = [_read_one(path, chosen) for path in paths]
    merged = _merge(results)
    if not merged.framework.units:
        first = merged.report.refused[0] if merged.report.refused else None
        reason = f" ({len(merged.report.refused)} refused, the first: {first.place}: {first.reason})" if first else ""
        raise InputError(
            f"no row is left{reason}", where=str(paths[0]), expected="at least one unit", do="check the file"
        )
    if chosen.strict:
        check_strict(merged.report)
    return merged


def check_strict(report: ParseReport) -> None:
    """Refuse a reading that lost a row.

    Raises:
        InputError: A row was refused.
    """
    if report.refused:
        row = report.refused[0]
        raise InputError(
            f"{len(report.refused)} rows refused (the first: {row.reason})",
            where=row.place,
            expected="no such row under --strict",
            do="correct the rows, or leave --strict out",
        )


def _read_one(path: Path, options: ReadOptions) -> ReadResult:
    check_size(path)
    column_map = read_map(options.map_file) if options.map_file else ColumnMap()
    try:
        with path.open("rb") as handle:
            head = handle.read(65536)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), do="check its permissions") from error
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    first = next((line for line in head.decode(encoding, errors="replace").split("\n") if line.strip()), "")
    if is_canonical(first):
        return _read_canonical(path, options)
    if first.lstrip().startswith("{"):
        return _from_records(path, records_of_json_lines(path, column_map), column_map, options)
    return _from_records(path, records_of_table(path, column_map), column_map, options)


def _overridden(header: Header, options: ReadOptions, column_map: ColumnMap) -> Header:
    fields = {name: getattr(options, name) or column_map.header.get(name) for name in HEADER_FIELDS}
    given = {name: value for name, value in fields.items() if value}
    frame = given.get("level_frame")
    if frame is not None and frame not in level_frames():
        raise InputError(
            f"the level frame {frame!r} is not known",
            where="--level-frame",
            expected=", ".join(level_frames()),
            do="choose one of them",
        )
    return Header(
        **{name: given.get(name, getattr(header, name)) for name in HEADER_FIELDS}, languages=header.languages
    )


def _read_canonical(path: Path, options: ReadOptions) -> ReadResult:
    header, lines = parse_lines(read_bytes(path), where=str(path))
    units, kept, refused = [], [], []
    for number, record in lines:
        code = str(record.get("code", ""))[:80] if isinstance(record, dict) else ""
        try:
            units.append(unit_from_record(check_record(record, "unit", where=f"{path}, line {number}")))
        except InputError as error:
            refused.append(RowReport(file=str(path), row=number, code=code, reason=error.what))
        else:
            kept.append(RowReport(file=str(path), row=number, code=code))
    header = _overridden(header, options, ColumnMap())
    framework = Framework(header=header, units=tuple(units))
    return ReadResult(framework=framework, report=ParseReport(kept=tuple(kept), refused=tuple(refused)))


def _guessed_header(
    path: Path, records: Records, column_map: ColumnMap, options: ReadOptions
) -> tuple[Header, list[str]]:
    side = side_of(records.fields)
    jurisdiction = "CN" if side == "work-contents" else "HK"
    header = _overridden(Header(id=path.stem), options, column_map)
    notes = []
    if not header.jurisdiction:
        header = replace(header, jurisdiction=jurisdiction)
        notes.append(f"jurisdiction {jurisdiction} guessed from the columns (say --jurisdiction to change it)")
    if not header.level_frame:
        header = replace(header, level_frame=default_frame(header.jurisdiction))
        notes.append(f"level frame {header.level_frame or 'none'} guessed from the jurisdiction (--level-frame)")
    if header.id == path.stem:
        notes.append(f"id {path.stem} taken from the file's name (--id)")
    return header, notes


def _from_records(path: Path, records: Records, column_map: ColumnMap, options: ReadOptions) -> ReadResult:
    header, notes = _guessed_header(path, records, column_map, options)
    sample = [cell for record in records.records[:2000] for cell in chinese_cells(record.fields)]
    shape = Shape(side=side_of(records.fields), frame=header.level_frame, chinese=chinese_script(sample))
    units: list[Unit] = []
    kept, repaired, refused = [], [], []
    for record in records.records:
        place = RowReport(
            file=str(path), sheet=record.sheet, row=record.row, code=record.fields.get("code", "").strip()
        )
        if record.fault:
            refused.append(replace(place, reason=record.fault))
            continue
        built = build_unit(record.fields, shape)
        if built.unit is None:
            refused.append(replace(place, reason=built.refused))
            continue
        units.append(built.unit)
        place = replace(place, code=built.unit.code)
        if built.repairs:
            reason, before, after = built.repairs[0]
            more = f" (and {len(built.repairs) - 1} more)" if len(built.repairs) > 1 else ""
            repaired.append(replace(place, reason=reason + more, before=before, after=after))
        else:
            kept.append(place)
    present = {language for unit in units for language in unit.languages}
    header = replace(header, languages=tuple(language for language in LANGUAGES if language in present))
    report = ParseReport(
        kept=tuple(kept),
        repaired=tuple(repaired),
        refused=tuple(refused),
        notes=tuple(f"{path.name}: {note}" for note in (*records.notes, *notes)),
    )
    return ReadResult(framework=Framework(header=header, units=tuple(units)), report=report)


def _merge(results: Sequence[ReadResult]) -> ReadResult:
    """Join frameworks; a unit whose code, version and revision were seen before is refused."""
    report = ParseReport()
    units: list[Unit] = []
    seen: dict[tuple[str, str, str], str] = {}
    base = results[0].framework.header.level_frame
    for result in results:
        rows = {id(unit): row for unit, row in zip(result.framework.units, _unit_rows(result.report), strict=True)}
        doubled: dict[RowReport, RowReport] = {}
        for unit in result.framework.units:
            row = rows[id(unit)]
            if unit.identity in seen:
                doubled[row] = replace(row, reason=f"duplicate of {unit.code} in {seen[unit.identity]}")
                continue
            seen[unit.identity] = row.place
            # Where files of two level frames are joined, each unit keeps its own.
            frame = result.framework.frame_of(unit)
            units.append(unit if frame == base else replace(unit, frame=frame or "unknown"))
        report = report.merged(
            replace(
                result.report,
                kept=tuple(row for row in result.report.kept if row not in doubled),
                repaired=tuple(row for row in result.report.repaired if row not in doubled),
                refused=(*result.report.refused, *doubled.values()),
            )
        )
    present = {language for unit in units for language in unit.languages}
    header = replace(
        results[0].framework.header, languages=tuple(language for language in LANGUAGES if language in present)
    )
    return ReadResult(framework=Framework(header=header, units=tuple(units)), report=report)


def _unit_rows(report: ParseReport) -> list[RowReport]:
    """Return the rows that became units, in file order."""
    return sorted((*report.kept, *report.repaired), key=lambda row: row.row)
