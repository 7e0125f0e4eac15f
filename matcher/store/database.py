"""Open a store, append to it, read it, check it and copy it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, func, insert, select

from matcher.artefact import atomic_path, sha256_of_bytes
from matcher.errors import InputError
from matcher.store.connect import BUSY_SECONDS, connect
from matcher.store.decision import MAX_NAME, Decision, check_decision, now
from matcher.store.faults import told
from matcher.store.tables import DECISIONS, RUNS, VERSION, migrate, version_of

# Ids in one question: older SQLite takes 999 parameters (SQLITE_MAX_VARIABLE_NUMBER).
_CHUNK = 500
# One writer at a time in PostgreSQL too, so that the order of the log is the order of the commits.
_WRITER_LOCK = 0x4D415443
_FIELDS = tuple(field.name for field in fields(Decision))
_COLUMNS = tuple(DECISIONS.c[name] for name in _FIELDS)


class Store:
    """A log of decisions and the runs they were made on; nothing in it is ever changed or removed.

    Threads may share a store; processes each open their own. Make one with ``open_store``.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self.where = where

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with (
            told(self.where),
            self._engine.connect().execution_options(matcher_write=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name != "sqlite":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(BUSY_SECONDS * 1000)}")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
            yield connection

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told(self.where), self._engine.connect() as connection:
            yield connection

    def append(self, decisions: Iterable[Decision], *, runs: Mapping[str, bytes] | None = None) -> int:
        """Keep decisions, all of them or none; return how many were new.

        A decision whose id the store already holds is left as it is, so that a save may be sent again.

        Args:
            decisions: The decisions, each after those it supersedes.
            runs: Runs to keep in the same transaction, as ``save_run`` does.

        Raises:
            InputError: A decision does not pass ``check_decision``, its run or the decision it supersedes is not in
                the store, its id is that of a different decision, or the store cannot be written.
        """
        wanted: dict[str, Decision] = {}
        for decision in decisions:
            check_decision(decision)
            _same(wanted.setdefault(decision.id, decision), decision, self.where)
        if not wanted and not runs:
            return 0
        with self._writing() as connection:
            for run_id, payload in (runs or {}).items():
                self._keep_run(connection, run_id, payload)
            known = self._known(connection, list(wanted))
            for found in known.values():
                _same(found, wanted[found.id], self.where)
            fresh = [decision for decision in wanted.values() if decision.id not in known]
            self._check_references(connection, fresh)
            if fresh:
                rows = [{**asdict(decision), "supersedes": decision.supersedes or None} for decision in fresh]
                connection.execute(insert(DECISIONS), rows)
        return len(fresh)

    def _known(self, connection: Connection, ids: Sequence[str]) -> dict[str, Decision]:
        found: dict[str, Decision] = {}
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            for row in connection.execute(select(*_COLUMNS).where(DECISIONS.c.id.in_(chunk))):
                decision = _decision(row)
                found[decision.id] = decision
        return found

    def _check_references(self, connection: Connection, fresh: Sequence[Decision]) -> None:
        runs = {decision.run for decision in fresh}
        known_runs = {run for run in runs if connection.execute(select(RUNS.c.id).where(RUNS.c.id == run)).first()}
        if runs - known_runs:
            raise InputError(
                f"the run {min(runs - known_runs)} is not in the store", where=self.where, do="save the run first"
            )
        earlier = set(self._known(connection, [d.supersedes for d in fresh if d.supersedes]))
        for decision in fresh:
            if decision.supersedes and decision.supersedes not in earlier:
                raise InputError(
                    f"decision {decision.id} supersedes {decision.supersedes}, which is not in the store before it",
                    where=self.where,
                    do="send the earlier decision first",
                )
            earlier.add(decision.id)

    def log(
        self,
        run: str | None = None,
        reviewer: str | None = None,
        subject: str | None = None,
        *,
        since: int = 0,
    ) -> tuple[Decision, ...]:
        """Return decisions in the order they were kept.

        Args:
            run: Only of this run.
            reviewer: Only of this reviewer.
            subject: Only on this unit.
            since: Only those kept after this ``revision``.

        Raises:
            InputError: The store cannot be read.
        """
        wanted = select(*_COLUMNS).where(DECISIONS.c.seq > since).order_by(DECISIONS.c.seq)
        for column, value in (("run", run), ("reviewer", reviewer), ("subject", subject)):
            if value is not None:
                wanted = wanted.where(DECISIONS.c[column] == value)
        with self._reading() as connection:
            return tuple(map(_decision, connection.execute(wanted)))

    def revision(self) -> int:
        """Return a number that grows with every decision kept; it tells whether another process has saved."""
        with self._reading() as connection:
            return int(connection.execute(select(func.max(DECISIONS.c.seq))).scalar() or 0)

    def save_run(self, run_id: str, payload: bytes) -> None:
        """Keep what a run shows; saving the same again changes nothing.

        Raises:
            InputError: The store holds another run of that id, or cannot be written.
        """
        with self._writing() as connection:
            self._keep_run(connection, run_id, payload)

    def _keep_run(self, connection: Connection, run_id: str, payload: bytes) -> None:
        if not run_id.strip() or len(run_id) > MAX_NAME or "\x00" in run_id:
            raise InputError("the run has no id that can be kept", where=self.where, do="name it")
        digest = sha256_of_bytes(payload)
        found = connection.execute(select(RUNS.c.sha256).where(RUNS.c.id == run_id)).scalar()
        if found is None:
            connection.execute(insert(RUNS).values(id=run_id, payload=payload, sha256=digest, saved_at=now()))
        elif found != digest:
            raise InputError(f"holds another run of the id {run_id}", where=self.where, do="use another id")

    def run(self, run_id: str) -> bytes:
        """Return what a run shows.

        Raises:
            InputError: There is no such run, or it is damaged.
        """
        with self._reading() as connection:
            row = connection.execute(select(RUNS.c.payload, RUNS.c.sha256).where(RUNS.c.id == run_id)).first()
        if row is None:
            raise InputError(
                f"holds no run {run_id}", where=self.where, expected=", ".join(self.runs()) or "a run", do="name one"
            )
        payload = bytes(row.payload)
        if sha256_of_bytes(payload) != row.sha256:
            raise InputError(f"run {run_id} is damaged", where=self.where, do="restore the last backup")
        return payload

    def runs(self) -> tuple[str, ...]:
        """Return the ids of the runs, oldest first."""
        with self._reading() as connection:
            return tuple(connection.execute(select(RUNS.c.id).order_by(RUNS.c.saved_at, RUNS.c.id)).scalars())

    def check(self) -> tuple[str, ...]:
        """Return what is wrong with the store: nothing, if all is well.

        Every decision is read and checked again, every run's SHA-256 compared; SQLite also checks its file.

        Raises:
            InputError: The store cannot be read at all.
        """
        faults: list[str] = []
        with self._reading() as connection:
            if connection.dialect.name == "sqlite":
                answers = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
                faults += [answer for answer in answers if answer != "ok"]
                faults += [
                    f"broken reference: {tuple(r)}" for r in connection.exec_driver_sql("PRAGMA foreign_key_check")
                ]
            for row in connection.execute(select(*_COLUMNS).order_by(DECISIONS.c.seq)):
                try:
                    check_decision(_decision(row))
                except InputError as error:
                    faults.append(str(error))
            for run in connection.execute(select(RUNS)):
                if sha256_of_bytes(bytes(run.payload)) != run.sha256:
                    faults.append(f"run {run.id} does not fit its SHA-256")
        return tuple(faults)

    def backup(self, path: Path) -> None:
        """Copy a SQLite store to another file while it is in use.

        Raises:
            InputError: The store is in PostgreSQL (``export_jsonl`` copies that), or the copy cannot be written.
        """
        if self._engine.dialect.name != "sqlite":
            raise InputError(
                "is a PostgreSQL database", where=self.where, do="use pg_dump, or `matcher decisions export`"
            )
        with atomic_path(path) as temporary, told(str(path)), self._engine.connect() as connection:
            source = connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise TypeError(f"the driver gave {type(source).__name__}")
            copy = sqlite3.connect(temporary)
            try:
                source.backup(copy)
                # A copy is one file: the journal beside a WAL database would stay under its temporary name.
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()


def _decision(row: Any) -> Decision:
    values = dict(zip(_FIELDS, row, strict=True))
    return Decision(**{**values, "supersedes": values["supersedes"] or ""})


def _same(found: Decision, wanted: Decision, where: str) -> None:
    if found != wanted:
        raise InputError(
            f"the id {wanted.id} is that of another decision (on {found.subject} – {found.object} by {found.reviewer})",
            where=where,
            expected="an id for each decision",
            do="do not edit exported decisions",
        )


def open_store(where: str | Path, *, create: bool = True) -> Store:
    """Open a store, make it where there is none, and bring an older one to this version.

    Args:
        where: A SQLite file, or the URL of a PostgreSQL database (``postgresql+psycopg://USER@HOST/DATABASE``).
        create: Make the store where there is none.

    Raises:
        InputError: The store is missing, locked, read-only, full, damaged, another program's or a newer version's.
    """
    engine, name = connect(where, create=create)
    store = Store(engine, name)
    try:
        _prepare(store, create=create)
    except BaseException:
        store.close()
        raise
    return store


def _prepare(store: Store, *, create: bool) -> None:
    with store._reading() as connection:
        found = version_of(connection, store.where)
    if found == VERSION:
        return
    if found == 0 and not create:
        raise InputError("is empty", where=store.where, expected="a store of decisions", do="import decisions first")
    if store._engine.dialect.name == "sqlite":
        # Outside any transaction; the setting stays in the file (https://www.sqlite.org/wal.html#persistence_of_wal_mode).
        with told(store.where), contextlib.closing(store._engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
    with store._writing() as connection:
        migrate(connection, store.where, now())
