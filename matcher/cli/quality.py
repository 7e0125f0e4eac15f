"""The page of ``matcher evaluate --report``: what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from matcher import __version__
from matcher.artefact import sha256_of, write_atomic
from matcher.evaluate import (
    Extra,
    Gold,
    MissTexts,
    Report,
    ReportPage,
    Run,
    make_curves,
    measured_subjects,
    render_report,
    worst_misses,
)
from matcher.export.rows import clean
from matcher.schema import Framework

WORST = 8
_HASH_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A run, the gold, and the report on them; ``subjects`` are the units that count, None for all.

    ``extras`` are further tables of the page.
    """

    run: Run
    gold: Gold
    units: Framework | None
    subjects: frozenset[str] | None
    report: Report
    extras: tuple[Extra, ...] = ()


def write_page(
    path: Path,
    evaluation: Evaluation,
    *,
    objects: Framework | None,
    files: Mapping[str, Path | None],
    note: str,
    language: Literal["en", "zh", "auto"],
) -> None:
    """Write the page, whole or not at all.

    Args:
        path: The page.
        evaluation: What was measured.
        objects: The target framework, where its texts are wanted.
        files: What was measured, by name: each file is named with the beginning of its SHA-256.
        note: The line on top.
        language: The language of labels; "auto" is English where a unit has any.

    Raises:
        InputError: The page cannot be written.
    """
    facts = {"program": f"competency-matcher {__version__}"}
    for name, file in files.items():
        if file is not None:
            digest = f" ({sha256_of(file)[:_HASH_DIGITS]})" if file.is_file() else ""
            facts[name] = f"{file.name}{digest}"
    data = page_text(evaluation, objects=objects, facts=facts, note=note, language=language)
    write_atomic(path, data.encode("utf-8", errors="replace"))


def page_text(
    evaluation: Evaluation,
    *,
    objects: Framework | None,
    facts: Mapping[str, str],
    note: str,
    language: Literal["en", "zh", "auto"],
) -> str:
    """Return the page as HTML; the statements of its worst misses are aligned where both frameworks are known."""
    from matcher.pipeline import explain_pairs

    units = evaluation.units
    subjects = measured_subjects(evaluation.gold, units=units, subjects=evaluation.subjects)
    misses = worst_misses(evaluation.run, evaluation.gold, subjects, count=WORST)
    pairs = [(miss.subject, item) for miss in misses for item in (miss.counterpart, miss.first) if item]
    aligned = explain_pairs(units, objects, pairs) if units is not None and objects is not None else {}
    page = ReportPage(
        report=evaluation.report,
        curves=make_curves(evaluation.run, evaluation.gold, subjects),
        misses=misses,
        texts=MissTexts(subjects=units, objects=objects, alignments=aligned),
        facts=facts,
        note=note,
        extras=evaluation.extras,
    )
    if language == "auto":
        english = units is None or any("en" in unit.languages for unit in units.units)
        language = "en" if english else "zh"
    return clean(render_report(page, language=language))
