"""What several reviewers' decisions come to: what is settled, what is in conflict, and what an adjudicator decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from matcher.errors import InputError
from matcher.store import Decision, Relation, Store, Verdict, current, new_id, now

# The source of a decision that settles what reviewers see differently; their own decisions stay.
ADJUDICATION = "adjudication"
Kind = Literal["verdict", "relation", "no counterpart"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One candidate (or a unit without counterpart, ``object`` "") on which the decisive reviewers agree.

    ``relation`` is "" where nobody named one or the reviewers name different ones. ``decisions`` are those it rests
    on; ``adjudicated`` where an adjudicator's decides.
    """

    run: str
    subject: str
    object: str
    verdict: Verdict
    relation: Relation
    decisions: tuple[Decision, ...]
    adjudicated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What reviewers see differently: the verdict, the relation, or whether there is any counterpart at all."""

    run: str
    subject: str
    object: str
    kind: Kind
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What standing decisions come to. ``unsure`` holds candidates on which nobody is decisive."""

    settled: tuple[Settled, ...]
    conflicts: tuple[Conflict, ...]
    unsure: tuple[Decision, ...]


def settle(standing: Iterable[Decision]) -> Outcome:
    """Return what is settled and what is in conflict.

    An adjudication decides over everybody. "Unsure" gives way to a decisive verdict. A unit of which one reviewer says
    that it has no counterpart while another accepts a candidate is in conflict as a whole, unless adjudicated.

    Args:
        standing: Standing decisions, as ``matcher.store.current`` gives them.
    """
    groups: dict[tuple[str, str, str], list[Decision]] = defaultdict(list)
    for decision in standing:
        groups[decision.run, decision.subject, decision.object].append(decision)
    settled: list[Settled] = []
    conflicts: list[Conflict] = []
    unsure: list[Decision] = []
    for (run, subject, object_id), group in sorted(groups.items()):
        judged = [d for d in group if d.source == ADJUDICATION]
        decisive = tuple(d for d in judged[-1:] or group if d.verdict != "unsure")
        if not decisive:
            unsure += group
            continue
        verdicts = {d.verdict for d in decisive}
        relations = {d.relation for d in decisive if d.relation}
        kind: Kind | None = "verdict" if len(verdicts) > 1 else "relation" if len(relations) > 1 else None
        if kind is not None:
            conflicts.append(Conflict(run=run, subject=subject, object=object_id, kind=kind, decisions=decisive))
        if kind != "verdict":
            settled.append(
                Settled(
                    run=run,
                    subject=subject,
                    object=object_id,
                    verdict=decisive[0].verdict,
                    relation=relations.pop() if len(relations) == 1 else "",
                    decisions=decisive,
                    adjudicated=bool(judged),
                )
            )
    return _with_units(settled, conflicts, tuple(unsure))


def _with_units(settled: list[Settled], conflicts: list[Conflict], unsure: tuple[Decision, ...]) -> Outcome:
    """Take out what is said of units without counterpart of which a candidate is accepted all the same.

    Where an adjudicator has decided on one of the two, that holds and the other is taken out; else they are in
    conflict.
    """
    accepted: dict[tuple[str, str], list[Settled]] = defaultdict(list)
    for one in settled:
        if one.verdict in ("accept", "partly"):
            accepted[one.run, one.subject].append(one)
    gone: set[tuple[str, str, str]] = set()
    for one in settled:
        others = accepted.get((one.run, one.subject), []) if one.object == "" else []
        judged = [other for other in others if other.adjudicated]
        if one.adjudicated and not judged:
            gone.update((other.run, other.subject, other.object) for other in others)
        elif judged and not one.adjudicated:
            gone.add((one.run, one.subject, ""))
        elif others:
            gone.add((one.run, one.subject, ""))
            said = (*one.decisions, *(d for other in others for d in other.decisions))
            conflicts.append(
                Conflict(run=one.run, subject=one.subject, object="", kind="no counterpart", decisions=said)
            )
    kept = tuple(one for one in settled if (one.run, one.subject, one.object) not in gone)
    conflicts.sort(key=lambda c: (c.run, c.subject, c.object, c.kind))
    return Outcome(settled=kept, conflicts=tuple(conflicts), unsure=unsure)


def adjudication(
    log: Sequence[Decision], about: tuple[str, str, str], *, verdict: Verdict, relation: Relation, by: str,
    comment: str, where: str,
) -> Decision:  # fmt: skip
    """Return an adjudicator's decision on a candidate that reviewers have decided on; it supersedes the last such one.

    Args:
        log: The unit's decisions of the run, in the order of the log.
        about: Run, unit and candidate; the candidate is "" for "no counterpart".
        verdict: What holds.
        relation: The relation, or "".
        by: The adjudicator.
        comment: The reason.
        where: The store's name, for messages.

    Raises:
        InputError: Nobody has decided on the candidate.
    """
    run, subject, object_id = about
    said = [d for d in log if d.object == object_id or object_id == ""]
    if not said:
        raise InputError(
            f"nobody has decided on {subject} – {object_id or 'the unit'} in the run {run}",
            where=where,
            do="see `matcher decisions conflicts`",
        )
    before = [d for d in current(log) if d.source == ADJUDICATION and d.object == object_id]
    like = next((d for d in said if d.object == object_id), said[0])
    return Decision(
        id=new_id(),
        run=run,
        subject=subject,
        object=object_id,
        verdict=verdict,
        relation=relation,
        comment=comment,
        # Apart from what the same person said as a reviewer, which stays.
        reviewer=f"{by} (adjudicator)",
        decided_at=now(),
        subject_edition=like.subject_edition,
        object_edition=like.object_edition if object_id else "",
        source=ADJUDICATION,
        supersedes=before[-1].id if before else "",
    )


def adjudicate(
    store: Store, *, run: str, pair: tuple[str, str], verdict: Verdict, relation: Relation, by: str, comment: str
) -> Decision:
    """Keep an adjudicator's decision, as ``adjudication`` makes it.

    Raises:
        InputError: Nobody has decided on the candidate, or the decision cannot be kept.
    """
    log = store.log(run=run, subject=pair[0])
    decision = adjudication(
        log, (run, *pair), verdict=verdict, relation=relation, by=by, comment=comment, where=store.where
    )
    store.append([decision])
    return decision


# Grades of matcher.evaluate's gold (0 to 3): what a relation alone says, then what the verdict does without one.
_GRADES: Mapping[tuple[str, str], int] = {
    ("accept", "exact"): 3,
    ("accept", "close"): 3,
    ("accept", "broad"): 2,
    ("accept", "narrow"): 2,
    ("accept", "related"): 1,
    ("accept", ""): 3,
    ("partly", "related"): 1,
}


def grade_of(verdict: Verdict, relation: Relation) -> int | None:
    """Return the grade of a decision on a candidate, None where it says nothing ("unsure")."""
    if verdict == "unsure":
        return None
    if verdict == "reject":
        return 0
    return _GRADES.get((verdict, relation), 2)
