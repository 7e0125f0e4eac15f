"""The store: append-only, whole or not at all, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import InputError
from matcher.store import Decision, Store, current, export_jsonl, import_jsonl, new_id, now, open_store
from tests.conftest import ROOT, Soak


@pytest.fixture
def store(store_address: str) -> Iterator[Store]:
    with open_store(store_address) as opened:
        opened.save_run("r1", b"what was shown \x00\xff")
        yield opened


def decision(**fields: Any) -> Decision:
    plain: dict[str, Any] = {
        "id": new_id(), "run": "r1", "subject": "ZZA", "object": "ZZ-1", "verdict": "accept", "reviewer": "Chan",
        "decided_at": now(),
    }  # fmt: skip
    return Decision(**{**plain, **fields})


FULL = {
    "relation": "close", "comment": "範圍較大\n'; DROP TABLE x; -- <b>", "subject_edition": "zz 2026 v1", "rank": 3,
    "object_edition": "zz-cn 2025", "score": 0.1 + 0.2, "confidence": 1 / 3, "blind": True, "source": "page",
}  # fmt: skip


def test_what_is_kept_comes_back_as_it_was(store: Store, store_address: str) -> None:
    first = decision(**FULL)
    second = decision(verdict="undo", supersedes=first.id)
    assert store.append([first, second]) == 2
    assert store.log() == (first, second)
    with open_store(store_address, create=False) as again:
        assert again.log() == (first, second)
        assert (again.runs(), again.run("r1")) == (("r1",), b"what was shown \x00\xff")
        assert again.check() == ()


def test_sending_it_again_keeps_it_once(store: Store) -> None:
    one, two = decision(), decision(subject="ZZB")
    assert store.append([one]) == 1
    assert store.append([one, two, two]) == 1
    assert store.append([]) == 0
    assert store.log() == (one, two)
    with pytest.raises(InputError, match="is that of another decision"):
        store.append([decision(subject="ZZC"), replace(one, verdict="reject")])
    with pytest.raises(InputError, match="is that of another decision"):
        store.append([decision(id="x"), decision(id="x", verdict="reject")])
    assert store.log() == (one, two)


def test_the_log_can_be_narrowed(store: Store) -> None:
    store.save_run("r2", b"")
    made = [
        decision(run=run, reviewer=name, subject=unit) for run in ("r1", "r2") for name in "ab" for unit in ("X", "Y")
    ]
    store.append(made[:4])
    mark = store.revision()
    store.append(made[4:])
    assert store.log(run="r2", reviewer="b", subject="Y") == (made[-1],)
    assert store.log(since=mark) == tuple(made[4:])
    assert store.log(since=store.revision()) == ()
    assert store.log(run="nowhere") == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"verdict": "maybe"}, "verdict 'maybe'; expected accept"),
        ({"relation": "same"}, "relation 'same'"),
        ({"object": ""}, "accept without a candidate"),
        ({"verdict": "no_counterpart"}, "said of a unit, not of a candidate"),
        ({"verdict": "undo"}, "undo does not say what it takes back"),
        ({"reviewer": " "}, "reviewer is empty"),
        ({"run": "r9"}, "the run r9 is not in the store"),
        ({"supersedes": "nothing"}, "supersedes nothing, which is not in the store"),
        ({"decided_at": "yesterday"}, "time 'yesterday'"),
        ({"decided_at": "2026-01-01T00:00:00+08:00"}, "is not in UTC"),
        ({"decided_at": "2026-01-01T00:00:00"}, "is not in UTC"),
        ({"score": float("nan")}, "score or confidence is no number"),
        ({"comment": "a\x00b"}, "U+0000"),
        ({"comment": "x" * 32_001}, "the comment has 32001 characters"),
    ],
)
def test_a_decision_that_cannot_be_kept_keeps_none_of_its_company(
    store: Store, fields: dict[str, Any], expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        store.append([decision(), decision(**fields)])
    assert expected in str(caught.value)
    assert store.log() == ()


def test_the_database_itself_refuses_changes(store: Store, store_address: str) -> None:
    store.append([decision()])
    url = store_address if "://" in store_address else f"sqlite:///{store_address}"
    engine = sqlalchemy.create_engine(url)
    for statement in (
        "UPDATE matcher_decisions SET verdict = 'reject'",
        "DELETE FROM matcher_decisions",
        "UPDATE matcher_runs SET payload = ''",
        "DELETE FROM matcher_runs",
    ):
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()
    assert len(store.log()) == 1


def test_a_run_is_kept_once_and_never_changed(store: Store) -> None:
    store.save_run("r1", b"what was shown \x00\xff")
    with pytest.raises(InputError, match="holds another run of the id r1"):
        store.save_run("r1", b"other")
    with pytest.raises(InputError, match="holds no run r7"):
        store.run("r7")
    # A run and its decisions, all or none.
    with pytest.raises(InputError):
        store.append([decision(run="r2", verdict="maybe")], runs={"r2": b"2"})
    with pytest.raises(InputError):
        store.append([decision(run="r3")], runs={"r2": b"2"})
    assert store.runs() == ("r1",)
    assert store.append([decision(run="r2")], runs={"r2": b"2"}) == 1
    assert store.runs() == ("r1", "r2")


def test_export_and_import_lose_nothing(store: Store, tmp_path: Path) -> None:
    first = decision(**FULL)
    store.append([first, decision(verdict="undo", supersedes=first.id), decision(object="", verdict="no_counterpart")])
    path, again = tmp_path / "all.jsonl", tmp_path / "again.jsonl"
    assert export_jsonl(store, path) == 3
    with open_store(tmp_path / "other.db") as other:
        assert import_jsonl(other, path) == 3
        assert import_jsonl(other, path) == 0
        assert (other.log(), other.run("r1")) == (store.log(), store.run("r1"))
        export_jsonl(other, again)
    assert again.read_bytes() == path.read_bytes()
    assert import_jsonl(store, path) == 0


@pytest.mark.parametrize("fault", ["", "x", "cut", "field", "type", "order", "payload", "foreign"])
def test_a_damaged_export_is_refused_whole(store: Store, tmp_path: Path, fault: str) -> None:
    first = decision()
    store.append([first, decision(verdict="undo", supersedes=first.id)])
    path = tmp_path / "all.jsonl"
    export_jsonl(store, path)
    lines = path.read_text().splitlines(keepends=True)
    record = json.loads(lines[2])
    if fault == "cut":
        lines[-1] = lines[-1][:-1]
    elif fault in ("field", "type"):
        record["decision"]["extra" if fault == "field" else "rank"] = "1"
        lines[2] = json.dumps(record) + "\n"
    elif fault == "order":
        lines[2:] = lines[:1:-1]
    elif fault == "payload":
        lines[1] = lines[1].replace('"payload":"', '"payload":"!')
    elif fault == "foreign":
        lines[0] = "{}\n"
    path.write_text("" if fault == "" else fault if fault == "x" else "".join(lines))
    with open_store(tmp_path / "other.db") as other:
        with pytest.raises(InputError):
            import_jsonl(other, path)
        assert (other.log(), other.runs()) == ((), ())


def test_writers_at_the_same_time_lose_nothing(store: Store, store_address: str) -> None:
    made = [[decision(reviewer=f"r{n}", subject=f"ZZ{m}") for m in range(20)] for n in range(4)]

    def write(own: list[Decision]) -> None:
        with open_store(store_address) as opened:
            for one in own:
                opened.append([one])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, made))
        list(pool.map(lambda one: store.append([one, made[0][0]]), made[1]))
    log = store.log()
    assert len(log) == 80
    for own in made:
        assert [d for d in log if d.reviewer == own[0].reviewer] == own


# What stands.


def test_undo_brings_the_earlier_decision_back() -> None:
    a = decision(id="a", decided_at="2026-01-01T00:00:01Z")
    b = decision(id="b", verdict="reject", supersedes="a", decided_at="2026-01-01T00:00:02Z")
    u = decision(id="u", verdict="undo", supersedes="b", decided_at="2026-01-01T00:00:03Z")
    redo = decision(id="v", verdict="undo", supersedes="u", decided_at="2026-01-01T00:00:04Z")
    assert current([a]) == (a,)
    assert current([a, b]) == (b,)
    assert current([a, b, u]) == (a,)
    assert current([a, b, u, redo]) == (b,)
    assert current([a, decision(id="w", verdict="undo", supersedes="a")]) == ()
    # Without "supersedes" the later one stands, whatever the order of the log.
    c = replace(b, supersedes="")
    assert current([c, a]) == current([a, c]) == (c,)
    # What is superseded is gone even where a clock was wrong.
    late = replace(a, decided_at="2026-02-01T00:00:00Z")
    assert current([late, b]) == (b,)
    other = replace(a, id="o", reviewer="Li")
    assert set(current([a, other])) == {a, other}


@given(st.data())
def test_a_merge_stands_the_same_whichever_log_came_first(data: st.DataObject) -> None:
    def log(name: str) -> list[Decision]:
        made: list[Decision] = []
        for number in range(data.draw(st.integers(0, 6))):
            earlier = data.draw(st.sampled_from(["", *(d.id for d in made)]))
            verdict = data.draw(st.sampled_from(["accept", "reject", "undo"] if earlier else ["accept", "reject"]))
            made.append(
                decision(
                    id=f"{name}{number}",
                    verdict=verdict,
                    supersedes=earlier,
                    reviewer="Chan",
                    subject=data.draw(st.sampled_from("XY")),
                    decided_at=f"2026-01-01T00:00:{number:02d}.{name}Z",
                )
            )
        return made

    one, two = log("1"), log("2")
    assert current(one + two) == current(two + one)


# SQLite files as people have them.


def test_a_backup_is_a_whole_store_in_one_file(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as opened:
        opened.append([decision(run="r")], runs={"r": b"1"})
        opened.backup(tmp_path / "copy.db")
        assert not list(tmp_path.glob("*copy.db?*"))
        with open_store(tmp_path / "copy.db") as copy:
            assert (copy.log(), copy.check()) == (opened.log(), ())


def test_files_of_other_kinds_are_refused_and_left_alone(tmp_path: Path) -> None:
    text, foreign, newer = tmp_path / "a.txt", tmp_path / "b.db", tmp_path / "c.db"
    text.write_text("not a database")
    with sqlite3.connect(foreign) as raw:
        raw.execute("CREATE TABLE things (x)")
    raw.close()
    open_store(newer).close()
    with sqlite3.connect(newer) as raw:
        raw.execute("INSERT INTO matcher_migrations VALUES (99, '')")
    raw.close()
    for path, expected in (
        (text, "is no store of decisions"),
        (foreign, "is a database of another program"),
        (newer, "was written by a newer version of this program (format 99)"),
        (tmp_path, "is not a file"),
        (tmp_path / "no" / "x.db", "the folder does not exist"),
    ):
        before = path.read_bytes() if path.is_file() else b""
        with pytest.raises(InputError) as caught:
            open_store(path)
        assert expected in str(caught.value)
        assert (path.read_bytes() if path.is_file() else b"") == before
    with pytest.raises(InputError, match="there is no such store"):
        open_store(tmp_path / "missing.db", create=False)
    assert not (tmp_path / "missing.db").exists()


@pytest.mark.parametrize("address", ["mysql://u@h/d", "sqlite:///x.db", "postgresql://u@h/d:x:y", "nonsense://"])
def test_addresses_of_other_kinds_are_refused(address: str) -> None:
    with pytest.raises(InputError):
        open_store(address)


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be reached") as caught:
        open_store(f"postgresql+psycopg://u:secret@/d?host={tmp_path}")
    assert "secret" not in str(caught.value)


def test_a_locked_store_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.store.connect.BUSY_SECONDS", 0.1)
    path = tmp_path / "a.db"
    with open_store(path) as opened:
        opened.save_run("r1", b"")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputError, match="is locked by another program"):
            opened.append([decision()])
        assert opened.log() == ()
        other.execute("ROLLBACK")
        other.close()
        assert opened.append([decision()]) == 1


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with open_store(path) as opened:
        kept = decision(run="r")
        opened.append([kept], runs={"r": b""})
        with opened._writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(InputError, match="has no room left"):
            opened.append([decision(run="r", comment="x" * 30_000) for _ in range(20)])
        assert (opened.log(), opened.check()) == ((kept,), ())


@contextlib.contextmanager
def _as_somebody() -> Iterator[None]:
    """Root may write anything: be another user where the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_store_can_be_read_and_says_what_it_is() -> None:
    folder = Path(tempfile.mkdtemp())
    path = folder / "a.db"
    try:
        with open_store(path) as opened:
            kept = decision(run="r")
            opened.append([kept], runs={"r": b""})
        path.chmod(0o444)
        folder.chmod(0o777)
        with _as_somebody(), open_store(path) as opened:
            assert opened.log() == (kept,)
            with pytest.raises(InputError, match="it or its folder is read-only"):
                opened.append([decision(run="r")])
        folder.chmod(0o555)
        with _as_somebody(), pytest.raises(InputError), open_store(folder / "new.db"):
            pass
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with open_store(path) as opened:
        opened.append([decision(run="r", subject=f"ZZ{n}") for n in range(500)], runs={"r": b"1" * 5000})
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER matcher_runs_no_update")
        raw.execute("UPDATE matcher_runs SET payload = x'00'")
    raw.close()
    with open_store(path) as opened:
        assert opened.check() == ("run r does not fit its SHA-256",)
        with pytest.raises(InputError, match="run r is damaged"):
            opened.run("r")
    data = bytearray(path.read_bytes())
    for place in range(8192, len(data) - 200, 4096):
        data[place : place + 100] = b"\xff" * 100
    path.write_bytes(data)
    faults: tuple[str, ...] = ()
    try:
        with open_store(path) as opened:
            faults = opened.check()
    except InputError as error:
        faults = (str(error),)
    assert faults


WRITER = """
import sys
from matcher.store import Decision, now, open_store
path, size = sys.argv[1], int(sys.argv[2])
with open_store(path) as store:
    store.save_run("r", b"1")
    print("ready", flush=True)
    number = store.revision() // size
    while True:
        store.append(
            Decision(id=f"{number}-{n}", run="r", subject=f"ZZ{number}", object=f"O{n}", verdict="accept",
                     reviewer="Chan", decided_at=now(), comment="x" * 500)
            for n in range(size)
        )
        print(number, flush=True)
        number += 1
"""


@pytest.mark.soak
@pytest.mark.parametrize("size", [1, 400], ids=["saves", "imports"])
def test_kill_at_any_moment_loses_nothing_and_leaves_nothing_half(tmp_path: Path, soak: Soak, size: int) -> None:
    path = tmp_path / "a.db"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _, chance in zip(range(soak.runs(200) // 2), soak.random(), strict=False):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(size)], env=environment, stdout=subprocess.PIPE, text=True
        )
        stdout = writer.stdout
        assert stdout is not None
        assert stdout.readline() == "ready\n"
        time.sleep(random.Random(chance.random()).uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in stdout.read().splitlines() if line.endswith(tuple("0123456789"))]
        writer.wait()
        stdout.close()
        with open_store(path) as opened:
            log = opened.log()
            assert opened.check() == ()
        counts: dict[str, int] = {}
        for one in log:
            counts[one.subject] = counts.get(one.subject, 0) + 1
        # Whole batches only, and every batch that was said to be kept is there.
        assert set(counts.values()) <= {size}
        assert {f"ZZ{number}" for number in said} <= counts.keys()
