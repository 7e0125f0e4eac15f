"""One decision of one reviewer, and which decisions stand after corrections and undo."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from matcher.errors import InputError

# "no_counterpart" is said of a unit (object ""), the others of a pair; "undo" takes the decision it supersedes back.
Verdict = Literal["accept", "partly", "reject", "unsure", "no_counterpart", "undo"]
# SKOS mapping relations (https://www.w3.org/TR/skos-reference/#mapping) without prefix and "Match"; "" is not said.
Relation = Literal["exact", "close", "broad", "narrow", "related", ""]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
MAX_COMMENT = 32_000
MAX_NAME = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one reviewer decided of one candidate, and what they saw.

    ``id`` is chosen by whoever makes the decision (``new_id``), so that sending it twice keeps it once. ``run`` names
    the run of the store whose candidates were shown. ``rank``, ``score`` and ``confidence`` are what the reviewer was
    shown: None where nothing was, as in a blind list. ``source`` says where the decision was entered. ``supersedes``
    is the id of an earlier decision that this one replaces, or "".
    """

    id: str
    run: str
    subject: str
    object: str
    verdict: Verdict
    reviewer: str
    decided_at: str
    relation: Relation = ""
    comment: str = ""
    subject_edition: str = ""
    object_edition: str = ""
    rank: int | None = None
    score: float | None = None
    confidence: float | None = None
    blind: bool = False
    source: str = ""
    supersedes: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a later decision of the same reviewer replaces: run, reviewer, subject and object."""
        return (self.run, self.reviewer, self.subject, self.object)


def new_id() -> str:
    """Return a new id for a decision."""
    return uuid.uuid4().hex


def now() -> str:
    """Return the time as decisions hold it: ISO 8601, UTC, microseconds; sorting the text sorts the times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def check_decision(decision: Decision) -> None:
    """Check a decision before it is kept for good.

    Raises:
        InputError: A field is empty, unknown or does not fit another.
    """
    where = f"decision {decision.id or '(no id)'} on {decision.subject} – {decision.object or 'the unit'}"
    for name in ("id", "run", "subject", "reviewer"):
        value = getattr(decision, name)
        if not value.strip() or len(value) > MAX_NAME:
            raise InputError(f"{name} is empty or longer than {MAX_NAME} characters", where=where, do="name it")
    if decision.verdict not in VERDICTS:
        raise InputError(f"verdict {decision.verdict!r}", where=where, expected=", ".join(VERDICTS), do="correct it")
    if decision.relation not in RELATIONS:
        raise InputError(
            f"relation {decision.relation!r}", where=where, expected=", ".join(filter(None, RELATIONS)), do="correct it"
        )
    if (decision.object == "") and decision.verdict not in ("no_counterpart", "undo"):
        raise InputError(
            f"{decision.verdict} without a candidate", where=where, expected="a candidate's id", do="name it"
        )
    if decision.object and decision.verdict == "no_counterpart":
        raise InputError("no_counterpart is said of a unit, not of a candidate", where=where, do="leave object empty")
    if decision.verdict == "undo" and not decision.supersedes:
        raise InputError("undo does not say what it takes back", where=where, expected="supersedes", do="name it")
    if len(decision.comment) > MAX_COMMENT:
        raise InputError(f"the comment has {len(decision.comment)} characters", where=where, do="shorten it")
    if "\x00" in "".join((decision.subject, decision.object, decision.comment, decision.reviewer, decision.source)):
        raise InputError("a text holds the character U+0000", where=where, do="remove it")
    if any(number is not None and not math.isfinite(number) for number in (decision.score, decision.confidence)):
        raise InputError("score or confidence is no number", where=where, do="leave it empty")
    _check_time(decision.decided_at, where)


def _check_time(text: str, where: str) -> None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"time {text!r}", where=where, expected="ISO 8601 in UTC", do="correct it") from error
    if moment.tzinfo is None or moment.utcoffset() != UTC.utcoffset(None):
        raise InputError(f"time {text!r} is not in UTC", where=where, expected="a time that ends in Z", do="correct it")


def current(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the standing decisions of a log, sorted by run, subject, object and reviewer.

    A decision no longer stands when a standing later one supersedes or undoes it; undoing a correction brings the
    earlier decision back. Of what is left the latest by time stands, then the latest in the log, for each (run,
    reviewer, subject, object): a merge of two logs gives the same whichever came first.

    Args:
        decisions: A log in its order, in which a decision comes after the one it supersedes.
    """
    log = tuple(decisions)
    gone: set[str] = set()
    for decision in reversed(log):
        if decision.id not in gone and decision.supersedes:
            gone.add(decision.supersedes)
    standing: dict[tuple[str, str, str, str], Decision] = {}
    for decision in log:
        if decision.id in gone or decision.verdict == "undo":
            continue
        before = standing.get(decision.key)
        if before is None or before.decided_at <= decision.decided_at:
            standing[decision.key] = decision
    return tuple(sorted(standing.values(), key=lambda d: (d.run, d.subject, d.object, d.reviewer)))
