"""``matcher evaluate``: a run against gold pairs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcher.cli.options import LanguageOption, SubjectLanguageOption, read_side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from matcher.evaluate import Report
    from matcher.evaluate.verdicts import Figure

SHOWN = 10
# Measures in one table of a breakdown: what a terminal's width holds.
SLICED = 5


def evaluate(
    run: Annotated[Path, typer.Argument(help="TREC run, or the JSONL, CSV or XLSX of `matcher screen`.")],
    gold: Annotated[Path, typer.Option("--gold", help="Gold pairs: TREC qrels, CSV, XLSX or JSON lines.")],
    units: Annotated[
        Path | None, typer.Option("--units", help="The source framework: breakdowns by language, trade and level.")
    ] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="Another run to compare with.")] = None,
    subject_language: SubjectLanguageOption = "both",
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="Output.")] = "table",
    depth: Annotated[
        int | None, typer.Option("-k", min=1, max=10_000, help="Recall and hit at this depth too.")
    ] = None,
    trec: Annotated[
        Path | None, typer.Option("--trec", metavar="FOLDER", help="Write run.trec and qrels.txt for trec_eval there.")
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Write a page with plots and the worst misses.")
    ] = None,
    objects: Annotated[
        Path | None, typer.Option("--objects", metavar="FRAMEWORK", help="The target framework: texts on the page.")
    ] = None,
    note: Annotated[
        str, typer.Option("--note", help="A line on top of the page, such as where the gold comes from.")
    ] = "",
    language: LanguageOption = "auto",
) -> None:
    """Measure a run against gold pairs: ranking, relations, confidence and sets, with n and 95 % intervals.

    Example: matcher evaluate run.trec --gold qrels.tsv --units hk.jsonl --objects cn.jsonl --report quality.html
    """
    from matcher.errors import InputError
    from matcher.evaluate import evaluate_run, read_gold, read_run, write_trec

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
    answers, pairs = read_run(run), read_gold(gold)
    report = evaluate_run(
        answers,
        pairs,
        units=framework,
        subjects=subjects,
        baseline=read_run(baseline) if baseline is not None else None,
        depth=depth,
    )
    if trec is not None:
        written = write_trec(answers, pairs, trec)
        typer.echo(f"wrote {' and '.join(map(str, written))}", err=True)
    if report_file is not None:
        from matcher.cli.quality import Evaluation, write_page

        facts = {"run": run, "gold": gold, "units": units, "objects": objects, "baseline": baseline}
        page = Evaluation(run=answers, gold=pairs, units=framework, subjects=subjects, report=report)
        other = read_side(objects) if objects is not None else None
        write_page(report_file, page, objects=other, files=facts, note=note, language=language)
        typer.echo(f"wrote {report_file}", err=True)
    if format_ == "json":
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    else:
        print_report(report)


def print_report(report: Report) -> None:
    """Print the figures, the breakdowns, and what could not be used."""
    from rich.table import Table

    from matcher.cli.tables import stdout_console

    console = stdout_console()
    for title, figures in (("overall", report.overall), ("relations, confidence and sets", report.verdicts)):
        table = Table("measure", "value", "95 % interval", "n", title=title)
        for figure in figures:
            table.add_row(figure.measure, f"{figure.value:.4f}", f"{figure.low:.4f} - {figure.high:.4f}", str(figure.n))
        if figures:
            console.print(table)
    if report.confusion is not None:
        table = Table("judges", *report.confusion.predicted, title="relation: judges (rows) and run (columns)")
        for name, counts in zip(report.confusion.classes, report.confusion.counts, strict=True):
            table.add_row(name, *map(str, counts))
        console.print(table)
    for dimension in dict.fromkeys(part.dimension for part in report.slices):
        parts = [part for part in report.slices if part.dimension == dimension]
        _print_slices(console, dimension, [(part.name, part.figures[:SLICED]) for part in parts])
        _print_slices(console, dimension, [(part.name, part.verdicts) for part in parts if part.verdicts])
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
    for sentence in report.left_out:
        console.print(sentence, markup=False)
    console.print(
        f"{report.without_counterpart} units without a counterpart are not part of the ranking figures", markup=False
    )


def _print_slices(console: Console, dimension: str, parts: Sequence[tuple[str, Sequence[Figure]]]) -> None:
    """Print one dimension, as many measures a table as fit; each measure has its own n where they differ."""
    from rich.table import Table

    names = list(dict.fromkeys(figure.measure for _, figures in parts for figure in figures))
    one_n = all(len({figure.n for figure in figures}) == 1 for _, figures in parts)
    for start in range(0, len(names), SLICED):
        shown = names[start : start + SLICED]
        table = Table(dimension, *(["n"] if one_n else []), *shown, title=f"by {dimension}")
        for name, figures in parts:
            found = {figure.measure: figure for figure in figures}
            cells = [_cell(found.get(measure), with_n=not one_n) for measure in shown]
            table.add_row(name, *([str(figures[0].n)] if one_n else []), *cells)
        console.print(table)


def _cell(figure: Figure | None, *, with_n: bool) -> str:
    if figure is None:
        return "-"
    n = f" n={figure.n}" if with_n else ""
    return f"{figure.value:.3f} ({figure.low:.2f}-{figure.high:.2f}){n}"
