"""What a command costs: wall time, processor time of it and its children, and their memory at the peak."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds on the clock, seconds of processors, and the peak in megabytes, shared pages counted once."""

    wall: float
    cpu: float
    megabytes: float


def _family(process: int) -> list[int]:
    found = [process]
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _family(int(child))
    except OSError:
        pass  # it has ended
    return found


def _share(process: int) -> int:
    """Return a process's share of memory in kilobytes: pages that others map too count in part."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def run(command: Sequence[str | Path], *, cwd: Path) -> Cost:
    """Run a command to its end and measure it.

    Raises:
        SystemExit: It failed.
    """
    begun, before = time.perf_counter(), os.times()
    with subprocess.Popen(  # noqa: S603
        list(map(str, command)), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(map(_share, _family(process.pid))))
            time.sleep(_POLL_SECONDS)
        said = process.stderr.read().decode() if process.stderr else ""
    after = os.times()
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{said[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall=time.perf_counter() - begun, cpu=cpu, megabytes=peak / 1024)


def matcher(*arguments: str | Path, cwd: Path) -> Cost:
    """Run the command ``matcher`` and measure it."""
    return run([sys.executable, "-m", "matcher.cli.main", *arguments], cwd=cwd)
