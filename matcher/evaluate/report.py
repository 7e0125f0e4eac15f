"""A run against gold: figures with n and intervals, by language, trade and level, and what could not be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matcher.evaluate.bootstrap import interval, paired_randomisation
from matcher.evaluate.gold import Gold
from matcher.evaluate.measures import MEASURES, RELEVANT, all_measures
from matcher.evaluate.run import Run
from matcher.schema import Framework, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The mean of a measure over n units with its 95 % bootstrap interval."""

    measure: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The figures of one part of the units."""

    dimension: str
    name: str
    figures: tuple[Figure, ...]


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


def _language(unit: Unit) -> str:
    english = "en" in unit.languages
    chinese = any(language != "en" for language in unit.languages)
    return "both" if english and chinese else "English only" if english else "Chinese only"


def _trade(unit: Unit) -> str:
    return next(iter(unit.labels("industry", "en")), "-")


def _figures(values: Mapping[str, tuple[float, ...]]) -> tuple[Figure, ...]:
    out = []
    for position, measure in enumerate(MEASURES):
        column = [values[subject][position] for subject in sorted(values)]
        low, high = interval(column)
        mean = sum(column) / len(column) if column else 0.0
        out.append(Figure(measure=measure, value=mean, low=low, high=high, n=len(column)))
    return tuple(out)


def _slices(values: Mapping[str, tuple[float, ...]], units: Mapping[str, Unit]) -> tuple[Slice, ...]:
    dimensions: tuple[tuple[str, Callable[[Unit], str]], ...] = (
        ("language", _language),
        ("trade", _trade),
        ("level", lambda unit: unit.level or "-"),
    )
    out = []
    for dimension, name_of in dimensions:
        groups: dict[str, dict[str, tuple[float, ...]]] = {}
        for subject, measures in values.items():
            if subject in units:
                groups.setdefault(name_of(units[subject]), {})[subject] = measures
        out += [Slice(dimension=dimension, name=name, figures=_figures(groups[name])) for name in sorted(groups)]
    return tuple(out)


def _with_counterpart(gold: Gold) -> tuple[str, ...]:
    return tuple(s for s, grades in sorted(gold.grades.items()) if max(grades.values(), default=0) >= RELEVANT)


def evaluate_run(
    run: Run,
    gold: Gold,
    *,
    units: Framework | None = None,
    subjects: frozenset[str] | None = None,
    baseline: Run | None = None,
) -> Report:
    """Measure a run over the units that have a counterpart (grade 2 or more); an unanswered one counts 0.

    Args:
        run: The run.
        gold: The gold pairs.
        units: The source framework: breakdowns, and only its units are measured.
        subjects: Only these units (as a language restriction leaves them).
        baseline: Another run to compare with.
    """
    known = dict(zip(units.unit_ids(), units.units, strict=True)) if units is not None else None
    wanted = [s for s in _with_counterpart(gold) if subjects is None or s in subjects]
    outside = tuple(s for s in sorted(gold.grades) if known is not None and s not in known)
    wanted = [s for s in wanted if known is None or s in known]
    values = {s: all_measures(run.rankings.get(s, ()), gold.grades[s]) for s in wanted}
    differences = []
    if baseline is not None:
        other = {s: all_measures(baseline.rankings.get(s, ()), gold.grades[s]) for s in wanted}
        for position, measure in enumerate(MEASURES):
            first, second = [values[s][position] for s in wanted], [other[s][position] for s in wanted]
            mean = (sum(first) - sum(second)) / max(1, len(wanted))
            p_value = paired_randomisation(first, second) if wanted else 1.0
            differences.append(Difference(measure=measure, value=mean, p_value=p_value, n=len(wanted)))
    return Report(
        overall=_figures(values),
        slices=_slices(values, known) if known is not None else (),
        differences=tuple(differences),
        unanswered=tuple(s for s in wanted if not run.rankings.get(s)),
        without_counterpart=sum(max(grades.values(), default=0) < RELEVANT for grades in gold.grades.values())
        + sum(known is not None and s not in gold.grades for s in known or ()),
        outside_units=outside,
        unknown_in_run=tuple(s for s in run.rankings if known is not None and s not in known),
    )
