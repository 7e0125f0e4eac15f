"""How much of the truth a reader found: units, levels and statements, missed and invented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from matcher.readers import ParseReport
from matcher.schema import Statement, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts over one document or several; add them with ``+``."""

    units: int = 0
    found_units: int = 0
    read_units: int = 0
    levels: int = 0
    right_levels: int = 0
    wrong_levels: int = 0
    statements: int = 0
    exact: int = 0
    read_statements: int = 0
    roles: int = 0
    silent: int = 0
    faults: tuple[str, ...] = ()

    def __add__(self, other: Score) -> Score:
        names = [name for name in self.__dataclass_fields__ if name != "faults"]
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Score(**sums, faults=(self.faults + other.faults)[:40])


def key(statement: Statement) -> tuple[str, str]:
    """Return what is compared: the language and the text, spaces folded, in Chinese dropped."""
    space = " " if statement.language == "en" else ""
    return statement.language, space.join(statement.text.split())


_ROLE_OF = {"work": "title", "skills": "skill", "knowledge": "knowledge"}


def flagged_cells(report: ParseReport) -> frozenset[tuple[str, str]]:
    """Return the code and the role ("title", "skill", "knowledge", else the cell's name) of every flagged cell."""
    return frozenset((row.code, _ROLE_OF.get(cell.field, cell.field)) for row, cell in report.cells("flagged"))


def _silent(truth: Unit, found: Unit | None, flagged: Collection[tuple[str, str]]) -> int:
    """Return how many statements are wrong, missing or invented in cells that nothing flags."""
    total = 0
    for role in ("title", "skill", "knowledge", "range", "attitude", "outcome"):
        if (truth.code, role) in flagged:
            continue
        wanted = Counter(key(s) for s in truth.statements if s.role == role)
        got = Counter(key(s) for s in found.statements if s.role == role) if found else Counter()
        total += max(sum((wanted - got).values()), sum((got - wanted).values()))
    return total


def score(truth: Sequence[Unit], read: Sequence[Unit], flagged: Collection[tuple[str, str]] = ()) -> Score:
    """Compare by code. ``flagged`` is what ``flagged_cells`` gives; what is wrong in any other cell is silent."""
    by_code = {unit.code: unit for unit in read}
    total = Score(units=len(truth), read_units=len(read))
    for unit in truth:
        found = by_code.get(unit.code)
        wanted = Counter(map(key, unit.statements))
        got = Counter(map(key, found.statements)) if found else Counter()
        exact = sum((wanted & got).values())
        missing = [text for _, text in (wanted - got)]
        extra = [text for _, text in (got - wanted)]
        faults = [f"{unit.code}: missed {t!r}" for t in missing] + [f"{unit.code}: invented {t!r}" for t in extra]
        right = found is not None and found.level == unit.level
        if found is not None and not right:
            faults.append(f"{unit.code}: level {found.level!r}, truth {unit.level!r}")
        roles = {key(s): s.role for s in unit.statements}
        same = sum(roles.get(key(s)) == s.role for s in (found.statements if found else ()))
        total += Score(
            found_units=int(found is not None), levels=1, right_levels=int(right),
            wrong_levels=int(found is not None and not right and found.level is not None),
            statements=sum(wanted.values()), exact=exact, read_statements=sum(got.values()), roles=same,
            silent=_silent(unit, found, flagged), faults=tuple(faults),
        )  # fmt: skip
    extra_units = [unit.code for unit in read if unit.code not in {u.code for u in truth}]
    return total + Score(faults=tuple(f"{code}: an invented unit" for code in extra_units))
