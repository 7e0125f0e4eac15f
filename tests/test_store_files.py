"""SQLite files as people have them: copied, foreign, locked, read-only, full, damaged."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from matcher.errors import InputError
from matcher.store import open_store
from tests.decisions import decision


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
