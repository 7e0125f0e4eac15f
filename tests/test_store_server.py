"""PostgreSQL as teams have it: out of reach, locked, read-only, full, restarted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from matcher.errors import InputError
from matcher.store import Store, open_store
from matcher.store.database import _WRITER_LOCK
from matcher.store.faults import told
from tests.decisions import decision

psycopg = pytest.importorskip("psycopg", reason="the package psycopg is not installed")


@pytest.fixture(params=["postgresql"])
def store_address(request: pytest.FixtureRequest) -> str:
    """The address of a new empty store in a real PostgreSQL server."""
    return str(request.getfixturevalue("new_database")())


@pytest.fixture
def shared(store: Store) -> Store:
    store.save_run("r1", b"1")
    return store


@pytest.fixture
def admin(shared: Store) -> Iterator[Any]:
    """A connection of the database's administrator."""
    with psycopg.connect(shared.where.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be reached") as caught:
        open_store(f"postgresql+psycopg://u:secret@/d?host={tmp_path}")
    assert "secret" not in str(caught.value)


def test_a_locked_database_is_one_line(shared: Store, admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.store.database.BUSY_SECONDS", 0.1)
    admin.execute(f"SELECT pg_advisory_lock({_WRITER_LOCK})")
    with pytest.raises(InputError, match="the database is locked by another program"):
        shared.append([decision()])
    assert shared.log() == ()
    admin.execute(f"SELECT pg_advisory_unlock({_WRITER_LOCK})")
    assert shared.append([decision()]) == 1


def test_a_user_who_may_only_read(shared: Store, admin: Any) -> None:
    kept = decision()
    shared.append([kept])
    admin.execute("DROP ROLE IF EXISTS reader")
    admin.execute("CREATE ROLE reader LOGIN")
    admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    with open_store(shared.where.replace("//matcher@", "//reader@"), create=False) as reading:
        assert reading.log() == (kept,)
        with pytest.raises(InputError, match="may not be written by this user"):
            reading.append([decision()])
    admin.execute("DROP OWNED BY reader")
    admin.execute("DROP ROLE reader")


def test_a_database_that_is_read_only(shared: Store, admin: Any) -> None:
    name = admin.execute("SELECT current_database()").fetchone()[0]
    admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with open_store(shared.where, create=False) as opened:
        with pytest.raises(InputError, match="may not be written by this user"):
            opened.append([decision()])
        assert opened.log() == ()


def test_a_full_disk_of_the_server_is_one_line() -> None:
    with pytest.raises(InputError, match="has no room or no connection left"), told("there"):
        raise OperationalError("INSERT", {}, psycopg.errors.DiskFull("could not extend file"))


def test_connections_that_the_server_ended_are_made_again(shared: Store, admin: Any) -> None:
    shared.append([decision()])
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert shared.append([decision(subject="ZZB")]) == 1
    assert (len(shared.log()), shared.check()) == (2, ())
