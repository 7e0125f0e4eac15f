"""A reader in a process of its own: a hostile document can exhaust that process, never this one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.readers.canonical import framework_from_bytes
from matcher.readers.options import ReadOptions
from matcher.readers.registry import Reader
from matcher.readers.report import ReadResult, report_from_record

# Address space of the process. A book of 740 pages stays under 0.5 GB; the rest is for libraries.
MEMORY_BYTES = 2_000_000_000
# Processor seconds before the pages are counted, and for each page. A page of dense text takes under 0.1 s here.
BASE_SECONDS = 20
PAGE_SECONDS = 0.3
MAX_PAGES = 2_000
# The processor limit ends a busy process; this ends one that only waits, or a machine that is overloaded.
WALL_SECONDS = 4 * (BASE_SECONDS + PAGE_SECONDS * MAX_PAGES)


def read_isolated(path: Path, reader: Reader, options: ReadOptions) -> ReadResult:
    """Read one file in a process of its own, under caps on memory and time.

    Raises:
        InputError: The reader refused the file, or the process hit a cap or died.
    """
    request = {"path": str(path), "reader": reader.name, "options": _plain(options)}
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    # -P: nothing is imported from the folder the user happens to stand in.
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "matcher.readers.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root if not known else os.pathsep.join((root, known))},
    )
    try:
        output, errors = process.communicate(json.dumps(request).encode(), timeout=WALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise _too_slow(path) from error
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return _answer(path, process.returncode, output, errors)


def _plain(options: ReadOptions) -> dict[str, Any]:
    plain = asdict(options)
    plain["map_file"] = str(options.map_file) if options.map_file else None
    # What holds for all files together is decided where they are merged.
    return {**plain, "strict": False, "keep_going": False}


def _too_slow(path: Path) -> InputError:
    return InputError(
        "took too long to read (the file is damaged or made to be slow)",
        where=str(path),
        expected=f"at most {BASE_SECONDS} s and {PAGE_SECONDS} s a page",
        do="print it to PDF again, or take the pages that matter",
    )


def _answer(path: Path, status: int, output: bytes, errors: bytes) -> ReadResult:
    if status in (-getattr(signal, "SIGXCPU", 24), -getattr(signal, "SIGKILL", 9)):
        raise _too_slow(path)
    try:
        answer = json.loads(output) if output else {}
    except ValueError:
        answer = {}
    if "error" in answer:
        raise InputError(**answer["error"])
    if status == 0 and "framework" in answer:
        framework = framework_from_bytes(answer["framework"].encode(), where=str(path))
        return ReadResult(framework=framework, report=report_from_record(answer["report"]))
    last = errors.decode("utf-8", errors="replace").strip().splitlines()[-1:] or [f"status {status}"]
    if "MemoryError" in last[0] or "bad_alloc" in last[0] or status in (-signal.SIGABRT, -signal.SIGSEGV):
        raise InputError(
            "needs more memory than a document may take, or is damaged",
            where=str(path),
            expected=f"at most {MEMORY_BYTES // 1_000_000} MB",
            do="print it to PDF again, or take the pages that matter",
        )
    if "Traceback" in errors.decode("utf-8", errors="replace"):
        # A fault of ours keeps its traceback: the reader is to be mended, not the file.
        raise RuntimeError(f"{path}: the reader failed\n{errors.decode('utf-8', errors='replace')}")
    raise InputError(f"cannot be read ({last[0][:160]})", where=str(path), do="open and save the file again")
