"""The curves of a report: recall at every depth, precision over recall, and what a confidence threshold keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcher.evaluate.bootstrap import interval
from matcher.evaluate.gold import Gold
from matcher.evaluate.measures import RELEVANT, hit, recall
from matcher.evaluate.run import Run
from matcher.evaluate.verdicts import Figure, has_counterpart

MAX_DEPTH = 50
THRESHOLDS = tuple(step / 10 for step in range(1, 10))
_POINTS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is left when only candidates of at least this confidence are looked at.

    ``precision`` is the share of the kept candidates that are relevant, ``recall`` the share of all relevant pairs
    that are kept, ``units`` how many units still have a candidate.
    """

    threshold: float
    candidates: int
    units: int
    precision: float | None
    recall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """All curves over the same units (those with a counterpart; thresholds: all)."""

    units: int
    recall: tuple[Figure, ...]
    hit: tuple[Figure, ...]
    precision_recall: tuple[tuple[float, float], ...]
    thresholds: tuple[Kept, ...]


def interpolated_precision(ranking: Sequence[str], grades: Mapping[str, int]) -> tuple[float, ...]:
    """Return the precision at recall 0, 0.1 … 1: the best at this recall or any higher (TREC's eleven points)."""
    relevant = sum(grade >= RELEVANT for grade in grades.values())
    found, points = 0, []
    for rank, item in enumerate(ranking, 1):
        if grades.get(item, 0) >= RELEVANT:
            found += 1
            points.append((found / relevant, found / rank))
    return tuple(
        max((precision for at, precision in points if at >= step / (_POINTS - 1) - 1e-9), default=0.0)
        for step in range(_POINTS)
    )


def threshold_table(run: Run, gold: Gold, subjects: Sequence[str]) -> tuple[Kept, ...]:
    """Return what each threshold keeps; nothing where the run gives no confidence."""
    relevant = {(s, i) for s in subjects for i, grade in gold.grades.get(s, {}).items() if grade >= RELEVANT}
    pairs = [
        (answer.confidence, subject, answer.object)
        for subject in subjects
        for answer in run.answers.get(subject, ())
        if answer.confidence is not None
    ]
    out = []
    for threshold in THRESHOLDS if pairs else ():
        kept = [(subject, item) for confidence, subject, item in pairs if confidence >= threshold]
        right = sum(pair in relevant for pair in kept)
        out.append(
            Kept(
                threshold=threshold,
                candidates=len(kept),
                units=len({subject for subject, _ in kept}),
                precision=right / len(kept) if kept else None,
                recall=right / len(relevant) if relevant else 0.0,
            )
        )
    return tuple(out)


def make_curves(run: Run, gold: Gold, subjects: Sequence[str]) -> Curves:
    """Return the curves.

    Args:
        run: The run.
        gold: The gold pairs.
        subjects: The units measured, those without a counterpart too.
    """
    wanted = [subject for subject in subjects if has_counterpart(gold, subject)]
    rankings = run.rankings
    longest = max((len(rankings.get(subject, ())) for subject in wanted), default=0)
    found: dict[str, list[Figure]] = {"R": [], "hit": []}
    for depth in range(1, min(MAX_DEPTH, longest) + 1):
        for name, measure in (("R", recall), ("hit", hit)):
            values = [measure(rankings.get(s, ()), gold.grades[s], depth=depth) for s in wanted]
            low, high = interval(values)
            mean = sum(values) / len(values)
            found[name].append(Figure(measure=f"{name}@{depth}", value=mean, low=low, high=high, n=len(values)))
    points = [interpolated_precision(rankings.get(s, ()), gold.grades[s]) for s in wanted]
    means = [sum(column) / len(column) for column in zip(*points, strict=True)]
    return Curves(
        units=len(wanted),
        recall=tuple(found["R"]),
        hit=tuple(found["hit"]),
        precision_recall=tuple((step / (_POINTS - 1), mean) for step, mean in enumerate(means)),
        thresholds=threshold_table(run, gold, subjects),
    )
