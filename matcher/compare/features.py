"""Features that depend on a whole list of candidates: for confidence, for "no counterpart", and for the relation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.compare.levels import level_gap
from matcher.compare.signals import SIGNALS, Pair
from matcher.schema import LANGUAGES
from matcher.search.lexical import soft_coverage

CONFIDENCE = ("behind_best", "above_next", "unit", "terms", "statements", "bm25", "same_language")
NONE = ("lead", "score", "best_unit", "best_terms", "best_bm25", "best_statements", "same_language")
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


def speaks_same(pair: Pair, row: int) -> float:
    """Return 1 where the subject is seen in a language of the objects (by family), else 0."""
    present = {LANGUAGES[number] for number in np.unique(pair.objects.index.unit_rows[:, 1]).tolist()}
    families = {language.partition("-")[0] for language in present.intersection(pair.objects.languages)}
    mine = {language for language in pair.subjects.unit(row).languages if language in pair.subjects.languages}
    return float(any(language.partition("-")[0] in families for language in mine))


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
    return np.array([values[n] if n in values else _signal(scored, n[len("best_") :]).max() for n in NONE])


def relation_features(pair: Pair, scored: Scored, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the features of some candidates: (p, len(RELATION)).

    Args:
        pair: Both sides.
        scored: The subject's candidates.
        places: Places among the candidates (not positions).
    """
    row, order = scored.row, scored.order
    chosen = scored.candidates[places]
    forward, backward = soft_coverage(pair.lexicon, row, chosen)
    body, titles = pair.subject_body.of(row), pair.subject_titles.of(row)
    subject = pair.subjects.unit(row)
    left, right = pair.subjects.index.framework, pair.objects.index.framework
    # Told by whole texts, not by the score: the feature is then the same whatever ranking is being fitted.
    first = np.argsort(-_signal(scored, "unit"), kind="stable")[: _OTHERS + 1]
    covered = {int(p): _covers(body, pair.object_body.of(int(scored.candidates[p]))) for p in first}
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    out = np.zeros((len(places), len(RELATION)))
    for number, place in enumerate(places.tolist()):
        position = int(scored.candidates[place])
        here = _covers(body, pair.object_body.of(position))
        others = [best for other, best in covered.items() if other != place][:_OTHERS]
        found = level_gap(subject, left, pair.objects.unit(position), right)
        gap = float(found[0]) if found else 0.0
        back = _covers(pair.object_body.of(position), body)
        mine, theirs = pair.lexicon.subjects.length[row], pair.lexicon.objects.length[position]
        values = {
            "subject_terms": forward[number],
            "object_terms": backward[number],
            "subject_statements": here.mean() if len(here) else 0.0,
            "object_statements": back.mean() if len(back) else 0.0,
            "level_gap": gap,
            "level_distance": abs(gap),
            "length_ratio": np.log((mine + 1.0) / (theirs + 1.0)),
            "behind_best": scored.scores[place] - scored.scores.max(),
            "left_to_others": np.maximum(np.max(others, axis=0) - here, 0.0).mean() if others and len(here) else 0.0,
            "titles": max(_covers(titles, pair.object_titles.of(position)).max(initial=0.0), 0.0),
            "title_to_statements": scored.signals[place, SIGNALS.index("title_to_statements")],
            "statements_to_title": scored.signals[place, SIGNALS.index("statements_to_title")],
            "rank": np.log1p(rank[place]),
            "rival": scored.signals[place, SIGNALS.index("rival")],
        }
        out[number] = [values[name] for name in RELATION]
    return np.round(out, 6)


def _covers(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each left vector's best similarity to a right one: (left,)."""
    if not len(left) or not len(right):
        return np.zeros(len(left))
    best: NDArray[np.float64] = (left @ right.T).max(axis=1)
    return best
