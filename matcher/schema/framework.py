"""A framework of competency units, whatever country it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args, overload

Role = Literal["title", "range", "knowledge", "skill", "attitude", "outcome"]
ContextKind = Literal["industry", "area", "occupation", "function"]
# BCP 47. The script does not tell the jurisdiction: Hong Kong wording also comes in simplified characters. "und" is
# text in any other script (Thai): kept and shown, never compared.
Language = Literal["en", "zh-Hant", "zh-Hans", "und"]

ROLES: tuple[Role, ...] = get_args(Role)
CONTEXT_KINDS: tuple[ContextKind, ...] = get_args(ContextKind)
# The languages that are compared: those that the embedded encoder knows.
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh-Hant", "zh-Hans")
OTHER_SCRIPT: Final[Language] = "und"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a unit, in one language; raw text as the source has it."""

    role: Role
    language: Language
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLabel:
    """Where a unit stands: its industry, area (HK), occupation or function (职业功能)."""

    kind: ContextKind
    language: Language
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit of competency: a HK UoC, or one Mainland 工作内容 at one level.

    ``level`` is a level id of ``frame`` (see ``matcher/data/levels.toml``), or None when missing or unknown.
    ``frame`` is None when the header's level frame holds. Titles are statements with the role "title".
    """

    code: str
    version: str = ""
    revision: str = ""
    level: str | None = None
    frame: str | None = None
    credit: float | None = None
    occupation_code: str = ""
    context: tuple[ContextLabel, ...] = ()
    statements: tuple[Statement, ...] = ()
    remarks: str = ""
    notes: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, str, str]:
        """Code, version and revision: what an audit trail refers to."""
        return (self.code, self.version, self.revision)

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages that at least one statement has, in the order of ``LANGUAGES``; other scripts are none."""
        present = {statement.language for statement in self.statements}
        return tuple(language for language in LANGUAGES if language in present)

    def title(self, *preferred: Language) -> str:
        """Return the title in the first preferred language that has one, else any title, else the code."""
        titles = {s.language: s.text for s in reversed(self.statements) if s.role == "title"}
        for language in (*preferred, *LANGUAGES, OTHER_SCRIPT):
            if language in titles:
                return titles[language]
        return self.code

    def labels(self, kind: ContextKind, *preferred: Language) -> tuple[str, ...]:
        """Return the context labels of one kind in the first preferred language that has any, else in any."""
        for language in (*preferred, *LANGUAGES, OTHER_SCRIPT):
            found = tuple(c.text for c in self.context if c.kind == kind and c.language == language)
            if found:
                return found
        return ()


class StoredUnits(Sequence[Unit]):
    """Units that are read one by one when they are asked for; their ids are known without reading any."""

    __slots__ = ("_read", "ids")

    def __init__(self, ids: tuple[str, ...], read: Callable[[int], Unit]) -> None:
        """Take the ids and what reads the unit of a number."""
        self.ids = ids
        self._read = read

    def __len__(self) -> int:
        """Return how many units there are."""
        return len(self.ids)

    def __iter__(self) -> Iterator[Unit]:
        """Yield every unit."""
        return (self._read(number) for number in range(len(self.ids)))

    @overload
    def __getitem__(self, number: int) -> Unit: ...

    @overload
    def __getitem__(self, number: slice) -> tuple[Unit, ...]: ...

    def __getitem__(self, number: int | slice) -> Unit | tuple[Unit, ...]:
        """Return one unit, or some."""
        chosen = range(len(self.ids))[number]
        return self._read(chosen) if isinstance(chosen, int) else tuple(map(self._read, chosen))

    def __eq__(self, other: object) -> bool:
        """Say whether the units are the same as those of another sequence."""
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(Unit.__eq__, self, other))

    def __hash__(self) -> int:
        """Return a hash of the units, as a tuple of them has it."""
        return hash(tuple(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionWeight:
    """What one function (职业功能) weighs in the examination of one level: a row of a standard's 权重表.

    ``theory`` and ``skill`` are per cent as the tables print them, None where the table has no figure; each column of
    a level should sum to 100 over its rows (``function`` can be 职业道德 or 基础知识 too: no unit has that function).
    ``kind`` is the 工种 that the table is for, "" where it holds for all.
    """

    level: str
    function: str
    theory: float | None = None
    skill: float | None = None
    occupation_code: str = ""
    occupation: str = ""
    version: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is said of a framework as a whole; every field may be empty.

    ``weights`` are those of every standard in the framework (``Framework.weight_of`` finds a unit's).
    """

    id: str
    title: str = ""
    jurisdiction: str = ""
    publisher: str = ""
    edition: str = ""
    level_frame: str = ""
    languages: tuple[Language, ...] = ()
    licence: str = ""
    source: str = ""
    retrieved: str = ""
    weights: tuple[FunctionWeight, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A header and its units, in the order of the source."""

    header: Header
    units: Sequence[Unit] = field(default=())

    def frame_of(self, unit: Unit) -> str:
        """Return the id of the level frame that holds for a unit, or ""."""
        return unit.frame or self.header.level_frame

    def weight_of(self, unit: Unit) -> FunctionWeight | None:
        """Return what a unit's function weighs at the unit's level, or None where no 权重表 says so.

        The weight is that of the whole function: its units at that level share it.
        """
        functions = {label.text for label in unit.context if label.kind == "function"}
        occupations = {label.text for label in unit.context if label.kind == "occupation"}
        fit = [
            weight
            for weight in self.header.weights
            if weight.level == unit.level
            and weight.function in functions
            and weight.version == unit.version
            and weight.occupation_code == unit.occupation_code
            and (weight.occupation_code or not weight.occupation or weight.occupation in occupations)
            and (not weight.kind or weight.kind in occupations)
        ]
        # The table of a unit's own kind of work comes before one that holds for all.
        return max(fit, key=lambda weight: bool(weight.kind), default=None)

    def unit_ids(self) -> tuple[str, ...]:
        """Return each unit's id in outputs: its code, or ``code@version`` where several units share the code.

        Units that share code and version are told apart by ``code@version.revision``.
        """
        if isinstance(self.units, StoredUnits):
            return self.units.ids
        codes = Counter(unit.code for unit in self.units)
        editions = Counter((unit.code, unit.version) for unit in self.units)
        ids = []
        for unit in self.units:
            if codes[unit.code] == 1:
                ids.append(unit.code)
            elif editions[unit.code, unit.version] == 1:
                ids.append(f"{unit.code}@{unit.version}")
            else:
                ids.append(f"{unit.code}@{unit.version}.{unit.revision}")
        return tuple(ids)
