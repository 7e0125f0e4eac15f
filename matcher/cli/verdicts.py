"""``matcher decisions`` log, conflicts, adjudicate and agreement: what reviewers decided, and how far they agree."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcher.cli.decisions import RunOption, StoreOption
from matcher.cli.options import LanguageOption

if TYPE_CHECKING:
    from matcher.export.rows import DisplayLanguage
    from matcher.review.agreement import Figure
    from matcher.review.settle import Outcome
    from matcher.store import Store

_COLUMNS = (
    "decided_at", "reviewer", "subject", "object", "verdict", "relation", "comment", "rank", "score", "confidence",
    "blind", "source", "run", "subject_edition", "object_edition", "id", "supersedes",
)  # fmt: skip
# What a terminal has room for.
_SHOWN = ("decided_at", "reviewer", "subject", "object", "verdict", "relation", "comment")


def log(
    store: StoreOption,
    run: RunOption = None,
    reviewer: Annotated[str | None, typer.Option("--reviewer", help="Only of this reviewer.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Only on this unit.")] = None,
    standing: Annotated[bool, typer.Option("--standing", help="Only what stands after corrections and undo.")] = False,
    format_: Annotated[Literal["table", "csv"], typer.Option("--format", help="Output.")] = "table",
) -> None:
    """List decisions, oldest first.

    Example: matcher decisions log --standing --store review.db
    """
    from matcher.store import current, open_store

    with open_store(store, create=False) as opened:
        found = opened.log(run=run, reviewer=reviewer, subject=unit)
    shown = current(found) if standing else found
    if format_ == "csv":
        _print_csv(_COLUMNS, ([getattr(d, name) for name in _COLUMNS] for d in shown))
        return
    rows = [[d.decided_at[:16].replace("T", " "), *(str(getattr(d, n)) for n in _SHOWN[1:])] for d in shown]
    _print_table(_SHOWN, rows)
    typer.echo(f"{len(shown)} decisions", err=True)


def conflicts(
    store: StoreOption,
    run: RunOption = None,
    worklist: Annotated[
        Path | None,
        typer.Option("--worklist", metavar="FILE.xlsx", help="Write them as a list that an adjudicator fills in."),
    ] = None,
    by: Annotated[str, typer.Option("--by", help="The adjudicator; left out, the list asks for the name.")] = "",
    language: LanguageOption = "auto",
) -> None:
    """List what reviewers see differently and nobody has adjudicated yet.

    Example: matcher decisions conflicts --store review.db --worklist conflicts.xlsx
    """
    from matcher.review.settle import settle
    from matcher.store import current, open_store

    with open_store(store, create=False) as opened:
        outcome = settle(current(opened.log(run=run)))
        if worklist is not None:
            _write_conflicts(opened, outcome, worklist, by=by.strip(), language=language)
            return
    rows = [
        [c.subject, c.object, c.kind, "; ".join(f"{d.reviewer}: {d.verdict} {d.relation}".strip() for d in c.decisions)]
        for c in outcome.conflicts
    ]
    _print_table(("subject", "object", "about", "who says what"), rows)
    typer.echo(f"{len(outcome.conflicts)} conflicts; {len(outcome.settled)} settled", err=True)


def _write_conflicts(store: Store, outcome: Outcome, path: Path, *, by: str, language: DisplayLanguage) -> None:
    from matcher.errors import InputError
    from matcher.export.rows import resolve
    from matcher.review.adjudication import conflict_list
    from matcher.review.run import unpack_run
    from matcher.review.worklist_book import write_worklist

    runs = sorted({c.run for c in outcome.conflicts})
    if len(runs) != 1:
        raise InputError(
            f"reviewers differ on {len(runs)} runs", where=store.where, expected=", ".join(runs) or "conflicts",
            do="name one with --run" if runs else "nothing: no two reviewers differ",
        )  # fmt: skip
    payload = store.run(runs[0])
    kept = unpack_run(payload, where=f"{store.where}, run {runs[0]}")
    listed = conflict_list(kept, outcome.conflicts, by=by, language=resolve(language, kept.query))
    write_worklist(listed, payload, path)
    units = len({row.subject for row in listed.rows})
    typer.echo(f"wrote {path}: {len(outcome.conflicts)} conflicts on {units} units (run {runs[0]})", err=True)


def adjudicate(
    unit: Annotated[str, typer.Argument(help="The unit's code.")],
    store: StoreOption,
    verdict: Annotated[
        Literal["accept", "partly", "reject", "no_counterpart"], typer.Option("--verdict", help="What holds.")
    ],
    by: Annotated[str, typer.Option("--by", help="Who decides.")],
    candidate: Annotated[str, typer.Argument(help="The candidate; none for no_counterpart.")] = "",
    relation: Annotated[
        Literal["exact", "close", "broad", "narrow", "related", ""], typer.Option("--relation", help="The relation.")
    ] = "",
    comment: Annotated[str, typer.Option("--comment", help="Why.")] = "",
    run: RunOption = None,
) -> None:
    """Settle what reviewers see differently; their own decisions stay in the log.

    Example: matcher decisions adjudicate UNIT CANDIDATE --verdict reject --by Wong --store review.db
    """
    from matcher.errors import InputError
    from matcher.review.settle import adjudicate as settle_one
    from matcher.store import open_store

    with open_store(store, create=False) as opened:
        runs = [run] if run else list(opened.runs())
        if len(runs) != 1:
            raise InputError(f"holds {len(runs)} runs", where=store, expected=", ".join(runs), do="name one with --run")
        done = settle_one(
            opened, run=runs[0], pair=(unit, candidate), verdict=verdict, relation=relation, by=by, comment=comment
        )
    typer.echo(f"{done.subject} – {done.object or 'the unit'}: {done.verdict} {done.relation}".rstrip())


def agreement(store: StoreOption, run: RunOption = None) -> None:
    """Say how far reviewers agree on candidates beyond chance, with 95 % intervals over units.

    Example: matcher decisions agreement --store review.db
    """
    from matcher.review.agreement import agreement as measure
    from matcher.store import current, open_store

    with open_store(store, create=False) as opened:
        found = measure(current(opened.log(run=run)))
    rows = [
        ["all", "Krippendorff's alpha (nominal)", *_figure(found.nominal)],
        ["all", "Krippendorff's alpha (ordinal)", *_figure(found.ordinal)],
    ]
    for pair in found.pairs:
        who = f"{pair.first}, {pair.second}"
        rows += [
            [who, "same verdict", *_figure(pair.same)],
            [who, "Cohen's kappa", *_figure(pair.kappa)],
            [who, "Cohen's kappa (linear weights)", *_figure(pair.weighted)],
        ]
    _print_table(("reviewers", "figure", "value", "95 % interval", "candidates"), rows)
    typer.echo("verdicts reject < partly < accept; unsure counts as missing; adjudications are left out", err=True)


def _figure(figure: Figure) -> list[str]:
    value = "–" if figure.value is None else f"{figure.value:.3f}"
    known = figure.low is not None and figure.high is not None
    return [value, f"{figure.low:.3f} to {figure.high:.3f}" if known else "–", str(figure.n)]


def _print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from matcher.cli.tables import stdout_console
    from matcher.export.rows import clean

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(escape(clean(cell)) for cell in row))
    stdout_console().print(table)


def _print_csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from matcher.export.rows import clean, safe_cell

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(headings)
    for row in rows:
        writer.writerow([safe_cell(clean(cell)) if isinstance(cell, str) else cell for cell in row])
    # The mark makes Excel read Chinese as UTF-8.
    sys.stdout.buffer.write(buffer.getvalue().encode("utf-8-sig", "replace"))
