"""Signals to a ranking, calibrated probabilities, a relation and a set: predicted with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.compare.features import (
    Scored,
    confidence_features,
    none_features,
    relation_features,
)
from matcher.compare.model import Linear, Rescorer
from matcher.compare.signals import LEVEL, SIGNALS, Pair, find_candidates, signals
from matcher.search.view import View

# Confidence and probabilities are shown to this many places; scores keep six.
PLACES = 4
# Subjects that tell the spread of another encoder's signals, and the least spread that tells anything.
SAMPLE = 24
MIN_SPREAD = 1e-4
# With fewer candidates nothing is said of "no counterpart": it is read from how far the best stands above the mean, in
# standard deviations, and was fitted on 100 and more. Of n candidates that is at most (n - 1) / sqrt(n): 1.5 of four,
# where a unit with a counterpart has 3.5 to 4.4, so that every unit of a short list would seem to have none.
FEWEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One candidate as the rescorer sees it; ``position`` is the object's, ``parts`` what each signal added."""

    position: int
    score: float
    topic: float
    level: float
    confidence: float | None
    relation: str | None
    in_set: bool | None
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One subject's candidates, best first, and the probability that it has no counterpart."""

    candidates: tuple[Judged, ...]
    no_counterpart: float | None


def linear_parts(linear: Linear, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each feature adds: (n, features), from (n, features) values in the order of ``linear.names``."""
    parts: NDArray[np.float64] = (
        (values - np.array(linear.centres)) / np.array(linear.scales) * np.array(linear.weights)
    )
    return parts


def _sum(linear: Linear, values: NDArray[np.float64]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = linear_parts(linear, values).sum(axis=1) + linear.intercept
    return total


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-x)) without overflow."""
    value: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * x))
    return value


def score(pair: Pair, row: int, candidates: NDArray[np.int64], ranking: Linear) -> Scored:
    """Return a subject's candidates with signals and scores; signals that the ranking does not name count nothing."""
    found = signals(pair, row, candidates)
    named = found[:, [SIGNALS.index(name) for name in ranking.names]]
    return Scored(
        row=row,
        candidates=candidates,
        signals=found,
        scores=np.round(_sum(ranking, named), 6) + 0.0,
        same_language=float(pair.same_language[row]),
    )


def judge(pair: Pair, row: int, candidates: NDArray[np.int64], rescorer: Rescorer, *, k: int) -> Judgement:
    """Rank a subject's candidates and say how sure, of which relation, and whether there is a counterpart at all.

    Args:
        pair: Both sides.
        row: The subject's position.
        candidates: (c,) sorted positions of its candidates.
        rescorer: What to rank with; one that was fitted for another encoder (see ``adapted``) only ranks.
        k: How many to return; relations are worked out for these.
    """
    scored = score(pair, row, candidates, rescorer.ranking)
    order = scored.order[:k]
    names = rescorer.ranking.names
    parts = linear_parts(rescorer.ranking, scored.signals[:, [SIGNALS.index(name) for name in names]])
    level = np.round(parts[:, [n for n, name in enumerate(names) if name in LEVEL]].sum(axis=1), 6) + 0.0
    fits = rescorer.encoder_fingerprint == pair.subjects.index.encoder_fingerprint
    confidence, relation, none = None, None, None
    if fits:
        confidence = np.round(sigmoid(_sum(rescorer.confidence, confidence_features(scored))), PLACES)
        none = float(np.round(sigmoid(_sum(rescorer.none, none_features(scored)[None, :]))[0], PLACES))
        features = relation_features(pair, scored, order)
        odds = np.stack([_sum(linear, features) for linear in rescorer.relations.values()], axis=1)
        relation = [tuple(rescorer.relations)[n] for n in np.argmax(odds, axis=1).tolist()]
    # Of a candidate that is nothing but a title there is no calibrated figure: the rescorer was fitted on whole texts.
    bare = pair.objects.bare[candidates]
    none = None if bare.all() or len(candidates) < FEWEST else none
    best = scored.scores.max(initial=-np.inf)
    gap = rescorer.set_gap if scored.same_language else rescorer.set_gap_across
    empty = none is not None and none >= rescorer.empty_from
    judged = []
    for number, place in enumerate(order.tolist()):
        inside = not empty and bool(best - scored.scores[place] <= gap)
        told = fits and not bare[place]
        judged.append(
            Judged(
                position=int(candidates[place]),
                score=float(scored.scores[place]),
                topic=float(np.round(scored.scores[place] - level[place], 6)),
                level=float(level[place]),
                confidence=float(confidence[place]) if confidence is not None and told else None,
                relation=relation[number] if relation is not None and told else None,
                in_set=inside if told else None,
                parts=tuple(zip(names, np.round(parts[place], 4).tolist(), strict=True)),
            )
        )
    return Judgement(candidates=tuple(judged), no_counterpart=none)


def sample_rows(view: View) -> NDArray[np.int64]:
    """Return the positions of some subjects, evenly spaced in the order of ids, that tell the spread of signals."""
    count = len(view.ids)
    return np.unique(np.linspace(0, count - 1, min(SAMPLE, count)).astype(np.int64))


def adapted(rescorer: Rescorer, pair: Pair) -> Rescorer:
    """Return the rescorer with its ranking put on the scale of another encoder's signals.

    The weights stay; each signal is divided by its spread within the candidates of some subjects of the pair at hand
    (``sample_rows``, which must be among the pair's asked rows) instead of the spread it was fitted with. It only
    ranks: probabilities need labels (`matcher refit`).
    """
    names = rescorer.ranking.names
    columns = [SIGNALS.index(name) for name in names]
    rows = sample_rows(pair.subjects)
    found = find_candidates(pair, rows, k=1)
    variances = np.stack(
        [
            signals(pair, row, chosen)[:, columns].var(axis=0)
            for row, (chosen, _) in zip(rows.tolist(), found, strict=True)
        ]
    )
    spread = np.sqrt(variances.mean(axis=0))
    old = np.array(rescorer.ranking.scales)
    # Level signals do not come from the encoder; a signal that is constant here keeps its scale.
    keep = np.array([name in LEVEL for name in names]) | (spread < MIN_SPREAD)
    scales = tuple(np.round(np.where(keep, old, spread), 6).tolist())
    return replace(rescorer, ranking=replace(rescorer.ranking, scales=scales))
