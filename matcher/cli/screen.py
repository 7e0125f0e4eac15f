"""``matcher screen``: candidates for every unit of a framework."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from matcher.cli.options import (
    BatchOption,
    EncoderOption,
    GroupOption,
    KOption,
    LanguageOption,
    RerankOption,
    RescorerOption,
    SubjectLanguageOption,
    choose_reranker,
    choose_rescorer,
    open_side,
)


def screen(
    subjects: Annotated[Path, typer.Argument(help="Source side: framework file, spreadsheet or index folder.")],
    objects: Annotated[Path, typer.Argument(help="Target side: framework file, spreadsheet or index folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write (replaced whole).")],
    k: KOption = 10,
    format_: Annotated[
        Literal["jsonl", "csv", "xlsx", "trec", "html", "json"], typer.Option("--format", help="Output format.")
    ] = "jsonl",
    language: LanguageOption = "auto",
    subject_language: SubjectLanguageOption = "both",
    group: GroupOption = None,
    rescorer: RescorerOption = None,
    rerank: RerankOption = None,
    encoder: EncoderOption = "embedded",
    batch_size: BatchOption = 64,
) -> None:
    """Suggest comparable units for every unit of a framework.

    Example: matcher screen hk.jsonl cn.jsonl -k 10 --format xlsx -o candidates.xlsx
    """
    from matcher import pipeline
    from matcher.cli.progress import track
    from matcher.export import write_results

    left = open_side(subjects, encoder=encoder, batch_size=batch_size).index
    right = open_side(objects, encoder=encoder, batch_size=batch_size).index
    wanted = pipeline.Screening(
        k=k,
        subject_language=subject_language,
        group=group,
        explain=format_ not in ("trec", "jsonl"),
        rescorer=choose_rescorer(rescorer, left),
        reranker=choose_reranker(rerank),
    )
    results = pipeline.run_screening(left, right, wanted)
    total = pipeline.count_subjects(left, subject_language=subject_language)
    write_results(
        track(results, total=total, label="screening"),
        query=pipeline.query_of(left, right),
        format=format_,
        path=output,
        language=language,
    )
    left_out = len(left.ids) - total
    note = f"; {left_out} without text in that language left out" if left_out else ""
    typer.echo(f"wrote {output}: {total} units, {min(k, len(right.ids))} candidates each{note}", err=True)
