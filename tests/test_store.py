"""The store: append-only, whole or not at all, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from matcher.errors import InputError
from matcher.store import Decision, Store, export_jsonl, import_jsonl, open_store
from tests.decisions import decision


@pytest.fixture
def store(store_address: str) -> Iterator[Store]:
    with open_store(store_address) as opened:
        opened.save_run("r1", b"what was shown \x00\xff")
        yield opened


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
