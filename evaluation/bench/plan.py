"""The plan for screening millions against millions, from the unit costs of a bench run.

    python -m evaluation.bench.plan [--subjects N] [--objects M] [--machines P] [--out FOLDER]

Reads evaluation/reports/bench.json, writes evaluation/reports/plan.{md,json}: hours, memory, disk and core-hours of
three ways (as the program is; with an inverted-file index; that index in shards), and what each of them changes.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Whole comparisons of all with all that an exact run makes: the search, the objects' hub values (nearest subjects),
# and every object's best subject.
EXACT_PASSES = 3
# An inverted file answers the two questions that the objects ask with one search the other way round.
IVF_DIRECTIONS = 2
# Cells looked into for one query. Recall at this setting is to be measured on the data at hand before it is used.
PROBES = 64
# k-means over the cells: points a cell (FAISS warns below 39) and rounds (its default is 25, ours settle by 10).
TRAIN_POINTS = 40
TRAIN_ROUNDS = 10
# Share of a machine's memory that vectors may fill.
VECTOR_SHARE = 0.6
GB = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one unit of each kind of work costs on the bench's machine; seconds are those of one core.

    ``width`` is the length of the vectors that are searched. ``resident_bytes`` is memory that a unit of either side
    takes during a screening with a worker a core of that machine (``cores``; more workers take more),
    ``bytes_per_unit`` its share of an index folder, ``bytes_per_row`` a candidate in the output.
    """

    cores: int
    texts_per_unit: float
    seconds_per_text: float
    width: int
    seconds_per_million: float
    candidates: float
    seconds_per_candidate: float
    bytes_per_unit: float
    resident_bytes: float
    bytes_per_row: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is wanted, and of what machines."""

    subjects: int
    objects: int
    k: int
    machines: int
    cores: int
    memory_gb: float


MILLIONS = Size(subjects=10_000_000, objects=10_000_000, k=10, machines=10, cores=32, memory_gb=128.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one way of doing it takes. Hours are wall time with every machine busy: at best."""

    way: str
    encode_core_hours: float
    search_core_hours: float
    rescore_core_hours: float
    core_hours: float
    hours: float
    memory_gb: float
    shards: int
    disk_gb: float


def exact_multiply_adds(size: Size, width: int) -> float:
    """Return the multiply-adds of comparing all with all, as often as an exact screening does."""
    return float(EXACT_PASSES) * size.subjects * size.objects * width


def cells(objects: int, probes: int) -> int:
    """Return how many cells make a query cheapest: the n that minimises n + probes * objects / n."""
    return max(1, round(math.sqrt(probes * objects)))


def ivf_multiply_adds(queries: int, objects: int, width: int, probes: int) -> float:
    """Return the multiply-adds of building an inverted file over the objects and asking it every query."""
    count = cells(objects, probes)
    train = float(TRAIN_ROUNDS) * min(objects, TRAIN_POINTS * count) * count * width
    assign = float(objects) * count * width
    search = float(queries) * (count + min(probes, count) * objects / count) * width
    return train + assign + search


def make_plans(costs: Costs, size: Size, *, probes: int = PROBES) -> tuple[Plan, ...]:
    """Return the plan of each way: exact, inverted file on every machine, inverted file in shards."""
    units = size.subjects + size.objects
    encode = units * costs.texts_per_unit * costs.seconds_per_text
    rescore = size.subjects * costs.candidates * costs.seconds_per_candidate
    # Every partition is kept once beside the output until the last one is done.
    disk = units * costs.bytes_per_unit + 2 * size.subjects * size.k * costs.bytes_per_row
    ivf = sum(
        ivf_multiply_adds(queries, objects, costs.width, probes)
        for queries, objects in ((size.subjects, size.objects), (size.objects, size.subjects))[:IVF_DIRECTIONS]
    )
    # int8 components, a number of 8 bytes each, and the cells' centres.
    count = cells(size.objects, probes)
    packed = size.objects * (costs.width + 8) + count * costs.width * 4
    room = VECTOR_SHARE * size.memory_gb * GB
    resident = units * costs.resident_bytes
    ways = (
        ("exact, all of it on every machine", exact_multiply_adds(size, costs.width), resident, 1),
        ("inverted file (IVF, int8), all of it on every machine", ivf, packed, 1),
        ("inverted file in shards, or a remote vector index", ivf, packed, math.ceil(packed / room)),
    )
    plans = []
    for way, multiply_adds, memory, shards in ways:
        search = multiply_adds / 1e6 * costs.seconds_per_million
        hours = [seconds / 3600 for seconds in (encode, search, rescore)]
        plans.append(
            Plan(
                way=way,
                encode_core_hours=hours[0],
                search_core_hours=hours[1],
                rescore_core_hours=hours[2],
                core_hours=sum(hours),
                hours=sum(hours) / (size.machines * size.cores),
                memory_gb=memory / shards / GB,
                shards=shards,
                disk_gb=disk / GB,
            )
        )
    return tuple(plans)


_CHANGES = """
## What changes

- **Encoding**: nothing. The same text gives the same vector on every machine, and each machine encodes its share.
- **Search**: exact as long as {passes} comparisons of all with all fit the hours. Beyond that an inverted file: as many
  cells as the root of probes times objects, int8 vectors. Its recall against the exact search is measured on a sample
  first, and stands beside the result.
- **Memory**: the exact index is laid out once a worker, which is a worker a core; an inverted file is mapped by all
  workers of a machine. Where it takes more than {share:.0%} of a machine's memory it is cut into shards: every machine
  searches its own, the shards' candidates are put together and scored again.
- **The index itself**: files, mapped and hashed; or a vector index that others run (Milvus, pgvector).
- **Rescoring**: nothing. Only the candidates' statements are read, from mapped files; they are never searched.
- **Partitions, resume, lost machines**: nothing (`matcher screen --engine ray`).

Whatever does the search fulfils `matcher.search.vector.VectorIndex`, as the FAISS index does:

```python
class VectorIndex(Protocol):
    count: int
    dimension: int

    def search(self, queries: Vectors, k: int) -> NDArray[np.int64]: ...
```

It only chooses: (q, d) float32 in, at least the k best row numbers of each query out. What is kept is scored again from
the vectors themselves in one fixed order: another index can lose a candidate (its recall says how often) and never
changes a score (`tests/test_search_other_index.py`: an index in parts, and an approximate one). pgvector:
`SELECT row FROM vectors ORDER BY vector <#> :query LIMIT :k`; Milvus: `search(data, limit=k, metric_type="IP")`.
"""


def render(costs: Costs, size: Size, plans: tuple[Plan, ...]) -> str:
    """Return the page."""
    lines = [
        f"# The plan for {size.subjects:,} x {size.objects:,}",
        "",
        f"{size.machines} machines of {size.cores} cores and {size.memory_gb:g} GB, k = {size.k}; computed from the",
        "unit costs of a bench run, not measured. Hours are wall time with every core busy: at best. A core is one of",
        "the bench's machine. `python -m evaluation.bench.plan` remakes it, for other sizes and machines too.",
        "",
        "| way | core-hours: encode | search | rescore | all | hours | memory a machine, GB | shards | disk, GB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {p.way} | {p.encode_core_hours:,.1f} | {p.search_core_hours:,.1f} | {p.rescore_core_hours:,.1f} "
        f"| {p.core_hours:,.1f} | {p.hours:,.1f} | {p.memory_gb:,.1f} | {p.shards} | {p.disk_gb:,.0f} |"
        for p in plans
    ]
    lines += ["", "Unit costs of the bench run:", "", "| | |", "|---|---|"]
    lines += [f"| {name.replace('_', ' ')} | {value:,.6g} |" for name, value in asdict(costs).items()]
    return "\n".join(lines) + "\n" + _CHANGES.format(passes=EXACT_PASSES, share=VECTOR_SHARE)


def costs_of(record: Mapping[str, Any]) -> Costs:
    """Return the unit costs of a bench report.

    Raises:
        SystemExit: The report has none.
    """
    try:
        return Costs(**record["unit_costs"])
    except (KeyError, TypeError) as error:
        raise SystemExit(f"bench.json has no unit costs ({error}); run `make bench`") from error


def write_plan(record: Mapping[str, Any], size: Size, out: Path) -> str:
    """Compute the plan from a bench report, write plan.md and plan.json, and return the page.

    Raises:
        SystemExit: The report has no unit costs.
    """
    costs = costs_of(record)
    plans = make_plans(costs, size)
    page = render(costs, size, plans)
    out.mkdir(parents=True, exist_ok=True)
    (out / "plan.md").write_text(page, encoding="utf-8")
    whole = {"size": asdict(size), "unit_costs": asdict(costs), "plans": [asdict(plan) for plan in plans]}
    (out / "plan.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    return page


def main() -> None:
    """Compute and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, default=ROOT / "evaluation/reports/bench.json")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation/reports")
    parser.add_argument("--subjects", type=int, default=MILLIONS.subjects)
    parser.add_argument("--objects", type=int, default=MILLIONS.objects)
    parser.add_argument("--machines", type=int, default=MILLIONS.machines)
    parser.add_argument("--cores", type=int, default=MILLIONS.cores)
    parser.add_argument("--memory-gb", type=float, default=MILLIONS.memory_gb)
    parser.add_argument("-k", type=int, default=MILLIONS.k)
    given = parser.parse_args()
    size = Size(
        subjects=given.subjects, objects=given.objects, k=given.k, machines=given.machines, cores=given.cores,
        memory_gb=given.memory_gb,
    )  # fmt: skip
    print(write_plan(json.loads(given.bench.read_text(encoding="utf-8")), size, given.out))


if __name__ == "__main__":
    main()
