"""``matcher screen``: candidates for every unit of a framework."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
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

# From this many units on, and from framework files of this many bytes on, the work is shared by the machine's cores and
# kept in partitions: below, starting a process takes longer than it saves.
PARTS_FROM = 512
LARGE_FILE = 4_000_000


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
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep finished units beside the output, and take up a stopped run.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, max=256, help="Processes a machine (default: its cores).")
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option("--engine", help="'ray': by the machines of a cluster; a stopped run is always taken up."),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="HOST:PORT", help="The Ray cluster, 'auto' for this machine's own."),
    ] = None,
    partition: Annotated[
        int, typer.Option("--partition", min=1, max=100_000, help="Units a process is given at a time.")
    ] = 256,
) -> None:
    """Suggest comparable units for every unit of a framework.

    Example: matcher screen hk.jsonl cn.jsonl -k 10 --format xlsx -o candidates.xlsx
    """
    from matcher import pipeline
    from matcher.artefact import write_atomic
    from matcher.cli.progress import track
    from matcher.cli.spreading import (
        Side,
        Spreading,
        form_of,
        index_sides,
        job_path,
        spread_encoder,
        spread_job,
        write_rows,
    )
    from matcher.errors import InputError
    from matcher.export import write_results
    from matcher.export.rows import resolve
    from matcher.export.summary_page import render_summary
    from matcher.export.triage import summarise
    from matcher.export.write import text_head

    if engine == "local" and address is not None:
        raise InputError("only Ray has an address", where="--address", do="add --engine ray")
    load = spread_encoder(address, jobs) if engine == "ray" else None
    kept = engine == "ray" or resume or jobs is not None
    places = {"subjects": subjects, "objects": objects}
    if engine == "local" and (kept or max(map(_size, places.values())) > LARGE_FILE):
        # Each side in a process of its own; this one then maps what it needs of them.
        places = index_sides(places, job_path(output), encoder=encoder, batch_size=batch_size)
    left = open_side(places["subjects"], encoder=encoder, batch_size=batch_size, load=load, side="subject").index
    right = open_side(places["objects"], encoder=encoder, batch_size=batch_size, load=load).index
    total = pipeline.count_subjects(left, subject_language=subject_language)
    kept = kept or total > PARTS_FROM
    wanted = pipeline.Screening(
        k=k,
        subject_language=subject_language,
        group=group,
        explain=summary is not None or format_ not in ("trec", "jsonl"),
        rescorer=choose_rescorer(rescorer, left),
        reranker=None if kept else choose_reranker(rerank),
    )
    query = pipeline.query_of(left, right)
    say_levels(left.framework, right.framework)

    job: Path | None = None

    def screened() -> Iterator[UnitResult]:
        if job is not None:
            from matcher.scale.spread import kept_results

            return kept_results(job, left, right)
        return track(pipeline.run_screening(left, right, wanted), total=total, label="screening")

    if kept:
        how = Spreading(
            engine=engine, address=address, jobs=jobs, again=engine == "local" and not resume,
            partition=partition, rerank=rerank,
        )  # fmt: skip
        form = form_of(format_, whole=summary is not None)
        sides = Side(path=places["subjects"], index=left), Side(path=places["objects"], index=right)
        job = spread_job(*sides, wanted, output=output, form=form, language=resolve(language, query), how=how)
    results = tuple(screened()) if summary is not None or format_ == "sssom" else screened()
    if job is not None and form != "results":
        write_rows(job, text_head(format_), output)
    elif format_ == "sssom":
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
    if job is not None:
        shutil.rmtree(job, ignore_errors=True)
    left_out = len(left.ids) - total
    note = f"; {left_out} without text in that language left out" if left_out else ""
    typer.echo(f"wrote {output}: {total} units, {min(k, len(right.ids))} candidates each{note}", err=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
