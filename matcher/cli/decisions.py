"""``matcher decisions``: what reviewers decided, in and out of the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Import, read, compare, export and keep safe what reviewers decided.",
    no_args_is_help=True,
    add_completion=False,
)
StoreOption = Annotated[
    str, typer.Option("--store", help="The store: a file, or postgresql+psycopg://USER@HOST/DATABASE.")
]
RunOption = Annotated[str | None, typer.Option("--run", help="Only of this run.")]


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Work lists (.xlsx) or exports (.jsonl).")],
    store: StoreOption,
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who filled the list in, where it does not say.")] = "",
    new_run: Annotated[bool, typer.Option("--new-run", help="Let the store hold one more run.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Let the list correct earlier decisions.")] = False,
) -> None:
    """Read work lists that came back; each is kept whole or not at all.

    Example: matcher decisions import list-chan.xlsx --store review.db
    """
    from matcher.review.worklist_import import import_worklist
    from matcher.review.worklist_read import read_worklist
    from matcher.store import import_jsonl, open_store

    for path in files:
        if path.suffix.lower() == ".jsonl":
            with open_store(store) as opened:
                typer.echo(f"{path}: {import_jsonl(opened, path)} new decisions")
            continue
        returned = read_worklist(path)
        for line in (*returned.faults, *returned.edited, *returned.notes):
            typer.echo(f"note: {line}", err=True)
        with open_store(store) as opened:
            done = import_worklist(opened, returned, reviewer=reviewer, new_run=new_run, replace=replace)
        typer.echo(
            f"{path}: {done.kept} decisions of {done.reviewer} kept ({done.replaced} correct earlier ones), "
            f"{done.already} already in the store; {returned.rows - returned.missing - len(returned.entries)} rows "
            f"empty, {returned.missing} rows missing, {len(returned.edited)} machine cells changed (run {done.run})"
        )
