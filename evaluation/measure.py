"""Measure the samples against the development gold and write evaluation/reports/samples.{md,json}.

python -m evaluation.measure [--encoder NAME] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from evaluation.facts import program_facts
from matcher.artefact import sha256_of
from matcher.evaluate import Report, evaluate_run, read_gold, read_run
from matcher.export import write_results
from matcher.pipeline import SubjectLanguage, open_source, query_of, screen
from matcher.search.view import make_view

ROOT = Path(__file__).resolve().parents[1]
HK, CN = ROOT / "corpora/samples/hk.jsonl", ROOT / "corpora/samples/cn.jsonl"
GOLD = ROOT / "evaluation/gold/qrels.tsv"
PROVENANCE = (
    "Both sides of the gold were written by AI from general knowledge of the trades, each without sight of the other, "
    "and every pair within a trade was judged independently by two AI judges. No human expert has reviewed it."
)
NAMES: dict[SubjectLanguage, str] = {"en": "English only", "zh": "Chinese only", "both": "both languages"}
LANGUAGES = {"en": ("en",), "zh": ("zh-Hant", "zh-Hans"), "both": ("en", "zh-Hant", "zh-Hans")}


def measure(encoder: str) -> tuple[dict[str, Report], str]:
    """Return a report for each subject language, and the encoder's fingerprint."""
    subjects, objects = open_source(HK, encoder).index, open_source(CN, encoder).index
    gold = read_gold(GOLD)
    reports = {}
    with tempfile.TemporaryDirectory() as folder:
        for language in get_args(SubjectLanguage):
            run = Path(folder) / f"{language}.trec"
            results = screen(subjects, objects, k=50, subject_language=language, explain=False)
            write_results(results, query=query_of(subjects, objects), format="trec", path=run)
            wanted = frozenset(make_view(subjects, languages=LANGUAGES[language]).ids)
            reports[language] = evaluate_run(read_run(run), gold, units=subjects.framework, subjects=wanted)
    return reports, subjects.encoder_fingerprint


def as_markdown(reports: dict[str, Report], facts: dict[str, str]) -> str:
    """Return the report as a page to read."""
    lines = ["# Samples against the development gold", "", f"**{PROVENANCE}**", ""]
    lines += [f"- {name}: `{value}`" for name, value in facts.items()]
    lines += ["", "Mean with 95 % bootstrap interval over units (2,000 resamples); nine trades in the pool.", ""]
    measures = [figure.measure for figure in next(iter(reports.values())).overall]
    lines += ["| subjects | n | " + " | ".join(measures) + " |", "|---|---|" + "---|" * len(measures)]
    for language, report in reports.items():
        cells = [f"{f.value:.4f} ({f.low:.3f}-{f.high:.3f})" for f in report.overall]
        lines.append(f"| {NAMES[language]} | {report.overall[0].n} | " + " | ".join(cells) + " |")  # type: ignore[index]
    for language, report in reports.items():
        lines += ["", f"## {NAMES[language]}, by part", "", "| part | n | " + " | ".join(measures) + " |"]  # type: ignore[index]
        lines.append("|---|---|" + "---|" * len(measures))
        for part in report.slices:
            cells = [f"{f.value:.3f} ({f.low:.2f}-{f.high:.2f})" for f in part.figures]
            lines.append(f"| {part.dimension}: {part.name} | {part.figures[0].n} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation/reports")
    arguments = parser.parse_args()
    reports, fingerprint = measure(arguments.encoder)
    facts = {
        **program_facts(),
        "encoder": f"{arguments.encoder} ({fingerprint})",
        "subjects": sha256_of(HK)[:16],
        "objects": sha256_of(CN)[:16],
        "gold": sha256_of(GOLD)[:16],
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    page = as_markdown(reports, facts)
    (arguments.out / "samples.md").write_text(page, encoding="utf-8")
    record = {"facts": facts, "reports": {language: asdict(report) for language, report in reports.items()}}
    (arguments.out / "samples.json").write_text(
        json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print("\n".join(page.splitlines()[: 18 + len(reports)]))


if __name__ == "__main__":
    main()
