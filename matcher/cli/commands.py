"""Which function is which command; nothing heavy is imported here."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add every command to the application."""
    from matcher.cli import doctor, evaluate, index, ingest, match, models, screen, show

    app.command("ingest")(ingest.ingest)
    app.command("match")(match.match)
    app.command("screen")(screen.screen)
    app.command("show")(show.show)
    app.command("index")(index.index)
    app.command("evaluate")(evaluate.evaluate)
    app.command("doctor")(doctor.doctor)
    app.add_typer(models.app, name="models")
