"""Level cues in the text of a unit: how demanding its words are, and which words say so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache

from matcher.resources import read_text
from matcher.schema import Language, Unit
from matcher.text.normalize import fold

# Without a cue a unit stands in the middle; the middle weighs as much as two cues.
MIDDLE = 2.5
PRIOR = 2.0


@lru_cache(maxsize=1)
def _bands() -> dict[str, tuple[tuple[int, re.Pattern[str]], ...]]:
    data = tomllib.loads(read_text("level_cues.toml"))
    return {
        family: tuple((int(band), re.compile(pattern)) for band, pattern in sorted(data[family].items()))
        for family in ("en", "zh")
    }


def level_cues(unit: Unit, languages: Sequence[Language]) -> tuple[tuple[int, str], ...]:
    """Return (band, word) of every cue in a unit's text in some languages: 1 prescribed … 5 formulating."""
    found: list[tuple[tuple[int, int, int], int, str]] = []
    for family in ("en", "zh"):
        chosen = [
            (number, statement.text)
            for number, statement in enumerate(unit.statements)
            if statement.language in languages and (statement.language == "en") == (family == "en")
        ]
        if not chosen:
            continue
        # All of them at once: folding has its price a call. No pattern reaches over a line's end.
        text = fold("\n".join(raw for _, raw in chosen))
        lines = [number for number, raw in chosen for _ in range(raw.count("\n") + 1)]
        for place, (band, pattern) in enumerate(_bands()[family]):
            for match in pattern.finditer(text):
                at = (lines[text.count("\n", 0, match.start())], place, match.start())
                found.append((at, band, match.group(1) if pattern.groups else match.group()))
    # In the order of the statements.
    return tuple((band, word) for _, band, word in sorted(found))


def demand(cues: Sequence[tuple[int, str]]) -> float:
    """Return the demand that cues tell, 1 (lowest) to 5: their mean band, drawn to the middle where they are few."""
    total = PRIOR * MIDDLE + sum(band for band, _ in cues)
    return total / (PRIOR + len(cues))
