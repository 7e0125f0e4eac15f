"""The review in the terminal: keys, comment, relation, undo, another reviewer, a real terminal, faults."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from matcher.cli.desk import Session, run_session
from matcher.review.run import Run
from matcher.serve.board import Board
from matcher.serve.catalogue import make_catalogue
from matcher.serve.desk import Desk
from matcher.store import Store, current

ROOT = Path(__file__).resolve().parents[1]


def _typed(run: Run, store: Store, keys: str, *, reviewer: str = "Ann", blind: int | None = None) -> str:
    catalogue = make_catalogue(run.id, run.query, run.results, blind_seed=blind)
    desk = Desk(catalogue=catalogue, board=Board(store, catalogue))
    shown = io.StringIO()
    session = Session(desk=desk, reviewer=reviewer, language="en")
    run_session(session, Console(file=shown, width=120), io.StringIO(keys))
    return shown.getvalue()


def test_keys(reviewed: tuple[Run, bytes], review_store: Store) -> None:
    run = reviewed[0]
    # The second candidate in part, as narrower, with a comment; back to the first and reject it; next unit: none;
    # next unit: accepted, taken back, unsure.
    shown = _typed(run, review_store, "jl4conly a parx\x7ft\npkr" + "n0" + "nazu" + "q" + "a")
    first, second, third = (result.suggestions for result in run.results[:3])
    log = review_store.log()
    assert [(d.object, d.verdict, d.relation, d.comment) for d in log] == [
        (first[1].object_id, "partly", "narrow", "only a part"),
        (first[0].object_id, "reject", "", ""),
        ("", "no_counterpart", "", ""),
        (third[0].object_id, "accept", "", ""),
        (third[0].object_id, "undo", "", ""),
        (third[0].object_id, "unsure", "", ""),
    ]
    assert [d.subject for d in log[2:]] == [second[0].subject_id, *[third[0].subject_id] * 3]
    assert {(d.source, d.reviewer) for d in log} == {("terminal", "Ann")}
    assert f"Saved: Partly · {first[1].object_id}" in shown
    assert "2 / 126 decided" in shown
    assert "Undone: Accept" in shown


def test_it_goes_on_where_it_was_left(reviewed: tuple[Run, bytes], review_store: Store) -> None:
    _typed(reviewed[0], review_store, "ana")
    assert _typed(reviewed[0], review_store, "").startswith("3 / 126 · 2 / 126 decided · Ann")
    other = _typed(reviewed[0], review_store, "r", reviewer="Bob")
    assert other.startswith("1 / 126 · 0 / 126 decided · Bob")
    assert "Ann: Accept" in other
    assert len(current(review_store.log())) == 3


def test_blind(reviewed: tuple[Run, bytes], review_store: Store) -> None:
    _typed(reviewed[0], review_store, "a")
    shown = _typed(reviewed[0], review_store, "r", reviewer="Bob", blind=3)
    assert "Ann" not in shown
    assert "0." not in shown
    assert (review_store.log()[-1].blind, review_store.log()[-1].rank) == (True, None)


def test_an_unknown_key_says_which_there_are_and_an_end_is_an_end(
    reviewed: tuple[Run, bytes], review_store: Store
) -> None:
    assert _typed(reviewed[0], review_store, "x").count("undo your last decision") == 2
    assert review_store.log() == ()
    assert "nothing of yours to undo" in _typed(reviewed[0], review_store, "z")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal here")
def test_in_a_terminal_each_key_works_at_once(review_store: Store, tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "matcher.cli.main", "review", "--store", review_store.where, "--reviewer", "Ann"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    os.close(theirs)
    try:
        # What is typed before a unit is shown is thrown away: nobody decides on what they have not seen.
        assert process.stdout is not None
        while b"undo your last decision" not in process.stdout.readline():
            assert process.poll() is None
        os.write(ours, b"a")  # no Enter
        until = time.monotonic() + 60
        while not review_store.log() and time.monotonic() < until:
            time.sleep(0.05)
        assert [d.verdict for d in review_store.log()] == ["accept"]
        os.write(ours, b"q")
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, b"")
        assert b"Saved: Accept" in output
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
