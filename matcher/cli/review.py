"""``matcher review``: the same review in the terminal, one unit at a time, by keys."""

from __future__ import annotations

import getpass
import signal
import sys
from typing import Annotated

import typer

from matcher.cli.opening import (
    BlindOption,
    ObjectsArgument,
    RunOption,
    Screening,
    StoreOption,
    SubjectsArgument,
    both_sides,
    open_run,
    screen_run,
)
from matcher.cli.options import BatchOption, EncoderOption, KOption, LanguageOption, SubjectLanguageOption


def review(
    store: StoreOption,
    subjects: SubjectsArgument = None,
    objects: ObjectsArgument = None,
    run: RunOption = None,
    k: KOption = 10,
    reviewer: Annotated[
        str, typer.Option("--reviewer", help="The reviewer's name; left out, the name of this account.")
    ] = "",
    blind: BlindOption = None,
    language: LanguageOption = "auto",
    subject_language: SubjectLanguageOption = "both",
    encoder: EncoderOption = "",
    batch_size: BatchOption = 64,
) -> None:
    """Review candidates in the terminal, by keys; each decision is kept at once.

    Example: matcher review hk.jsonl cn.jsonl --store decisions.sqlite
    """
    from matcher.cli.desk import Session, run_session
    from matcher.cli.tables import stdout_console
    from matcher.export.rows import resolve
    from matcher.serve.board import Board
    from matcher.serve.catalogue import make_catalogue
    from matcher.serve.desk import Desk, checked_reviewer
    from matcher.store import open_store

    name = checked_reviewer(reviewer or getpass.getuser())
    sides = both_sides(subjects, objects, run)
    with open_store(store, create=sides is not None) as opened:
        if sides is None:
            kept = open_run(opened, run)
        else:
            screening = Screening(k=k, subject_language=subject_language, encoder=encoder, batch_size=batch_size)
            kept = screen_run(opened, sides, screening)
        catalogue = make_catalogue(kept.id, kept.query, kept.results, blind_seed=blind)
        desk = Desk(catalogue=catalogue, board=Board(opened, catalogue))
        session = Session(desk=desk, reviewer=name, language=resolve(language, kept.query))
        # Every decision is kept already: Ctrl-C ends the review, it does not undo it.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            run_session(session, stdout_console(), sys.stdin)
        except KeyboardInterrupt:
            typer.echo("")
        finally:
            signal.signal(signal.SIGINT, before)
