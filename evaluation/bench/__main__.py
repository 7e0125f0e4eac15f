"""Speed on this machine, in one run: encoders, index, search, one match, screenings at 1, 10 and 100 % of full size.

    python -m evaluation.bench [--parts 0.01 0.1 1] [--out FOLDER] [--work FOLDER]

Writes evaluation/reports/bench.{md,json,svg}. Nothing else should run beside it: the report names the load. At full
size on two free cores it takes about 15 minutes and 6 GB of disk (a temporary folder, or --work).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.bench.frameworks import UNITS, WORK_CONTENTS, write_frameworks
from evaluation.bench.kernels import encoder_rates, product_rate, search_rates
from evaluation.bench.plan import MILLIONS, write_plan
from evaluation.bench.process import Cost, matcher
from evaluation.bench.report import chart, page
from evaluation.facts import program_facts
from matcher.search.index import load_index

ROOT = Path(__file__).resolve().parents[2]
ENCODER = "fast"
RUNS = 5
CHANGED = 100
# Pairs that are rescored a unit, more or less (see matcher.compare.signals).
CANDIDATES = 150.0
Record = dict[str, Any]


def _screen(folder: Path, subjects: str, objects: str, *more: str) -> Cost:
    return matcher(
        "screen", subjects, objects, "-k", "10", "--format", "csv", "--encoder", ENCODER, *more, "-o", "out.csv",
        cwd=folder,
    )  # fmt: skip


def whole_screenings(folder: Path, parts: list[float]) -> list[Record]:
    """Return what whole screenings cost, from framework files to the table with all evidence, both sides growing."""
    rows = []
    for part in parts:
        units, contents = max(20, round(UNITS * part)), max(100, round(WORK_CONTENTS * part))
        write_frameworks(folder, units=units, contents=contents)
        cost = _screen(folder, "hk.jsonl", "cn.jsonl")
        size = (folder / "out.csv").stat().st_size
        rows.append({"part": part, "units": units, "contents": contents, **asdict(cost), "bytes": size})
        print(f"{part:.0%}: {units} x {contents} in {cost.wall:.1f} s, {cost.megabytes:.0f} MB", flush=True)
    return rows


def at_fixed_targets(folder: Path, parts: list[float]) -> tuple[list[Record], float]:
    """Return what screenings against the same targets cost, prepared indexes, and the exponent of growth."""
    rows = []
    for part in parts:
        units = max(20, round(UNITS * part))
        write_frameworks(folder, units=units, contents=0)
        matcher("index", "hk.jsonl", "-o", "hk.index", "--encoder", ENCODER, cwd=folder)
        cost = _screen(folder, "hk.index", "cn.index")
        rows.append({"units": units, **asdict(cost)})
        print(f"{units} units against all targets in {cost.wall:.1f} s", flush=True)
    x, y = np.log([row["units"] for row in rows]), np.log([row["wall"] for row in rows])
    return rows, float(np.polyfit(x, y, 1)[0]) if len(rows) > 1 else float("nan")


def one_match(folder: Path) -> Record:
    """Return the seconds of ``matcher match`` on prepared indexes: the first use of the two, then cold starts."""
    code = load_index(folder / "hk.index").ids[7]
    call = ("match", code, "--from", "hk.index", "--to", "cn.index", "--encoder", ENCODER)
    first = matcher(*call, cwd=folder)
    again = [matcher(*call, cwd=folder).wall for _ in range(RUNS)]
    return {"first": first.wall, "cold": again, "median": statistics.median(again)}


def second_run(folder: Path, units: int) -> Record:
    """Return what a second run costs after 100 units were edited: the index renewed, then the screening."""
    write_frameworks(folder, units=units, contents=0, changed=min(CHANGED, units))
    index = matcher("index", "hk.jsonl", "-o", "hk.index", "--encoder", ENCODER, cwd=folder)
    screening = _screen(folder, "hk.index", "cn.index")
    return {"changed": min(CHANGED, units), "index": asdict(index), "screening": asdict(screening)}


def floor_of(units: int, contents: int, width: int, rate: float) -> Record:
    """Return the operations that comparing all with all takes, and the seconds at the rate of a plain product.

    Twice ``width`` for hub values (units and labels), once each for the search and for the objects' best subjects,
    of whole texts and labels side by side.
    """
    operations = 2.0 * units * contents * width * 2 * 3
    return {"operations": operations, "rate": rate, "seconds": operations / rate}


def unit_costs(record: Record, folder: Path, width: int) -> Record:
    """Return the unit costs that ``evaluation.bench.plan`` reckons with."""
    largest, fixed = record["screenings"][-1], record["fixed"]
    small, large = fixed[0], fixed[-1]
    cores = record["cores"]
    a_unit = (large["cpu"] - small["cpu"]) / max(1, large["units"] - small["units"])
    index = load_index(folder / "cn.index")
    size = sum(path.stat().st_size for path in (folder / "cn.index").rglob("*") if path.is_file())
    texts = (2 * len(index.units) + len(index.statements)) / len(index.ids)
    # The search's products use every core, so that a second on the clock is as many of a core.
    seconds_per_million = cores / record["search"]["queries"] / (2.0 * width * largest["contents"] / 1e6)
    return {
        "cores": cores,
        "texts_per_unit": texts,
        "seconds_per_text": record["index"]["cpu"] / (texts * len(index.ids)),
        "width": 2 * width,
        "seconds_per_million": seconds_per_million,
        "candidates": CANDIDATES,
        "seconds_per_candidate": max(a_unit, 1e-6) / CANDIDATES,
        "bytes_per_unit": size / len(index.ids),
        "resident_bytes": largest["megabytes"] * 1e6 / (largest["units"] + largest["contents"]),
        "bytes_per_row": largest["bytes"] / (10 * largest["units"]),
    }


def measure(folder: Path, parts: list[float]) -> Record:
    """Measure everything."""
    record: Record = {
        "facts": {
            **program_facts(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "encoder of the screenings": ENCODER,
        },
        "cores": os.cpu_count(),
        "load_before": os.getloadavg(),
        "product_rate": product_rate(),
    }
    record["screenings"] = whole_screenings(folder, parts)
    largest = record["screenings"][-1]
    record["index"] = asdict(matcher("index", "cn.jsonl", "-o", "cn.index", "--encoder", ENCODER, cwd=folder))
    record["fixed"], record["exponent"] = at_fixed_targets(folder, parts)
    record["match"] = one_match(folder)
    record["search"] = asdict(search_rates(folder / "hk.index", folder / "cn.index"))
    record["second"] = second_run(folder, largest["units"])
    units = load_index(folder / "cn.index").framework.units
    texts = [s.text for unit in units[:1_000] for s in unit.statements]
    record["encoders"], record["minilm"] = encoder_rates(texts)
    width = int(load_index(folder / "cn.index").units.shape[1])
    record["floor"] = floor_of(largest["units"], largest["contents"], width, record["product_rate"])
    record["unit_costs"] = unit_costs(record, folder, width)
    record["load_after"] = os.getloadavg()
    return record


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=float, nargs="+", default=[0.01, 0.1, 1.0], help="shares of the full size")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation/reports")
    parser.add_argument("--work", type=Path, help="where to work (default: a temporary folder)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.work) as name:
        record = measure(Path(name), sorted(given.parts))
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "bench.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (given.out / "bench.svg").write_text(chart(record), encoding="utf-8")
    text = page(record)
    (given.out / "bench.md").write_text(text, encoding="utf-8")
    write_plan(record, MILLIONS, given.out)
    print(text)


if __name__ == "__main__":
    main()
