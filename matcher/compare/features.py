"""Features that depend on a whole list of candidates: for confidence, for "no counterpart", and for the relation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.compare.levels import gap_between
from matcher.compare.signals import SIGNALS, Pair, vectors_of
from matcher.search.columns import FRAME, LEVEL
from matcher.search.lexical import soft_coverage
from matcher.search.view import View

CONFIDENCE = ("behind_best", "above_next", "unit", "terms", "statements", "bm25", "same_language")
# ``best_`` is a signal's best value among the candidates, ``peak_`` how far that stands above the candidates' mean, in
# their standard deviations: the size of the pool moves the first, not the second.
NONE = (
    "lead",
    "score",
    "best_unit",
    "best_terms",
    "best_bm25",
    "best_statements",
    "same_language",
    "peak_unit",
    "peak_terms",
    "peak_bm25",
)
RELATION = (
    "subject_terms",  # how far the item's words cover the unit's
    "object_terms",  # and the unit's the item's
    "subject_statements",  # the same by statements
    "object_statements",
    "level_gap",
    "level_distance",
    "length_ratio",  # logarithm of the unit's words over the item's
    "behind_best",
    "left_to_others",  # what other candidates cover of the unit beyond this one
    "titles",
    "title_to_statements",
    "statements_to_title",
    "rank",
    "rival",
)
# Candidates that "next" means: rank 2 to 11.
_NEXT = 11
# Other candidates looked at for what this one leaves to them.
_OTHERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One subject's candidates with their signals (c, signals) and scores (c,), in the order of positions."""

    row: int
    candidates: NDArray[np.int64]
    signals: NDArray[np.float64]
    scores: NDArray[np.float64]
    same_language: float

    @property
    def order(self) -> NDArray[np.int64]:
        """The places of the candidates, best first; ties by position, which is the order of ids."""
        return np.argsort(-self.scores, kind="stable")


def _signal(scored: Scored, name: str) -> NDArray[np.float64]:
    column: NDArray[np.float64] = scored.signals[:, SIGNALS.index(name)]
    return column


def confidence_features(scored: Scored) -> NDArray[np.float64]:
    """Return the features of every candidate: (c, len(CONFIDENCE))."""
    scores = scored.scores
    following = np.sort(scores)[::-1][1:_NEXT]
    columns = {
        "behind_best": scores - scores.max(),
        "above_next": scores - (following.mean() if len(following) else scores.max()),
        "same_language": np.full(len(scores), scored.same_language),
    }
    return np.stack([columns[n] if n in columns else _signal(scored, n) for n in CONFIDENCE], axis=1)


def none_features(scored: Scored) -> NDArray[np.float64]:
    """Return the features of the subject: (len(NONE),)."""
    ranked = np.sort(scored.scores)[::-1]
    values = {
        "lead": ranked[0] - ranked[1] if len(ranked) > 1 else 0.0,
        "score": ranked[0],
        "same_language": scored.same_language,
    }
    for name in NONE:
        if name not in values:
            kind, _, signal = name.partition("_")
            column = _signal(scored, signal)
            spread = max(float(column.std()), 1e-6)
            values[name] = column.max() if kind == "best" else (column.max() - column.mean()) / spread
    return np.array([values[name] for name in NONE])


def relation_features(pair: Pair, scored: Scored, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the features of some candidates: (p, len(RELATION)).

    Args:
        pair: Both sides.
        scored: The subject's candidates.
        places: Places among the candidates (not positions).
    """
    row, order = scored.row, scored.order
    chosen = scored.candidates[places]
    if not len(places):
        return np.zeros((0, len(RELATION)))
    forward, backward = soft_coverage(pair.lexicon, row, chosen)
    # Told by whole texts, not by the score: the feature is then the same whatever ranking is being fitted.
    first = np.argsort(-_signal(scored, "unit"), kind="stable")[: _OTHERS + 1]
    asked = np.array([row])
    body, _ = vectors_of(pair.subjects, pair.subject_body, asked)
    titles, _ = vectors_of(pair.subjects, pair.subject_titles, asked)
    theirs, lengths = vectors_of(pair.objects, pair.object_body, np.concatenate([chosen, scored.candidates[first]]))
    found = body @ theirs.T
    here = _best(found, lengths)
    back = _means(found.max(axis=0, initial=-np.inf) if len(body) else np.zeros(len(theirs)), lengths)
    other_titles, counts = vectors_of(pair.objects, pair.object_titles, chosen)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    mine = _level_of(pair.subjects, row)
    gaps = [gap_between(*mine, *_level_of(pair.objects, item)) for item in chosen.tolist()]
    gap = np.array([float(known[0]) if known else 0.0 for known in gaps])
    bags = pair.lexicon
    columns = {
        "subject_terms": forward,
        "object_terms": backward,
        "subject_statements": here[:, : len(chosen)].mean(axis=0) if len(body) else np.zeros(len(chosen)),
        "object_statements": back[: len(chosen)],
        "level_gap": gap,
        "level_distance": np.abs(gap),
        "length_ratio": np.log((bags.subjects.length[row] + 1.0) / (bags.objects.length[chosen] + 1.0)),
        "behind_best": scored.scores[places] - scored.scores.max(),
        "left_to_others": _left_to_others(here, places, first),
        "titles": np.maximum(_best(titles @ other_titles.T, counts).max(axis=0, initial=0.0), 0.0),
        "title_to_statements": _signal(scored, "title_to_statements")[places],
        "statements_to_title": _signal(scored, "statements_to_title")[places],
        "rank": np.log1p(rank[places]),
        "rival": _signal(scored, "rival")[places],
    }
    return np.round(np.stack([columns[name] for name in RELATION], axis=1), 6)


def _level_of(view: View, position: int) -> tuple[str, str | None]:
    columns, unit = view.index.columns, int(view.members[position])
    return columns.text_of(unit, FRAME), columns.text_of(unit, LEVEL) or None


def _best(found: NDArray[np.float64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each row's best value among the columns of every unit: (rows, units); 0 where a unit has none."""
    out = np.zeros((len(found), len(lengths)))
    some = np.flatnonzero(lengths)
    if len(some) and len(found):
        out[:, some] = np.maximum.reduceat(found, (np.cumsum(lengths) - lengths)[some], axis=1)
    return out


def _means(values: NDArray[np.float64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of every unit's values: (units,); 0 where a unit has none."""
    out = np.zeros(len(lengths))
    some = np.flatnonzero(lengths)
    if len(some):
        out[some] = np.add.reduceat(values, (np.cumsum(lengths) - lengths)[some]) / lengths[some]
    return out


def _left_to_others(
    here: NDArray[np.float64], places: NDArray[np.int64], first: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return what the best other candidates cover of the subject beyond each of some candidates: (p,).

    Args:
        here: (statements, p + f) best similarities, to the candidates at ``places``, then to those at ``first``.
        places: (p,) places among the candidates.
        first: (f,) places of the best candidates by whole texts.
    """
    if not len(here):
        return np.zeros(len(places))
    own, theirs = here[:, : len(places)], here[:, len(places) :]
    same = places[:, None] == first[None, :]
    # The candidate itself is no other; of the rest the first so many are looked at.
    other = ~same & (np.cumsum(~same, axis=1) <= _OTHERS)
    best = np.where(other[None], theirs[:, None, :], -np.inf).max(axis=2)
    return np.where(other.any(axis=1), np.maximum(best - own, 0.0).mean(axis=0), 0.0)
