"""What a store says of two sides: both directions, conflicts, refusals, strangers, other editions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from matcher.outcomes.model import Side
from matcher.outcomes.rules import read_counting
from matcher.outcomes.scope import Selection, choose
from matcher.review.links import oriented, review_of
from matcher.review.settle import ADJUDICATION
from matcher.schema import Framework, Header, Statement, Unit
from matcher.store import Decision

ACCEPT = read_counting().accept


def framework(name: str, *codes: str) -> Framework:
    units = tuple(Unit(code=c, statements=(Statement(role="title", language="en", text=c),)) for c in codes)
    return Framework(header=Header(id=name, edition="2"), units=units)


def sides() -> tuple[Side, Side]:
    left, _ = choose(framework("here", "ZZA", "ZZB", "ZZC"), Selection(), where="here")
    right, _ = choose(framework("there", "ZZ-1", "ZZ-2", "ZZ-3"), Selection(), where="there")
    return left, right


_COUNT = iter(range(1000))


def decision(subject: str, item: str, verdict: Any, relation: Any = "", *, by: str = "Chan", **more: Any) -> Decision:
    number = next(_COUNT)
    return Decision(
        id=f"d{number}", run="r1", subject=subject, object=item, verdict=verdict, relation=relation, reviewer=by,
        decided_at=f"2026-11-28T10:00:00.{number:06d}Z", **more,
    )  # fmt: skip


def test_accepted_pairs_refusals_and_a_unit_without_counterpart() -> None:
    left, right = sides()
    log = [
        decision("ZZA", "ZZ-1", "accept", "broad", comment="wider"),
        decision("ZZA", "ZZ-2", "reject"),
        decision("ZZB", "ZZ-1", "partly"),
        decision("ZZC", "", "no_counterpart"),
    ]
    review = review_of(log, left, right, accept=ACCEPT)
    # A broader target covers the unit as a whole, the unit only a part of it; "partly" leaves it to the statements.
    assert [(x.source, x.target, x.source_whole, x.target_whole) for x in review.links] == [
        ("ZZA", "ZZ-1", True, False),
        ("ZZB", "ZZ-1", False, False),
    ]
    assert review.links[0].comments == ("Chan: wider",)
    assert [(r.source, r.target) for r in review.refusals] == [("ZZA", "ZZ-2"), ("ZZC", "")]
    assert review.reviewed == {"ZZA", "ZZB", "ZZC"}
    assert (review.decisions, review.reviewers, review.last) == (4, ("Chan",), "2026-11-28")


def test_decisions_from_the_other_side_are_turned_round() -> None:
    left, right = sides()
    log = [decision("ZZ-1", "ZZA", "accept", "broad"), decision("ZZ-3", "", "no_counterpart")]
    review = review_of(log, left, right, accept=ACCEPT)
    (link,) = review.links
    # Seen from ZZ-1 the unit ZZA is broader: seen from ZZA, ZZ-1 is narrower, and covered as a whole.
    assert (link.source, link.target, link.relation) == ("ZZA", "ZZ-1", "narrow")
    assert (link.source_whole, link.target_whole) == (False, True)
    assert [(r.source, r.target) for r in review.refusals] == [("", "ZZ-3")]


def test_conflicts_and_doubts_count_for_nothing_until_adjudicated() -> None:
    left, right = sides()
    log = [
        decision("ZZA", "ZZ-1", "accept", "close"),
        decision("ZZA", "ZZ-1", "reject", by="Li"),
        decision("ZZB", "ZZ-2", "unsure"),
    ]
    review = review_of(log, left, right, accept=ACCEPT)
    assert review.links == ()
    assert [(p.source, p.target, p.kind) for p in review.open_points] == [
        ("ZZA", "ZZ-1", "verdict"),
        ("ZZB", "ZZ-2", "unsure"),
    ]
    assert review.open_points[0].said == (("Chan", "accept", "close"), ("Li", "reject", ""))
    assert review.reviewed == frozenset()
    settled = decision("ZZA", "ZZ-1", "accept", "close", by="Wong (adjudicator)", source=ADJUDICATION)
    (link,) = review_of([*log, settled], left, right, accept=ACCEPT).links
    assert (link.adjudicated, link.source_whole, link.target_whole) == (True, True, True)


def test_runs_are_put_together_and_the_last_word_stands() -> None:
    left, right = sides()
    first = decision("ZZA", "ZZ-1", "accept", "close")
    second = replace(decision("ZZA", "ZZ-1", "reject"), run="r2")
    standing, _ = oriented([first, second], left, right)
    assert [d.verdict for d in standing] == ["reject"]
    undone = replace(decision("ZZA", "ZZ-1", "undo"), run="r2", supersedes=second.id)
    standing, _ = oriented([first, second, undone], left, right)
    assert [d.verdict for d in standing] == ["accept"]


def test_strangers_and_what_is_not_looked_at_are_counted() -> None:
    left, right = sides()
    part = replace(right, ids=("ZZ-1",), units={"ZZ-1": right.units["ZZ-1"]})
    log = [
        decision("ZZOLD", "ZZ-1", "accept"),
        decision("ZZA", "ZZ-OLD", "accept"),
        decision("ZZA", "ZZ-2", "accept"),
        decision("ZZA", "ZZ-1", "accept"),
    ]
    review = review_of(log, left, part, accept=ACCEPT)
    assert review.strangers == (("ZZA", "ZZ-OLD"), ("ZZOLD", "ZZ-1"))
    assert review.outside == 1
    assert [(x.source, x.target) for x in review.links] == [("ZZA", "ZZ-1")]


def test_decisions_on_another_edition_are_marked() -> None:
    left, right = sides()
    log = [
        decision("ZZA", "ZZ-1", "accept", subject_edition="here 2", object_edition="there 2"),
        decision("ZZB", "ZZ-1", "accept", subject_edition="here 1", object_edition="there 2"),
    ]
    assert [x.stale for x in review_of(log, left, right, accept=ACCEPT).links] == [False, True]
