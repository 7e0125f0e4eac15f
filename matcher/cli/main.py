"""The command ``matcher``: every command is registered here, and every expected fault ends here as one line."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import NoReturn

import typer

from matcher import __version__
from matcher.errors import MatcherError

FAULT = 2
# "No space left on device" and "quota exceeded": the user's to mend, whatever was being written.
_FULL = (errno.ENOSPC, errno.EDQUOT)

app = typer.Typer(
    name="matcher",
    help="Suggest comparable units across competency frameworks, for experts to review.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


class _Stopped(BaseException):
    """A stop signal; not KeyboardInterrupt, which typer would turn into a message and a status of its own."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def _stop(number: int, _frame: object) -> NoReturn:
    raise _Stopped(number)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"competency-matcher {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Suggest comparable units across competency frameworks, for experts to review."""


def _fail(line: str, status: int) -> NoReturn:
    typer.echo(line, err=True)
    sys.exit(status)


def _drop_output() -> None:
    """Let what is still buffered go nowhere: standard output takes no more, and Python would complain when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _run() -> None:
    # Temporary files are removed on the way out: SIGTERM takes that way too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    from matcher.cli import commands  # every command module only imports what its options need

    commands.register(app)
    try:
        app(prog_name="matcher")
    finally:
        sys.stdout.flush()


def main() -> None:
    """Run the command line.

    The status is 0, 2 after a usage error or a fault of the input (one line on standard error), 130 after Ctrl-C.
    A fault of the program itself keeps its traceback.
    """
    try:
        _run()
    except MatcherError as error:
        _fail(f"error: {error}", FAULT)
    except _Stopped as stopped:
        _fail("stopped: nothing was written", stopped.status)
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing is left to say.
        _drop_output()
        sys.exit(1)
    except MemoryError:
        _fail("error: not enough memory; use a smaller file, or a machine with more memory", FAULT)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _drop_output()
        _fail(f"error: {os.strerror(error.errno or 0).lower()}; free some space, then run the command again", FAULT)


if __name__ == "__main__":
    main()
