"""Measure the samples against the development gold, leaving one trade out, and write evaluation/reports/samples.*.

    python -m evaluation.measure [--encoder NAME] [--out FOLDER] [--no-ablation]

Writes samples.md, samples.json, and a page to read for each language that the matcher sees of the units (samples.html
for both, samples-en.html, samples-zh.html). Every unit is answered by a rescorer that has not seen its trade.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from evaluation import ablate, audit, fit
from evaluation.compared import Before, before, compared, unit_values
from evaluation.facts import program_facts
from matcher.artefact import sha256_of
from matcher.cli.quality import Evaluation, page_text
from matcher.evaluate import Extra, Gold, Report, Run, evaluate_run, read_gold, read_run
from matcher.pipeline import SubjectLanguage, open_source
from matcher.schema import Framework
from matcher.search.view import make_view

ROOT = Path(__file__).resolve().parents[1]
GOLD = ROOT / "evaluation/gold/judgements.jsonl"
RESCORER = ROOT / "matcher/data/rescorer.json"
REPORTS = ROOT / "evaluation/reports"
NAMES: dict[str, str] = {"en": "English only", "zh": "Chinese only", "both": "both languages"}
PAGES = {"en": "samples-en.html", "zh": "samples-zh.html", "both": "samples.html"}
NOTE = (
    "Sample units of nine trades against 290 work contents of the same nine trades; every unit is answered by a "
    "rescorer that has not seen its trade."
)
LANGUAGES: tuple[SubjectLanguage, ...] = get_args(SubjectLanguage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The runs and reports by subject language, and what the pages need beside them."""

    units: Framework
    objects: Framework
    gold: Gold
    runs: dict[str, Run]
    subjects: dict[str, frozenset[str]]
    reports: dict[str, Report]
    splits: list[ablate.Splits]
    ablation: list[ablate.Ablation]
    fingerprint: str


def measure(encoder: str, *, ablation: bool) -> Measured:
    """Fit leaving each trade out, answer every unit, and measure."""
    left, right = open_source(fit.HK, encoder, side="subject").index, open_source(fit.CN, encoder).index
    examples = fit.all_examples(left, right)
    wide = fit.wide_examples(left, fit.wide_index(right, encoder))
    rescorers = fit.leave_one_trade_out({**examples, **wide}, encoder_fingerprint=left.encoder_fingerprint)
    gold = read_gold(GOLD)
    with tempfile.TemporaryDirectory() as name:
        fit.write_runs(left, right, rescorers, Path(name))
        runs = {language: read_run(Path(name) / f"loto.{language}.jsonl") for language in LANGUAGES}
    subjects = {
        language: frozenset(make_view(left, languages=fit.LANGUAGES[language]).ids)  # type: ignore[arg-type]
        for language in LANGUAGES
    }
    grades, _ = fit.read_labels(left)
    return Measured(
        units=left.framework,
        objects=right.framework,
        gold=gold,
        runs=runs,
        subjects=subjects,
        reports={
            language: evaluate_run(runs[language], gold, units=left.framework, subjects=subjects[language])
            for language in LANGUAGES
        },
        splits=ablate.seeded_splits(examples),
        ablation=ablate.ablation(examples, grades, right.ids) if ablation else [],
        fingerprint=left.encoder_fingerprint,
    )


def _figure(value: float, low: float, high: float) -> str:
    return f"{value:.4f} ({low:.3f}-{high:.3f})"


def _overall(measured: Measured, kind: str) -> Extra:
    columns = {language: getattr(report, kind) for language, report in measured.reports.items()}
    names = list(dict.fromkeys(figure.measure for figures in columns.values() for figure in figures))
    rows = []
    for name in names:
        cells = []
        for figures in columns.values():
            found = next((f for f in figures if f.measure == name), None)
            cells.append(f"{_figure(found.value, found.low, found.high)} n={found.n}" if found else "-")
        rows.append((name, *cells))
    heading = "Ranking" if kind == "overall" else "Relations, confidence and sets"
    note = "Mean with 95 % bootstrap interval over units (2,000 resamples), by what the matcher sees of the unit."
    return Extra(heading=heading, note=note, heads=("measure", *map(NAMES.get, columns)), rows=tuple(rows))  # type: ignore[arg-type]


def _splits(measured: Measured) -> Extra:
    rows = [
        (NAMES[s.language], f"{s.coverage:.3f}", f"{s.lowest:.3f}-{s.highest:.3f}", f"{s.median_size:g}", str(s.n))
        for s in measured.splits
    ]
    return Extra(
        heading="The 90 % set over 20 seeded splits",
        note="Half of the units set the gap, the other half are covered or not; scores from rescorers that have not "
        "seen the trade. Coverage of the units with a counterpart.",
        heads=("subjects", "mean coverage", "range", "median size", "units"),
        rows=tuple(rows),
    )


def _ablation(measured: Measured) -> Extra:
    rows = []
    for row in measured.ablation:
        cells = []
        for language in LANGUAGES:
            change = f" ({row.change[language]:+.4f}, p = {row.p_value[language]:.3f})" if row.signal else ""
            cells.append(f"{row.ndcg[language]:.4f}{change}")
        rows.append((f"without {row.signal}" if row.signal else "all signals", *cells))
    return Extra(
        heading="What each signal is worth",
        note="nDCG@10 of the ranking refitted without one signal, leaving one trade out; the change, and p of a paired "
        "randomisation test.",
        heads=("signals", *(NAMES[language] for language in LANGUAGES)),
        rows=tuple(rows),
    )


def _audit() -> Extra:
    return Extra(
        heading="Aligned statements, read twice",
        note="Ten aligned pairs a trade (alignment-audit.tsv), drawn by a seed. Both readings are by AI, one after the "
        "other; no human has read them.",
        heads=("", "share (95 % interval)"),
        rows=tuple(audit.score(audit.read_table())),
    )


def as_markdown(extras: list[Extra], measured: Measured, facts: dict[str, str]) -> str:
    """Return the report as a page of Markdown."""
    lines = ["# Samples against the development gold", "", f"**{fit.PROVENANCE}**", "", NOTE, ""]
    lines += [f"- {name}: `{value}`" for name, value in facts.items()]
    for extra in extras:
        lines += ["", f"## {extra.heading}", "", extra.note, ""]
        lines += ["| " + " | ".join(extra.heads) + " |", "|" + "---|" * len(extra.heads)]
        lines += ["| " + " | ".join(row) + " |" for row in extra.rows]
    for language, report in measured.reports.items():
        if report.confusion is not None:
            lines += ["", f"## Relations, {NAMES[language]}: judges (rows) and run (columns)", ""]
            lines += ["| | " + " | ".join(report.confusion.predicted) + " |"]
            lines.append("|" + "---|" * (len(report.confusion.predicted) + 1))
            for name, counts in zip(report.confusion.classes, report.confusion.counts, strict=True):
                lines.append(f"| {name} | " + " | ".join(map(str, counts)) + " |")
        measures = [figure.measure for figure in report.overall[:5]]
        lines += ["", f"## {NAMES[language]}, by part", "", "| part | n | " + " | ".join(measures) + " |"]
        lines.append("|---|---|" + "---|" * len(measures))
        for part in report.slices:
            cells = [f"{f.value:.3f} ({f.low:.2f}-{f.high:.2f})" for f in part.figures[:5]]
            lines.append(f"| {part.dimension}: {part.name} | {part.figures[0].n} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_reports(measured: Measured, facts: dict[str, str], out: Path, earlier: Before | None) -> str:
    """Write all files and return the Markdown."""
    values = {
        language: unit_values(measured.runs[language], measured.gold, measured.subjects[language])
        for language in LANGUAGES
    }
    extras = [_overall(measured, "overall"), _overall(measured, "verdicts"), _splits(measured)]
    extras += compared(values, measured.reports, earlier, NAMES)
    extras += [_ablation(measured)] * bool(measured.ablation) + [_audit()]
    out.mkdir(parents=True, exist_ok=True)
    page = as_markdown(extras, measured, facts)
    (out / "samples.md").write_text(page, encoding="utf-8")
    record = {
        "facts": facts,
        "reports": {language: asdict(report) for language, report in measured.reports.items()},
        "splits": [asdict(row) for row in measured.splits],
        "ablation": [asdict(row) for row in measured.ablation],
        "units": values,
    }
    (out / "samples.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for language, name in PAGES.items():
        evaluation = Evaluation(
            run=measured.runs[language],
            gold=measured.gold,
            units=measured.units,
            subjects=measured.subjects[language],
            report=measured.reports[language],
            extras=tuple(extras[2:] if language == "both" else ()),
        )
        note = f"{fit.PROVENANCE} {NOTE} The matcher sees of each unit: {NAMES[language]}."
        text = page_text(evaluation, objects=measured.objects, facts=facts, note=note, language="en")
        (out / name).write_text(text, encoding="utf-8")
    return page


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.measure", description=__doc__)
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--out", type=Path, default=REPORTS)
    parser.add_argument("--no-ablation", action="store_true", help="leave out what each signal is worth")
    arguments = parser.parse_args()
    earlier = before(REPORTS / "samples.json")
    measured = measure(arguments.encoder, ablation=not arguments.no_ablation)
    facts = {
        **program_facts(),
        "encoder": f"{arguments.encoder} ({measured.fingerprint})",
        "rescorer shipped": sha256_of(RESCORER)[:16],
        "subjects": sha256_of(fit.HK)[:16],
        "objects": sha256_of(fit.CN)[:16],
        "gold": sha256_of(GOLD)[:16],
    }
    page = write_reports(measured, facts, arguments.out, earlier)
    print(page.partition("\n## Relations, ")[0])


if __name__ == "__main__":
    main()
