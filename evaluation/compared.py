"""A report against the one committed before it: figures side by side, the difference tested over the same units."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.evaluate import Extra, Gold, Report, Run
from matcher.evaluate.bootstrap import paired_randomisation
from matcher.evaluate.measures import MEASURES, all_measures
from matcher.evaluate.verdicts import has_counterpart

ROOT = Path(__file__).resolve().parents[1]
_PLACES = 6
UnitValues = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """An earlier report: its program and encoder, its figures, and the ranking measures of every unit."""

    facts: Mapping[str, str]
    figures: Mapping[str, Mapping[str, float]]
    units: Mapping[str, UnitValues]


def unit_values(run: Run, gold: Gold, subjects: frozenset[str]) -> dict[str, list[float]]:
    """Return the ranking measures of every unit with a counterpart, in the order of ``MEASURES``."""
    rankings = run.rankings
    return {
        subject: [round(value, _PLACES) for value in all_measures(rankings.get(subject, ()), gold.grades[subject])]
        for subject in sorted(gold.grades)
        if subject in subjects and has_counterpart(gold, subject)
    }


def _committed(path: Path) -> str | None:
    """Return the file as the last commit has it, or as it lies there outside a clone."""
    git = shutil.which("git") or "git"
    command = [git, "show", f"HEAD:./{path.name}"]
    found = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)  # noqa: S603
    if found.returncode == 0:
        return found.stdout
    return path.read_text(encoding="utf-8") if path.is_file() else None


def before(path: Path) -> Before | None:
    """Return the committed report, None where there is none."""
    text = _committed(path) if path.parent.is_dir() else None
    if text is None:
        return None
    record: dict[str, Any] = json.loads(text)
    return Before(
        facts=record.get("facts", {}),
        figures={
            language: {f["measure"]: f["value"] for f in (*report["overall"], *report.get("verdicts", ()))}
            for language, report in record.get("reports", {}).items()
        },
        units=record.get("units", {}),
    )


def _p_value(now: UnitValues, then: UnitValues, measure: str) -> float | None:
    """Return the paired test's p-value; None where the measure is no mean over units, or the units are not the same."""
    if measure not in MEASURES or not then or set(now) != set(then):
        return None
    place = MEASURES.index(measure)
    pairs = [(now[subject][place], then[subject][place]) for subject in sorted(now) if place < len(then[subject])]
    return paired_randomisation(*zip(*pairs, strict=True)) if len(pairs) == len(now) else None


def compared(
    values: Mapping[str, UnitValues],
    reports: Mapping[str, Report],
    earlier: Before | None,
    names: Mapping[str, str],
) -> list[Extra]:
    """Return the table of before and after, nothing where there is no earlier report."""
    if earlier is None:
        return []
    rows = []
    for language, report in reports.items():
        old = earlier.figures.get(language, {})
        for figure in (*report.overall, *report.verdicts):
            if figure.measure in old:
                p_value = _p_value(values[language], earlier.units.get(language, {}), figure.measure)
                said = "" if p_value is None else f"{p_value:.3f}"
                change = f"{figure.value - old[figure.measure]:+.4f}"
                cells = (f"{old[figure.measure]:.4f}", f"{figure.value:.4f}", change, said)
                rows.append((f"{names[language]}: {figure.measure}", *cells))
    if not rows:
        return []
    program, encoder = earlier.facts.get("program", "?"), earlier.facts.get("encoder", "?")
    return [
        Extra(
            heading="Before and after",
            note=f"Before: program {program}, encoder {encoder}. p of a paired randomisation test over the same units.",
            heads=("measure", "before", "after", "change", "p"),
            rows=tuple(rows),
        )
    ]
