"""A judgement as suggestions: what was ranked, with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matcher.compare.align import align, compare
from matcher.compare.coverage import coverage
from matcher.compare.levels import level_evidence
from matcher.compare.rescore import Judged, Judgement
from matcher.compare.signals import Pair
from matcher.schema import Suggestion
from matcher.search.lexical import word_table
from matcher.search.retrieve import Hit

# Hits that were not rescored stand below those that were, in their own order.
BELOW = 1e-6


def suggestions(pair: Pair, row: int, judgement: Judgement, rest: Sequence[Hit], *, k: int) -> list[Suggestion]:
    """Return a subject's k best candidates, best first, without reasons.

    Args:
        pair: Both sides.
        row: The subject's position.
        judgement: The candidates that were rescored.
        rest: Further hits of the fused score, best first.
        k: How many.
    """
    subject, subject_id = pair.subjects.unit(row), pair.subjects.ids[row]
    ranked = [_of(pair, row, judged, rank) for rank, judged in enumerate(judgement.candidates[:k], 1)]
    floor = ranked[-1].score - BELOW if ranked else 0.0
    for hit in rest[: k - len(ranked)]:
        ranked.append(
            Suggestion(
                subject_id=subject_id,
                object_id=pair.objects.ids[hit.object],
                rank=len(ranked) + 1,
                score=round(floor - (rest[0].score - hit.score), 6),
                subject=subject,
                object=pair.objects.unit(hit.object),
                in_set=False if judgement.no_counterpart is not None else None,
            )
        )
    return ranked


def _of(pair: Pair, row: int, judged: Judged, rank: int) -> Suggestion:
    return Suggestion(
        subject_id=pair.subjects.ids[row],
        object_id=pair.objects.ids[judged.position],
        rank=rank,
        score=judged.score,
        subject=pair.subjects.unit(row),
        object=pair.objects.unit(judged.position),
        confidence=judged.confidence,
        relation=judged.relation,
        in_set=judged.in_set,
        topic=judged.topic,
        level_part=judged.level,
        signals=judged.parts,
    )


def explain(pair: Pair, row: int, positions: Sequence[int], found: Sequence[Suggestion]) -> list[Suggestion]:
    """Return suggestions with their reasons: aligned statements, coverage each way, level evidence.

    Args:
        pair: Both sides.
        row: The subject's position.
        positions: The objects' positions.
        found: The suggestions, in the same order.
    """
    if not found:
        return []
    candidates = np.array(positions, np.int64)
    table = word_table(pair.lexicon, row, candidates)
    compared = compare(pair.subjects, row, pair.objects, candidates)
    left, right = pair.subjects.index.framework, pair.objects.index.framework
    return [
        replace(
            suggestion,
            alignment=align(pair.subjects, pair.objects, table, here),
            coverage=coverage(here),
            level=level_evidence(suggestion.subject, left, suggestion.object, right, languages=pair.subjects.languages),
        )
        for suggestion, here in zip(found, compared, strict=True)
    ]
