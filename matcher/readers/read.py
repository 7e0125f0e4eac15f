"""Files to one framework: each by its reader, in its own process where that is safer, merged in the order given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.isolate import read_isolated
from matcher.readers.options import ReadOptions, with_languages
from matcher.readers.registry import READERS, choose_reader
from matcher.readers.report import FileReport, ParseReport, ReadResult, RowReport, verdict_of
from matcher.schema import LANGUAGES, Framework, Header, Unit

__all__ = ["ReadOptions", "check_strict", "read_framework", "read_frameworks"]
Progress = Callable[[Iterator[ReadResult], int], Iterator[ReadResult]]


def read_framework(path: Path, *, options: ReadOptions | None = None) -> ReadResult:
    """Read one file.

    Raises:
        InputError: The file cannot be used (unreadable, no usable column, no row left), or ``strict`` is set and a row
            was refused.
    """
    return read_frameworks([path], options=options)


def read_frameworks(
    paths: Sequence[Path],
    *,
    options: ReadOptions | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> ReadResult:
    """Read several files into one framework; the header comes from the first, duplicates across files are refused.

    Args:
        paths: The files, in the order in which their units stand in the result.
        options: How to read.
        processes: How many documents are read at the same time; the result does not depend on it.
        progress: Shows how far the work is: takes the results as they come and their number, gives them on.

    Raises:
        InputError: As ``read_framework``.
    """
    chosen = options or ReadOptions()
    with ThreadPoolExecutor(max_workers=max(1, processes)) as pool:
        # A document's work is done in a process of its own: the threads only wait for them.
        coming = pool.map(lambda path: _read_one(path, chosen), paths) if processes > 1 else _each(paths, chosen)
        try:
            results = list(progress(coming, len(paths)) if progress else coming)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
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


def _each(paths: Sequence[Path], options: ReadOptions) -> Iterator[ReadResult]:
    for path in paths:
        yield _read_one(path, options)


def check_strict(report: ParseReport) -> None:
    """Refuse a reading that lost a row, guessed at a cell, or failed a check of the document's own figures.

    Rows that were only tidied (an opening line left out) pass: nothing was lost or guessed.

    Raises:
        InputError: A row was refused, a cell was repaired or flagged, or a check failed.
    """
    if report.refused:
        row = report.refused[0]
        raise InputError(
            f"{len(report.refused)} rows refused (the first: {row.reason})",
            where=row.place,
            expected="no such row under --strict",
            do="correct the rows, or leave --strict out",
        )
    for kind in ("repaired", "flagged"):
        cells = report.cells("repaired" if kind == "repaired" else "flagged")
        if cells:
            row, cell = cells[0]
            place = f"{row.file}, page {cell.page}" if cell.page else row.place
            raise InputError(
                f"{len(cells)} cells {kind} (the first: {row.code} {cell.field}: {cell.reason})",
                where=place,
                expected="no such cell under --strict",
                do="compare the cells with the source (--report), then leave --strict out",
            )
    if report.failed:
        check = report.failed[0]
        raise InputError(
            f"{len(report.failed)} checks failed (the first: {check.name}: {check.found})",
            where=f"{check.file}, page {check.page}" if check.page else check.file,
            expected=check.expected,
            do="compare with the source (--report), then leave --strict out",
        )


def _read_one(path: Path, options: ReadOptions) -> ReadResult:
    name = options.reader or ""
    try:
        reader = choose_reader(path, options.reader)
        name = reader.name
        result = read_isolated(path, reader, options) if reader.isolated else reader.load()(path, options)
    except InputError as error:
        if not options.keep_going:
            raise
        refusal = FileReport(file=str(path), reader=name, verdict="refused", reason=str(error))
        return ReadResult(framework=Framework(header=Header(id="")), report=ParseReport(files=(refusal,)))
    if result.report.files:
        return result
    units = result.framework.units
    report = FileReport(
        file=str(path),
        reader=reader.name,
        units=len(units),
        statements=sum(len(unit.statements) for unit in units),
        verdict=verdict_of(result.report),
    )
    return replace(result, report=replace(result.report, files=(report,)))


def _merge(results: Sequence[ReadResult]) -> ReadResult:
    """Join frameworks; a unit whose code, version and revision were seen before is refused."""
    report = ParseReport()
    units: list[Unit] = []
    seen: dict[tuple[str, str, str], tuple[str, int, str]] = {}
    first = next((r for r in results if r.framework.header.id), results[0]).framework.header
    for result in results:
        rows = {id(unit): row for unit, row in zip(result.framework.units, _unit_rows(result.report), strict=True)}
        doubled: dict[RowReport, RowReport] = {}
        reader = result.report.files[0].reader if result.report.files else ""
        parts = any(known.name == reader and known.parts for known in READERS)
        for unit in result.framework.units:
            row = rows[id(unit)]
            if unit.identity in seen and parts and seen[unit.identity][2] == reader:
                place = seen[unit.identity][1]
                units[place] = _joined(units[place], unit)
                continue
            if unit.identity in seen:
                doubled[row] = replace(row, reason=f"duplicate of {unit.code} in {seen[unit.identity][0]}")
                continue
            seen[unit.identity] = (row.place, len(units), reader)
            # Where files of two level frames are joined, each unit keeps its own.
            frame = result.framework.frame_of(unit)
            units.append(unit if frame == first.level_frame else replace(unit, frame=frame or "unknown"))
        report = report.merged(
            replace(
                result.report,
                kept=tuple(row for row in result.report.kept if row not in doubled),
                repaired=tuple(row for row in result.report.repaired if row not in doubled),
                refused=(*result.report.refused, *doubled.values()),
            )
        )
    weights = dict.fromkeys(weight for result in results for weight in result.framework.header.weights)
    header = replace(with_languages(first, tuple(units)), weights=tuple(weights))
    return ReadResult(framework=Framework(header=header, units=tuple(units)), report=report)


def _joined(one: Unit, other: Unit) -> Unit:
    """Return a unit with what another file says of it: the other language, or its tasks."""
    notes = [*one.notes, *other.notes]
    if one.level is not None and other.level is not None and one.level != other.level:
        notes.append(f"level {one.level} in one file, {other.level} in another")
    order = ("title", "range", "knowledge", "skill", "attitude", "outcome")
    statements = sorted(
        dict.fromkeys((*one.statements, *other.statements)),
        key=lambda s: (order.index(s.role) if s.role in ("title", "range") else 2, LANGUAGES.index(s.language)),
    )
    return replace(
        one,
        level=one.level or other.level,
        credit=one.credit if one.credit is not None else other.credit,
        context=tuple(dict.fromkeys((*one.context, *other.context))),
        statements=tuple(statements),
        remarks=one.remarks or other.remarks,
        notes=tuple(dict.fromkeys(notes)),
    )


def _unit_rows(report: ParseReport) -> list[RowReport]:
    """Return the rows that became units, in file order."""
    return sorted((*report.kept, *report.repaired), key=lambda row: row.row)
