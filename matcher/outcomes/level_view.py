"""Two units' levels side by side: what the table says, which cue words stand where, and the domain that each speaks to.

Indicative throughout: cue words and a table of levels are material for a panel, nothing more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from matcher.outcomes.model import SideName
from matcher.resources import read_text
from matcher.schema import LevelEvidence, Unit
from matcher.text.demand import MIDDLE, level_cues

Higher = Literal["source", "target", "alike", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One domain of the Generic Level Descriptors: its names by language, and the cues that speak to it."""

    id: str
    names: Mapping[str, str]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One level cue: the word, its band (1 prescribed … 5 formulating), its domain, and the statement it stands in."""

    word: str
    band: int
    domain: str
    statement: int


@lru_cache(maxsize=1)
def domains() -> tuple[Domain, ...]:
    """Return the domains of the Generic Level Descriptors."""
    data = tomllib.loads(read_text("outcomes", "gld_domains.toml"))["domains"]
    return tuple(
        Domain(id=name, names=entry["name"], pattern=re.compile(entry["pattern"])) for name, entry in data.items()
    )


def domain_of(word: str) -> str:
    """Return the id of the domain that a cue word speaks to."""
    return next(domain.id for domain in domains() if domain.pattern.search(word))


def cues(unit: Unit, numbers: Iterable[int]) -> tuple[Cue, ...]:
    """Return every level cue of some statements of a unit, in the order of the statements."""
    found = []
    for number in numbers:
        statement = unit.statements[number]
        alone = replace(unit, statements=(statement,))
        found += [
            Cue(word=word, band=band, domain=domain_of(word), statement=number)
            for band, word in level_cues(alone, (statement.language,))
        ]
    return tuple(found)


def higher_by_table(evidence: LevelEvidence | None) -> SideName | None:
    """Return which side's level lies above what the table sets beside the other's, None where neither does.

    The evidence counts the target's level from the lowest level that the table sets beside the source's.
    """
    if evidence is None or evidence.gap is None or not evidence.outside:
        return None
    return "source" if evidence.gap < 0 else "target"


def higher_by_cues(source: Iterable[Cue], target: Iterable[Cue]) -> SideName | None:
    """Return which side has the more demanding cue, None where neither has; no cue at all stands in the middle."""
    ours, theirs = (max((float(cue.band) for cue in side), default=MIDDLE) for side in (source, target))
    if ours == theirs:
        return None
    return "source" if ours > theirs else "target"


def higher(evidence: LevelEvidence | None, source: Iterable[Cue], target: Iterable[Cue]) -> Higher:
    """Return which of two statements asks for more: by the units' levels, then by their own cues.

    Where the table and the cues point to different sides it is "unclear": the panel looks.
    """
    table, words = higher_by_table(evidence), higher_by_cues(source, target)
    if table is not None and words is not None and table != words:
        return "unclear"
    return table or words or "alike"
