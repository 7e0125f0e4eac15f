"""The two readings of evaluation/gold/frameworks, and the gold that they make.

Reading 1 goes from the unit to its candidates (``unit > candidate=3c``), reading 2 from the candidate to its units
(``candidate < unit=3c``); a pair that a reading does not name is 0 there.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from matcher.artefact import write_atomic

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "evaluation/gold/frameworks"
RELATIONS = {"e": "exact", "c": "close", "b": "broad", "n": "narrow", "r": "related"}
# Codes of the frameworks' samples and of the two sides that they were judged against.
SUBJECTS = {"nz": "ZZNZ", "scotland": "ZZSQ", "esco": "ZZES"}
MAINLAND = "ZZ-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Grade and relation by (unit, candidate), and every unit or candidate that the reading names first in a line."""

    pairs: dict[tuple[str, str], tuple[int, str]]
    heads: tuple[str, ...]


def read_reading(path: Path) -> Reading:
    """Read one reading.

    Raises:
        ValueError: A line is none, a grade is not 0-3, or a pair stands twice.
    """
    pairs: dict[tuple[str, str], tuple[int, str]] = {}
    heads = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        mark = ">" if ">" in line else "<"
        head, found, rest = line.partition(mark)
        if not found:
            raise ValueError(f"{path.name}, line {number}: no > or <")
        heads.append(head.strip())
        for word in rest.split():
            other, _, verdict = word.partition("=")
            pair = (head.strip(), other) if mark == ">" else (other, head.strip())
            if pair in pairs or verdict[:1] not in "0123" or verdict[1:] not in RELATIONS:
                raise ValueError(f"{path.name}, line {number}: {word}")
            pairs[pair] = (int(verdict[0]), RELATIONS[verdict[1]])
    return Reading(pairs=pairs, heads=tuple(heads))


def _grade(first: int, second: int) -> int:
    # As the development gold: the mean of the two, rounded up at .5.
    return math.floor((first + second) / 2 + 0.5)


def side_of(candidate: str) -> str:
    """Return "hk" or "cn": which sample a candidate's code is of."""
    return "cn" if candidate.startswith(MAINLAND) else "hk"


def judgements(subject: str, side: str) -> list[dict[str, object]]:
    """Return the judged pairs of one framework's units and one sample, by unit and candidate, with both readings."""
    first, second = (read_reading(FOLDER / f"reading-{number}.txt").pairs for number in (1, 2))
    records = []
    for pair in sorted({*first, *second}):
        unit, candidate = pair
        if not unit.startswith(SUBJECTS[subject]) or side_of(candidate) != side:
            continue
        (grade_a, relation_a), (grade_b, relation_b) = (reading.get(pair, (0, "")) for reading in (first, second))
        records.append(
            {
                "subject": unit,
                "object": candidate,
                "grade": _grade(grade_a, grade_b),
                "grade_a": grade_a,
                "grade_b": grade_b,
                "relation_a": relation_a,
                "relation_b": relation_b,
            }
        )
    return records


def kappa() -> tuple[float, int]:
    """Return the quadratic kappa of the two readings over the pairs that either names, and how many these are.

    Pairs that neither names would raise it: they agree on 0 by the thousand.
    """
    first, second = (read_reading(FOLDER / f"reading-{number}.txt").pairs for number in (1, 2))
    pairs = sorted({*first, *second})
    grades = [(first.get(pair, (0, ""))[0], second.get(pair, (0, ""))[0]) for pair in pairs]
    n = len(grades)
    observed = sum((a - b) ** 2 for a, b in grades) / n
    expected = sum((a - b) ** 2 for a, _ in grades for _, b in grades) / n**2
    return 1 - observed / expected, n


def write_gold(folder: Path) -> list[Path]:
    """Write qrels and judgements of every framework and side, and return the paths."""
    written = []
    for subject in SUBJECTS:
        for side in ("hk", "cn"):
            records = judgements(subject, side)
            lines = [json.dumps(record, ensure_ascii=False) for record in records]
            qrels = [f"{r['subject']}\t0\t{r['object']}\t{r['grade']}" for r in records if r["grade"]]
            for name, content in (("judgements.jsonl", lines), ("qrels.tsv", qrels)):
                path = folder / f"{subject}-{side}.{name}"
                write_atomic(path, ("\n".join(content) + "\n").encode())
                written.append(path)
    return written
