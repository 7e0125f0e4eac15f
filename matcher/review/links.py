"""What a store of decisions says of two sides: comparable pairs, refusals, open points, and what fits neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from matcher.outcomes.model import Link, OpenPoint, Refusal, Review, Side
from matcher.review.run import edition_of
from matcher.review.settle import Conflict, Settled, settle
from matcher.schema import Unit
from matcher.store import Decision, Relation, current

_TURNED: Mapping[str, Relation] = {"broad": "narrow", "narrow": "broad"}


def oriented(log: Iterable[Decision], source: Side, target: Side) -> tuple[tuple[Decision, ...], tuple[Decision, ...]]:
    """Return the standing decisions seen from the source side, and those on units that neither framework holds.

    Runs are put together: the latest word of a reviewer on a pair stands. Decisions that were made from the target's
    side are turned round, with their relation; the verdict "no counterpart" on a unit of the target has subject "".

    Args:
        log: A store's log.
        source: The source side; all its framework's units count as known.
        target: The target side, likewise.
    """
    left, right = ({*side.framework.unit_ids()} for side in (source, target))
    known: list[Decision] = []
    strangers: list[Decision] = []
    for decision in current(log):
        one, other = decision.subject, decision.object
        if one in left and (other in right or other == ""):
            known.append(replace(decision, run=""))
        elif one in right and (other in left or other == ""):
            known.append(
                replace(
                    decision,
                    run="",
                    subject=other,
                    object=one,
                    relation=_TURNED.get(decision.relation, decision.relation),
                    subject_edition=decision.object_edition,
                    object_edition=decision.subject_edition,
                )
            )
        else:
            strangers.append(decision)
    known.sort(key=lambda d: (d.decided_at, d.id))
    # What was superseded is gone already.
    return current(replace(d, supersedes="") for d in known), tuple(strangers)


def review_of(log: Sequence[Decision], source: Side, target: Side, *, accept: Mapping[str, str]) -> Review:
    """Return what a store says of two sides.

    Args:
        log: The store's log.
        source: The source side.
        target: The target side.
        accept: What "accept" says of both sides by relation (``matcher.outcomes.rules.Counting``).
    """
    standing, strangers = oriented(log, source, target)
    inside = [d for d in standing if _looked_at(d, source, target)]
    # A unit of the target without counterpart has no subject; it stands beside the pairs, not among them.
    turned = [d for d in inside if d.subject == "" and d.verdict == "no_counterpart"]
    outcome = settle(d for d in inside if d.subject)
    links = tuple(_link(s, source, target, accept) for s in outcome.settled if s.verdict in ("accept", "partly"))
    refused = tuple(_refusal(s) for s in outcome.settled if s.verdict in ("reject", "no_counterpart"))
    refused += tuple(
        Refusal(source="", target=d.object, reviewers=(d.reviewer,), comments=tuple(filter(None, (d.comment,))))
        for d in turned
    )
    none = {s.subject for s in outcome.settled if s.verdict == "no_counterpart"}
    return Review(
        links=links,
        refusals=refused,
        open_points=(*map(_conflict, outcome.conflicts), *map(_unsure, outcome.unsure)),
        strangers=tuple(sorted((d.subject, d.object) for d in strangers)),
        outside=len(standing) - len(inside),
        reviewed=frozenset({link.source for link in links} | none),
        decisions=len(inside),
        reviewers=tuple(sorted({d.reviewer for d in inside})),
        last=max((d.decided_at[:10] for d in inside), default=""),
    )


def _looked_at(decision: Decision, source: Side, target: Side) -> bool:
    return (decision.subject in source.units or decision.subject == "") and (
        decision.object in target.units or decision.object == ""
    )


def _comments(decisions: Iterable[Decision]) -> tuple[str, ...]:
    return tuple(f"{d.reviewer}: {d.comment}" for d in decisions if d.comment.strip())


def _stale(side: Side, unit: Unit, editions: Iterable[str]) -> bool:
    return any(edition and edition != edition_of(side.framework, unit) for edition in editions)


def _link(settled: Settled, source: Side, target: Side, accept: Mapping[str, str]) -> Link:
    says = accept[settled.relation or "unnamed"] if settled.verdict == "accept" else "statements"
    decisions = settled.decisions
    return Link(
        source=settled.subject,
        target=settled.object,
        basis="decided",
        source_whole=says in ("both", "source"),
        target_whole=says in ("both", "target"),
        verdict=settled.verdict,
        relation=settled.relation,
        reviewers=tuple(dict.fromkeys(d.reviewer for d in decisions)),
        comments=_comments(decisions),
        adjudicated=settled.adjudicated,
        stale=_stale(source, source.units[settled.subject], (d.subject_edition for d in decisions))
        or _stale(target, target.units[settled.object], (d.object_edition for d in decisions)),
    )


def _refusal(settled: Settled) -> Refusal:
    return Refusal(
        source=settled.subject,
        target=settled.object,
        reviewers=tuple(dict.fromkeys(d.reviewer for d in settled.decisions)),
        comments=_comments(settled.decisions),
    )


def _conflict(conflict: Conflict) -> OpenPoint:
    said = tuple((d.reviewer, d.verdict, d.relation) for d in conflict.decisions)
    return OpenPoint(source=conflict.subject, target=conflict.object, kind=conflict.kind, said=said)


def _unsure(decision: Decision) -> OpenPoint:
    said = ((decision.reviewer, decision.verdict, ""),)
    return OpenPoint(source=decision.subject, target=decision.object, kind="unsure", said=said)
