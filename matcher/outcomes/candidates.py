"""Suggestions that count where nobody has decided: marked as candidates, never as more."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.outcomes.model import Link, Note, Review, Side
from matcher.outcomes.rules import Counting
from matcher.schema import UnitResult


def candidate_links(
    results: Sequence[UnitResult], target: Side, review: Review, counting: Counting
) -> tuple[list[Link], tuple[Note, ...]]:
    """Return the candidates that count, and what the user should know of them.

    A unit with an accepted pair, or without any counterpart, counts by its decisions alone; a pair that is refused or
    open never counts. Where an encoder gives no confidence, only a unit's first candidate counts.

    Args:
        results: Candidates by unit, best first, among the whole target framework.
        target: The units of it that are looked at.
        review: What reviewers said.
        counting: From which confidence on, and how many a unit.
    """
    closed = {(r.source, r.target) for r in review.refusals} | {(p.source, p.target) for p in review.open_points}
    none_said = {target for source, target in closed if source == ""}
    links: list[Link] = []
    unsure = 0
    for result in results:
        if result.subject_id in review.reviewed:
            continue
        fitting = [
            s
            for s in result.suggestions
            if s.object_id in target.units
            and (result.subject_id, s.object_id) not in closed
            and s.object_id not in none_said
            and (s.confidence >= counting.confidence if s.confidence is not None else s.rank == 1)
        ]
        unsure += any(s.confidence is None for s in fitting)
        links += [
            Link(
                source=result.subject_id,
                target=s.object_id,
                basis="candidate",
                relation=s.relation or "",
                confidence=s.confidence,
            )
            for s in fitting[: counting.most]
        ]
    notes = (Note(key="note_no_confidence", values=(unsure,)),) if unsure else ()
    return links, notes
