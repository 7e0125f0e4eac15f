"""``matcher index``: a framework with its vectors as a folder, for fast matching later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from matcher.cli.options import BatchOption, EncoderOption, MapOption, open_side


def index(
    framework: Annotated[Path, typer.Argument(help="Framework file or spreadsheet.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The index folder to write (replaced whole).")],
    map_file: MapOption = None,
    encoder: EncoderOption = "",
    batch_size: BatchOption = 64,
    side: Annotated[
        Literal["subject", "object"],
        typer.Option("--side", help="The side it will stand on; only encoders with two prompts tell them apart."),
    ] = "object",
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing where all goes well.")] = False,
) -> None:
    """Encode a framework once and keep the result as an index folder; units that it has already are taken over.

    Example: matcher index cn.jsonl -o cn.index
    """
    from matcher.search.index import save_index

    source = open_side(framework, encoder=encoder, batch_size=batch_size, map_file=map_file, side=side, old=output)
    built = source.index
    save_index(built, output)
    kept = f", {source.taken_over} units taken over" if source.taken_over else ""
    if not quiet:
        typer.echo(f"wrote {output}: {len(built.ids)} units, {len(built.statements)} statements{kept}", err=True)
