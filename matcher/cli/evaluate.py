"""``matcher evaluate``: a run against gold pairs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcher.cli.options import SubjectLanguageOption, read_side

if TYPE_CHECKING:
    from matcher.evaluate import Report

SHOWN = 10


def evaluate(
    run: Annotated[Path, typer.Argument(help="TREC run, or the JSONL, CSV or XLSX of `matcher screen`.")],
    gold: Annotated[Path, typer.Option("--gold", help="Gold pairs: TREC qrels, CSV or XLSX.")],
    units: Annotated[
        Path | None, typer.Option("--units", help="The source framework: breakdowns by language, trade and level.")
    ] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="Another run to compare with.")] = None,
    subject_language: SubjectLanguageOption = "both",
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="Output.")] = "table",
) -> None:
    """Measure a run against gold pairs: nDCG@10, R@5, R@10, hit@1, MRR with n and 95 % intervals.

    Example: matcher evaluate run.trec --gold qrels.tsv --units hk.jsonl
    """
    from matcher.errors import InputError
    from matcher.evaluate import evaluate_run, read_gold, read_run

    framework = read_side(units) if units is not None else None
    subjects = None
    if subject_language != "both":
        if framework is None:
            raise InputError("--subject-language needs --units", where="evaluate", do="name the source framework")
        chosen = zip(framework.unit_ids(), framework.units, strict=True)
        subjects = frozenset(
            unit_id
            for unit_id, unit in chosen
            if any((tag == "en") == (subject_language == "en") for tag in unit.languages)
        )
    report = evaluate_run(
        read_run(run),
        read_gold(gold),
        units=framework,
        subjects=subjects,
        baseline=read_run(baseline) if baseline is not None else None,
    )
    if format_ == "json":
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    else:
        print_report(report)


def print_report(report: Report) -> None:
    """Print the figures, the breakdowns, and what could not be used."""
    from rich.table import Table

    from matcher.cli.tables import stdout_console

    console = stdout_console()
    table = Table("measure", "value", "95 % interval", "n", title="overall")
    for figure in report.overall:
        table.add_row(figure.measure, f"{figure.value:.4f}", f"{figure.low:.4f} - {figure.high:.4f}", str(figure.n))
    console.print(table)
    for dimension in dict.fromkeys(part.dimension for part in report.slices):
        parts = [part for part in report.slices if part.dimension == dimension]
        table = Table(dimension, "n", *(figure.measure for figure in parts[0].figures), title=f"by {dimension}")
        for part in parts:
            cells = [f"{f.value:.3f} ({f.low:.2f}-{f.high:.2f})" for f in part.figures]
            table.add_row(part.name, str(part.figures[0].n), *cells)
        console.print(table)
    if report.differences:
        table = Table("measure", "difference", "p (paired randomisation)", "n", title="against the baseline")
        for difference in report.differences:
            table.add_row(
                difference.measure, f"{difference.value:+.4f}", f"{difference.p_value:.4f}", str(difference.n)
            )
        console.print(table)
    for words, found in (
        ("units without an answer in the run (count 0)", report.unanswered),
        ("gold units that are not in --units (not measured)", report.outside_units),
        ("run units that are not in --units", report.unknown_in_run),
    ):
        if found:
            more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            console.print(f"{len(found)} {words}: {', '.join(found[:SHOWN])}{more}", markup=False)
    console.print(
        f"{report.without_counterpart} units without a counterpart are not part of these figures", markup=False
    )
