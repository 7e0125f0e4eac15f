"""Which statements of a unit count when two sides are compared, in which language, and their twins in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.compare.align import evidence_language
from matcher.schema import Language, Role, Unit
from matcher.text.law import is_local_law

# As in matcher.compare.align: titles and ranges are compared only where a unit has nothing else.
BODY: tuple[Role, ...] = ("knowledge", "skill", "attitude", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The numbers of a unit's statements that count, and of those that are a matter of local law (a class apart)."""

    language: Language | None
    content: tuple[int, ...]
    law: tuple[int, ...]


def counted(unit: Unit, other: Sequence[Language]) -> Counted:
    """Return the statements of a unit that are compared with a side that has some languages.

    Args:
        unit: The unit.
        other: The languages of the other side.
    """
    language = evidence_language(unit.languages, other)
    spoken = [number for number, s in enumerate(unit.statements) if s.language == language]
    used = [number for number in spoken if unit.statements[number].role in BODY] or spoken
    law = tuple(number for number in used if is_local_law(unit.statements[number]))
    return Counted(language=language, content=tuple(n for n in used if n not in set(law)), law=law)


def place(unit: Unit, number: int) -> int:
    """Return a statement's place among the unit's statements of its language that are compared, from 1 on."""
    language = unit.statements[number].language
    before = [n for n, s in enumerate(unit.statements) if s.language == language and s.role in BODY and n <= number]
    return max(len(before), 1)


def twin(unit: Unit, number: int, language: Language) -> int | None:
    """Return the number of the same statement in another language, None where that cannot be told.

    Two languages of a unit stand side by side where they have the same number of statements of the role.
    """
    own = unit.statements[number]
    if own.language == language:
        return number
    here, there = (
        [n for n, s in enumerate(unit.statements) if s.role == own.role and s.language == wanted]
        for wanted in (own.language, language)
    )
    return there[here.index(number)] if len(here) == len(there) else None
