"""Optional re-ranking of the first candidates by a cross-encoder.

A cross-encoder reads both texts at once; it is slow, so it only sees the first candidates. Its ranks and the
rescorer's are fused by reciprocal rank (Cormack et al. 2009), so that its scale does not matter; confidences stay with
the candidates that they were given to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from matcher.compare.rescore import Judgement
from matcher.compare.signals import Pair
from matcher.schema import Language, Unit

# Candidates that are read again, and the constant of reciprocal rank fusion.
DEPTH = 20
RRF = 60.0
_MAX_CHARACTERS = 2_000


class PairScorer(Protocol):
    """What a cross-encoder does: a score for each pair of texts, higher is nearer."""

    def predict(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float]:
        """Return a score a pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reranker:
    """A cross-encoder and how many candidates it reads."""

    scorer: PairScorer
    depth: int = DEPTH


def unit_text(unit: Unit, languages: Sequence[Language]) -> str:
    """Return a unit's text as a cross-encoder reads it: title first, raw statements in the given languages."""
    chosen = [s for s in unit.statements if s.language in languages]
    ordered = [s.text for s in chosen if s.role == "title"] + [s.text for s in chosen if s.role != "title"]
    return "\n".join(ordered)[:_MAX_CHARACTERS]


def rerank(reranker: Reranker, pair: Pair, row: int, judgement: Judgement) -> Judgement:
    """Return the judgement with its first candidates in the order of both rankings fused.

    Scores are handed on by rank, so that they still fall from the first to the last.
    """
    first = judgement.candidates[: reranker.depth]
    if len(first) < 2:
        return judgement
    subject = unit_text(pair.subjects.unit(row), pair.subjects.languages)
    texts = [(subject, unit_text(pair.objects.unit(c.position), pair.objects.languages)) for c in first]
    found = [round(float(value), 4) for value in reranker.scorer.predict(texts)]
    theirs = sorted(range(len(first)), key=lambda n: (-found[n], first[n].position))
    rank_of = {n: rank for rank, n in enumerate(theirs, 1)}
    fused = sorted(range(len(first)), key=lambda n: (-(1 / (RRF + n + 1) + 1 / (RRF + rank_of[n])), first[n].position))
    ranked = tuple(
        replace(first[n], score=old.score, topic=round(old.score - first[n].level, 6))
        for n, old in zip(fused, first, strict=True)
    )
    return replace(judgement, candidates=ranked + judgement.candidates[reranker.depth :])
