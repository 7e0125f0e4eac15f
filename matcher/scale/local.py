"""A job done by several processes of this machine; each maps the same context, and writes whole partitions.

Processes, not threads: the work between two products is Python's. Each runs its products in one thread, so that as many
processes as there are cores fill the machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from matcher.errors import InputError
from matcher.scale.job import part_paths, read_part
from matcher.scale.worker import claim_path

_POLL_SECONDS = 0.05
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "RAYON", "VECLIB_MAXIMUM")}


def cores() -> int:
    """Return how many cores this process may use."""
    found = getattr(os, "sched_getaffinity", None)
    return len(found(0)) if found else os.cpu_count() or 1


def work(folder: Path, *, processes: int) -> Iterator[int]:
    """Do what is left of a job with processes of this machine; yield each partition's number when its rows are kept.

    Args:
        folder: The job.
        processes: How many at most.

    Raises:
        InputError: A process was ended or could not write; what is done is kept.
    """
    paths = part_paths(folder)
    left = {number for number, path in enumerate(paths) if read_part(path) is None}
    for number in left:
        # What a killed run left: rows that are not whole, and claims of processes that are no more.
        paths[number].unlink(missing_ok=True)
        claim_path(paths[number]).unlink(missing_ok=True)
    count = max(1, min(processes, len(left)))
    with tempfile.TemporaryFile() as said:
        workers = [_start(folder, said.fileno()) for _ in range(count)] if left else []
        try:
            while left:
                ended = [worker.poll() for worker in workers]
                done = sorted(number for number in left if paths[number].exists())
                yield from done
                left.difference_update(done)
                if any(ended):
                    said.seek(0)
                    raise _fault(next(filter(None, ended)), said.read().decode("utf-8", "replace"))
                if left and not done and all(code == 0 for code in ended):
                    raise InputError("partitions are missing", where=str(folder), do="run the command again")
                time.sleep(_POLL_SECONDS if left else 0.0)
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait()


def _start(folder: Path, said: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 (this program, with a folder of its own)
        [sys.executable, "-m", "matcher.scale.worker", str(folder.resolve())],
        env={**os.environ, **_ONE_THREAD}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
    )  # fmt: skip


def _fault(code: int, said: str) -> InputError:
    again = "run the command again: what is done is kept"
    lines = said.strip().splitlines()
    if code == 2 and lines:
        return InputError(lines[-1], do=again)
    how = f"signal {-code}" if code < 0 else f"status {code}"
    last = f": {lines[-1][:200]}" if lines and code > 0 else ""
    return InputError(
        f"a process was ended ({how}){last}", where="screening", do=f"{again}; --jobs 1 needs least memory"
    )
