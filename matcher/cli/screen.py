"""``matcher screen``: candidates for every unit of a framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    say_levels,
)

if TYPE_CHECKING:
    from matcher.schema import UnitResult


def screen(
    subjects: Annotated[Path, typer.Argument(help="Source side: framework file, spreadsheet or index folder.")],
    objects: Annotated[Path, typer.Argument(help="Target side: framework file, spreadsheet or index folder.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write (replaced whole).")],
    k: KOption = 10,
    format_: Annotated[
        Literal["jsonl", "csv", "xlsx", "trec", "html", "json", "sssom"],
        typer.Option("--format", help="Output format."),
    ] = "jsonl",
    language: LanguageOption = "auto",
    subject_language: SubjectLanguageOption = "both",
    group: GroupOption = None,
    rescorer: RescorerOption = None,
    rerank: RerankOption = None,
    encoder: EncoderOption = "",
    batch_size: BatchOption = 64,
    summary: Annotated[
        Path | None, typer.Option("--summary", metavar="FILE.html", help="Also write what needs which look, as a page.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Take up where a stopped run left off (jsonl).")] = False,
) -> None:
    """Suggest comparable units for every unit of a framework.

    Example: matcher screen hk.jsonl cn.jsonl -k 10 --format xlsx -o candidates.xlsx
    """
    from matcher import pipeline
    from matcher.artefact import write_atomic
    from matcher.cli.progress import track
    from matcher.errors import InputError
    from matcher.export import write_results
    from matcher.export.resume import write_resumable
    from matcher.export.summary_page import render_summary
    from matcher.export.triage import summarise
    from matcher.export.write import jsonl_lines

    left = open_side(subjects, encoder=encoder, batch_size=batch_size, side="subject").index
    right = open_side(objects, encoder=encoder, batch_size=batch_size).index
    wanted = pipeline.Screening(
        k=k,
        subject_language=subject_language,
        group=group,
        explain=summary is not None or format_ not in ("trec", "jsonl"),
        rescorer=choose_rescorer(rescorer, left),
        reranker=choose_reranker(rerank),
    )
    total = pipeline.count_subjects(left, subject_language=subject_language)
    query = pipeline.query_of(left, right)
    say_levels(left.framework, right.framework)

    def screened(unit_ids: Sequence[str] | None = None) -> Iterator[UnitResult]:
        chosen = replace(wanted, unit_ids=None if unit_ids is None else tuple(unit_ids))
        found = pipeline.run_screening(left, right, chosen)
        return track(found, total=total if unit_ids is None else len(unit_ids), label="screening")

    if resume:
        if format_ != "jsonl" or summary is not None:
            raise InputError("only plain JSON lines can be taken up again", where="--resume", do="use --format jsonl")
        ids = pipeline.subject_ids(left, subject_language=subject_language)
        fingerprint = pipeline.screening_fingerprint(left, right, wanted, reranker=str(rerank or ""))
        done = write_resumable(ids, screened, jsonl_lines, output, fingerprint)
        typer.echo(f"wrote {output}: {total} units, {done} of them done before", err=True)
        return
    results = tuple(screened()) if summary is not None or format_ == "sssom" else screened()
    if format_ == "sssom":
        # Only here: the review's modules load the store's database library.
        from matcher.review.run import Run, pack_run
        from matcher.review.sssom import candidate_set

        run_id, _ = pack_run(results, query)
        write_atomic(output, candidate_set(Run(id=run_id, query=query, results=tuple(results))).encode())
    else:
        write_results(results, query=query, format=format_, path=output, language=language)
    if summary is not None:
        page = render_summary(summarise(results, query, language), query, language)
        write_atomic(summary, "".join(page).encode("utf-8", "replace"))
        typer.echo(f"wrote {summary}", err=True)
    left_out = len(left.ids) - total
    note = f"; {left_out} without text in that language left out" if left_out else ""
    typer.echo(f"wrote {output}: {total} units, {min(k, len(right.ids))} candidates each{note}", err=True)
