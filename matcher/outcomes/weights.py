"""Functions (职业功能) of one side and what each weighs at each level, from the 权重表 where there is a usable one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from matcher.levels import level_frames, level_label
from matcher.outcomes.model import Note, Side
from matcher.outcomes.rules import Counting
from matcher.schema import FunctionWeight, Unit

# "table": the standard's own weights; "alike": functions without usable weights; "items": no functions at all.
Weighing = Literal["table", "alike", "items"]
HUNDRED = Fraction(100)
# The printed weights are whole or half per cent: a sum nearer to 100 than this is a sum of 100.
TOLERANCE = Fraction(1, 100)
# Rows of the theory table that are no functions: basic requirements, which no unit has.
_BASE = ("基本要求", "职业道德", "基础知识")


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function at one level: its share of the level (0-1) and the units that stand under it."""

    level: str | None
    name: str
    weight: Fraction
    stated: Fraction | None
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelWeights:
    """The functions of one level, and how they are weighed."""

    level: str | None
    weighing: Weighing
    functions: tuple[Function, ...]


def function_of(unit: Unit) -> str:
    """Return the function a unit stands under, in the first language it has; "" where it names none."""
    return " / ".join(unit.labels("function"))


def level_weights(side: Side, counting: Counting) -> tuple[tuple[LevelWeights, ...], tuple[Note, ...]]:
    """Return each level's functions, lowest level first, and what is wrong with the weights.

    Where the units name no functions there is one "level" with one function that holds them all, each alike.
    """
    if not any(function_of(side.units[i]) for i in side.ids):
        function = Function(level=None, name="", weight=Fraction(1), stated=None, ids=side.ids)
        return (LevelWeights(level=None, weighing="items", functions=(function,)),), ()
    occupations = {side.units[i].labels("occupation") for i in side.ids}
    notes: list[Note] = []
    out = []
    for level in _levels(side):
        groups: dict[tuple[str, str], list[str]] = {}
        for unit_id in side.ids:
            unit = side.units[unit_id]
            if unit.level == level:
                # Two occupations may call two functions alike.
                name = " / ".join(unit.labels("occupation")) if len(occupations) > 1 else ""
                groups.setdefault((name, function_of(unit)), []).append(unit_id)
        named = [(" · ".join(filter(None, key)), tuple(ids)) for key, ids in groups.items()]
        out.append(_weigh(side, level, named, counting, notes))
    if not any(level.weighing == "table" for level in out):
        notes.append(Note(key="note_no_weights"))
    return tuple(out), tuple(notes)


def _levels(side: Side) -> list[str | None]:
    ranks = {(frame, level.id): level.rank for frame, found in level_frames().items() for level in found.levels}

    def rank(unit_id: str) -> tuple[int, str]:
        unit = side.units[unit_id]
        return ranks.get((side.framework.frame_of(unit), unit.level or ""), 0), unit.level or ""

    return list(dict.fromkeys(side.units[i].level for i in sorted(side.ids, key=rank)))


def _value(weight: FunctionWeight | None, counting: Counting) -> Fraction | None:
    value = None if weight is None else weight.skill if counting.part == "skill" else weight.theory
    return None if value is None else Fraction(str(value))


def _table(weight: FunctionWeight) -> tuple[str, ...]:
    return (weight.occupation_code, weight.occupation, weight.version, weight.kind, weight.level)


def _level_words(side: Side, level: str | None, ids: Sequence[str]) -> str:
    frame = side.framework.frame_of(side.units[ids[0]])
    return level_label(frame, level, "zh-Hans" if side.framework.header.jurisdiction == "CN" else "en")


def _weigh(
    side: Side,
    level: str | None,
    groups: Sequence[tuple[str, tuple[str, ...]]],
    counting: Counting,
    notes: list[Note],
) -> LevelWeights:
    found = [side.framework.weight_of(side.units[ids[0]]) for _, ids in groups]
    stated = [_value(weight, counting) for weight in found]
    known = [value for value in stated if value is not None]
    total = sum(known, Fraction(0))
    usable = len(known) == len(stated) and total > 0
    words = _level_words(side, level, groups[0][1])
    if known and not usable:
        notes.append(Note(key="note_some_weights", values=(words, len(stated) - len(known), len(stated))))
    used = {weight for weight in found if weight is not None}
    for table in sorted({_table(weight) for weight in used}):
        rows = [weight for weight in side.framework.header.weights if _table(weight) == table]
        column = sum((_value(weight, counting) or Fraction(0) for weight in rows), Fraction(0))
        if abs(column - HUNDRED) > TOLERANCE and not table[3]:
            # A kind of work (工种) adds its own rows to those that hold for all: its part alone never sums to 100.
            key = "note_odd_kept" if counting.keep_odd_sums else "note_odd_refused"
            notes.append(Note(key=key, values=(words, f"{float(column):g}")))
            usable = usable and counting.keep_odd_sums
        idle = [w.function for w in rows if w not in used and _value(w, counting) and w.function not in _BASE]
        if idle:
            notes.append(Note(key="note_idle_weights", values=(words, len(idle), ", ".join(idle[:6]))))
    functions = tuple(
        Function(
            level=level,
            name=name,
            weight=value / total if usable and value is not None else Fraction(1, len(groups)),
            stated=value,
            ids=ids,
        )
        for (name, ids), value in zip(groups, stated, strict=True)
    )
    return LevelWeights(level=level, weighing="table" if usable else "alike", functions=functions)
