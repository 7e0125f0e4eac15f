"""Level evidence: what the level frames and the words of two units say of their demand. Indicative, never a filter.

Levels stand beside the topic: a suggestion shows both parts, and no number hides either.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from matcher.levels import comparable_levels, level_frames
from matcher.schema import Framework, Language, LevelEvidence, Unit
from matcher.text.demand import demand, level_cues

# Cue words shown a side.
SHOWN = 4
_CUES_KEPT = 16_384


def level_gap(
    subject: Unit, subjects: Framework, item: Unit, objects: Framework
) -> tuple[int, int, tuple[str, ...]] | None:
    """Compare two units' levels (see ``gap_between``)."""
    return gap_between(subjects.frame_of(subject), subject.level, objects.frame_of(item), item.level)


@lru_cache(maxsize=4_096)
def gap_between(
    subject_frame: str, subject_level: str | None, object_frame: str, object_level: str | None
) -> tuple[int, int, tuple[str, ...]] | None:
    """Compare two levels through the frames' table.

    In a cumulative frame (the Mainland's: a higher level lists additions) a requirement is reported at the lowest level
    where it first appears: the gap counts from the lowest level that the table sets beside the subject's. In any other
    frame all levels that the table sets beside it fit alike: the gap counts from the nearest of them.

    Returns:
        How many levels the item lies above (+) or below (-) that level, how many it lies outside all comparable ones,
        and their ids; None where a level is missing or no table was read.
    """
    beside = comparable_levels(subject_frame, subject_level, object_frame)
    frame = level_frames().get(object_frame)
    own = frame.level(object_level) if frame and object_level else None
    if not beside or own is None:
        return None
    low, high = beside[0].rank, beside[-1].rank
    outside = max(low - own.rank, own.rank - high, 0)
    if frame is not None and not frame.cumulative:
        return (outside if own.rank > high else -outside), outside, tuple(level.id for level in beside)
    return own.rank - low, outside, tuple(level.id for level in beside)


@lru_cache(maxsize=_CUES_KEPT)
def _cues(unit: Unit, languages: tuple[Language, ...]) -> tuple[tuple[int, str], ...]:
    # The same object is a candidate of many subjects.
    return level_cues(unit, languages)


def level_evidence(
    subject: Unit, subjects: Framework, item: Unit, objects: Framework, *, languages: Sequence[Language]
) -> LevelEvidence:
    """Return what is shown of two units' levels; ``languages`` are those that the subject is seen in."""
    found = level_gap(subject, subjects, item, objects)
    left, right = _cues(subject, tuple(languages)), _cues(item, item.languages)
    return LevelEvidence(
        gap=found[0] if found else None,
        outside=found[1] if found else None,
        comparable=found[2] if found else (),
        subject_demand=round(demand(left), 2),
        object_demand=round(demand(right), 2),
        subject_cues=_shown(left),
        object_cues=_shown(right),
    )


def _shown(cues: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    # The most demanding first: they decide a level.
    ranked = sorted(cues, key=lambda cue: -cue[0])
    return tuple(dict.fromkeys(word for _, word in ranked))[:SHOWN]
