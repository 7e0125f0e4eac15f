"""What comes out of matching: ranked candidates with their reasons.

Three number words, never swapped: *similarity* is a cosine, *score* is what the ranking is by (unitless),
*confidence* is a calibrated probability (None until a calibrated model gives one).
"""

from __future__ import annotations

from dataclasses import dataclass

from matcher.schema.framework import Framework, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedPair:
    """Two statements that carry a match; the indices point into ``Unit.statements``."""

    subject_index: int
    object_index: int
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One candidate for a unit. ``subject_id`` and ``object_id`` are ids as ``Framework.unit_ids`` gives them.

    Where candidates are rolled up (``--group``), ``object`` stands for the group, ``object_id`` is the group's id and
    ``members`` holds its best units as evidence, best first.
    """

    subject_id: str
    object_id: str
    rank: int
    score: float
    subject: Unit
    object: Unit
    alignment: tuple[AlignedPair, ...] = ()
    confidence: float | None = None
    relation: str | None = None
    in_set: bool | None = None
    members: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitResult:
    """All candidates of one unit, best first."""

    subject_id: str
    subject: Unit
    suggestions: tuple[Suggestion, ...]
    no_counterpart: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The two frameworks that a result is about (for level frames and header fields in outputs)."""

    subjects: Framework
    objects: Framework
    encoder: str
