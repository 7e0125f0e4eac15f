"""What a run says beyond its order: confidences, relations, sets, and that a unit has no counterpart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.evaluate import agreement, calibration
from matcher.evaluate.bootstrap import Statistic, unit_interval
from matcher.evaluate.gold import Gold
from matcher.evaluate.measures import RELEVANT
from matcher.evaluate.relations import CLASSES, agreed, merged
from matcher.evaluate.run import Answer, Run

# The candidates of a unit that an expert looks at first: calibration is measured over these.
FIRST = 5
PLACES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The value of a measure over n cases with its 95 % bootstrap interval over units."""

    measure: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How often (``counts``, a row for each of the judges' classes) the run says each of ``predicted``."""

    classes: tuple[str, ...]
    predicted: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """One kind of case, as columns: the unit each belongs to, and what is known and said of it."""

    subjects: tuple[str, ...]
    said: tuple[float, ...]
    known: tuple[float, ...]


def _grade(gold: Gold, subject: str, item: str) -> int:
    return gold.grades.get(subject, {}).get(item, 0)


def has_counterpart(gold: Gold, subject: str) -> bool:
    """Return whether a unit has an item of grade 2 or more."""
    return max(gold.grades.get(subject, {}).values(), default=0) >= RELEVANT


def confidence_cases(run: Run, gold: Gold, subjects: Sequence[str], *, first: int = FIRST) -> Cases:
    """Return the first candidates of every unit with their confidence, and 1 where the grade is 2 or more."""
    found = [
        (subject, answer.confidence, float(_grade(gold, subject, answer.object) >= RELEVANT))
        for subject in subjects
        for answer in run.answers.get(subject, ())[:first]
        if answer.confidence is not None
    ]
    return _cases(found)


def no_counterpart_cases(run: Run, gold: Gold, subjects: Sequence[str]) -> Cases:
    """Return each unit's probability of having no counterpart, and 1 where the judges found none."""
    found = []
    for subject in subjects:
        value = run.no_counterpart.get(subject)
        if value is not None:
            found.append((subject, value, float(not has_counterpart(gold, subject))))
    return _cases(found)


def relation_cases(run: Run, gold: Gold, subjects: Sequence[str]) -> Cases:
    """Return the classes of the pairs of grade 2 or more on whose class all judges agree.

    A class is its place in ``CLASSES``; what the run does not say, or says none of, is ``len(CLASSES)``.
    """
    found = []
    for subject in subjects:
        said = {answer.object: answer for answer in run.answers.get(subject, ())}
        for item, votes in sorted(gold.relations.get(subject, {}).items()):
            known = agreed(votes)
            if known is not None and _grade(gold, subject, item) >= RELEVANT:
                found.append((subject, float(_class_of(said.get(item))), float(CLASSES.index(known))))
    return _cases(found)


def _class_of(answer: Answer | None) -> int:
    relation = merged(answer.relation) if answer is not None and answer.relation is not None else "none"
    return CLASSES.index(relation) if relation in CLASSES else len(CLASSES)


def set_cases(run: Run, gold: Gold, subjects: Sequence[str]) -> Cases:
    """Return the size of each unit's set, and 1 where it holds a grade of 2 or more."""
    found = []
    for subject in subjects:
        inside = [answer.object for answer in run.answers.get(subject, ()) if answer.in_set]
        found.append((subject, float(len(inside)), float(any(_grade(gold, subject, i) >= RELEVANT for i in inside))))
    return _cases(found)


def _cases(found: Sequence[tuple[str, float, float]]) -> Cases:
    return Cases(
        subjects=tuple(subject for subject, _, _ in found),
        said=tuple(value for _, value, _ in found),
        known=tuple(value for _, _, value in found),
    )


def _over_units(cases: Cases, subjects: Sequence[str], statistic: Statistic) -> tuple[float, float, float]:
    """Return a statistic of cases with its interval, drawing whole units."""
    place = {subject: number for number, subject in enumerate(subjects)}
    owner = np.array([place[subject] for subject in cases.subjects], np.int64)
    return unit_interval(lambda weights: statistic(weights[:, owner]), len(subjects))


def confusion(cases: Cases) -> Confusion:
    """Return the confusion matrix of relation cases."""
    known, said = np.array(cases.known, np.int64), np.array(cases.said, np.int64)
    matrix = agreement.confusions(known, said, np.ones((1, len(known))), classes=len(CLASSES))[0]
    return Confusion(
        classes=CLASSES,
        predicted=(*CLASSES, "none"),
        counts=tuple(tuple(int(count) for count in row) for row in matrix),
    )


def verdict_figures(run: Run, gold: Gold, subjects: Sequence[str]) -> tuple[Figure, ...]:
    """Return the figures that the run's fields allow; ``missing_fields`` says which they do not.

    Args:
        run: The run.
        gold: The gold pairs; relations only where it names any.
        subjects: The units measured, those without a counterpart too.
    """
    return tuple(_figures(run, gold, subjects))


def _figures(run: Run, gold: Gold, subjects: Sequence[str]) -> Iterator[Figure]:
    none = no_counterpart_cases(run, gold, subjects)
    if none.subjects:
        score, positive = np.array(none.said), np.array(none.known, np.bool_)
        yield from _figure("no-counterpart AUC", none, subjects, lambda w: agreement.auc(score, positive, w))
    relations = relation_cases(run, gold, subjects)
    if relations.subjects and says(run)["relation"]:
        known, said = np.array(relations.known, np.int64), np.array(relations.said, np.int64)

        def matrices(weights: agreement.Floats) -> agreement.Floats:
            return agreement.confusions(known, said, weights, classes=len(CLASSES))

        yield from _figure("relation macro-F1", relations, subjects, lambda w: agreement.macro_f1(matrices(w)))
        yield from _figure("relation accuracy", relations, subjects, lambda w: agreement.accuracy(matrices(w)))
    pairs = confidence_cases(run, gold, subjects)
    if pairs.subjects:
        sure, true = np.array(pairs.said), np.array(pairs.known)
        yield from _figure("ECE", pairs, subjects, lambda w: calibration.expected_calibration_error(sure, true, w))
        yield from _figure("Brier", pairs, subjects, lambda w: calibration.brier(sure, true, w))
        yield from _figure("Brier skill", pairs, subjects, lambda w: calibration.brier_skill(sure, true, w))
    if says(run)["in_set"]:
        answered = [subject for subject in subjects if run.answers.get(subject)]
        with_one = [subject for subject in subjects if has_counterpart(gold, subject)]
        covered, every = set_cases(run, gold, with_one), set_cases(run, gold, answered)
        inside, size = np.array(covered.known), np.array(every.said)
        empty = (np.array(covered.said) == 0).astype(np.float64)
        yield from _figure("set coverage", covered, with_one, lambda w: agreement.mean(inside, w))
        yield from _figure("set size, mean", every, answered, lambda w: agreement.mean(size, w))
        yield from _figure("set size, median", every, answered, lambda w: agreement.median(size, w))
        yield from _figure("empty sets, counterpart exists", covered, with_one, lambda w: agreement.mean(empty, w))


def _figure(measure: str, cases: Cases, subjects: Sequence[str], statistic: Statistic) -> Iterator[Figure]:
    """Yield the figure, or nothing where it has no value (a slice without a unit of one kind, say)."""
    if cases.subjects:
        value, low, high = _over_units(cases, subjects, statistic)
        if value == value:  # not a number differs from itself
            # Sums of the same numbers may differ in their last places from machine to machine.
            value, low, high = (round(number, PLACES) for number in (value, low, high))
            # The ECE of a resample is larger on average: drawing again adds to the gaps of the bins (Bröcker 2012). Its
            # interval is widened to hold the value, so that a small ECE does not stand outside its own interval.
            low, high = min(low, value), max(high, value)
            yield Figure(measure=measure, value=value, low=low, high=high, n=len(cases.subjects))


def says(run: Run) -> Mapping[str, bool]:
    """Return which of the optional fields a run fills for at least one candidate or unit."""
    answers = [answer for found in run.answers.values() for answer in found]
    return {
        "confidence": any(answer.confidence is not None for answer in answers),
        "relation": any(answer.relation is not None for answer in answers),
        "in_set": any(answer.in_set is not None for answer in answers),
        "no_counterpart": any(value is not None for value in run.no_counterpart.values()),
    }


def left_out(run: Run, gold: Gold) -> tuple[str, ...]:
    """Return a sentence for each group of measures that cannot be computed, with the reason."""
    said = says(run)
    sentences = []
    if not said["no_counterpart"]:
        sentences.append("no-counterpart AUC left out: the run says of no unit that it has no counterpart")
    if not said["relation"]:
        sentences.append("relation macro-F1 left out: the run names no relation")
    elif not any(gold.relations.values()):
        sentences.append("relation macro-F1 left out: the gold names no relation")
    if not said["confidence"]:
        sentences.append("ECE, Brier and Brier skill left out: the run gives no confidence")
    if not said["in_set"]:
        sentences.append("set coverage and size left out: the run marks no candidate as in or out of its set")
    return tuple(sentences)
