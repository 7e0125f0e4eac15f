"""The store's tables and the steps from one version of them to the next."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
)

from matcher.errors import InputError

VERSION = 1
# "MATC": marks a SQLite file as ours (https://www.sqlite.org/pragma.html#pragma_application_id).
APPLICATION_ID = 0x4D415443

METADATA = MetaData()
# The names carry the program's: in PostgreSQL a team may keep other tables in the same database.
MIGRATIONS = Table(
    "matcher_migrations",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied_at", Text, nullable=False),
)
RUNS = Table(
    "matcher_runs",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("saved_at", Text, nullable=False),
)
DECISIONS = Table(
    "matcher_decisions",
    METADATA,
    # SQLite numbers rows by itself only where the key is a plain INTEGER.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("run", Text, ForeignKey("matcher_runs.id"), nullable=False),
    Column("subject", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("relation", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("decided_at", Text, nullable=False),
    Column("subject_edition", Text, nullable=False),
    Column("object_edition", Text, nullable=False),
    Column("rank", Integer),
    Column("score", Double),
    Column("confidence", Double),
    Column("blind", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("supersedes", Text, ForeignKey("matcher_decisions.id")),
    Index("matcher_decisions_by_run", "run", "subject"),
    Index("matcher_decisions_by_reviewer", "reviewer"),
    sqlite_autoincrement=True,
)
_GUARDED = ("matcher_decisions", "matcher_runs")


def _guard(connection: Connection) -> None:
    """Make the database itself refuse to change or remove what was once kept."""
    if connection.dialect.name == "sqlite":
        for table in _GUARDED:
            for action in ("UPDATE", "DELETE"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the store is append-only'); END"
                )
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        return
    connection.exec_driver_sql(
        "CREATE FUNCTION matcher_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the store is append-only'; END $$"
    )
    for table in _GUARDED:
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION matcher_refuse()"
        )


def _first(connection: Connection) -> None:
    METADATA.create_all(connection, checkfirst=False)
    _guard(connection)


# Step n brings a store from version n - 1 to n. A released step is never edited; the next one is appended.
_STEPS = (_first,)


def version_of(connection: Connection, where: str) -> int:
    """Return a database's version, 0 for an empty one.

    Raises:
        InputError: It holds something else, or was written by a newer version of the program.
    """
    names = set(inspect(connection).get_table_names())
    if MIGRATIONS.name not in names:
        foreign = bool(names) if connection.dialect.name == "sqlite" else bool(names & set(METADATA.tables))
        if foreign:
            raise InputError(
                "is a database of another program", where=where, expected="a store of decisions", do="name another"
            )
        return 0
    found = connection.execute(select(func.max(MIGRATIONS.c.version))).scalar() or 0
    if found > VERSION:
        raise InputError(
            f"was written by a newer version of this program (format {found})",
            where=where,
            expected=f"format {VERSION}",
            do="install the newer version, or name another store",
        )
    return int(found)


def migrate(connection: Connection, where: str, moment: str) -> None:
    """Bring a database to the newest version, in the transaction of the connection.

    Raises:
        InputError: It holds something else, or was written by a newer version of the program.
    """
    for number in range(version_of(connection, where) + 1, VERSION + 1):
        _STEPS[number - 1](connection)
        connection.execute(insert(MIGRATIONS).values(version=number, applied_at=moment))
