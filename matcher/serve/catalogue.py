"""The units of one run as the overview lists them: what to show, what to search, what to filter by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matcher.export.rows import context, languages_for, level_words
from matcher.export.triage import TRIAGES, Triage, triage
from matcher.schema import ContextKind, Query, Suggestion, UnitResult
from matcher.text.normalize import fold

# What the overview groups by: the first of these that a unit has.
_PLACES: tuple[ContextKind, ...] = ("area", "function", "occupation", "industry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One unit of the run; ``found`` is what a search looks in, folded (case, width and script do not matter)."""

    position: int
    unit_id: str
    area: str
    level: str
    found: str
    candidates: tuple[str, ...]
    triage: Triage = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A run's results in their order. ``blind_seed`` is None where scores and ranks are shown."""

    run: str
    query: Query
    results: tuple[UnitResult, ...]
    entries: tuple[Entry, ...]
    positions: Mapping[str, int]
    blind_seed: int | None = None

    @property
    def blind(self) -> bool:
        """Whether scores, ranks and the verdicts of others are hidden."""
        return self.blind_seed is not None

    def result(self, unit_id: str) -> UnitResult | None:
        """Return a unit's result by its id."""
        position = self.positions.get(unit_id)
        return None if position is None else self.results[position]

    def candidates(self, result: UnitResult) -> tuple[Suggestion, ...]:
        """Return a unit's candidates in the order shown: by rank, or shuffled where the review is blind.

        The shuffle is by the hash of seed, unit and candidate: the same for every reviewer, restart and machine.
        """
        if self.blind_seed is None:
            return result.suggestions
        return tuple(
            sorted(
                result.suggestions,
                key=lambda s: hashlib.sha256(f"{self.blind_seed}\x1f{s.subject_id}\x1f{s.object_id}".encode()).digest(),
            )
        )

    def areas(self) -> tuple[str, ...]:
        """Return the areas, in the order of their first units."""
        return tuple(dict.fromkeys(entry.area for entry in self.entries if entry.area))

    def triages(self) -> tuple[Triage, ...]:
        """Return the triage groups that occur; none in a blind review, or where nothing is known."""
        found = {entry.triage for entry in self.entries} if not self.blind else set()
        return tuple(name for name in TRIAGES if name in found) if found - {"unknown"} else ()

    def levels(self) -> tuple[str, ...]:
        """Return the level ids, sorted."""
        return tuple(sorted({entry.level for entry in self.entries if entry.level}))


def _entry(position: int, result: UnitResult, query: Query) -> Entry:
    unit = result.subject
    area = next(filter(None, (context(unit, kind) for kind in _PLACES)), "")
    texts = [s.text for s in unit.statements if s.role == "title"]
    # The first candidates' titles are searched too: a reviewer knows the target's words.
    texts += [s.object.title(*languages_for("zh", query.objects)) for s in result.suggestions[:3]]
    ids = [result.subject_id, *(s.object_id for s in result.suggestions[:3])]
    return Entry(
        position=position,
        unit_id=result.subject_id,
        area=area,
        level=unit.level or "",
        found=fold("\n".join([*ids, *texts, area])),
        candidates=tuple(s.object_id for s in result.suggestions),
        triage=triage(result),
    )


def make_catalogue(run: str, query: Query, results: Iterable[UnitResult], *, blind_seed: int | None) -> Catalogue:
    """Return the catalogue of a run; results keep their order."""
    kept = tuple(results)
    entries = tuple(_entry(position, result, query) for position, result in enumerate(kept))
    return Catalogue(
        run=run,
        query=query,
        results=kept,
        entries=entries,
        positions={entry.unit_id: entry.position for entry in entries},
        blind_seed=blind_seed,
    )


def level_name(catalogue: Catalogue, level: str, *, chinese: bool) -> str:
    """Return a level id in words (of the first unit that has it: frameworks of one run share their frame)."""
    for result in catalogue.results:
        if result.subject.level == level:
            return level_words(catalogue.query.subjects, result.subject, "zh" if chinese else "en") or level
    return level
