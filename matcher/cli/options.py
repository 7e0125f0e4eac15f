"""Options that several commands share, and the steps between options and the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from matcher.compare.model import Rescorer
    from matcher.compare.rerank import Reranker
    from matcher.encode import Side
    from matcher.encode.protocol import Encoder
    from matcher.pipeline import Source
    from matcher.schema import Framework
    from matcher.search.index import FrameworkIndex

FromOption = Annotated[
    Path, typer.Option("--from", metavar="FRAMEWORK", help="Source side: framework file, spreadsheet or index folder.")
]
ToOption = Annotated[
    Path, typer.Option("--to", metavar="FRAMEWORK", help="Target side: framework file, spreadsheet or index folder.")
]
EncoderOption = Annotated[
    str,
    typer.Option(
        "--encoder",
        envvar="MATCHER_ENCODER",
        callback=lambda value: chosen_encoder(value),
        show_default="the one of `matcher models use`, else embedded",
        help="'embedded', or a sentence-transformers model by folder or name (`matcher models list`).",
    ),
]
KOption = Annotated[int, typer.Option("-k", min=1, max=10_000, help="Candidates a unit.")]
SubjectLanguageOption = Annotated[
    Literal["en", "zh", "both"],
    typer.Option("--subject-language", help="The language of the source units that the matcher sees."),
]
GroupOption = Annotated[
    Literal["occupation", "level"] | None,
    typer.Option("--group", help="Roll candidates up to occupations, or to occupations at one level."),
]
LanguageOption = Annotated[
    Literal["en", "zh", "auto"], typer.Option("--language", help="Language of labels and headings.")
]
BatchOption = Annotated[int, typer.Option("--batch-size", min=1, max=4096, help="Texts encoded at a time.")]
MapOption = Annotated[
    Path | None,
    typer.Option(
        "--map",
        metavar="NAME|FILE.toml",
        help="Column map for a spreadsheet with other headings: a file, or nz-unit-standard, uk-nos, ie-component, "
        "th-tpqi, esco-list.",
    ),
]

RescorerOption = Annotated[
    Path | None,
    typer.Option(
        "--rescorer", metavar="FILE.json", help="A rescorer from `matcher refit` in place of the shipped one."
    ),
]
RerankOption = Annotated[
    str | None,
    typer.Option("--rerank", help="Re-rank the first 20 candidates by a CrossEncoder, by folder or name (slow)."),
]


def chosen_encoder(value: str) -> str:
    """Return the encoder that was named, else the one that ``matcher models use`` chose, else the embedded one.

    Raises:
        InputError: The configuration file cannot be used.
    """
    if value:
        return value
    from matcher.config import read_choice

    choice = read_choice()
    if choice is None:
        return "embedded"
    from matcher.encode.settings import write_spec

    return write_spec(choice)


def choose_rescorer(path: Path | None, index: FrameworkIndex) -> Rescorer:
    """Return the rescorer to use, and say on standard error when it can only rank with this encoder.

    Raises:
        ArtefactError: The file is no rescorer.
        InputError: The file cannot be read.
    """
    from matcher.compare.model import from_json, shipped_rescorer
    from matcher.readers.tables import read_bytes

    chosen = shipped_rescorer(index.encoder_fingerprint)
    if path is not None:
        chosen = from_json(read_bytes(path).decode("utf-8", errors="replace"), where=str(path))
    if chosen.encoder_fingerprint != index.encoder_fingerprint:
        typer.echo(
            f"note: the rescorer was fitted for another encoder than {index.encoder_name}: candidates are ranked with "
            "its weights, without confidence, relation and set; `matcher refit` makes one for this encoder",
            err=True,
        )
    return chosen


def choose_reranker(name: str | None) -> Reranker | None:
    """Return the cross-encoder to re-rank with, None where none was named.

    Raises:
        EncoderError: It cannot be loaded.
    """
    if name is None:
        return None
    from matcher.compare.rerank import Reranker
    from matcher.encode.cross import load_cross_encoder

    return Reranker(scorer=load_cross_encoder(name))


def open_side(
    path: Path, *, encoder: str, batch_size: int, side: Side = "object", map_file: Path | None = None,
    load: Callable[[str, Side], Encoder] | None = None, old: Path | None = None,
) -> Source:  # fmt: skip
    """Open one side and say on standard error what was repaired, refused or guessed while reading it."""
    from matcher.encode import load_encoder
    from matcher.pipeline import open_source
    from matcher.readers import ReadOptions

    source = open_source(
        path, encoder, options=ReadOptions(map_file=map_file), batch_size=batch_size, side=side,
        load=load or load_encoder, old=old,
    )  # fmt: skip
    if source.again:
        typer.echo(
            f"note: {path} was built for the other side: its texts were encoded again with this side's prompt; "
            f"`matcher index … --side {side}` keeps that",
            err=True,
        )
    if source.read is not None:
        report = source.read.report
        for note in report.notes:
            if "guessed from the columns" in note or "columns not used" in note:
                typer.echo(f"note: {note}", err=True)
        if report.repaired or report.refused:
            typer.echo(
                f"note: {path}: {len(report.kept)} units kept, {len(report.repaired)} repaired, "
                f"{len(report.refused)} refused; `matcher ingest {path} -o FRAMEWORK.jsonl` lists them",
                err=True,
            )
    return source


def say_levels(subjects: Framework, objects: Framework) -> None:
    """Say on standard error on what the levels of two frameworks are compared, or that no table was read."""
    from matcher.export.level_view import level_basis

    basis = level_basis(subjects, objects, "en")
    if basis:
        typer.echo(f"note: {basis} `matcher levels` has the tables and their sources", err=True)


def read_side(path: Path) -> Framework:
    """Read a framework without encoding it: framework file, spreadsheet or index folder."""
    from matcher.readers import read_framework
    from matcher.search.index import load_index

    return load_index(path).framework if path.is_dir() else read_framework(path).framework
