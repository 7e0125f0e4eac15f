"""What ``matcher serve`` and ``matcher review`` share: opening the store, and the run that is reviewed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.pipeline import SubjectLanguage
    from matcher.review.run import Run
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
RunOption = Annotated[
    str | None, typer.Option("--run", metavar="ID", help="Open this kept run of the store instead of screening.")
]
BlindOption = Annotated[
    int | None,
    typer.Option("--blind", metavar="SEED", help="Hide scores and others' verdicts; shuffle candidates by this seed."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """How to screen: candidates a unit, the language seen, the encoder."""

    k: int
    subject_language: SubjectLanguage = "both"
    encoder: str = "embedded"
    batch_size: int = 64


def open_run(store: Store, run: str | None) -> Run:
    """Return a kept run: the one named, else the store's newest.

    Raises:
        InputError: There is no such run.
    """
    from matcher.review.run import unpack_run

    if run is None:
        kept = store.runs()
        if not kept:
            raise InputError(
                "holds no run", where=store.where, expected="two frameworks to screen", do="name them: A B"
            )
        run = kept[-1]
    return unpack_run(store.run(run), where=f"{store.where}, run {run}")


def screen_run(store: Store, sides: tuple[Path, Path], wanted: Screening) -> Run:
    """Screen one side against the other and keep the run: the same candidates are the same run, opened again.

    Raises:
        InputError: A file cannot be used, or the store cannot be written.
    """
    from matcher import pipeline
    from matcher.cli.options import open_side
    from matcher.cli.progress import track
    from matcher.review.run import Run, pack_run

    left = open_side(sides[0], encoder=wanted.encoder, batch_size=wanted.batch_size, side="subject").index
    right = open_side(sides[1], encoder=wanted.encoder, batch_size=wanted.batch_size).index
    total = pipeline.count_subjects(left, subject_language=wanted.subject_language)
    screened = pipeline.screen(left, right, k=wanted.k, subject_language=wanted.subject_language)
    results = tuple(track(screened, total=total, label="screening"))
    query = pipeline.query_of(left, right)
    run_id, payload = pack_run(results, query)
    store.save_run(run_id, payload)
    return Run(id=run_id, query=query, results=results)


def both_sides(subjects: Path | None, objects: Path | None, run: str | None) -> tuple[Path, Path] | None:
    """Return the two sides, or None where a kept run is to be opened.

    Raises:
        InputError: Only one side is named, or files and a run.
    """
    if subjects is None and objects is None:
        return None
    if subjects is None or objects is None:
        raise InputError("only one side is named", expected="both, or neither with a kept run", do="name both: A B")
    if run is not None:
        raise InputError("both --run and files are given", where="--run", expected="one of them", do="leave one out")
    return subjects, objects
