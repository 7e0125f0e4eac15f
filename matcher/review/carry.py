"""Carry decisions to a new edition: what the change does not touch stands, what it touches goes back to review.

A carried decision is a new row of the log under the new edition's run. It says who carried it, from which edition and
why; its editions stay those of the text that the reviewer read, and the reviewer's name says that it was carried:
nobody is made to have looked at the new text. What is sent back is a row "unsure" with the earlier verdict in its
comment. The earlier decisions stay as they are, in the run they were made on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from matcher.artefact import sha256_of_bytes
from matcher.errors import InputError
from matcher.export.edition_words import KIND_WORDS, reasons
from matcher.review.run import Run
from matcher.review.settle import ADJUDICATION
from matcher.schema import Framework, Unit
from matcher.schema.edition import Change, EditionDiff
from matcher.store import Decision, now
from matcher.store.decision import MAX_COMMENT

CARRIED, SENT_BACK = "carried", "sent back"
Side = Literal["subject", "object"]
FateKind = Literal["carried", "sent back", "retired"]
FATES: tuple[FateKind, ...] = get_args(FateKind)
_SUFFIX = re.compile(r"(?: \((?:carried|sent back) by [^()]*\))+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of one decision. ``pairs`` are the units and candidates of the new edition that it is about."""

    decision: Decision
    kind: FateKind
    pairs: tuple[tuple[str, str], ...]
    reason: str


def side_of(decisions: Sequence[Decision], run: Run, old: Framework, wanted: Side | None) -> Side:
    """Return which side of a run an edition is, and check that it is the text that the decisions were made on.

    Raises:
        InputError: It is neither side or both, or a decided unit is missing from it or has another text in it.
    """
    units = dict(zip(old.unit_ids(), old.units, strict=True))
    named: dict[Side, set[str]] = {
        "subject": {d.subject for d in decisions}, "object": {d.object for d in decisions if d.object},
    }  # fmt: skip
    held: list[Side] = [side for side in get_args(Side) if named[side] & set(units)]
    if wanted is None and len(held) == 2:
        expected = "--side subject or object"
        raise InputError("is on both sides of the run", where="OLD", expected=expected, do="say which")
    side = wanted or (held[0] if held else None)
    if side is None:
        raise InputError(
            f"holds none of the {len(named['subject'])} units and {len(named['object'])} candidates decided on",
            where=f"OLD ({old.header.id})", expected=f"an edition that run {run.id} shows", do="name that edition",
        )  # fmt: skip
    missing = sorted(named[side] - set(units))
    if missing:
        raise InputError(
            f"lacks {len(missing)} of the units decided on: {', '.join(missing[:3])}",
            where=f"OLD ({old.header.id})", expected="the edition that was reviewed", do="name that edition",
        )  # fmt: skip
    shown = _shown(run, side)
    other = sorted(i for i in named[side] if i in shown and set(shown[i].statements) != set(units[i].statements))
    if other:
        raise InputError(
            f"has another text of {len(other)} units than the reviewers saw: {', '.join(other[:3])}",
            where=f"OLD ({old.header.id})", expected="the edition that was reviewed", do="name that edition",
        )  # fmt: skip
    return side


def _shown(run: Run, side: Side) -> dict[str, Unit]:
    if side == "subject":
        return {result.subject_id: result.subject for result in run.results}
    return {s.object_id: s.object for result in run.results for s in result.suggestions}


def fates(
    decisions: Iterable[Decision], diff: EditionDiff, side: Side, *, found: Mapping[str, Sequence[str]]
) -> tuple[Fate, ...]:
    """Return what becomes of each standing decision.

    Args:
        decisions: Standing decisions of one run.
        diff: The two editions of one side.
        side: Which side that is.
        found: The candidates of each unit in the new edition's run: "no counterpart" was said of the old candidates,
            and goes back where a new or changed one is now among them.
    """
    changes = {unit: change for change in diff.changes for unit in change.old}
    fresh = {unit for change in diff.changes if change.touched for unit in change.new}
    return tuple(_fate(d, changes, side, fresh, found) for d in decisions)


def _fate(
    d: Decision, changes: Mapping[str, Change], side: Side, fresh: set[str], found: Mapping[str, Sequence[str]]
) -> Fate:
    if side == "object" and not d.object:
        new = [i for i in found.get(d.subject, ()) if i in fresh]
        if not new:
            return Fate(decision=d, kind="carried", pairs=((d.subject, ""),), reason="no new or changed candidate")
        reason = f"new or changed candidates: {', '.join(new[:3])}"
        return Fate(decision=d, kind="sent back", pairs=((d.subject, ""),), reason=reason)
    change = changes[d.subject if side == "subject" else d.object]
    targets = tuple((i, d.object) if side == "subject" else (d.subject, i) for i in change.new)
    reason = _reason(change)
    if not targets:
        return Fate(decision=d, kind="retired", pairs=(), reason=reason)
    return Fate(decision=d, kind="sent back" if change.touched else "carried", pairs=targets, reason=reason)


def _reason(change: Change) -> str:
    head = KIND_WORDS["en"][change.kind]
    if change.old != change.new and change.new:
        head += f", {' + '.join(change.old)} → {' + '.join(change.new)}"
    return "; ".join((head, *reasons(change, "en")))


def count_fates(found: Iterable[Fate]) -> dict[FateKind, int]:
    """Return how many decisions are carried, sent back and retired."""
    tally = Counter(fate.kind for fate in found)
    return {kind: tally[kind] for kind in FATES}


def rows_of(found: Iterable[Fate], run: Run, *, by: str, edition: str) -> list[Decision]:
    """Return the decisions to keep under the new edition's run; the same input gives the same ids.

    Args:
        found: What becomes of each decision.
        run: The new edition's run.
        by: Who carries them.
        edition: The old edition's name.
    """
    moment = now()
    first = {result.subject_id: result.suggestions[0].object_id for result in run.results if result.suggestions}
    rows = []
    for fate in found:
        for subject, object_id in fate.pairs:
            # "Unsure" is said of a candidate: for a unit that had no counterpart it is the first one.
            target = object_id or (first.get(subject, "") if fate.kind == "sent back" else "")
            if fate.kind == "sent back" and not target:
                continue
            rows.append(_row(fate, run.id, (subject, target), by=by, edition=edition, moment=moment))
    return rows


def _row(fate: Fate, run: str, pair: tuple[str, str], *, by: str, edition: str, moment: str) -> Decision:
    d, carried = fate.decision, fate.kind == "carried"
    said = f"{d.verdict} {d.relation}".strip()
    note = (
        f"{CARRIED if carried else SENT_BACK} from {edition or 'the old edition'} by {by}: {fate.reason}; "
        f"{'decided on' if carried else f'was {said} on'} {d.decided_at[:10]}, decision {d.id}"
    )
    identity = "\x1f".join((d.id, run, *pair, fate.kind)).encode("utf-8", "replace")
    name = _SUFFIX.sub("", d.reviewer)
    judged = carried and d.source == ADJUDICATION
    return Decision(
        id=sha256_of_bytes(identity)[:32],
        run=run,
        subject=pair[0],
        object=pair[1],
        verdict=d.verdict if carried else "unsure",
        relation=d.relation if carried else "",
        comment="\n".join(filter(None, (note, d.comment)))[:MAX_COMMENT],
        reviewer=f"{name[:300]} ({CARRIED if carried else SENT_BACK} by {by})",
        decided_at=moment,
        subject_edition=d.subject_edition,
        object_edition=d.object_edition,
        rank=d.rank if carried else None,
        score=d.score if carried else None,
        confidence=d.confidence if carried else None,
        blind=d.blind,
        source=ADJUDICATION if judged else CARRIED if carried else SENT_BACK,
    )
