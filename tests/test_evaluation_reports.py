"""The parts of `make eval` that can be checked by hand: before and after, the audit's table and score."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation import audit  # noqa: TID251
from evaluation.compared import Before, before, compared, unit_values  # noqa: TID251
from matcher.evaluate import Answer, Gold, Run, evaluate_run


def _run(*items: str) -> Run:
    answers = tuple(Answer(object=item, rank=rank, score=-rank) for rank, item in enumerate(items, 1))
    return Run(answers={"u": answers, "v": answers[::-1]}, no_counterpart={})


GOLD = Gold(grades={"u": {"a": 3}, "v": {"b": 2}, "w": {"a": 1}})


def test_before_and_after_by_hand() -> None:
    # Before: u finds its item first, v (the reverse) last of two. After: the other way round; MRR (1 + 1) / 2 to 3 / 4.
    then, now = _run("a", "b"), _run("b", "a")
    subjects = frozenset("uv")
    earlier = Before(
        facts={"program": "0", "encoder": "old"},
        figures={"en": {"MRR": 1.0, "hit@1": 1.0}},
        units={"en": unit_values(then, GOLD, subjects)},
    )
    report = evaluate_run(now, GOLD, subjects=subjects)
    (table,) = compared({"en": unit_values(now, GOLD, subjects)}, {"en": report}, earlier, {"en": "English"})
    rows = {row[0]: row[1:] for row in table.rows}
    # Two units fell by the same: of the four sign patterns two are as extreme, p = 0.5.
    assert rows["English: MRR"][:3] == ("1.0000", "0.5000", "-0.5000")
    assert float(rows["English: MRR"][3]) == pytest.approx(0.5, abs=0.02)
    assert "encoder old" in table.note
    assert compared({}, {}, None, {}) == []
    # Other units: the figures stand side by side, without a test.
    others = replace(earlier, units={"en": {"x": [1.0]}})
    (table,) = compared({"en": unit_values(now, GOLD, subjects)}, {"en": report}, others, {"en": "English"})
    assert {row[4] for row in table.rows} == {""}


def test_the_report_before_is_the_committed_one(tmp_path: Path) -> None:
    path = tmp_path / "samples.json"
    assert before(path) is None
    record = {"facts": {}, "reports": {"en": {"overall": [{"measure": "MRR", "value": 0.5}]}}}
    path.write_text(json.dumps(record), encoding="utf-8")
    found = before(path)
    assert found is not None
    assert found.figures == {"en": {"MRR": 0.5}}
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    record["reports"]["en"]["overall"][0]["value"] = 0.9
    path.write_text(json.dumps(record), encoding="utf-8")
    found = before(path)
    assert found is not None
    assert found.figures == {"en": {"MRR": 0.5}}


def _row(number: int, first: str = "", second: str = "") -> audit.Row:
    return audit.Row(
        trade="Kites", language="en", subject=f"u{number}", object="o", similarity="0.5", subject_text='a "b"',
        object_text="能做", reading_1=first, reading_2=second,
    )  # fmt: skip


def test_readings_stay_with_their_pairs(tmp_path: Path) -> None:
    path = tmp_path / "audit.tsv"
    audit.write_table([_row(1, "right", "partly"), _row(2)], path)
    # Drawn again: pair 1 stays with its readings, pair 2 is gone, pair 3 is new.
    audit.write_table([_row(3), replace(_row(1), similarity="0.6")], path)
    rows = audit.read_table(path)
    assert [(row.subject, row.similarity, row.reading_1, row.reading_2) for row in rows] == [
        ("u3", "0.5", "", ""),
        ("u1", "0.6", "right", "partly"),
    ]
    assert rows[0].subject_text == 'a "b"'


def test_the_score_of_the_audit_by_hand() -> None:
    # Read twice: 4. Not wrong in both: rows 1 and 2. Agree: rows 1 and 4.
    rows = [
        _row(1, "right", "right"),
        _row(2, "right", "partly"),
        _row(3, "partly", "wrong"),
        _row(4, "wrong", "wrong"),
        _row(5),
    ]
    found = dict(audit.score(rows))
    assert found["pairs read twice"] == "4 of 5"
    assert found["not wrong, first reading"].startswith("0.750 (")
    assert found["not wrong, second reading"].startswith("0.500 (")
    assert found["not wrong in both readings"].startswith("0.500 (")
    assert found["readings agree"].startswith("0.500 (")
    assert found["not wrong in both, Kites"].endswith("n = 4")
    assert audit.score([]) == [("pairs read twice", "0 of 0")]
