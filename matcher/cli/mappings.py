"""What ``matcher decisions import`` and ``export`` do with mapping files: ESCO tables, CASE, SKOS, SSSOM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

if TYPE_CHECKING:
    from matcher.store import Store

# Endings of mapping files; `matcher.review.mapping_import` reads them.
ENDINGS = (".csv", ".ttl", ".json", ".tsv")


def one_run(store: Store, run: str | None) -> str:
    """Return the run that is meant: the one named, else the store's only one.

    Raises:
        InputError: There are several, or none.
    """
    from matcher.errors import InputError

    kept = [run] if run else list(store.runs())
    if len(kept) != 1:
        expected = ", ".join(kept) or "a run"
        raise InputError(f"holds {len(kept)} runs", where=store.where, expected=expected, do="name one with --run")
    return kept[0]


def import_file(store: Store, path: Path, *, run: str | None, reviewer: str) -> str:
    """Read a mapping file into a store; return what became of it as a line.

    Raises:
        InputError: The file cannot be read or is about no candidate of the run.
    """
    from matcher.review.mapping_import import READERS, import_mappings
    from matcher.review.run import unpack_run

    source, read = READERS[path.suffix.lower()]
    found, notes = read(path)
    for note in notes:
        typer.echo(f"note: {path}: {note}", err=True)
    kept = run or (found.run if found.run in store.runs() else None)
    name = one_run(store, kept)
    target = unpack_run(store.run(name), where=f"{store.where}, run {name}")
    done = import_mappings(store, found, target, source=source, reviewer=" ".join(reviewer.split()))
    for pair in done.unknown[:10]:
        typer.echo(f"note: {path}: {pair} is no candidate of run {name}: left out", err=True)
    return (
        f"{path}: {len(found.mappings)} mappings, {done.kept} new decisions, {done.already} already in the store, "
        f"{len(done.unknown)} mappings about no candidate of run {name}"
    )


def export_file(
    store: Store, output: Path, kind: Literal["esco", "case", "skos"], *, run: str | None, version: str, licence: str
) -> str:
    """Write what is settled on one run as a mapping file; return what was written as a line.

    Raises:
        InputError: The store holds several runs and none is named, or the file cannot be written.
    """
    from matcher.artefact import write_atomic
    from matcher.review.mapping import NO_LICENCE, make_set
    from matcher.review.mapping_case import write_case
    from matcher.review.mapping_esco import write_table
    from matcher.review.mapping_skos import write_skos
    from matcher.review.run import unpack_run
    from matcher.review.settle import settle
    from matcher.store import current

    name = one_run(store, run)
    log = store.log(run=name)
    outcome = settle(current(log))
    last = max((d.decided_at[:10] for d in log), default="0")
    target = unpack_run(store.run(name), where=f"{store.where}, run {name}")
    found = make_set(outcome, target, version=version or f"{last}.{len(log)}", licence=licence or NO_LICENCE)
    if kind == "esco":
        data = write_table(found)
    else:
        data = (write_case(found) if kind == "case" else write_skos(found)).encode("utf-8", "replace")
    write_atomic(output, data)
    return (
        f"wrote {output}: {len(found.mappings)} mappings, {len(outcome.conflicts)} conflicts and "
        f"{len(outcome.unsure)} unsure verdicts left out"
    )
