"""What a database's errors mean to the person who named it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DatabaseError, InterfaceError, NoSuchModuleError, OperationalError

from matcher.errors import InputError

# The first of SQLite's error names that fits (https://www.sqlite.org/rescode.html).
_SQLITE = (
    ("SQLITE_BUSY", "is locked by another program", "close the other program, or try again in a minute"),
    ("SQLITE_LOCKED", "is locked by another program", "close the other program, or try again in a minute"),
    ("SQLITE_READONLY", "cannot be written: it or its folder is read-only", "change the permissions, or copy it"),
    ("SQLITE_CANTOPEN", "cannot be opened", "check the folder and its permissions"),
    ("SQLITE_FULL", "has no room left", "free some space; what was saved before is safe"),
    ("SQLITE_IOERR", "cannot be read or written (disk error)", "check the disk; restore the last backup if need be"),
    ("SQLITE_NOTADB", "is no store of decisions", "name another file"),
    ("SQLITE_CORRUPT", "is damaged", "restore the last backup (`matcher decisions backup` makes one)"),
    ("SQLITE_AUTH", "refuses this step", "name another file"),
    ("SQLITE_PERM", "cannot be opened", "check the permissions"),
)


def _of_sqlite(error: sqlite3.Error, where: str) -> InputError | None:
    name = getattr(error, "sqlite_errorname", "") or ""
    for prefix, what, do in _SQLITE:
        if name.startswith(prefix):
            return InputError(what, where=where, do=do)
    return None


def _of_postgresql(error: BaseException, where: str) -> InputError | None:
    # SQLSTATE classes (https://www.postgresql.org/docs/current/errcodes-appendix.html).
    state = str(getattr(error, "sqlstate", "") or "")
    if state.startswith("53"):
        return InputError("the database has no room or no connection left", where=where, do="tell its administrator")
    if state in ("25006", "42501"):
        return InputError("the database may not be written by this user", where=where, do="ask for the right to write")
    if state in ("55P03", "57014"):
        return InputError("the database is locked by another program", where=where, do="try again in a minute")
    if state in ("42P01", "3F000"):
        return InputError(
            "the store's tables are gone from the database", where=where, do="restore the last backup of it"
        )
    if state in ("", "3D000") or state.startswith(("08", "28", "57P")):
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        return InputError(
            f"the database cannot be reached ({reason})", where=where, do="check the address and the user"
        )
    return None


@contextlib.contextmanager
def told(where: str) -> Iterator[None]:
    """Turn the faults of a database that a person can mend into one line; let every other one through.

    Raises:
        InputError: The database is locked, read-only, full, damaged, foreign or out of reach.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        raise InputError(
            "PostgreSQL needs the package psycopg", where=where, do="pip install 'competency-matcher[postgres]'"
        ) from error
    except NoSuchModuleError as error:
        raise InputError(
            "is no kind of database that this program knows",
            where=where,
            expected="a file, or postgresql+psycopg://USER@HOST/DATABASE",
            do="correct the address",
        ) from error
    except (OperationalError, DatabaseError, InterfaceError) as error:
        cause = error.orig
        found = _of_sqlite(cause, where) if isinstance(cause, sqlite3.Error) else None
        if found is None and cause is not None and not isinstance(cause, sqlite3.Error):
            found = _of_postgresql(cause, where)
        if found is None:
            raise
        raise found from error
    except sqlite3.Error as error:
        found = _of_sqlite(error, where)
        if found is None:
            raise
        raise found from error
