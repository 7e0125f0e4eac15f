"""``matcher worklist``: candidates as an Excel list that reviewers fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matcher.cli.options import (
    BatchOption,
    EncoderOption,
    KOption,
    LanguageOption,
    SubjectLanguageOption,
    open_side,
)


def worklist(
    subjects: Annotated[Path, typer.Argument(help="Source side: framework file, spreadsheet or index folder.")],
    objects: Annotated[Path, typer.Argument(help="Target side: framework file, spreadsheet or index folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .xlsx file; with --reviewers one a reviewer.")],
    k: KOption = 5,
    blind: Annotated[bool, typer.Option("--blind", help="Hide ranks and scores, and shuffle the candidates.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Decides the shuffle and the dealing.")] = 0,
    reviewers: Annotated[str, typer.Option("--reviewers", metavar="A,B", help="A list for each of them.")] = "",
    overlap: Annotated[
        float, typer.Option("--overlap", help="Share of units that every reviewer gets (0 to 1); the rest is dealt.")
    ] = 1.0,
    language: LanguageOption = "auto",
    subject_language: SubjectLanguageOption = "both",
    store: Annotated[str, typer.Option("--store", help="Also keep what is shown in this store.")] = "",
    encoder: EncoderOption = "",
    batch_size: BatchOption = 64,
) -> None:
    """Write Excel lists of candidates for reviewers to fill in; `matcher decisions import` reads them back.

    Example: matcher worklist hk.jsonl cn.jsonl -k 5 --blind --reviewers chan,li --overlap 0.2 -o list.xlsx
    """
    from matcher import pipeline
    from matcher.cli.progress import track
    from matcher.export.rows import resolve
    from matcher.review.run import Run, pack_run
    from matcher.review.worklist import ListOptions, list_paths, make_lists
    from matcher.review.worklist_book import write_worklist

    left = open_side(subjects, encoder=encoder, batch_size=batch_size, side="subject").index
    right = open_side(objects, encoder=encoder, batch_size=batch_size).index
    query = pipeline.query_of(left, right)
    found = pipeline.screen(left, right, k=k, subject_language=subject_language)
    total = pipeline.count_subjects(left, subject_language=subject_language)
    results = tuple(track(found, total=total, label="screening"))
    run_id, payload = pack_run(results, query)
    options = ListOptions(language=resolve(language, query), blind=blind, seed=seed, overlap=overlap)
    names = [name.strip() for name in reviewers.split(",")] if reviewers else []
    lists = make_lists(Run(id=run_id, query=query, results=results), names, options)
    paths = list_paths(output, names)
    if store:
        from matcher.store import open_store

        with open_store(store) as opened:
            opened.save_run(run_id, payload)
    for listed, path in zip(lists, paths, strict=True):
        write_worklist(listed, payload, path)
        units = sum(row.object == "" for row in listed.rows)
        typer.echo(f"wrote {path}: {units} units, {len(listed.rows) - units} candidates (run {run_id})", err=True)
