"""``matcher serve``: the page on which experts review candidates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matcher.cli.options import BatchOption, EncoderOption, SubjectLanguageOption

if TYPE_CHECKING:
    from matcher.serve.catalogue import Catalogue
    from matcher.store import Store

StoreOption = Annotated[
    str, typer.Option("--store", metavar="FILE|URL", help="Where decisions are kept: a SQLite file or a database URL.")
]
SubjectsArgument = Annotated[
    Path | None, typer.Argument(help="Source side: framework file, spreadsheet or index folder.")
]
ObjectsArgument = Annotated[
    Path | None, typer.Argument(help="Target side: framework file, spreadsheet or index folder.")
]
RunOption = Annotated[str | None, typer.Option("--run", help="Open this kept run of the store instead of screening.")]
BlindOption = Annotated[
    int | None,
    typer.Option("--blind", metavar="SEED", help="Hide scores and others' verdicts; shuffle candidates by this seed."),
]


def missing_package(error: ModuleNotFoundError) -> Exception:
    """Return the one line for a package that the review needs and this installation lacks."""
    from matcher.errors import InputError

    name = {"python_multipart": "python-multipart"}.get(error.name or "", error.name or "")
    return InputError(
        f"the package {name} is not installed",
        where="matcher serve",
        expected="fastapi, uvicorn, jinja2 and python-multipart",
        do="pip install fastapi uvicorn jinja2 python-multipart",
    )


def open_run(
    store: Store, sides: tuple[Path | None, Path | None], run: str | None, wanted: Wanted
) -> Catalogue:
    ...
