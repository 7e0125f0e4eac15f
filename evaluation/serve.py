"""How long the review page takes with 10,000 units in the store, measured through a real server on this machine.

    python -m evaluation.serve [--units 10000] [--saves 200] [--out FOLDER]

The units are the samples' over and over under new codes, each with the sample's own candidates. A third of them are
decided by another reviewer beforehand. Writes evaluation/reports/serve.{md,json}; run it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx2

from matcher.pipeline import open_source, query_of, screen
from matcher.review.run import Run, pack_run
from matcher.schema import Framework, UnitResult
from matcher.serve.app import create_app
from matcher.serve.board import Board
from matcher.serve.catalogue import make_catalogue
from matcher.serve.desk import Desk
from matcher.serve.drawing import unit_address
from matcher.serve.guard import access_for
from matcher.serve.run import open_socket, serve
from matcher.store import Decision, Store, new_id, now, open_store

ROOT = Path(__file__).resolve().parents[1]
K = 10


def make_run(units: int) -> tuple[Run, bytes]:
    """Return a run of so many units, and its bytes."""
    left, right = (open_source(ROOT / f"corpora/samples/{name}.jsonl", "embedded").index for name in ("hk", "cn"))
    samples = tuple(screen(left, right, k=K))
    results: list[UnitResult] = []
    for number in range(units):
        sample = samples[number % len(samples)]
        code = f"{sample.subject_id}-{number:05d}"
        unit = replace(sample.subject, code=code)
        found = tuple(replace(s, subject_id=code, subject=unit) for s in sample.suggestions)
        results.append(replace(sample, subject_id=code, subject=unit, suggestions=found))
    query = query_of(left, right)
    query = replace(query, subjects=Framework(header=query.subjects.header, units=tuple(r.subject for r in results)))
    run_id, payload = pack_run(results, query)
    return Run(id=run_id, query=query, results=tuple(results)), payload


def fill(store: Store, run: Run) -> int:
    """Let another reviewer decide a third of the units; return how many decisions that makes."""
    decisions = [
        Decision(
            id=new_id(), run=run.id, subject=s.subject_id, object=s.object_id, verdict="accept" if n == 0 else "reject",
            reviewer="Before", decided_at=now(), rank=s.rank, score=s.score, source="measurement",
        )
        for result in run.results[::3]
        for n, s in enumerate(result.suggestions[:3])
    ]  # fmt: skip
    return store.append(decisions)


def timed(count: int, ask: Callable[[int], object]) -> list[float]:
    """Return the milliseconds of each of ``count`` calls."""
    out = []
    for number in range(count):
        begun = time.perf_counter()
        ask(number)
        out.append((time.perf_counter() - begun) * 1000)
    return out


def measure(run: Run, store: Store, saves: int) -> dict[str, list[float]]:
    """Return the milliseconds of each kind of request."""
    catalogue = make_catalogue(run.id, run.query, run.results, blind_seed=None)
    listening = open_socket("127.0.0.1", 0)
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app = create_app(
        Desk(catalogue=catalogue, board=Board(store, catalogue), reviewer="Ann"), access_for("127.0.0.1", None)
    )
    threading.Thread(target=serve, args=(app, listening), kwargs={"started": lambda: None}, daemon=True).start()
    ids = [entry.unit_id for entry in catalogue.entries]
    client = httpx2.Client(base_url=base, headers={"origin": base}, timeout=60)

    def get(address: str) -> str:
        answer = client.get(address)
        answer.raise_for_status()
        return answer.text

    first = timed(1, lambda _: get("/"))
    drawn = [get(unit_address(ids[number * 7 % len(ids)])) for number in range(saves)]
    forms = [{name: re.findall(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("nonce", "object", "seen")}
             for page in drawn]  # fmt: skip

    def save(number: int) -> None:
        fields = {**forms[number], "verdict": "accept"}
        answer = client.post(unit_address(ids[number * 7 % len(ids)]), data=fields)
        if answer.status_code != 303:
            raise RuntimeError(answer.text)

    return {
        "first list after the start": first,
        "save (POST until it is on disk)": timed(saves, save),
        "unit page": timed(saves, lambda n: get(unit_address(ids[n * 11 % len(ids)]))),
        "list, a page of 50": timed(50, lambda n: get(f"/?page={n + 1}")),
        "list, searched": timed(50, lambda _: get("/?q=洗髮")),
        "list, undecided only": timed(50, lambda _: get("/?state=undecided")),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=10_000)
    parser.add_argument("--saves", type=int, default=200)
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation/reports")
    options = parser.parse_args()
    run, payload = make_run(options.units)
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "decisions.sqlite") as store:
        store.save_run(run.id, payload)
        before = fill(store, run)
        found = measure(run, store, options.saves)
    rows = {
        name: {
            "n": len(times),
            "median_ms": round(statistics.median(times), 1),
            "p95_ms": round(sorted(times)[max(0, int(len(times) * 0.95) - 1)], 1),
        }
        for name, times in found.items()
    }
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    about = {"units": options.units, "candidates": K, "decisions_before": before, "machine": machine}
    lines = [
        "# The review page with many units",
        "",
        f"{options.units} units, {K} candidates each, {before} decisions in the store before; SQLite; {machine}.",
        "",
        "| request | n | median ms | 95th percentile ms |",
        "|---|---|---|---|",
        *(f"| {name} | {row['n']} | {row['median_ms']} | {row['p95_ms']} |" for name, row in rows.items()),
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "serve.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (options.out / "serve.json").write_text(json.dumps({**about, "requests": rows}, indent=2) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
