"""Original units from the samples and the trilingual text: what the fixtures say, and so the truth about them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from matcher.schema import Language, Role, Statement, Unit
from matcher.text.normalize import simplify

CORPORA = Path(__file__).resolve().parents[2] / "corpora"
_COLUMNS: dict[Language, int] = {"en": 0, "zh-Hant": 1, "zh-Hans": 2}


@lru_cache(maxsize=1)
def sentences() -> tuple[tuple[str, str, str], ...]:
    """Return the trilingual statements: English, Hong Kong Chinese, Mainland Chinese."""
    out = []
    for path in sorted((CORPORA / "trilingual").glob("*.statements.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            parts = tuple(part.strip() for part in line.split("\t"))
            if len(parts) >= 3 and all(parts[:3]) and parts[0] != "en":
                out.append((parts[0], parts[1], parts[2]))
    return tuple(out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A unit to be typeset, in every language it is wanted in."""

    code: str
    level: str
    credit: float
    area: str
    statements: tuple[Statement, ...]

    def of(self, role: Role, language: Language) -> tuple[str, ...]:
        """Return the texts of one role in one language."""
        return tuple(s.text for s in self.statements if s.role == role and s.language == language)


def _without_opening(text: str) -> str:
    for opening in ("Be able to ", "Able to ", "Know how to ", "Know ", "Understand "):
        if text.startswith(opening):
            return text[len(opening) :][:1].upper() + text[len(opening) + 1 :]
    return text.removeprefix("能夠").removeprefix("能够").removeprefix("能")


def _title(text: str, language: Language) -> str:
    short = _without_opening(text)
    if language == "en":
        return " ".join(short.split()[:9]).rstrip(",;:.")
    return short.split("，")[0].split("、")[0].rstrip("。；")[:18]


def units(seed: int, count: int, languages: Sequence[Language]) -> tuple[Source, ...]:
    """Return units of competency with codes of both kinds, levels 1-7 and texts of the trilingual statements."""
    rng = random.Random(f"units-{seed}")
    pool = sentences()
    out = []
    for number in range(count):
        level = str(rng.randint(1, 7))
        old = number % 2 == 0
        serial = number // 2 % 100
        letters = chr(65 + number // 200 % 26)
        code = f"ZZ{letters}GEN{level}{serial:02d}A" if old else f"{900000 + seed % 90 * 1000 + number % 1000}L{level}"
        rows = rng.sample(pool, rng.randint(9, 16))
        knowledge = rng.randint(2, 4)
        outcomes = rng.randint(2, 3)
        roles: list[Role] = ["title", "range", "range"]
        counts: dict[Role, int] = {"knowledge": knowledge, "attitude": rng.randint(0, 1), "outcome": outcomes}
        for role, times in counts.items():
            roles += [role] * times
        roles += ["skill"] * (len(rows) - len(roles))
        statements: list[Statement] = []
        for language in languages:
            column = 1 if language == "zh-Hans" else _COLUMNS[language]
            span: list[str] = []
            for role, row in zip(roles, rows, strict=False):
                text = simplify(row[column]) if language == "zh-Hans" else row[column]
                if role == "title":
                    text = _title(text, language)
                if role == "range":
                    span.append(text.rstrip(".。") + (". " if language == "en" else "。"))
                    continue
                statements.append(Statement(role=role, language=language, text=text))
            statements.append(Statement(role="range", language=language, text="".join(span).strip()))
        credit = float(rng.choice((1, 2, 3, 3, 6, 9, 12)))
        out.append(
            Source(code=code, level=level, credit=credit, area=f"Area {number % 5}", statements=tuple(statements))
        )
    return tuple(out)


def truth_unit(source: Source, statements: Sequence[Statement]) -> Unit:
    """Return what a reader should make of a unit."""
    return Unit(code=source.code, level=source.level, credit=source.credit, statements=tuple(statements))
