"""The command ``matcher``: every command is registered here, and every error ends here as one line."""

from __future__ import annotations

import sys

import typer

from matcher import __version__
from matcher.errors import MatcherError

app = typer.Typer(
    name="matcher",
    help="Suggest comparable units across competency frameworks, for experts to review.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"competency-matcher {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Suggest comparable units across competency frameworks, for experts to review."""


def main() -> None:
    """Run the command line: exit 0, 2 with one line for bad input, or 130 when stopped by the user."""
    from matcher.cli import commands  # every command module only imports what its options need

    commands.register(app)
    try:
        app()
    except MatcherError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("stopped: nothing was written", err=True)
        sys.exit(130)
