"""What became of every row: kept, repaired or refused, each with its place and reason; cells, checks and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from matcher.schema import Framework

# tidied: nothing was lost or guessed (an opening line left out); repaired: put right, and shown before and after;
# flagged: kept as it stands, because every repair would be a guess.
CellKind = Literal["tidied", "repaired", "flagged"]
Verdict = Literal["clean", "repaired", "look", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellNote:
    """One cell that was not taken as it stood, or that a person should look at."""

    kind: CellKind
    field: str
    reason: str
    before: str = ""
    after: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """One row (line, unit) of one file; ``row`` counts from 1 as the user sees it, heading included.

    In a document ``row`` counts the units, and ``page`` says where the unit begins (0: the file has no pages).
    """

    file: str
    sheet: str = ""
    row: int
    page: int = 0
    code: str = ""
    reason: str = ""
    before: str = ""
    after: str = ""
    cells: tuple[CellNote, ...] = ()

    @property
    def place(self) -> str:
        """File, sheet or page, and row as one phrase."""
        if self.page:
            return f"{self.file}, page {self.page}"
        sheet = f", sheet {self.sheet}" if self.sheet else ""
        return f"{self.file}{sheet}, row {self.row}"

    def of_kind(self, kind: CellKind) -> tuple[CellNote, ...]:
        """Return the cells of one kind."""
        return tuple(cell for cell in self.cells if cell.kind == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A figure that the document states twice, or a rule it must keep: what was expected, what was found."""

    file: str
    name: str
    expected: str
    found: str
    passed: bool
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What one file gave, by which reader, and the verdict on it."""

    file: str
    reader: str
    pages: int = 0
    units: int = 0
    statements: int = 0
    verdict: Verdict = "clean"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseReport:
    """Every row of the input once: kept as it was, repaired (and kept), or refused; notes are about whole files."""

    kept: tuple[RowReport, ...] = ()
    repaired: tuple[RowReport, ...] = ()
    refused: tuple[RowReport, ...] = ()
    notes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    files: tuple[FileReport, ...] = ()

    def merged(self, other: ParseReport) -> ParseReport:
        """Return both reports as one."""
        return ParseReport(
            kept=self.kept + other.kept,
            repaired=self.repaired + other.repaired,
            refused=self.refused + other.refused,
            notes=self.notes + other.notes,
            checks=self.checks + other.checks,
            files=self.files + other.files,
        )

    def cells(self, kind: CellKind) -> tuple[tuple[RowReport, CellNote], ...]:
        """Return every cell of one kind with its row."""
        rows = (*self.kept, *self.repaired, *self.refused)
        return tuple((row, cell) for row in rows for cell in row.of_kind(kind))

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    def as_record(self) -> dict[str, Any]:
        """Return the report as plain values for JSON."""
        return {
            "counts": {
                "kept": len(self.kept),
                "repaired": len(self.repaired),
                "refused": len(self.refused),
            },
            "cells": {kind: len(self.cells(kind)) for kind in ("tidied", "repaired", "flagged")},
            "checks_passed": len(self.checks) - len(self.failed),
            "checks_failed": len(self.failed),
            **asdict(self),
        }


def verdict_of(report: ParseReport) -> Verdict:
    """Return the verdict on one file: the worst thing that happened in it."""
    if not report.kept and not report.repaired:
        return "refused"
    if report.refused or report.failed or report.cells("flagged"):
        return "look"
    return "repaired" if report.cells("repaired") else "clean"


def _row(record: Mapping[str, Any]) -> RowReport:
    fields = {key: value for key, value in record.items() if key != "cells"}
    return RowReport(**fields, cells=tuple(CellNote(**cell) for cell in record.get("cells", ())))


def report_from_record(record: Mapping[str, Any]) -> ParseReport:
    """Return the report of ``ParseReport.as_record``."""
    return ParseReport(
        kept=tuple(map(_row, record["kept"])),
        repaired=tuple(map(_row, record["repaired"])),
        refused=tuple(map(_row, record["refused"])),
        notes=tuple(record["notes"]),
        checks=tuple(Check(**check) for check in record["checks"]),
        files=tuple(FileReport(**file) for file in record["files"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """A framework and what became of every row it was read from."""

    framework: Framework
    report: ParseReport
