"""Leave-one-trade-out checks of the rescorer: what each signal is worth, and the set over seeded splits."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcher.compare.fit import RELEVANT, Example, leave_out, set_gap
from matcher.compare.signals import SIGNALS
from matcher.evaluate.bootstrap import paired_randomisation
from matcher.evaluate.measures import ndcg

SPLITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """The ranking refitted without one signal: nDCG@10 by subject language, its change, and the change's p-value."""

    signal: str
    ndcg: Mapping[str, float]
    change: Mapping[str, float]
    p_value: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The 90 % set over seeded splits: coverage of the units with a counterpart (mean and range), median size."""

    language: str
    n: int
    coverage: float
    lowest: float
    highest: float
    median_size: float


def _ndcg(example: Example, grades: Mapping[str, int], names: Sequence[str]) -> float:
    ranking = [names[int(position)] for position in example.scored.candidates[example.scored.order]]
    return ndcg(ranking, grades)


def refitted(examples: Mapping[str, Sequence[Example]], names: Sequence[str]) -> dict[str, list[Example]]:
    """Return the examples by language, each scored by a ranking that has not seen its trade."""
    flat = leave_out([example for found in examples.values() for example in found], names=tuple(names))
    out, start = {}, 0
    for language, found in examples.items():
        out[language] = flat[start : start + len(found)]
        start += len(found)
    return out


def ablation(
    examples: Mapping[str, Sequence[Example]],
    grades: Mapping[str, Mapping[str, int]],
    objects: Sequence[str],
) -> list[Ablation]:
    """Return the ranking with all signals first, then without each; fitted leaving one trade out.

    Args:
        examples: By subject language.
        grades: The gold.
        objects: The objects' ids by position.
    """

    def values(names: Sequence[str]) -> dict[str, list[float]]:
        return {
            language: [_ndcg(e, grades[e.subject], objects) for e in found if e.has_counterpart]
            for language, found in refitted(examples, names).items()
        }

    whole = values(SIGNALS)
    rows = []
    for dropped in ("", *SIGNALS):
        found = values([name for name in SIGNALS if name != dropped]) if dropped else whole
        change = {language: statistics.fmean(v) - statistics.fmean(whole[language]) for language, v in found.items()}
        rows.append(
            Ablation(
                signal=dropped,
                ndcg={language: statistics.fmean(v) for language, v in found.items()},
                change=change,
                p_value={language: paired_randomisation(v, whole[language]) for language, v in found.items()},
            )
        )
    return rows


def seeded_splits(examples: Mapping[str, Sequence[Example]]) -> list[Splits]:
    """Return how the set covers units that it was not calibrated on.

    Scores come from rankings that have not seen the unit's trade; half of the units set the gap, the others are covered
    or not; twenty seeds.
    """
    rows = []
    for language, found in refitted(examples, SIGNALS).items():
        covered, sizes = [], []
        for seed in range(SPLITS):
            order = list(range(len(found)))
            random.Random(seed).shuffle(order)
            half = len(order) // 2
            gap = set_gap([found[place] for place in order[:half]])
            tested = [found[place] for place in order[half:]]
            inside = [example.scored.scores >= example.scored.scores.max() - gap for example in tested]
            sizes += [int(kept.sum()) for kept in inside]
            hits = [
                bool((example.grades[kept] >= RELEVANT).any())
                for example, kept in zip(tested, inside, strict=True)
                if example.has_counterpart
            ]
            covered.append(statistics.fmean(hits))
        rows.append(
            Splits(
                language=language,
                n=len(found),
                coverage=statistics.fmean(covered),
                lowest=min(covered),
                highest=max(covered),
                median_size=float(statistics.median(sizes)),
            )
        )
    return rows
