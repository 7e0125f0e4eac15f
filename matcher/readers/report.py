"""What became of every row: kept, repaired or refused, each with its place and reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from matcher.schema import Framework


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReport:
    """One row (or line) of one file; ``row`` counts from 1 as the user sees it, heading included."""

    file: str
    sheet: str = ""
    row: int
    code: str = ""
    reason: str = ""
    before: str = ""
    after: str = ""

    @property
    def place(self) -> str:
        """File, sheet and row as one phrase."""
        sheet = f", sheet {self.sheet}" if self.sheet else ""
        return f"{self.file}{sheet}, row {self.row}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseReport:
    """Every row of the input once: kept as it was, repaired (and kept), or refused; notes are about whole files."""

    kept: tuple[RowReport, ...] = ()
    repaired: tuple[RowReport, ...] = ()
    refused: tuple[RowReport, ...] = ()
    notes: tuple[str, ...] = ()

    def merged(self, other: ParseReport) -> ParseReport:
        """Return both reports as one."""
        return ParseReport(
            kept=self.kept + other.kept,
            repaired=self.repaired + other.repaired,
            refused=self.refused + other.refused,
            notes=self.notes + other.notes,
        )

    def as_record(self) -> dict[str, Any]:
        """Return the report as plain values for JSON."""
        return {
            "counts": {
                "kept": len(self.kept),
                "repaired": len(self.repaired),
                "refused": len(self.refused),
            },
            **asdict(self),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """A framework and what became of every row it was read from."""

    framework: Framework
    report: ParseReport
