"""What every request needs: the run, the board, the reviewer, and how a decision is made from a form."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

from matcher.errors import InputError
from matcher.review.run import edition_of
from matcher.schema import Suggestion, UnitResult
from matcher.serve.board import Board, seen_mark
from matcher.serve.catalogue import Catalogue
from matcher.store import RELATIONS, VERDICTS, Decision, Relation, Verdict, new_id, now

MAX_REVIEWER = 80
MAX_COMMENT = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One review: ``reviewer`` is the name that holds for everybody, or "" where each reviewer gives their own."""

    catalogue: Catalogue
    board: Board
    reviewer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A verdict as a form or a key gives it. ``object_id`` "" is said of the unit.

    ``nonce`` is the drawn form's: the same form sent twice is one decision. ``seen`` is what was shown of others.
    """

    unit_id: str
    object_id: str
    verdict: str
    relation: str = ""
    comment: str = ""
    nonce: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A decision that is kept, and who had decided the same candidate since the reviewer's page was drawn."""

    decision: Decision
    met: tuple[str, ...] = ()


def checked_reviewer(name: str) -> str:
    """Return a reviewer's name as it is kept: composed, one line, single spaces.

    Raises:
        InputError: It is empty, too long, or has control characters.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name or len(name) > MAX_REVIEWER or any(unicodedata.category(c).startswith("C") for c in name):
        raise InputError(
            "the reviewer's name cannot be used", expected=f"1 to {MAX_REVIEWER} characters", do="give another name"
        )
    return name


def _checked_verdict(entered: Entered) -> tuple[Verdict, Relation]:
    verdict = next((v for v in VERDICTS if v == entered.verdict and v != "undo"), None)
    relation = next((r for r in RELATIONS if r == entered.relation), None)
    if verdict is None or relation is None or (verdict == "no_counterpart") != (not entered.object_id):
        raise InputError(
            f"{entered.verdict[:40]!r} with {entered.relation[:40]!r} is no verdict here",
            expected="accept, partly, reject or unsure on a candidate, or no_counterpart on the unit",
            do="go back and choose again",
        )
    if len(entered.comment) > MAX_COMMENT:
        raise InputError(f"the comment is longer than {MAX_COMMENT} characters", do="shorten it")
    return verdict, "" if verdict == "no_counterpart" else relation


def _chosen(result: UnitResult, object_id: str) -> Suggestion | None:
    if not object_id:
        return None
    found = next((s for s in result.suggestions if s.object_id == object_id), None)
    if found is None:
        raise InputError(f"{object_id[:80]} is no candidate of {result.subject_id}", do="go back and choose again")
    return found


def decide(desk: Desk, reviewer: str, entered: Entered, *, source: str) -> Saved:
    """Keep a verdict; it is on disk when this returns. Entering what already holds changes nothing.

    Raises:
        InputError: The unit, candidate, verdict, relation or comment cannot be kept, or the store cannot be written.
    """
    verdict, relation = _checked_verdict(entered)
    result = desk.catalogue.result(entered.unit_id)
    if result is None:
        raise InputError(f"there is no unit {entered.unit_id[:80]} in this run", do="go back and choose again")
    suggestion = _chosen(result, entered.object_id)
    # The store refuses U+0000, and a browser sends line ends as CR LF.
    comment = entered.comment.replace("\r\n", "\n").replace("\x00", "\ufffd").strip()
    desk.board.refresh()
    standing = desk.board.standing(entered.unit_id, reviewer)
    before = standing.of(entered.object_id)
    others = standing.of_others(entered.object_id)
    met = () if desk.catalogue.blind or seen_mark(others) == entered.seen else tuple(d.reviewer for d in others)
    if before is not None and (before.verdict, before.relation, before.comment) == (verdict, relation, comment):
        return Saved(decision=before, met=met)
    query, blind = desk.catalogue.query, desk.catalogue.blind
    decision = Decision(
        id=_id(entered, reviewer, before),
        run=desk.catalogue.run,
        subject=entered.unit_id,
        object=entered.object_id,
        verdict=verdict,
        relation=relation,
        comment=comment,
        reviewer=reviewer,
        decided_at=now(),
        subject_edition=edition_of(query.subjects, result.subject),
        object_edition=edition_of(query.objects, suggestion.object) if suggestion is not None else "",
        rank=None if blind or suggestion is None else suggestion.rank,
        score=None if blind or suggestion is None else suggestion.score,
        confidence=None if blind or suggestion is None else suggestion.confidence,
        blind=blind,
        source=source,
        supersedes=before.id if before is not None else "",
    )
    found = desk.board.find(decision.id)
    if found is None:
        desk.board.append(decision)
    return Saved(decision=found or decision, met=met)


def _id(entered: Entered, reviewer: str, before: Decision | None) -> str:
    """Return the decision's id: the same for the same form sent twice, new whenever something else was kept since."""
    if not entered.nonce:
        return new_id()
    parts = (entered.nonce, reviewer, entered.unit_id, entered.object_id, entered.verdict, entered.relation)
    text = "\x1f".join((*parts, entered.comment, before.id if before else ""))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def undo(desk: Desk, reviewer: str, *, source: str) -> tuple[Decision, Decision] | None:
    """Take back the reviewer's latest decision that holds; return it and the undo, or None where there is none."""
    desk.board.refresh()
    last = desk.board.last_of(reviewer)
    if last is None:
        return None
    taken = Decision(
        id=new_id(),
        run=last.run,
        subject=last.subject,
        object=last.object,
        verdict="undo",
        reviewer=reviewer,
        decided_at=now(),
        subject_edition=last.subject_edition,
        object_edition=last.object_edition,
        blind=last.blind,
        source=source,
        supersedes=last.id,
    )
    desk.board.append(taken)
    return last, taken
