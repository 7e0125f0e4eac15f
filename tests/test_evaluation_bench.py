"""The bench: its frameworks are the same for a seed and sized like real ones; its report says what was met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.bench.__main__ import floor_of  # noqa: TID251
from evaluation.bench.frameworks import write_frameworks  # noqa: TID251
from evaluation.bench.report import chart, page, power_below  # noqa: TID251
from matcher.readers import read_framework


def test_a_part_is_the_beginning_of_the_whole_and_edits_are_counted(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("small", "large", "edited")]
    for folder, units, changed in zip(folders, (20, 40, 40), (0, 0, 4), strict=True):
        folder.mkdir()
        write_frameworks(folder, units=units, contents=3 * units, changed=changed)
    lines = [(folder / "hk.jsonl").read_text(encoding="utf-8").splitlines() for folder in folders]
    assert lines[0] == lines[1][:21]
    assert sum(a != b for a, b in zip(lines[1], lines[2], strict=True)) == 4
    assert (folders[1] / "cn.jsonl").read_bytes() == (folders[2] / "cn.jsonl").read_bytes()
    hk, cn = (read_framework(folders[1] / name).framework for name in ("hk.jsonl", "cn.jsonl"))
    assert len(set(hk.unit_ids())) == 40
    assert len(set(cn.unit_ids())) == 120
    assert all(unit.code.startswith("ZZ") and unit.level for unit in (*hk.units, *cn.units))
    bullets = [sum(s.role != "title" and s.language == unit.languages[0] for s in unit.statements) for unit in hk.units]
    assert min(bullets) >= 11  # ten bullets and the range
    assert max(bullets) <= 21


def a_record(wall: float) -> dict[str, Any]:
    cost = {"wall": wall, "cpu": 2 * wall, "megabytes": 900.0}
    rows = [{"part": p, "units": u, "contents": 4 * u, "bytes": 9, **cost} for p, u in ((0.1, 100), (1.0, 1_000))]
    return {
        "facts": {"program": "1"}, "cores": 2, "load_before": [0.1, 0, 0], "load_after": [1.5, 0, 0],
        "screenings": rows, "fixed": rows, "exponent": 0.9, "index": cost,
        "match": {"first": 3.0, "cold": [1.0, 1.2], "median": 1.1}, "search": {"queries": 100.0, "bm25s": 50.0},
        "second": {"changed": 100, "index": cost, "screening": cost}, "encoders": {"embedded": 200.0, "fast": 300.0},
        "minilm": 1.0, "floor": floor_of(1_000, 4_000, 384, 1e9),
    }  # fmt: skip


def test_the_floor_by_hand() -> None:
    # 10 x 20 pairs, vectors of 3: units and labels for the hubs (2), whole score for search (2) and rivals (2), each a
    # multiplication and an addition: 10 * 20 * 3 * 6 * 2 = 7,200.
    assert floor_of(10, 20, 3, 100.0) == {"operations": 7_200.0, "rate": 100.0, "seconds": 72.0}


@pytest.mark.parametrize(("wall", "said"), [(5.0, "met"), (500.0, "not met")])
def test_the_report_says_what_was_met(wall: float, said: str) -> None:
    text = page(a_record(wall))
    (line,) = [line for line in text.splitlines() if line.startswith("| framework files to table")]
    assert line == f"| framework files to table, k = 10, all evidence | {wall:.1f} s | <= 120 s | {said} |"
    assert "| embedded encoder over the MiniLM-L12 architecture | 200 x | >= 100 x | met |" in text
    drawn = chart(a_record(wall))
    assert drawn.startswith("<svg")
    assert drawn.count("<polyline") == 3
    json.dumps(a_record(wall))


@pytest.mark.parametrize(("value", "power"), [(0.05, -2), (0.1, -1), (1.0, 0), (9.99, 0), (1_000.0, 3)])
def test_power_below(value: float, power: int) -> None:
    assert power_below(value) == power
