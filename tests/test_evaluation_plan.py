"""The plan for ten millions by ten millions, against an example computed by hand."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from evaluation.bench import plan  # noqa: TID251
from evaluation.bench.plan import Costs, Size, cells, make_plans, render  # noqa: TID251

COSTS = Costs(
    cores=2, texts_per_unit=10, seconds_per_text=1e-4, width=2_000, seconds_per_million=5e-5, candidates=100,
    seconds_per_candidate=1e-4, bytes_per_unit=50_000, resident_bytes=8_000, bytes_per_row=150,
)  # fmt: skip
SIZE = Size(subjects=10_000_000, objects=10_000_000, k=10, machines=10, cores=32, memory_gb=32)


def test_the_example_computed_by_hand() -> None:
    exact, ivf, shards = make_plans(COSTS, SIZE, probes=40)
    # Encode: 2e7 units x 10 texts x 1e-4 s = 2e4 s = 5.56 core-hours.
    assert [p.encode_core_hours for p in (exact, ivf, shards)] == pytest.approx([2e4 / 3600] * 3)
    # Rescore: 1e7 units x 100 candidates x 1e-4 s = 1e5 s = 27.78 core-hours.
    assert exact.rescore_core_hours == pytest.approx(1e5 / 3600)
    # Exact: 3 passes x 1e7 x 1e7 x 2,000 = 6e17 multiply-adds = 6e11 millions x 5e-5 s = 3e7 s.
    assert exact.search_core_hours == pytest.approx(3e7 / 3600)
    # 8,333.33 + 5.56 + 27.78 core-hours over 320 cores.
    assert exact.core_hours == pytest.approx(8_366.67, abs=0.01)
    assert exact.hours == pytest.approx(26.15, abs=0.01)
    # Inverted file: cells = sqrt(40 x 1e7) = 20,000; each way
    #   train 10 rounds x 40 x 20,000 points x 20,000 cells x 2,000 = 3.2e14
    #   assign 1e7 x 20,000 x 2,000                                 = 4.0e14
    #   search 1e7 x (20,000 + 40 x 1e7 / 20,000) x 2,000           = 8.0e14
    # twice 1.52e15 = 3.04e9 millions x 5e-5 s = 1.52e5 s = 42.22 core-hours.
    assert cells(10_000_000, 40) == 20_000
    assert ivf.search_core_hours == pytest.approx(1.52e5 / 3600)
    assert ivf.core_hours == pytest.approx(75.56, abs=0.01)
    assert shards.core_hours == ivf.core_hours
    # Memory: 2e7 x 8,000 bytes; 1e7 x (2,000 + 8) + 20,000 x 2,000 x 4 = 20.24e9 bytes, in two
    # shards because a machine gives 0.6 x 32 = 19.2 GB.
    assert exact.memory_gb == pytest.approx(160.0)
    assert ivf.memory_gb == pytest.approx(20.24)
    assert (ivf.shards, shards.shards) == (1, 2)
    assert shards.memory_gb == pytest.approx(10.12)
    # Disk: 2e7 x 50,000 = 1,000 GB of indexes, 2 x 1e7 x 10 x 150 = 30 GB of partitions and output.
    assert [p.disk_gb for p in (exact, ivf, shards)] == pytest.approx([1_030.0] * 3)


def test_fewer_cells_or_more_make_a_query_dearer() -> None:
    best = cells(10_000_000, 64)
    cost = {n: n + 64 * 10_000_000 / n for n in (best // 2, best, best * 2)}
    assert min(cost, key=cost.__getitem__) == best


def test_the_page_and_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = tmp_path / "bench.json"
    bench.write_text(json.dumps({"unit_costs": asdict(COSTS)}))
    monkeypatch.setattr(sys, "argv", ["plan", "--bench", str(bench), "--out", str(tmp_path), "--memory-gb", "32"])
    plan.main()
    record = json.loads((tmp_path / "plan.json").read_text())
    page = (tmp_path / "plan.md").read_text()
    assert record["plans"][0]["core_hours"] == pytest.approx(8_366.67, abs=0.01)
    assert "| exact, all of it on every machine | 5.6 | 8,333.3 | 27.8 | 8,366.7 | 26.1 | 160.0 | 1 | 1,030 |" in page
    assert page == render(COSTS, SIZE, make_plans(COSTS, SIZE))
    bench.write_text("{}")
    with pytest.raises(SystemExit, match="make bench"):
        plan.main()
