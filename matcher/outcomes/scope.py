"""Choosing the units that are looked at: those of a list, an industry, an occupation up to a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.errors import InputError
from matcher.levels import level_frames, level_label
from matcher.outcomes.model import Note, Side
from matcher.outcomes.unit_list import UnitList
from matcher.schema import ContextKind, Framework, Language, Unit
from matcher.text.normalize import fold

# Named in a message; more would hide the rest of it.
_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is asked of one side; nothing asked is all of it. ``level`` takes the levels below it too."""

    listed: UnitList | None = None
    industry: str = ""
    occupation: str = ""
    level: str = ""


def choose(framework: Framework, wanted: Selection, *, where: str) -> tuple[Side, tuple[Note, ...]]:
    """Return the units asked for, and what the user should know of the choice.

    Args:
        framework: The whole framework.
        wanted: What is asked of it.
        where: The framework's file, for messages.

    Raises:
        InputError: A name or level is unknown, or nothing is left.
    """
    units = dict(zip(framework.unit_ids(), framework.units, strict=True))
    notes: list[Note] = []
    ids = list(units)
    stated: dict[str, float] = {}
    names = []
    if wanted.listed is not None:
        ids, stated, more = _of_list(units, wanted.listed)
        notes += more
        names.append(wanted.listed.name)
    for kind, text in (("industry", wanted.industry), ("occupation", wanted.occupation)):
        if text:
            ids = _named(units, ids, kind, text, where=where)  # type: ignore[arg-type]
            names.append(text)
    if wanted.level:
        ids, words = _up_to(framework, units, ids, wanted.level, where=where)
        names.append(words)
    if not ids:
        raise InputError("no unit is left to compare", where=where, do="ask for less, or check the list")
    kept = {unit_id: units[unit_id] for unit_id in ids}
    side = Side(framework=framework, ids=tuple(ids), units=kept, name=" · ".join(filter(None, names)), credits=stated)
    return side, tuple(notes)


def _of_list(units: dict[str, Unit], listed: UnitList) -> tuple[list[str], dict[str, float], list[Note]]:
    by_code: dict[str, list[str]] = {}
    for unit_id, unit in units.items():
        by_code.setdefault(fold(unit.code), []).append(unit_id)
    found: list[str] = []
    stated: dict[str, float] = {}
    unknown: list[str] = []
    doubled = 0
    for row in listed.rows:
        fitting = [row.code] if row.code in units else by_code.get(fold(row.code), [])
        if not fitting:
            unknown.append(row.code)
            continue
        # Several editions of one code: the last of the file is the newest that the list can mean.
        chosen = fitting[-1]
        if chosen in found:
            doubled += 1
            continue
        found.append(chosen)
        if row.credit is not None:
            stated[chosen] = row.credit
    notes = list(listed.notes)
    if unknown:
        more = " …" if len(unknown) > _NAMED else ""
        named = ", ".join(unknown[:_NAMED]) + more
        notes.append(Note(key="note_unknown", values=(listed.where, len(unknown), named)))
    if doubled:
        notes.append(Note(key="note_doubled", values=(listed.where, doubled)))
    if not found:
        raise InputError(
            "names no unit of the framework",
            where=listed.where,
            expected="codes such as " + ", ".join(list(units)[:3]),
            do="check the column of codes",
        )
    return found, stated, notes


def _named(units: dict[str, Unit], ids: Sequence[str], kind: ContextKind, text: str, *, where: str) -> list[str]:
    key = fold(text)
    found = [i for i in ids if key in _keys(units[i], kind)]
    if not found:
        there = dict.fromkeys(label.text for i in ids for label in units[i].context if label.kind == kind)
        shown = ", ".join(list(there)[:_NAMED]) or f"a framework whose units name their {kind}"
        raise InputError(f"no unit is of the {kind} {text!r}", where=where, expected=shown, do="name one of these")
    return found


def _keys(unit: Unit, kind: ContextKind) -> set[str]:
    keys = {fold(label.text) for label in unit.context if label.kind == kind}
    return keys | {fold(unit.occupation_code)} if kind == "occupation" and unit.occupation_code else keys


def _up_to(
    framework: Framework, units: dict[str, Unit], ids: Sequence[str], text: str, *, where: str
) -> tuple[list[str], str]:
    """Return the units at a level and below it, lowest level first: a higher level covers the lower ones."""
    frames = {framework.frame_of(units[i]) for i in ids}
    known = level_frames()
    if len(frames) != 1 or not (frame := known.get(next(iter(frames)))):
        raise InputError(
            "the units have no level frame, or several", where=where, expected="one level frame", do="leave --level out"
        )
    level = frame.find(text)
    present = {units[i].level for i in ids}
    if level is None or level.id not in present:
        native: Language = "zh-Hans" if frame.jurisdiction == "CN" else "en"
        there = [f"{one.id} ({one.label(native)})" for one in frame.levels if one.id in present]
        raise InputError(f"no unit is at the level {text!r}", where=where, expected=", ".join(there), do="name one")
    ranks = {one.id: one.rank for one in frame.levels}
    kept = [i for i in ids if ranks.get(units[i].level or "", level.rank + 1) <= level.rank]
    kept.sort(key=lambda i: ranks[units[i].level or ""])
    return kept, level_label(frame.id, level.id, "zh-Hans" if frame.jurisdiction == "CN" else "en")
