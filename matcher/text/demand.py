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
    found: list[tuple[int, str]] = []
    for family in ("en", "zh"):
        texts = [
            s.text for s in unit.statements if s.language in languages and (s.language == "en") == (family == "en")
        ]
        if texts:
            # All of them at once: folding has its price a call. No pattern reaches over a line's end.
            text = fold("\n".join(texts))
            for band, pattern in _bands()[family]:
                found += [(band, match) for match in pattern.findall(text)]
    return tuple(found)


def demand(cues: Sequence[tuple[int, str]]) -> float:
    """Return the demand that cues tell, 1 (lowest) to 5: their mean band, drawn to the middle where they are few."""
    total = PRIOR * MIDDLE + sum(band for band, _ in cues)
    return total / (PRIOR + len(cues))
