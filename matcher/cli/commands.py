"""Which function is which command; nothing heavy is imported here."""

from __future__ import annotations

from types import ModuleType

import typer


def register(app: typer.Typer) -> None:
    """Add every command to the application."""
    from matcher.cli import (
        carry,
        coverage,
        decisions,
        doctor,
        draft,
        editions,
        evaluate,
        index,
        ingest,
        levels,
        match,
        models,
        refit,
        report,
        review,
        screen,
        serve,
        show,
        verdicts,
        worklist,
    )

    app.command("ingest")(ingest.ingest)
    app.command("match")(match.match)
    app.command("screen")(screen.screen)
    app.command("show")(show.show)
    app.command("diff")(editions.diff)
    app.command("index")(index.index)
    app.command("coverage")(coverage.coverage)
    app.command("report")(report.report)
    app.command("draft")(draft.draft)
    app.command("evaluate")(evaluate.evaluate)
    app.command("refit")(refit.refit)
    app.command("levels")(levels.levels)
    app.command("doctor")(doctor.doctor)
    app.command("serve")(serve.serve)
    app.command("review")(review.review)
    app.command("worklist")(worklist.worklist)
    group = _decisions(decisions, verdicts)
    group.command("carry")(carry.carry)
    app.add_typer(group, name="decisions")
    app.add_typer(models.app, name="models")


def _decisions(inout: ModuleType, verdicts: ModuleType) -> typer.Typer:
    """Return ``matcher decisions`` with its own commands."""
    group = typer.Typer(
        help="Import, read, compare, export and keep safe what reviewers decided.", no_args_is_help=True
    )
    group.command("import")(inout.import_)
    for name in ("merge", "export", "backup", "check"):
        group.command(name)(getattr(inout, name))
    for name in ("log", "conflicts", "adjudicate", "agreement"):
        group.command(name)(getattr(verdicts, name))
    return group
