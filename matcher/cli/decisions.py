"""``matcher decisions`` import, merge, export, backup and check: decisions in and out of the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from matcher.cli import mappings

StoreOption = Annotated[
    str, typer.Option("--store", help="The store: a file, or postgresql+psycopg://USER@HOST/DATABASE.")
]
RunOption = Annotated[str | None, typer.Option("--run", help="Only of this run.")]


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Work lists (xlsx), exports (jsonl), mappings (csv, ttl, json, tsv)."),
    ],
    store: StoreOption,
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who filled the list in, where it does not say.")] = "",
    new_run: Annotated[bool, typer.Option("--new-run", help="Let the store hold one more run.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Let the list correct earlier decisions.")] = False,
    run: Annotated[str | None, typer.Option("--run", help="The run that mappings are about.")] = None,
) -> None:
    """Read work lists that came back, or mappings from elsewhere; each is kept whole or not at all.

    Example: matcher decisions import list-chan.xlsx --store review.db
    """
    from matcher.review.adjudication import import_adjudications
    from matcher.review.worklist_import import import_worklist
    from matcher.review.worklist_read import read_worklist
    from matcher.store import import_jsonl, open_store

    for path in files:
        if path.suffix.lower() == ".jsonl":
            with open_store(store) as opened:
                typer.echo(f"{path}: {import_jsonl(opened, path)} new decisions")
            continue
        if path.suffix.lower() in mappings.ENDINGS:
            with open_store(store, create=False) as opened:
                typer.echo(mappings.import_file(opened, path, run=run, reviewer=reviewer))
            continue
        returned = read_worklist(path)
        for line in (*returned.faults, *returned.edited, *returned.notes):
            typer.echo(f"note: {line}", err=True)
        with open_store(store) as opened:
            if returned.purpose == "adjudicate":
                done = import_adjudications(opened, returned, by=reviewer, replace=replace)
            else:
                done = import_worklist(opened, returned, reviewer=reviewer, new_run=new_run, replace=replace)
        typer.echo(
            f"{path}: {done.kept} decisions of {done.reviewer} kept ({done.replaced} correct earlier ones), "
            f"{done.already} already in the store; {returned.rows - returned.missing - len(returned.entries)} rows "
            f"empty, {returned.missing} rows missing, {len(returned.edited)} machine cells changed (run {done.run})"
        )


def merge(
    others: Annotated[list[str], typer.Argument(metavar="OTHER...", help="Other stores, or exports (.jsonl).")],
    store: StoreOption,
) -> None:
    """Take the runs and decisions of other stores into one; nothing is taken twice, each store whole or not at all.

    Example: matcher decisions merge laptop.db export.jsonl --store review.db
    """
    from matcher.store import import_jsonl, open_store

    with open_store(store) as opened:
        for other in others:
            if other.lower().endswith(".jsonl"):
                new = import_jsonl(opened, Path(other))
            else:
                with open_store(other, create=False) as source:
                    new = opened.append(source.log(), runs={run: source.run(run) for run in source.runs()})
            typer.echo(f"{other}: {new} new decisions")


def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write (replaced whole).")],
    store: StoreOption,
    format_: Annotated[
        Literal["jsonl", "sssom", "gold", "esco", "case", "skos"],
        typer.Option(
            "--format",
            help="All of it as JSON lines; what is settled as SSSOM (TSV), a mapping table as for ESCO (CSV), CASE "
            "associations (JSON) or SKOS (Turtle); or gold pairs (TSV).",
        ),
    ] = "jsonl",
    run: RunOption = None,
    version: Annotated[str, typer.Option("--set-version", help="The mapping set's version; default by date.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="URL of the mapping set's licence.")] = "",
) -> None:
    """Write decisions to a file.

    Example: matcher decisions export --format sssom --store review.db -o reviewed.sssom.tsv
    """
    from matcher.artefact import write_atomic
    from matcher.errors import InputError
    from matcher.review.gold_file import gold_table
    from matcher.review.run import unpack_run
    from matcher.review.settle import settle
    from matcher.review.sssom import NO_LICENCE, mapping_set
    from matcher.store import current, export_jsonl, open_store

    with open_store(store, create=False) as opened:
        if format_ == "jsonl":
            if run is not None:
                raise InputError("the JSON lines hold the whole store", where="--run", do="leave --run out")
            typer.echo(f"wrote {output}: {export_jsonl(opened, output)} decisions", err=True)
            return
        if format_ in ("esco", "case", "skos"):
            kind: Literal["esco", "case", "skos"] = format_
            typer.echo(mappings.export_file(opened, output, kind, run=run, version=version, licence=licence), err=True)
            return
        log = opened.log(run=run)
        standing = current(log)
        if format_ == "gold":
            text, left_out = gold_table(standing)
            write_atomic(output, text.encode("utf-8", "replace"))
            typer.echo(f"wrote {output}: {text.count(chr(10)) - 1} rows; {left_out} unsure left out", err=True)
            return
        outcome = settle(standing)
        wanted = sorted({s.run for s in outcome.settled})
        runs = {name: unpack_run(opened.run(name), where=f"{store}, run {name}") for name in wanted}
    last = max((d.decided_at[:10] for d in log), default="0")
    text = mapping_set(outcome, runs, version=version or f"{last}.{len(log)}", licence=licence or NO_LICENCE)
    write_atomic(output, text.encode("utf-8", "replace"))
    typer.echo(
        f"wrote {output}: {len(outcome.settled)} mappings, {len(outcome.conflicts)} conflicts and "
        f"{len(outcome.unsure)} unsure verdicts left out",
        err=True,
    )


def backup(
    output: Annotated[Path, typer.Argument(help="The copy (replaced whole).")],
    store: StoreOption,
) -> None:
    """Copy a store to one file while it is in use.

    Example: matcher decisions backup review-copy.db --store review.db
    """
    from matcher.store import open_store

    with open_store(store, create=False) as opened:
        opened.backup(output)
    typer.echo(f"wrote {output}", err=True)


def check(store: StoreOption) -> None:
    """Check a store: its file, its references, every decision and every run.

    Example: matcher decisions check --store review.db
    """
    from matcher.errors import InputError
    from matcher.store import open_store

    with open_store(store, create=False) as opened:
        faults = opened.check()
        if faults:
            for fault in faults[1:]:
                typer.echo(f"note: {fault}", err=True)
            raise InputError(faults[0], where=store, do="restore the last backup")
        typer.echo(f"{store}: ok, {len(opened.log())} decisions on {len(opened.runs())} runs")
