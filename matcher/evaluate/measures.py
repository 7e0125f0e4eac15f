"""Ranking measures of one unit; a unit that a run does not answer scores 0 in all of them.

nDCG: gain 2^grade - 1, discount log2(rank + 1), ideal over all grades of the unit (Järvelin & Kekäläinen 2002 in the
exponential form of Burges et al. 2005). An item is relevant from grade 2 on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

RELEVANT = 2
# The first five are printed in this order since the first release; later ones stand behind them.
MEASURES = ("nDCG@10", "R@5", "R@10", "hit@1", "MRR", "MAP", "hit@5", "hit@10")


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int = 10) -> float:
    """Return nDCG at a depth, in [0, 1]; 0 where the unit has no grade above 0."""
    gains = [2 ** grades.get(item, 0) - 1 for item in ranking[:depth]]
    ideal = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:depth]
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(ideal, 1))
    found = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
    return found / best if best else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int) -> float:
    """Return the share of relevant items among the first ``depth``; 0 where there is none."""
    relevant = {item for item, grade in grades.items() if grade >= RELEVANT}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return 1 / rank of the first relevant item, 0 where none is found."""
    return next((1 / rank for rank, item in enumerate(ranking, 1) if grades.get(item, 0) >= RELEVANT), 0.0)


def average_precision(ranking: Sequence[str], grades: Mapping[str, int]) -> float:
    """Return the mean, over all relevant items, of the precision at their ranks; one that is not found adds 0."""
    relevant = sum(grade >= RELEVANT for grade in grades.values())
    found, total = 0, 0.0
    for rank, item in enumerate(ranking, 1):
        if grades.get(item, 0) >= RELEVANT:
            found += 1
            total += found / rank
    return total / relevant if relevant else 0.0


def hit(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int) -> float:
    """Return 1 where a relevant item is among the first ``depth``, else 0."""
    return float(any(grades.get(item, 0) >= RELEVANT for item in ranking[:depth]))


def measure_names(depth: int | None = None) -> tuple[str, ...]:
    """Return the names of the measures, with recall and hit at one more depth where one is given."""
    return MEASURES if depth is None else (*MEASURES, f"R@{depth}", f"hit@{depth}")


def all_measures(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int | None = None) -> tuple[float, ...]:
    """Return the measures in the order of ``measure_names``."""
    found = (
        ndcg(ranking, grades),
        recall(ranking, grades, depth=5),
        recall(ranking, grades, depth=10),
        hit(ranking, grades, depth=1),
        reciprocal_rank(ranking, grades),
        average_precision(ranking, grades),
        hit(ranking, grades, depth=5),
        hit(ranking, grades, depth=10),
    )
    if depth is None:
        return found
    return (*found, recall(ranking, grades, depth=depth), hit(ranking, grades, depth=depth))
