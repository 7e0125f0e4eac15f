"""Work contents of other occupations for the pool, made from our own trilingual text: nothing in them is a counterpart.

Each subject of corpora/trilingual becomes an occupation named after its first term; every four of its Mainland
statements become a work content, whose function and title are further terms. They are no standards, but they are as
near to the units as real work contents of other trades are, and there are many of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from matcher.schema import ContextLabel, Framework, Statement, Unit

TRILINGUAL = Path(__file__).resolve().parents[1] / "corpora/trilingual"
STATEMENTS = 4
UNITS_A_SUBJECT = 16
LEVELS = ("5", "4", "3", "2", "1")


def _column(path: Path) -> list[str]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [row[2].strip() for row in rows if len(row) > 2 and row[2].strip()]


def _units(name: str, statements: list[str], terms: list[str]) -> list[Unit]:
    units = []
    for number in range(min(UNITS_A_SUBJECT, len(statements) // STATEMENTS)):
        lines = statements[number * STATEMENTS : (number + 1) * STATEMENTS]
        title = terms[(7 * number + 1) % len(terms)]
        units.append(
            Unit(
                code=f"ZZ-X-{name}-{number}",
                level=LEVELS[number % len(LEVELS)],
                context=(
                    ContextLabel(kind="occupation", language="zh-Hans", text=f"{terms[0]}工"),
                    ContextLabel(kind="function", language="zh-Hans", text=terms[number // 3 % len(terms)]),
                ),
                statements=(
                    Statement(role="title", language="zh-Hans", text=title),
                    *(Statement(role="skill", language="zh-Hans", text=line) for line in lines),
                ),
            )
        )
    return units


def add_distractors(objects: Framework) -> Framework:
    """Return the framework with a work content of every four statements of other subjects added."""
    added: list[Unit] = []
    for path in sorted(TRILINGUAL.glob("*.statements.tsv")):
        terms = path.with_name(path.name.replace(".statements.", ".terms."))
        if terms.is_file():
            added += _units(path.name.removesuffix(".statements.tsv"), _column(path), _column(terms))
    return replace(objects, units=(*objects.units, *added))
