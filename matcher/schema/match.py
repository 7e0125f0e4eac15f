"""What comes out of matching: ranked candidates with their reasons.

Three number words, never swapped: *similarity* is a cosine, *score* is what the ranking is by (unitless),
*confidence* is a calibrated probability (None until a calibrated model gives one).
"""

from __future__ import annotations

from dataclasses import dataclass

from matcher.schema.framework import Framework, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLink:
    """Two words that link a pair of statements (in their normal form)."""

    subject: str
    object: str
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignedPair:
    """Two statements that carry a match; the indices point into ``Unit.statements``."""

    subject_index: int
    object_index: int
    similarity: float
    terms: tuple[TermLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEvidence:
    """What levels and level words say of two units, shown beside the topic.

    ``gap`` counts levels of the item above (+) or below (-) the lowest comparable one, ``outside`` how many it lies
    outside all ``comparable`` ones (level ids of the item's frame); None where no table was read. Demand is 1
    (prescribed, supervised) to 5 (formulating), read from the cue words.
    """

    gap: int | None = None
    outside: int | None = None
    comparable: tuple[str, ...] = ()
    subject_demand: float = 0.0
    object_demand: float = 0.0
    subject_cues: tuple[str, ...] = ()
    object_cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of each side the other covers (0-1, by statements), and statements of a local law by their index.

    A local law never matches by content: such statements are left out of the coverage, and are a class of their own.
    """

    subject: float
    object: float
    subject_law: tuple[int, ...] = ()
    object_law: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One candidate for a unit. ``subject_id`` and ``object_id`` are ids as ``Framework.unit_ids`` gives them.

    Where a rescorer ranked, ``score`` is ``topic`` plus ``level_part``, and ``signals`` holds what each signal added.
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
    topic: float | None = None
    level: LevelEvidence | None = None
    level_part: float | None = None
    coverage: Coverage | None = None
    signals: tuple[tuple[str, float], ...] = ()
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
