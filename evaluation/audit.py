"""The alignment audit: do the statements that the matcher holds against each other say the same?

    python -m evaluation.audit sample [--seed N]   writes the table; readings of pairs that stay are kept
    python -m evaluation.audit score               the share that is not wrong, by reading and by trade

Ten aligned statement pairs a trade, five with the unit in English and five in Chinese, drawn by a seed from all aligned
pairs of units and those of their first ten candidates that the judges graded 2 or more: the aligner is read apart from
the ranking. A reader writes right (an expert would take it as a reason), partly (the same object or topic, another
action or only a part) or wrong into one of the two last columns of evaluation/reports/alignment-audit.tsv, without
sight of the other column. Both readings in the table are by AI.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from matcher.evaluate import read_gold
from matcher.evaluate.bootstrap import interval
from matcher.pipeline import open_source, screen
from matcher.schema import UnitResult

ROOT = Path(__file__).resolve().parents[1]
HK, CN = ROOT / "corpora/samples/hk.jsonl", ROOT / "corpora/samples/cn.jsonl"
GOLD = ROOT / "evaluation/gold/qrels.tsv"
TABLE = ROOT / "evaluation/reports/alignment-audit.tsv"
SEED = 20_241_128
PAIRS = 5
DEPTH = 10
READINGS = ("right", "partly", "wrong")
Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One aligned pair of statements and its two readings ("" until somebody has read it)."""

    trade: str
    language: str
    subject: str
    object: str
    similarity: str
    subject_text: str
    object_text: str
    reading_1: str = ""
    reading_2: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same pair in another sample."""
        return (self.language, self.subject, self.object, self.subject_text, self.object_text)


def _rows(results: Sequence[UnitResult], language: Language, grades: dict[str, dict[str, int]]) -> list[Row]:
    rows = []
    for result in results:
        trade = next(iter(result.subject.labels("industry", "en")), "-")
        for s in result.suggestions:
            if grades.get(s.subject_id, {}).get(s.object_id, 0) < 2:
                continue
            rows += [
                Row(
                    trade=trade,
                    language=language,
                    subject=s.subject_id,
                    object=s.object_id,
                    similarity=f"{pair.similarity:.3f}",
                    subject_text=" ".join(s.subject.statements[pair.subject_index].text.split()),
                    object_text=" ".join(s.object.statements[pair.object_index].text.split()),
                )
                for pair in s.alignment
            ]
    return rows


def sample(seed: int) -> list[Row]:
    """Return the drawn pairs, by trade and language."""
    left, right = open_source(HK, "embedded").index, open_source(CN, "embedded").index
    grades = {subject: dict(items) for subject, items in read_gold(GOLD).grades.items()}
    drawn = []
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        results = list(screen(left, right, k=DEPTH, subject_language=language))
        found = sorted(_rows(results, language, grades), key=lambda row: row.key)
        for trade in sorted({row.trade for row in found}):
            of_trade = [row for row in found if row.trade == trade]
            drawn += random.Random(f"{seed} {trade} {language}").sample(of_trade, min(PAIRS, len(of_trade)))
    return sorted(drawn, key=lambda row: (row.trade, row.key))


def read_table(path: Path = TABLE) -> list[Row]:
    """Return the rows of the table, none where there is no table yet."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return [Row(**row) for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)]


def write_table(rows: Sequence[Row], path: Path = TABLE) -> None:
    """Write the table; the readings of pairs that were read before are kept."""
    known = {row.key: row for row in read_table(path)}
    names = [field.name for field in fields(Row)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(
            handle, names, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n"
        )
        writer.writeheader()
        for row in rows:
            old = known.get(row.key)
            readings = {"reading_1": old.reading_1, "reading_2": old.reading_2} if old is not None else {}
            writer.writerow({**asdict(row), **readings})


def score(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return lines of (what, figure): the share not wrong by reading and by both, and how far the readings agree."""
    done = [row for row in rows if row.reading_1 in READINGS and row.reading_2 in READINGS]
    lines = [("pairs read twice", f"{len(done)} of {len(rows)}")]
    if not done:
        return lines
    checks = {
        "not wrong, first reading": [float(row.reading_1 != "wrong") for row in done],
        "not wrong, second reading": [float(row.reading_2 != "wrong") for row in done],
        "not wrong in both readings": [float("wrong" not in (row.reading_1, row.reading_2)) for row in done],
        "right in both readings": [float(row.reading_1 == row.reading_2 == "right") for row in done],
        "readings agree": [float(row.reading_1 == row.reading_2) for row in done],
    }
    for language, name in (("en", "English"), ("zh", "Chinese")):
        checks[f"not wrong in both, unit in {name}"] = [
            float("wrong" not in (row.reading_1, row.reading_2)) for row in done if row.language == language
        ]
    for trade in sorted({row.trade for row in done}):
        checks[f"not wrong in both, {trade}"] = [
            float("wrong" not in (row.reading_1, row.reading_2)) for row in done if row.trade == trade
        ]
    for name, values in checks.items():
        if values:
            low, high = interval(values)
            lines.append((name, f"{sum(values) / len(values):.3f} ({low:.3f}-{high:.3f}), n = {len(values)}"))
    return lines


def main() -> int:
    """Draw the sample, or score the readings."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.audit", description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=("sample", "score"))
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    if arguments.action == "sample":
        write_table(sample(arguments.seed))
    rows = read_table()
    wrong = [r for row in rows for r in (row.reading_1, row.reading_2) if r and r not in READINGS]
    if wrong:
        print(f"error: {TABLE.name}: reading {wrong[0]!r}; expected: {', '.join(READINGS)}", file=sys.stderr)
        return 2
    for name, figure in score(rows):
        print(f"{name}: {figure}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
