"""A progress bar with the time left, shown on a terminal only and only where the work takes more than two seconds."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")
PATIENCE_SECONDS = 2.0


def track(items: Iterable[Item], *, total: int, label: str) -> Iterator[Item]:
    """Yield the items; after two seconds show how far the work is and how long it will take."""
    console = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = progress.add_task(label, total=total)
    started = time.monotonic()
    try:
        for item in items:
            yield item
            progress.advance(task)
            if not progress.live.is_started and time.monotonic() - started > PATIENCE_SECONDS:
                progress.start()
    finally:
        progress.stop()


@contextlib.contextmanager
def working(label: str) -> Iterator[None]:
    """Show a moving mark on a terminal when a step whose length is not known takes more than two seconds."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    status = console.status(label)
    timer = threading.Timer(PATIENCE_SECONDS, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        status.stop()
