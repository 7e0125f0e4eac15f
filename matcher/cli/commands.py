"""Which function is which command; nothing heavy is imported here."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add every command to the application."""
    from matcher.cli import (
        decisions,
        doctor,
        evaluate,
        index,
        ingest,
        match,
        refit,
        review,
        screen,
        serve,
        show,
        worklist,
    )

    app.command("ingest")(ingest.ingest)
    app.command("match")(match.match)
    app.command("screen")(screen.screen)
    app.command("show")(show.show)
    app.command("index")(index.index)
    app.command("evaluate")(evaluate.evaluate)
    app.command("refit")(refit.refit)
    app.command("doctor")(doctor.doctor)
    app.command("serve")(serve.serve)
    app.command("review")(review.review)
    app.command("worklist")(worklist.worklist)
    app.add_typer(decisions.app, name="decisions")
