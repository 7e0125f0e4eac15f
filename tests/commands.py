"""Real commands in processes that start at once: forked from one that has already imported what they need.

Each child runs the command line itself, with its own connections, sockets and files, and can be killed like any other
process; what is left out is the start of the interpreter, in which nothing is written.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

_NURSERY = """
import json, os, sys
import matcher.cli.decisions, matcher.cli.main, matcher.cli.serve, matcher.cli.verdicts, matcher.cli.worklist
import matcher.review.adjudication, matcher.serve.app, matcher.serve.run, matcher.store, openpyxl, psycopg
import sqlalchemy.dialects.postgresql.psycopg, sqlalchemy.dialects.sqlite
import uvicorn.lifespan.off, uvicorn.loops.auto, uvicorn.protocols.http.auto
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if "wait" in asked:
        print(os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1]), flush=True)
        continue
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    out = os.open(asked["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(out, number)
    sys.argv = ["matcher", *asked["words"]]
    status = 0
    try:
        matcher.cli.main.main()
    except SystemExit as ended:
        status = ended.code or 0
    sys.stdout.flush()
    os._exit(status)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A running command; what it says goes to the file ``out``."""

    nursery: subprocess.Popen[str]
    pid: int
    out: Path

    def kill(self) -> None:
        """Kill it (SIGKILL) and wait until it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        """Wait for its end; return its status, negative for a signal."""
        return int(_ask(self.nursery, {"wait": self.pid}))

    def said(self, start: str, seconds: float = 60) -> str:
        """Return the first line that contains ``start``, waiting for it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in self.out.read_text("utf-8").splitlines(keepends=True) if self.out.exists() else ():
                if start in line and line.endswith("\n"):
                    return line.strip()
            time.sleep(0.001)
        raise TimeoutError(f"{start!r} was not said: {self.out.read_text('utf-8')!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nursery:
    """Where commands start."""

    process: subprocess.Popen[str]

    def start(self, *words: str | Path, out: Path) -> Command:
        """Start a command: ``start("decisions", "check", …, out=file)``."""
        pid = _ask(self.process, {"words": [str(word) for word in words], "out": str(out)})
        return Command(nursery=self.process, pid=int(pid), out=out)


def _ask(process: subprocess.Popen[str], what: dict[str, object]) -> str:
    if process.stdin is None or process.stdout is None:
        raise TypeError("the nursery has no pipes")
    print(json.dumps(what), file=process.stdin, flush=True)
    return process.stdout.readline().strip()


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """Start the process that commands are forked from."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", _NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("the nursery did not start")
        try:
            yield Nursery(process=process)
        finally:
            process.kill()
