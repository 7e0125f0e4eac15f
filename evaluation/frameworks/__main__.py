"""Measure other frameworks' samples against the two samples, into evaluation/reports/frameworks.md.

    python -m evaluation.frameworks [--out FOLDER]

Writes the gold (evaluation/gold/frameworks) from its two readings, screens each framework against each sample as
`matcher screen` does, and measures the run as `matcher evaluate` does. Nothing is fitted to these pairs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from evaluation.facts import program_facts
from evaluation.frameworks.readings import FOLDER, ROOT, SUBJECTS, kappa, write_gold
from matcher.artefact import sha256_of
from matcher.evaluate import Gold, Report, evaluate_run, read_gold, read_run
from matcher.export import write_results
from matcher.levels import table_kind
from matcher.pipeline import Screening, open_source, query_of, run_screening
from matcher.schema import Framework

SAMPLES = ROOT / "corpora/samples"
REPORTS = ROOT / "evaluation/reports"
TITLES = {"nz": "New Zealand", "scotland": "Scotland", "esco": "ESCO"}
SIDES = {"hk": "Hong Kong (English)", "cn": "Mainland (Chinese)"}
MEASURES = ("R@5", "nDCG@10", "R@10", "hit@1", "MRR", "no-counterpart AUC", "relation macro-F1")
RELEVANT = 2
K = 20
PROVENANCE = (
    "Units and pairs are AI-made: original text in the manner of each country's lists, written with the trades and "
    "titles of the two samples known, and judged in two readings by the same AI (first from the unit's side, then from "
    "the candidate's, before any ranking was looked at). Two readings of one judge are not two judges. No human expert "
    "has seen them. Real standards are longer, drier and further apart: expect less there."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One framework against one sample."""

    subject: str
    side: str
    units: int
    judged: int
    relevant: int
    levels: str
    report: Report


def _run(subject: str, side: str, folder: Path) -> tuple[Path, Framework, str]:
    left = open_source(SAMPLES / f"frameworks/zz-{subject}.jsonl", "embedded").index
    right = open_source(SAMPLES / f"{side}.jsonl", "embedded").index
    path = folder / f"{subject}-{side}.jsonl"
    results = run_screening(left, right, Screening(k=K, explain=False))
    write_results(results, query=query_of(left, right), format="jsonl", path=path, language="en")
    kind = table_kind(left.framework.header.level_frame, right.framework.header.level_frame)
    levelled = any(unit.level for unit in left.framework.units)
    return path, left.framework, (kind or "no table") if levelled else "no levels"


def _relevant(gold: Gold) -> int:
    return sum(grade >= RELEVANT for grades in gold.grades.values() for grade in grades.values())


def measure() -> Iterator[Measured]:
    """Screen and measure every framework against every sample."""
    with tempfile.TemporaryDirectory() as name:
        for subject in SUBJECTS:
            for side in SIDES:
                path, units, levels = _run(subject, side, Path(name))
                gold = read_gold(FOLDER / f"{subject}-{side}.judgements.jsonl")
                yield Measured(
                    subject=subject,
                    side=side,
                    units=len(units.units),
                    judged=sum(map(len, gold.grades.values())),
                    relevant=_relevant(gold),
                    levels=levels,
                    report=evaluate_run(read_run(path), gold, units=units, subjects=frozenset(units.unit_ids())),
                )


def _cell(report: Report, measure: str) -> str:
    figures = {figure.measure: figure for figure in (*report.overall, *report.verdicts)}
    found = figures.get(measure)
    return f"{found.value:.3f} ({found.low:.3f}-{found.high:.3f}) n={found.n}" if found else "-"


def as_markdown(measured: list[Measured], facts: dict[str, str]) -> str:
    """Return the report as a page of Markdown."""
    agreement, pairs = kappa()
    lines = ["# Other frameworks against the two samples", "", f"**{PROVENANCE}**", ""]
    lines += [
        "The embedded encoder and the shipped rescorer, fitted on Hong Kong units against Mainland work contents alone "
        "and never on these pairs. A value, its 95 % interval over units, and over how many units (those with a "
        "counterpart of grade 2 or 3; for the AUC all). Levels move a candidate only where a table was read.",
        "",
    ]
    lines += [f"- {name}: `{value}`" for name, value in facts.items()]
    lines.append(
        f"- agreement of the two readings: quadratic kappa {agreement:.2f} on the {pairs} pairs that either names"
    )
    heads = ("units of", "against", "units", "pairs judged 1-3", "of grade 2-3", "levels", *MEASURES)
    lines += ["", "| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in measured:
        cells = [TITLES[row.subject], SIDES[row.side], str(row.units), str(row.judged), str(row.relevant), row.levels]
        lines.append("| " + " | ".join([*cells, *(_cell(row.report, name) for name in MEASURES)]) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the gold, measure, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.frameworks", description=__doc__)
    parser.add_argument("--out", type=Path, default=REPORTS)
    out = parser.parse_args().out
    write_gold(FOLDER)
    measured = list(measure())
    facts = {
        **program_facts(),
        "rescorer": sha256_of(ROOT / "matcher/data/rescorer.json")[:16],
        "encoder": sha256_of(ROOT / "matcher/data/encoder/manifest.json")[:16],
    }
    page = as_markdown(measured, facts)
    out.mkdir(parents=True, exist_ok=True)
    (out / "frameworks.md").write_text(page, encoding="utf-8")
    record = {"facts": facts, "rows": [asdict(row) for row in measured]}
    (out / "frameworks.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
