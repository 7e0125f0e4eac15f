"""``matcher models``: the embedded encoder as a folder that sentence-transformers loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Encoders: export the embedded one for use elsewhere.", no_args_is_help=True)


@app.callback()
def _root() -> None:
    """Encoders: export the embedded one for use elsewhere."""


@app.command("export")
def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write (replaced whole).")],
    encoder: Annotated[str, typer.Option("--encoder", help="'embedded' or 'fast'.")] = "embedded",
) -> None:
    """Write the embedded encoder as a folder that ``SentenceTransformer(folder)`` loads; needs sentence-transformers.

    Example: matcher models export -o encoder-st
    """
    from matcher.encode.hub import save_static_as_sentence_transformer

    save_static_as_sentence_transformer(encoder, output)
    typer.echo(f"wrote {output}: load it with sentence_transformers.SentenceTransformer({str(output)!r})", err=True)
