"""Where the review stands: the run's decisions, who has decided what, and what is still open.

Decisions are only ever appended, by this server, by another one on the same store, or by an import; the board reads
what is new before each answer.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from matcher.serve.catalogue import Catalogue, Entry
from matcher.store import Decision, Store, current

State = Literal["undecided", "started", "decided"]
STATES: tuple[State, ...] = get_args(State)
# A verdict that settles a unit; rejecting one candidate, or being unsure, leaves the others to look at.
SETTLING = ("accept", "partly", "no_counterpart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one unit stands for one reviewer.

    ``mine`` are the reviewer's decisions that hold, ``others`` those of the other reviewers; ``conflict`` where
    verdicts that hold differ between reviewers.
    """

    state: State = "undecided"
    conflict: bool = False
    mine: tuple[Decision, ...] = ()
    others: tuple[Decision, ...] = ()

    def of(self, object_id: str) -> Decision | None:
        """Return the reviewer's own decision on a candidate ("" for the unit's "no counterpart")."""
        return next((d for d in self.mine if d.object == object_id), None)

    def of_others(self, object_id: str) -> tuple[Decision, ...]:
        """Return the other reviewers' decisions on a candidate."""
        return tuple(d for d in self.others if d.object == object_id)


def seen_mark(decisions: Iterable[Decision]) -> str:
    """Return a mark of what a reviewer saw of others: it changes when another reviewer decides."""
    return ".".join(sorted(d.id for d in decisions))[:2000]


def differs(decisions: Iterable[Decision]) -> bool:
    """Whether reviewers differ: two verdicts on one candidate, or "no counterpart" beside an accepted candidate."""
    by_object: dict[str, set[str]] = defaultdict(set)
    none: set[str] = set()
    found: set[str] = set()
    for d in decisions:
        if d.verdict == "no_counterpart":
            none.add(d.reviewer)
        else:
            by_object[d.object].add(d.verdict)
            if d.verdict in SETTLING:
                found.add(d.reviewer)
    # One reviewer may well reject what is listed, change nothing else, and then say that there is no counterpart.
    clash = any(a != b for a in none for b in found)
    return clash or any(len(verdicts) > 1 for verdicts in by_object.values())


def stand(decisions: Iterable[Decision], reviewer: str, candidates: Iterable[str]) -> Standing:
    """Return where a unit stands, from its decisions in the order of the log."""
    holding = current(decisions)
    mine = tuple(d for d in holding if d.reviewer == reviewer)
    others = tuple(d for d in holding if d.reviewer != reviewer)
    wanted = set(candidates)
    settled = any(d.verdict in SETTLING for d in mine) or (bool(wanted) and wanted <= {d.object for d in mine})
    state: State = "decided" if settled else "started" if mine else "undecided"
    return Standing(state=state, conflict=differs(holding), mine=mine, others=others)


class Board:
    """The decisions of one run, kept in memory by unit; several requests may use it at the same time."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._by_unit: dict[str, list[Decision]] = defaultdict(list)
        self._ids: set[str] = set()
        self._seen = 0
        self._standings: dict[str, dict[str, Standing]] = {}

    def refresh(self) -> None:
        """Read what was appended since the last time."""
        with self._lock:
            self._refresh()

    def append(self, decision: Decision) -> None:
        """Keep a decision; it is on disk when this returns."""
        self._store.append([decision])
        self.refresh()

    def standing(self, unit_id: str, reviewer: str) -> Standing:
        """Return where a unit stands for a reviewer."""
        with self._lock:
            return self._standing(self._catalogue.entries[self._catalogue.positions[unit_id]], reviewer)

    def standings(self, reviewer: str) -> tuple[Standing, ...]:
        """Return where every unit stands for a reviewer, in the order of the catalogue."""
        with self._lock:
            return tuple(self._standing(entry, reviewer) for entry in self._catalogue.entries)

    def history(self, unit_id: str) -> tuple[Decision, ...]:
        """Return every decision on a unit, oldest first."""
        with self._lock:
            return tuple(self._by_unit.get(unit_id, ()))

    def find(self, decision_id: str) -> Decision | None:
        """Return a decision of this run by its id."""
        with self._lock:
            if decision_id not in self._ids:
                return None
            return next((d for found in self._by_unit.values() for d in found if d.id == decision_id), None)

    def last_of(self, reviewer: str) -> Decision | None:
        """Return the reviewer's latest decision that holds: the one that undo takes back."""
        with self._lock:
            mine = [
                (d.decided_at, number, d)
                for decisions in self._by_unit.values()
                for number, d in enumerate(current(decisions))
                if d.reviewer == reviewer
            ]
        return max(mine, key=lambda item: item[:2])[2] if mine else None

    def counts(self, reviewer: str) -> Mapping[State, int]:
        """Return how many units are in each state for a reviewer."""
        found: dict[State, int] = dict.fromkeys(STATES, 0)
        for standing in self.standings(reviewer):
            found[standing.state] += 1
        return found

    def next_undecided(self, position: int, reviewer: str) -> str | None:
        """Return the first unit after a position, round the end, that the reviewer has not decided; never that one."""
        entries = self._catalogue.entries
        standings = self.standings(reviewer)
        for step in range(1, len(entries)):
            at = (position + step) % len(entries)
            if standings[at].state != "decided":
                return entries[at].unit_id
        return None

    def _standing(self, entry: Entry, reviewer: str) -> Standing:
        decisions = self._by_unit.get(entry.unit_id)
        if decisions is None:
            return _UNTOUCHED
        by_reviewer = self._standings.setdefault(entry.unit_id, {})
        if reviewer not in by_reviewer:
            by_reviewer[reviewer] = stand(decisions, reviewer, entry.candidates)
        return by_reviewer[reviewer]

    def _refresh(self) -> None:
        # The number first: what is kept between the two questions is read again, and known by its id.
        revision = self._store.revision()
        if revision == self._seen:
            return
        for decision in self._store.log(self._catalogue.run, since=self._seen):
            if decision.id not in self._ids and decision.subject in self._catalogue.positions:
                self._ids.add(decision.id)
                self._by_unit[decision.subject].append(decision)
                self._standings.pop(decision.subject, None)
        self._seen = revision


_UNTOUCHED = Standing()
