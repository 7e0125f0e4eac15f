"""What the readers of open data sets share: entries to a framework and its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.readers.options import ReadOptions, overridden, with_languages
from matcher.readers.report import FileReport, ParseReport, ReadResult, RowReport, verdict_of
from matcher.schema import Framework, Header, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of a file: its number, its unit, or why there is none."""

    row: int
    unit: Unit | None
    refused: str = ""


def plain_result(
    entries: Sequence[Entry],
    path: Path,
    options: ReadOptions,
    *,
    reader: str,
    header: Header,
    notes: tuple[str, ...] = (),
) -> ReadResult:
    """Return the framework and the report of rows that need no repair."""
    units = tuple(entry.unit for entry in entries if entry.unit is not None)
    kept = tuple(RowReport(file=str(path), row=e.row, code=e.unit.code) for e in entries if e.unit is not None)
    refused = tuple(RowReport(file=str(path), row=e.row, reason=e.refused) for e in entries if e.unit is None)
    report = ParseReport(kept=kept, refused=refused, notes=tuple(f"{path.name}: {note}" for note in notes))
    file = FileReport(
        file=str(path),
        reader=reader,
        units=len(units),
        statements=sum(len(unit.statements) for unit in units),
        verdict=verdict_of(report),
    )
    framework = Framework(header=with_languages(overridden(header, options), units), units=units)
    return ReadResult(framework=framework, report=replace(report, files=(file,)))
