"""The units that a run serves worst: what the judges found, and what stood first in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.evaluate.gold import Gold
from matcher.evaluate.measures import RELEVANT, ndcg
from matcher.evaluate.run import Run
from matcher.evaluate.verdicts import has_counterpart


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One unit: its nDCG@10, its best counterpart by the judges with the run's rank of it, and the run's first.

    ``rank`` is None where the run does not hold the counterpart; ``first`` is "" where it has no answer.
    """

    subject: str
    ndcg: float
    counterpart: str
    grade: int
    rank: int | None
    first: str
    first_grade: int


def worst_misses(run: Run, gold: Gold, subjects: Sequence[str], *, count: int) -> tuple[Miss, ...]:
    """Return the units whose first candidate is no counterpart, lowest nDCG@10 first, ties by id."""
    rankings = run.rankings
    found = []
    for subject in subjects:
        ranking, grades = rankings.get(subject, ()), gold.grades.get(subject, {})
        first = ranking[0] if ranking else ""
        if not has_counterpart(gold, subject) or grades.get(first, 0) >= RELEVANT:
            continue
        places = {item: rank for rank, item in enumerate(ranking, 1)}
        best = min(grades, key=lambda item: (-grades[item], places.get(item, len(places) + 1), item))
        found.append(
            Miss(
                subject=subject,
                ndcg=ndcg(ranking, grades),
                counterpart=best,
                grade=grades[best],
                rank=places.get(best),
                first=first,
                first_grade=grades.get(first, 0),
            )
        )
    return tuple(sorted(found, key=lambda miss: (miss.ndcg, miss.subject))[:count])
