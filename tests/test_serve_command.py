"""Faults of ``matcher serve`` and ``matcher review``: one line, status 2, before anything is screened."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from matcher.store import Store, open_store

RunMatcher = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["hk.csv"], "only one side is named"),
        (["a", "b", "--run", "r"], "both --run and files are given"),
        (["--token", "short", "a", "b"], "the token has 5 characters"),
        (["--host", "203.0.113.7", "a", "b"], "203.0.113.7 is no address of this machine"),
        (["--reviewer", "x" * 81, "a", "b"], "reviewer's name"),
        (["--port", "0", "a", "b"], "a: "),
        (["--port", "0"], "there is no such store"),
    ],
)
def test_faults_of_serve(run_matcher: RunMatcher, tmp_path: Path, options: list[str], said: str) -> None:
    done = run_matcher("serve", "--store", "new.sqlite", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_a_taken_port_is_one_line(run_matcher: RunMatcher, data: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_matcher(
            "serve", data / "hk.csv", data / "cn.csv", "--store", "s.sqlite", "--port", port, cwd=tmp_path
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--port: port {port} is in use" in done.stderr
    assert not (tmp_path / "s.sqlite").exists()


def test_a_store_without_the_run(run_matcher: RunMatcher, review_store: Store, tmp_path: Path) -> None:
    with open_store(tmp_path / "empty.sqlite"):
        pass
    assert "holds no run" in run_matcher("review", "--store", "empty.sqlite", cwd=tmp_path).stderr
    done = run_matcher("review", "--store", review_store.where, "--run", "nothing", cwd=tmp_path)
    assert done.returncode == 2
    assert "holds no run nothing" in done.stderr


def test_a_missing_package_is_one_line(review_store: Store, tmp_path: Path) -> None:
    # The import fails as it does where the package is not installed.
    code = (
        "import sys; sys.modules['fastapi'] = None\n"
        f"sys.argv = ['matcher', 'serve', '--store', {review_store.where!r}]\n"
        "from matcher.cli.main import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "error: matcher serve: the package fastapi is not installed; "
        "pip install fastapi uvicorn jinja2 python-multipart\n"
    )
