"""Readers of files that are rows already: the canonical file, JSON lines, CSV, TSV and XLSX."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.build import Shape, build_unit, chinese_cells
from matcher.readers.canonical import check_record, parse_lines, unit_from_record
from matcher.readers.columns import side_of
from matcher.readers.levels import default_frame
from matcher.readers.mapping import ColumnMap, read_map
from matcher.readers.options import ReadOptions, overridden, with_languages
from matcher.readers.records import Records, records_of_json_lines, records_of_table
from matcher.readers.report import CellNote, ParseReport, ReadResult, RowReport
from matcher.readers.statements import chinese_script
from matcher.readers.tables import read_bytes
from matcher.schema import OTHER_SCRIPT, Framework, Header, Unit


def read_canonical(path: Path, options: ReadOptions) -> ReadResult:
    """Read the canonical framework file; a line that does not fit is refused."""
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
    header = overridden(header, options)
    framework = Framework(header=header, units=tuple(units))
    return ReadResult(framework=framework, report=ParseReport(kept=tuple(kept), refused=tuple(refused)))


def read_json_lines(path: Path, options: ReadOptions) -> ReadResult:
    """Read JSON lines whose keys are column names."""
    column_map = _map(options)
    return _from_records(path, records_of_json_lines(path, column_map), column_map, options)


def read_table(path: Path, options: ReadOptions) -> ReadResult:
    """Read a spreadsheet or a text table."""
    column_map = _map(options)
    return _from_records(path, records_of_table(path, column_map), column_map, options)


def _map(options: ReadOptions) -> ColumnMap:
    return read_map(options.map_file) if options.map_file else ColumnMap()


def _guessed_header(
    path: Path, records: Records, column_map: ColumnMap, options: ReadOptions
) -> tuple[Header, list[str]]:
    side = side_of(records.fields)
    jurisdiction = "CN" if side == "work-contents" else "HK"
    header = overridden(Header(id=path.stem), options, column_map)
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
    shape = Shape(
        side=side_of(records.fields),
        frame=header.level_frame,
        chinese=chinese_script(sample),
        levelled="level" in records.fields,
    )
    if not shape.levelled:
        notes.append("no column of levels: levels are not compared")
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
            repaired.append(_repaired(place, built.repairs))
        else:
            kept.append(place)
    other = sum(statement.language == OTHER_SCRIPT for unit in units for statement in unit.statements)
    if other:
        notes.append(
            f"{other} statements are neither English nor Chinese: kept and shown, not compared "
            "(the embedded encoder knows English and Chinese only)"
        )
    report = ParseReport(
        kept=tuple(kept),
        repaired=tuple(repaired),
        refused=tuple(refused),
        notes=tuple(f"{path.name}: {note}" for note in (*records.notes, *notes)),
    )
    header = with_languages(header, tuple(units))
    return ReadResult(framework=Framework(header=header, units=tuple(units)), report=report)


def _repaired(place: RowReport, repairs: tuple[tuple[str, str, str], ...]) -> RowReport:
    reason, before, after = repairs[0]
    more = f" (and {len(repairs) - 1} more)" if len(repairs) > 1 else ""
    # A sheet's cells are only tidied: an opening line left out, the number of a credit taken. Nothing is guessed.
    cells = tuple(
        CellNote(kind="tidied", field=said.partition(":")[0], reason=said, before=old, after=new)
        for said, old, new in repairs
    )
    return replace(place, reason=reason + more, before=before, after=after, cells=cells)
