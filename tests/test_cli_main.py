"""The error map: what a user sees, and the status that a script sees, when something goes wrong."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Protocol

import pytest

from matcher import __version__
from matcher.artefact import write_manifest
from matcher.cli import doctor
from matcher.errors import InputError, MatcherError
from matcher.search.index import FORMAT_VERSION

Run = Callable[..., subprocess.CompletedProcess[str]]


class Soak(Protocol):
    """The fixture ``soak`` of conftest.py."""

    def runs(self, count: int) -> int: ...

    def random(self) -> Iterator[random.Random]: ...


# `matcher` with one command, "work", whose body a test writes.
_DRIVER = """
import sys
sys.path.insert(0, {root!r})
sys.argv = ["matcher", "work"]
from pathlib import Path
from matcher.cli import commands, main

def work() -> None:
{body}

def register(app):
    app.command("work")(work)
    app.command("other")(lambda: None)

commands.register = register
main.main()
"""


def _driver(root: Path, body: str) -> list[str]:
    return [sys.executable, "-c", _DRIVER.format(root=str(root), body=textwrap.indent(textwrap.dedent(body), "    "))]


def _work(root: Path, body: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_driver(root, body), cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_version(run_matcher: Run) -> None:
    done = run_matcher("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"competency-matcher {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("match", "--nonsense"), ("screen",), ("screen", "a.jsonl", "b.jsonl", "-o", "c", "-k", "none")],
)
def test_usage_errors_exit_2_and_write_nothing(run_matcher: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run_matcher(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage: matcher" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_input_is_one_line_and_exit_2(root: Path, tmp_path: Path) -> None:
    body = """
    from matcher.errors import InputError
    raise InputError("has no column", where="a.csv\\nb", expected="a title", do="add one")
    """
    done = _work(root, body, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: a.csv b: has no column; expected a title; add one\n"


def test_a_missing_file_is_one_line_and_exit_2(run_matcher: Run, tmp_path: Path) -> None:
    done = run_matcher("screen", "none.jsonl", "none.csv", "-o", "out.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: none.jsonl")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_signal_leaves_nothing_behind(root: Path, tmp_path: Path, number: signal.Signals, status: int) -> None:
    body = """
    import time
    from matcher.artefact import atomic_path
    with atomic_path(Path("out.jsonl")) as temporary:
        temporary.write_text("half")
        print("ready", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        _driver(root, body), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        assert len(list(tmp_path.iterdir())) == 1  # the temporary file
        process.send_signal(number)
        message = process.stderr.read()
    assert (process.returncode, message) == (status, "stopped: nothing was written\n")
    assert list(tmp_path.iterdir()) == []


def test_a_stop_signal_keeps_the_old_output(root: Path, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("old")
    body = """
    import os, signal
    from matcher.artefact import atomic_path
    with atomic_path(Path("out.jsonl")) as temporary:
        temporary.write_text("half")
        os.kill(os.getpid(), signal.SIGINT)
    """
    assert _work(root, body, tmp_path).returncode == 130
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text() == "old"


@pytest.mark.parametrize("printer", ["print", "rich.print"])
def test_a_closed_pipe_is_quiet(root: Path, printer: str) -> None:
    body = f"""
    import rich
    for number in range(100_000):
        {printer}(number)
    """
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        _driver(root, body), stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("printed", [1, 100_000])
def test_a_full_disk_behind_standard_output_is_one_line(root: Path, printed: int) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            _driver(root, f"print('x' * {printed})"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "error: no space left on device; free some space, then run the command again\n"


def test_a_full_disk_anywhere_is_one_line(root: Path, tmp_path: Path) -> None:
    done = _work(root, "import errno; raise OSError(errno.ENOSPC, 'No space left on device', 'x')", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: no space left on device")


@pytest.mark.parametrize(
    "raised", ["ValueError('a fault of the program')", "PermissionError(13, 'a fault of the program')"]
)
def test_a_fault_of_the_program_keeps_its_traceback(root: Path, tmp_path: Path, raised: str) -> None:
    done = _work(root, f"raise {raised}", tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "a fault of the program" in done.stderr.splitlines()[-1]


@pytest.mark.soak
def test_any_error_is_one_line(soak: Soak) -> None:
    # Whatever file names and cell texts go into a message, it stays on one line (str.splitlines knows 11 line ends).
    alphabet = "a 中\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029\x00\u200b{}%[/red]"
    for chance in islice(soak.random(), soak.runs(20_000)):
        what, where, expected, do = ("".join(chance.choices(alphabet, k=chance.randint(0, 12))) for _ in range(4))
        message = str(InputError(f"x{what}", where=where, expected=expected, do=do))
        assert len(message.splitlines()) == 1, repr(message)


def test_doctor_says_what_is_installed(run_matcher: Run) -> None:
    done = run_matcher("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    rows = dict(line.strip().split("  ", 1) for line in done.stdout.splitlines() if "  " in line.strip())
    assert rows["competency-matcher"].strip() == __version__
    assert rows["numpy"].strip() == metadata.version("numpy")
    assert rows["embedded encoder: files"].strip().startswith("4 files")
    assert "hkqf" in rows["level frames"]
    assert "Chinese fonts" in rows


def test_doctor_knows_every_dependency(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[<>=!~;\[ ]", line)[0] for line in project["dependencies"]}
    # torch comes with sentence-transformers.
    assert {*doctor.PACKAGES, *doctor.OPTIONAL} - {"torch"} == named


def test_doctor_names_a_damaged_index_on_one_line(run_matcher: Run, tmp_path: Path) -> None:
    folder = tmp_path / "some.index"
    folder.mkdir()
    (folder / "units.npy").write_bytes(b"12345678")
    write_manifest(folder, kind="framework-index", version=FORMAT_VERSION, fields={})
    (folder / "units.npy").write_bytes(b"1234")
    done = run_matcher("doctor", folder)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "units.npy has 4 bytes" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "numpy" in done.stdout  # the rest of the report is there all the same


def test_doctor_names_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "zz-no-such-package"))
    found, fault = doctor.run_checks([])
    assert ("zz-no-such-package", "NOT INSTALLED") in found
    assert isinstance(fault, MatcherError)
    assert str(fault) == "not installed: zz-no-such-package; install the package again with pip"


def test_doctor_does_without_fontconfig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [value for _, value in doctor.font_check()] == [
        "not checked: no fc-list here (Windows and macOS bring such fonts)"
    ]
