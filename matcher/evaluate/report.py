"""A run against gold: figures with n and intervals, by language, trade and level, and what could not be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matcher.evaluate.bootstrap import interval, paired_randomisation
from matcher.evaluate.calibration import Bin, reliability
from matcher.evaluate.gold import Gold
from matcher.evaluate.measures import all_measures, measure_names
from matcher.evaluate.run import Run
from matcher.evaluate.verdicts import (
    Confusion,
    Figure,
    confidence_cases,
    confusion,
    has_counterpart,
    left_out,
    relation_cases,
    says,
    verdict_figures,
)
from matcher.schema import Framework, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The figures of one part of the units: of the ranking, and of what the run says beyond it."""

    dimension: str
    name: str
    figures: tuple[Figure, ...]
    verdicts: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A run minus a baseline over the same units, with the paired randomisation test's p-value."""

    measure: str
    value: float
    p_value: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What ``matcher evaluate`` prints."""

    overall: tuple[Figure, ...]
    slices: tuple[Slice, ...]
    differences: tuple[Difference, ...]
    unanswered: tuple[str, ...]
    without_counterpart: int
    outside_units: tuple[str, ...]
    unknown_in_run: tuple[str, ...]
    verdicts: tuple[Figure, ...] = ()
    left_out: tuple[str, ...] = ()
    confusion: Confusion | None = None
    reliability: tuple[Bin, ...] = ()


def _language(unit: Unit) -> str:
    english = "en" in unit.languages
    chinese = any(language != "en" for language in unit.languages)
    return "both" if english and chinese else "English only" if english else "Chinese only"


def _trade(unit: Unit) -> str:
    return next(iter(unit.labels("industry", "en")), "-")


_DIMENSIONS: tuple[tuple[str, Callable[[Unit], str]], ...] = (
    ("language", _language),
    ("trade", _trade),
    ("level", lambda unit: unit.level or "-"),
)


def _figures(values: Mapping[str, tuple[float, ...]], names: Sequence[str]) -> tuple[Figure, ...]:
    out = []
    for position, measure in enumerate(names):
        column = [values[subject][position] for subject in sorted(values)]
        low, high = interval(column)
        mean = sum(column) / len(column) if column else 0.0
        out.append(Figure(measure=measure, value=mean, low=low, high=high, n=len(column)))
    return tuple(out)


def measured_subjects(
    gold: Gold, *, units: Framework | None = None, subjects: frozenset[str] | None = None
) -> list[str]:
    """Return the units that are measured: those of the framework (else of the gold) that are wanted, by id."""
    every = sorted(gold.grades) if units is None else sorted(units.unit_ids())
    return [subject for subject in every if subjects is None or subject in subjects]


def evaluate_run(
    run: Run,
    gold: Gold,
    *,
    units: Framework | None = None,
    subjects: frozenset[str] | None = None,
    baseline: Run | None = None,
    depth: int | None = None,
) -> Report:
    """Measure a run; an unanswered unit counts 0 in every ranking measure.

    The ranking measures are over the units that have a counterpart (grade 2 or more), the others over all units.

    Args:
        run: The run.
        gold: The gold pairs.
        units: The source framework: breakdowns, and only its units are measured; those of it that the gold does not
            name have no counterpart.
        subjects: Only these units (as a language restriction leaves them).
        baseline: Another run to compare with.
        depth: Recall and hit at this depth too.
    """
    known = dict(zip(units.unit_ids(), units.units, strict=True)) if units is not None else None
    every = measured_subjects(gold, units=units, subjects=subjects)
    wanted = [s for s in every if has_counterpart(gold, s)]
    names = measure_names(depth)

    def ranking_values(of: Run) -> dict[str, tuple[float, ...]]:
        rankings = of.rankings
        return {s: all_measures(rankings.get(s, ()), gold.grades[s], depth=depth) for s in wanted}

    values = ranking_values(run)
    differences = []
    if baseline is not None:
        other = ranking_values(baseline)
        for position, measure in enumerate(names):
            first, second = [values[s][position] for s in wanted], [other[s][position] for s in wanted]
            mean = (sum(first) - sum(second)) / max(1, len(wanted))
            p_value = paired_randomisation(first, second) if wanted else 1.0
            differences.append(Difference(measure=measure, value=mean, p_value=p_value, n=len(wanted)))
    slices = []
    for dimension, name_of in _DIMENSIONS if known is not None else ():
        groups: dict[str, list[str]] = {}
        for subject in every:
            groups.setdefault(name_of(known[subject]) if known else "-", []).append(subject)
        for name in sorted(groups):
            part = {s: values[s] for s in groups[name] if s in values}
            if part:
                verdicts = verdict_figures(run, gold, groups[name])
                slices.append(Slice(dimension=dimension, name=name, figures=_figures(part, names), verdicts=verdicts))
    pairs = confidence_cases(run, gold, every)
    relations = relation_cases(run, gold, every)
    return Report(
        overall=_figures(values, names),
        slices=tuple(slices),
        differences=tuple(differences),
        unanswered=tuple(s for s in wanted if not run.answers.get(s)),
        without_counterpart=sum(not has_counterpart(gold, s) for s in gold.grades)
        + sum(s not in gold.grades for s in known or ()),
        outside_units=tuple(s for s in sorted(gold.grades) if known is not None and s not in known),
        unknown_in_run=tuple(s for s in run.answers if known is not None and s not in known),
        verdicts=verdict_figures(run, gold, every),
        left_out=left_out(run, gold),
        confusion=confusion(relations) if relations.subjects and says(run)["relation"] else None,
        reliability=reliability(pairs.said, pairs.known),
    )
