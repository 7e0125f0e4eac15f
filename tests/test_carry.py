"""Decisions carried to a new edition: each is carried, sent back or retired, and never as if the new text was read."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evaluation.edition_maker import Edition, make_edition, read_pool  # noqa: TID251
from matcher.cli.carry import carry
from matcher.encode import load_encoder
from matcher.errors import InputError
from matcher.pipeline import query_of, screen
from matcher.readers import ReadOptions, read_framework
from matcher.readers.canonical import framework_to_bytes
from matcher.review.agreement import ratings
from matcher.review.run import Run, pack_run, unpack_run
from matcher.review.settle import ADJUDICATION, settle
from matcher.review.worklist_read import read_worklist
from matcher.schema import Framework
from matcher.search.index import build_index
from matcher.store import Decision, Store, current, new_id, now, open_store
from tests.conftest import Samples


def _decide(run: Run, store: Store) -> list[Decision]:
    """Two reviewers on every unit: accept the first candidate, reject the second; some have none; one is undone."""
    made = []
    for number, result in enumerate(run.results):
        for name in ("Chan", "Li"):
            plain = {"run": run.id, "subject": result.subject_id, "reviewer": name, "decided_at": now()}
            if number % 9 == 0:
                made.append(Decision(**plain, id=new_id(), object="", verdict="no_counterpart"))  # type: ignore[arg-type]
                continue
            first, second = (s.object_id for s in result.suggestions[:2])
            made.append(
                Decision(
                    **plain, id=new_id(), object=first, verdict="accept", relation="close", rank=1, score=1.5,  # type: ignore[arg-type]
                    comment="same work" if name == "Chan" else "", subject_edition="zz-hk-samples 2024",
                )
            )  # fmt: skip
            made.append(Decision(**plain, id=new_id(), object=second, verdict="reject", rank=2))  # type: ignore[arg-type]
    made.append(replace(made[-1], id=new_id(), verdict="undo", supersedes=made[-1].id, decided_at=now()))
    made.append(
        replace(made[1], id=new_id(), verdict="partly", reviewer="Wong (adjudicator)", source=ADJUDICATION)
        if made[1].object
        else replace(made[4], id=new_id(), verdict="partly", reviewer="Wong (adjudicator)", source=ADJUDICATION)
    )
    store.append(made)
    return made


def _write(made: Edition, folder: Path) -> None:
    for name, framework in (("old.jsonl", made.old), ("new.jsonl", made.new)):
        (folder / name).write_bytes(framework_to_bytes(framework))


COUNT = {
    "reworded": 3, "levels": 1, "renumbered": 3, "renumbered and reworded": 1, "split": 2, "merged": 1, "regrouped": 1,
    "retired": 2, "new": 2, "reused": 1, "form": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def sides(samples: Samples) -> tuple[Framework, Framework]:
    """Forty units of either side: the trades of hairdressing and make-up are in both."""
    hk, cn = (read_framework(path, options=ReadOptions()).framework for path in (samples.hk, samples.cn))
    return replace(hk, units=hk.units[:28]), replace(cn, units=cn.units[:40])


@pytest.fixture(scope="module")
def small(sides: tuple[Framework, Framework]) -> tuple[Run, bytes]:
    left, right = (build_index(side, load_encoder()) for side in sides)
    query = query_of(left, right)
    results = tuple(screen(left, right, k=4))
    run_id, payload = pack_run(results, query)
    return Run(id=run_id, query=query, results=results), payload


@pytest.fixture(scope="module")
def hk(sides: tuple[Framework, Framework]) -> Edition:
    return make_edition(sides[0], read_pool(), 11, COUNT)


@pytest.fixture
def folder(hk: Edition, small: tuple[Run, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _write(hk, tmp_path)
    with open_store(tmp_path / "review.db") as store:
        store.save_run(small[0].id, small[1])
        _decide(small[0], store)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _carry(**more: Any) -> None:
    """Call the command as the shell does, in this process."""
    plain: dict[str, Any] = {
        "old": Path("old.jsonl"), "new": Path("new.jsonl"), "store": "review.db", "by": "Wong", "run": None,
        "side": None, "other": None, "k": 4, "output": None, "with_new": False, "report": None, "dry_run": False,
        "language": "en", "any_order": False, "encoder": "embedded", "batch_size": 64,
    }  # fmt: skip
    carry(**{**plain, **more})


def test_every_decision_is_carried_sent_back_or_retired(
    folder: Path, hk: Edition, small: tuple[Run, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    _carry(output=Path("list.xlsx"), report=Path("fate.csv"))
    printed = capsys.readouterr().out
    with open_store(folder / "review.db", create=False) as store:
        before = current(store.log(run=small[0].id))
        new_run = next(name for name in store.runs() if name != small[0].id)
        rows = store.log(run=new_run)
        run = unpack_run(store.run(new_run))
        assert store.check() == ()
    # What the generator did to each unit decides what may become of its decisions.
    known = {unit: k for k in hk.known for unit in k.old}
    expected = {
        d.id: "retired" if not known[d.subject].new else "sent back" if known[d.subject].touched else "carried"
        for d in before
    }
    with (folder / "fate.csv").open(encoding="utf-8-sig", newline="") as handle:
        told = {row["id"]: row for row in csv.DictReader(handle)}
    assert {i: row["fate"] for i, row in told.items()} == expected
    tally = Counter(expected.values())
    assert sum(tally.values()) == len(before)
    assert min(tally.values()) >= 4
    for kind, count in tally.items():
        line = next(text for text in printed.splitlines() if text.startswith(kind))
        assert int(line.split()[-1]) == count
    # A carried decision says who carried it, and keeps the reviewer's text edition, verdict and what they saw.
    by_id = {d.id: d for d in before}
    carried = [d for d in rows if "carried by" in d.reviewer]
    assert len(carried) == tally["carried"]
    for d in carried:
        source = by_id[d.comment.partition("decision ")[2].split("\n")[0].strip()]
        assert (d.verdict, d.relation, d.rank, d.score) == (source.verdict, source.relation, source.rank, source.score)
        assert d.reviewer == f"{source.reviewer} (carried by Wong)"
        assert d.comment.startswith("carried from zz-hk-samples 2026 by Wong: ")
        assert d.comment.endswith(source.comment)
        assert d.subject_edition == source.subject_edition
        assert d.source == (ADJUDICATION if source.source == ADJUDICATION else "carried")
        assert d.subject in known[source.subject].new
    back = [d for d in rows if "sent back by" in d.reviewer]
    assert {d.verdict for d in back} == {"unsure"}
    assert {d.source for d in back} == {"sent back"}
    # Split units: one decision goes back to every part, so there are at least as many rows as decisions.
    assert len(back) >= tally["sent back"]
    # Every row names a candidate that the new run shows, and nothing that went back stands as decided.
    assert all(d.object == "" or run.find(d.subject, d.object) is not None for d in rows)
    settled = {(s.subject, s.object) for s in settle(current(rows)).settled}
    assert settled == {(d.subject, d.object) for d in carried}
    # Carried rows are nobody's reading: agreement does not count them.
    assert ratings(current(rows))[1] == ()
    # The list holds the units that went back, and can be imported under the new run.
    listed = read_worklist(folder / "list.xlsx")
    assert listed.run.id == new_run
    # Once more: nothing new.
    capsys.readouterr()
    _carry(run=small[0].id)
    assert f"0 rows kept under run {new_run}" in capsys.readouterr().err


def test_a_new_edition_of_the_candidates(
    sides: tuple[Framework, Framework], small: tuple[Run, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_edition(sides[1], read_pool(), 12, COUNT)
    _write(made, tmp_path)
    monkeypatch.chdir(tmp_path)
    with open_store(tmp_path / "review.db") as store:
        store.save_run(small[0].id, small[1])
        decided = _decide(small[0], store)
        before = current(store.log())
    _carry(dry_run=True, report=Path("fate.csv"))
    known = {unit: k for k in made.known for unit in k.old}
    with (tmp_path / "fate.csv").open(encoding="utf-8-sig", newline="") as handle:
        told = {row["id"]: row for row in csv.DictReader(handle)}
    assert len(told) == len(before)
    for d in before:
        if d.object:
            k = known[d.object]
            expected = "retired" if not k.new else "sent back" if k.touched else "carried"
            assert told[d.id]["fate"] == expected
        else:
            assert told[d.id]["fate"] in ("carried", "sent back")
    with open_store(tmp_path / "review.db", create=False) as store:
        assert len(store.log()) == len(decided)
        assert store.runs() == (small[0].id,)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("foreign", "holds none of the"),
        ("text", "has another text of"),
        ("lacking", "lacks"),
        ("swapped", "swap the two"),
        ("unnamed", "the name cannot be used"),
    ],
)
def test_an_edition_that_was_not_reviewed_is_refused(folder: Path, hk: Edition, change: str, expected: str) -> None:
    old = hk.old
    if change == "foreign":
        old = replace(old, units=tuple(replace(u, code=f"ZZQ{n}") for n, u in enumerate(old.units)))
    elif change == "text":
        old = replace(old, units=(replace(old.units[0], statements=old.units[0].statements[:-1]), *old.units[1:]))
    elif change == "lacking":
        old = replace(old, units=old.units[1:])
    elif change == "swapped":
        old = replace(old, header=replace(old.header, edition="2030"))
    (folder / "old.jsonl").write_bytes(framework_to_bytes(old))
    name = " " if change == "unnamed" else "Wong"
    with pytest.raises(InputError, match=expected):
        _carry(by=name)
    with open_store(folder / "review.db", create=False) as store:
        assert len(store.runs()) == 1
