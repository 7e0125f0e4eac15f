"""Sample units against the real Mainland occupations, of which only the names of functions (职业功能) are at hand.

Is an occupation that the unit's trade belongs to (evaluation/gold/real_occupations.tsv, codes only) among the first 1,
5 or 10 different ones? Short target texts are real life: long unit texts must not drown the subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from matcher.encode import load_encoder
from matcher.evaluate.bootstrap import interval
from matcher.evaluate.verdicts import Figure
from matcher.pipeline import screen
from matcher.readers import ReadOptions, read_framework
from matcher.schema import Unit
from matcher.search.index import build_index

ROOT = Path(__file__).resolve().parents[2]
HK = ROOT / "corpora/samples/hk.jsonl"
RECIPE = ROOT / "corpora/recipes/osta-functions.map.toml"
WANTED = ROOT / "evaluation/gold/real_occupations.tsv"
DEPTHS = (1, 5, 10)
Language = Literal["en", "zh"]


def read_wanted(path: Path = WANTED) -> dict[str, frozenset[str]]:
    """Return the codes of the real occupations of each trade."""
    found: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        trade, code = line.split("\t")
        found.setdefault(trade, set()).add(code)
    return {trade: frozenset(codes) for trade, codes in found.items()}


def trade_of(unit: Unit) -> str:
    """Return a sample unit's trade as the table of occupations names it: its industry in English, hyphenated."""
    return "-".join(next(iter(unit.labels("industry", "en")), "").lower().split())


def measure_occupations(functions: Path, encoder: str) -> Mapping[str, tuple[Figure, ...]]:
    """Return hit@1, hit@5 and hit@10 by the language that the matcher sees of the units."""
    framework = read_framework(functions, options=ReadOptions(map_file=RECIPE)).framework
    objects = build_index(framework, load_encoder(encoder))
    subjects = build_index(read_framework(HK).framework, load_encoder(encoder, "subject"))
    wanted = read_wanted()
    figures = {}
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        places = []
        for result in screen(
            subjects, objects, k=max(DEPTHS), subject_language=language, group="occupation", explain=False
        ):
            right = wanted.get(trade_of(result.subject))
            if right is not None:
                ranks = [s.rank for s in result.suggestions if s.object_id in right]
                places.append(min(ranks, default=max(DEPTHS) + 1))
        found = []
        for depth in DEPTHS:
            values = [float(place <= depth) for place in places]
            low, high = interval(values)
            mean = sum(values) / len(values)
            found.append(Figure(measure=f"hit@{depth}", value=mean, low=low, high=high, n=len(values)))
        figures[language] = tuple(found)
    return figures
