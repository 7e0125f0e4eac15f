"""The records that every outcome is made from: the two sides that are set against each other, and their links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from matcher.schema import AlignedPair, Framework, LevelEvidence, Unit

Basis = Literal["decided", "candidate"]
SideName = Literal["source", "target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something the user should know: a key of the papers' words (``note_…``) and what to fill into it."""

    key: str
    values: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The units of one framework that are looked at: a course, a post, an occupation up to a level, an industry.

    ``ids`` are in the order they are shown in. ``credits`` holds what a list says of a unit's credits, where it does.
    """

    framework: Framework
    ids: tuple[str, ...]
    units: Mapping[str, Unit]
    name: str = ""
    credits: Mapping[str, float] = field(default_factory=dict)

    def credit_of(self, unit_id: str) -> float | None:
        """Return a unit's credits: the list's word, else the framework's."""
        return self.credits.get(unit_id, self.units[unit_id].credit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A unit of the source side and one of the target side that are comparable: decided, or a candidate.

    ``source_whole`` says that reviewers hold the source's unit to be covered by the target's as a whole (and
    ``target_whole`` the other way round); otherwise the aligned statements tell how far. ``evidence`` are the aligned
    statements; ``stale`` where the decision was made on another edition of either unit.
    """

    source: str
    target: str
    basis: Basis
    source_whole: bool = False
    target_whole: bool = False
    evidence: tuple[AlignedPair, ...] = ()
    level: LevelEvidence | None = None
    verdict: str = ""
    relation: str = ""
    confidence: float | None = None
    reviewers: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    adjudicated: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A pair that reviewers hold not to be comparable, or (``target`` "") a unit without any counterpart."""

    source: str
    target: str
    reviewers: tuple[str, ...]
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoint:
    """A pair on which reviewers differ or nobody is sure; it counts for nothing until it is settled.

    ``said`` holds each reviewer with the verdict and the relation, "" where none was named.
    """

    source: str
    target: str
    kind: str
    said: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a store of decisions says of two sides; ``links`` are decided and without evidence yet.

    ``strangers`` are decisions on units that neither framework holds (subject, object): counted, never used.
    ``outside`` counts decisions on units that the frameworks hold but this comparison does not look at. ``reviewed``
    are units of the source side for which only decisions count. ``last`` is the day of the last decision.
    """

    links: tuple[Link, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    open_points: tuple[OpenPoint, ...] = ()
    strangers: tuple[tuple[str, str], ...] = ()
    outside: int = 0
    reviewed: frozenset[str] = frozenset()
    decisions: int = 0
    reviewers: tuple[str, ...] = ()
    last: str = ""
