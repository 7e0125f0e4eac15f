"""Options that several commands share, and the steps between options and the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from matcher.pipeline import Source
    from matcher.schema import Framework

FromOption = Annotated[
    Path, typer.Option("--from", metavar="FRAMEWORK", help="Source side: framework file, spreadsheet or index folder.")
]
ToOption = Annotated[
    Path, typer.Option("--to", metavar="FRAMEWORK", help="Target side: framework file, spreadsheet or index folder.")
]
EncoderOption = Annotated[
    str,
    typer.Option("--encoder", help="'embedded', or a sentence-transformers model by folder or name."),
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
    Path | None, typer.Option("--map", metavar="FILE.toml", help="Column map for a spreadsheet with other headings.")
]


def open_side(path: Path, *, encoder: str, batch_size: int, map_file: Path | None = None) -> Source:
    """Open one side and say on standard error what was repaired, refused or guessed while reading it."""
    from matcher.pipeline import open_source
    from matcher.readers import ReadOptions

    source = open_source(path, encoder, options=ReadOptions(map_file=map_file), batch_size=batch_size)
    if source.read is not None:
        report = source.read.report
        if report.repaired or report.refused:
            typer.echo(
                f"note: {path}: {len(report.kept)} units kept, {len(report.repaired)} repaired, "
                f"{len(report.refused)} refused; `matcher ingest {path} -o FRAMEWORK.jsonl` lists them",
                err=True,
            )
    return source


def read_side(path: Path) -> Framework:
    """Read a framework without encoding it: framework file, spreadsheet or index folder."""
    from matcher.readers import read_framework
    from matcher.search.index import load_index

    return load_index(path).framework if path.is_dir() else read_framework(path).framework
