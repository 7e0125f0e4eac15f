"""What a comparison asks of units and statements, as arrays: no unit has to be read for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.schema import LANGUAGES, OTHER_SCRIPT, ROLES, ContextKind, Framework, Unit
from matcher.text.law import is_local_law
from matcher.text.normalize import fold

# Columns of ``Columns.units``.
LEVEL, FRAME, OCCUPATION, INDUSTRY, AREA, FUNCTION = range(6)
# Columns of ``Columns.statements``.
LANGUAGE, ROLE, LAW = range(3)
# Text in a script that is not compared has the number after the last language.
OTHER = len(LANGUAGES)
_LANGUAGE_OF = {**{language: number for number, language in enumerate(LANGUAGES)}, OTHER_SCRIPT: OTHER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Facts of a framework's units and statements.

    ``statements`` is (s, 3) int8: numbers of language and role (in ``LANGUAGES`` and ``ROLES``), 1 where the statement
    is a matter of local law. ``units`` is (n, 6) int32, numbers in ``texts``: level, level frame, the keys of
    occupation, industry and area, and of the function (of the title where there is none); "" where a unit has none.
    """

    statements: NDArray[np.int8]
    units: NDArray[np.int32]
    texts: tuple[str, ...]

    def text_of(self, unit: int, column: int) -> str:
        """Return one fact of a unit."""
        return self.texts[int(self.units[unit, column])]


def _key(unit: Unit, kind: ContextKind) -> str:
    return "/".join(fold(text) for text in unit.labels(kind))


def unit_facts(framework: Framework, unit: Unit) -> tuple[str, ...]:
    """Return the texts of a unit's row in ``Columns.units``."""
    return (
        unit.level or "",
        framework.frame_of(unit),
        _key(unit, "occupation"),
        _key(unit, "industry"),
        _key(unit, "area"),
        _key(unit, "function") or fold(unit.title()),
    )


def statement_marks(unit: Unit) -> list[tuple[int, int, int]]:
    """Return the rows of a unit's statements in ``Columns.statements``."""
    return [(_LANGUAGE_OF[s.language], ROLES.index(s.role), int(is_local_law(s))) for s in unit.statements]


def make_columns(facts: Sequence[tuple[str, ...]], marks: Sequence[tuple[int, int, int]]) -> Columns:
    """Return the columns of all units' facts and all statements' marks."""
    texts = tuple(sorted({text for row in facts for text in row}))
    number = {text: n for n, text in enumerate(texts)}
    return Columns(
        statements=np.array(marks, np.int8).reshape(-1, 3),
        units=np.array([[number[text] for text in row] for row in facts], np.int32).reshape(-1, 6),
        texts=texts,
    )


def spans(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of all ranges ``starts[i]:ends[i]``, one after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))
