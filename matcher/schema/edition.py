"""What became of a framework's units from one edition to the next.

*Moves* say where each statement went; a change is *touched* where something that a reviewer reads has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from matcher.schema.framework import Framework

ChangeKind = Literal["unchanged", "reworded", "renumbered", "split", "merged", "regrouped", "retired", "new"]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
# How a statement was found again: the same text, mostly the same words, or other words of a near meaning.
How = Literal["same", "words", "meaning"]
FactKind = Literal["level", "credit", "context", "form", "role", "named", "reused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One statement of the old edition and where it stands in the new one; indices point into ``Unit.statements``."""

    old_id: str
    old_index: int
    new_id: str
    new_index: int
    similarity: float
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two units that share statements: the share of either one's statements (by weight) that stand in the other."""

    old_id: str
    new_id: str
    of_old: float
    of_new: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One more thing to know of a change: a level or credit that differs, a code that the new edition names."""

    kind: FactKind
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of some units.

    ``lost`` and ``added`` are statements without a place on the other side: (unit id, index).
    """

    kind: ChangeKind
    old: tuple[str, ...]
    new: tuple[str, ...]
    touched: bool
    links: tuple[Link, ...] = ()
    moves: tuple[Move, ...] = ()
    lost: tuple[tuple[str, int], ...] = ()
    added: tuple[tuple[str, int], ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionDiff:
    """Two editions and every change: each unit of either edition stands in exactly one."""

    old: Framework
    new: Framework
    changes: tuple[Change, ...]
