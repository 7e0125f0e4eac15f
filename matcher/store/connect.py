"""Reach a database: a SQLite file, looked at before anything is made or changed, or PostgreSQL by its URL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from matcher.errors import InputError
from matcher.store.faults import told
from matcher.store.tables import APPLICATION_ID

BUSY_SECONDS = 10.0


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _connect(raw: sqlite3.Connection, _record: object) -> None:
        # The driver's own BEGIN comes too late (before the first write): we begin ourselves.
        raw.isolation_level = None
        for pragma in ("foreign_keys = ON", f"busy_timeout = {int(BUSY_SECONDS * 1000)}", "synchronous = FULL"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later can fail half-way where two do so: a writer waits here.
        writing = connection.get_execution_options().get("matcher_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _check_file(path: Path, *, create: bool) -> None:
    """Look at a file before SQLite makes or changes anything.

    Raises:
        InputError: It is missing and may not be made, or is another program's.
    """
    if not path.exists():
        if not create:
            raise InputError("there is no such store", where=str(path), do="check the name, or import decisions first")
        if not path.parent.is_dir():
            raise InputError("the folder does not exist", where=str(path), do="make the folder first")
        return
    if not path.is_file():
        raise InputError("is not a file", where=str(path), expected="a store of decisions", do="name another")
    try:
        with path.open("rb") as handle:
            head = handle.read(100)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), do="check the permissions") from error
    # The file format's header: magic at 0, application id at 68 (https://www.sqlite.org/fileformat2.html).
    if head and (head[:16] != b"SQLite format 3\x00" or int.from_bytes(head[68:72], "big") not in (0, APPLICATION_ID)):
        raise InputError("is no store of decisions", where=str(path), expected="a store", do="name another file")


def connect(where: str | Path, *, create: bool) -> tuple[Engine, str]:
    """Return the engine of a store and the name to call it in messages (a URL without its password).

    Raises:
        InputError: The file is missing or another program's, or the address is none that this program knows.
    """
    text = str(where)
    if "://" not in text:
        path = Path(text)
        _check_file(path, create=create)
        return _sqlite_engine(path), text
    expected = "a file, or postgresql+psycopg://USER@HOST/DATABASE"
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InputError("is no address of a database", where="--store", expected=expected) from error
    name = url.render_as_string(hide_password=True)
    if url.get_backend_name() != "postgresql":
        raise InputError(
            f"{url.get_backend_name()} is no kind of database that this program keeps decisions in",
            where=name,
            expected=expected,
            do="correct the address",
        )
    with told(name):
        engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    return engine, name
