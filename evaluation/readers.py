"""Measure the readers on generated documents whose truth is known, on hostile files, and on open data.

    python -m evaluation.readers [--part NAME ...] [--data DIR] [--out FOLDER]

Writes evaluation/reports/readers.{md,json}; a part that is not named keeps the figures of the run before. The seeds
are not those that the readers were written with. The parts: ``clean``, ``damaged``, ``book`` and
``standards`` (speed), ``hostile``, and ``open`` (needs the data folder).
"""

from __future__ import annotations

import argparse
import collections
import cProfile
import json
import os
import platform
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matcher.readers import read_framework
from matcher.readers.document import read_cn_standard, read_scs
from matcher.readers.options import ReadOptions
from matcher.schema import Language
from tests.fixtures_gen import cn, docx_file, hkqf, html, rl, scs
from tests.fixtures_gen.hostile import hostile_files
from tests.fixtures_gen.model import Doc
from tests.fixtures_gen.score import Score, flagged_cells, score

ROOT = Path(__file__).resolve().parents[1]
FIRST_SEED = 31_000
LANGUAGES: dict[str, tuple[Language, ...]] = {
    "SCS, English": ("en",),
    "SCS, Traditional": ("zh-Hant",),
    "SCS, Simplified": ("zh-Hans",),
    "SCS, bilingual": ("zh-Hant", "en"),
}
SCHEMES = {"standard, five levels": "skill", "standard, three levels": "engineering", "standard, before 2010": "old"}
PRODUCERS = ("reportlab", "LibreOffice", "Chromium", "DOCX", "HTML")
COUNTS = {"reportlab": 8, "LibreOffice": 3, "Chromium": 2, "DOCX": 4, "HTML": 4}
ALL_DAMAGE = frozenset(cn.DAMAGES) - {"font"}
Fixture = scs.Book | cn.Standard


def produce(producer: str, fixtures: list[tuple[str, Fixture]], folder: Path) -> list[Path]:
    """Return the files that a producer makes of the fixtures; none where the program is missing."""
    if producer == "LibreOffice":
        if docx_file.soffice() is None:
            return []
        made = [docx_file.write(fixture.doc, folder / f"{name}.docx") for name, fixture in fixtures]
        return docx_file.convert(made, folder)
    if producer == "Chromium" and html.chromium() is None:
        return []
    writers: dict[str, tuple[Callable[[Doc, Path], Path], str]] = {
        "reportlab": (rl.write, "pdf"), "Chromium": (html.print_pdf, "pdf"), "DOCX": (docx_file.write, "docx"),
        "HTML": (html.write, "html"),
    }  # fmt: skip
    write, suffix = writers[producer]
    return [write(fixture.doc, folder / f"{name}.{suffix}") for name, fixture in fixtures]


def measure(fixtures: list[tuple[str, Fixture]], paths: list[Path]) -> tuple[Score, collections.Counter[str]]:
    """Return the score over documents, and counts of pages, repaired and flagged cells and checks."""
    total = Score()
    counts: collections.Counter[str] = collections.Counter()
    for (_, fixture), path in zip(fixtures, paths, strict=True):
        read = read_scs if isinstance(fixture, scs.Book) else read_cn_standard
        result = read(path, ReadOptions())
        flagged = {row.code for row, _ in result.report.cells("flagged")}
        total += score(fixture.truth, result.framework.units, flagged_cells(result.report))
        counts["documents"] += 1
        counts["pages"] += result.report.files[0].pages
        counts["repaired"] += len(result.report.cells("repaired"))
        counts["flagged"] += len(result.report.cells("flagged"))
        counts["flagged_units"] += len(flagged)
        counts["checks_failed"] += len(result.report.failed)
        counts["checks"] += len(result.report.checks)
    return total, counts


def _row(total: Score, counts: collections.Counter[str]) -> dict[str, Any]:
    record = {key: value for key, value in asdict(total).items() if key != "faults"}
    return {**record, **counts, "faults": list(total.faults[:3])}


def clean(folder: Path) -> dict[str, Any]:
    """Measure clean fixtures in each layout, language and producer."""
    out: dict[str, Any] = {}
    kinds: list[tuple[str, Callable[[int], Fixture]]] = []
    for name, languages in LANGUAGES.items():
        kinds.append((name, lambda seed, languages=languages: scs.make_book(seed, count=8, languages=languages)))  # type: ignore[misc]
    for name, scheme in SCHEMES.items():
        kinds.append((name, lambda seed, scheme=scheme: cn.make_standard(seed, scheme=scheme)))  # type: ignore[misc]
    for producer in PRODUCERS:
        for number, (name, make) in enumerate(kinds):
            home = folder / f"{producer}{number}"
            home.mkdir()
            fixtures = [(f"f{seed}", make(FIRST_SEED + seed)) for seed in range(COUNTS[producer])]
            paths = produce(producer, fixtures, home)
            if paths:
                out[f"{name} | {producer}"] = _row(*measure(fixtures, paths))
                print(name, producer, out[f"{name} | {producer}"], flush=True)
    out["HKQF JSON | two languages"] = _json(folder)
    return out


def _json(folder: Path) -> dict[str, Any]:
    from matcher.readers.read import read_frameworks

    total = Score()
    counts: collections.Counter[str] = collections.Counter()
    for seed in range(10):
        industry = hkqf.make_industry(FIRST_SEED + seed, count=20, languages=("en", "zh-Hant"))
        paths = []
        for language, text in industry.documents.items():
            paths.append(folder / f"{seed}-{language}.json")
            paths[-1].write_text(text, encoding="utf-8")
        result = read_frameworks(paths)
        total += score(industry.truth, result.framework.units)
        counts["documents"] += 2
        counts["checks"] += len(result.report.checks)
        counts["checks_failed"] += len(result.report.failed)
    return _row(total, counts)


def damaged(folder: Path) -> dict[str, Any]:
    """Measure damaged standards: each kind alone and all together."""
    out: dict[str, Any] = {}
    runs = [(kind, frozenset({kind}), "reportlab", 6) for kind in cn.DAMAGES]
    runs += [("all but broken fonts", ALL_DAMAGE, "reportlab", 24)]
    runs += [
        ("all but broken fonts", ALL_DAMAGE, "LibreOffice", 16),
        ("all but broken fonts", ALL_DAMAGE, "Chromium", 16),
    ]
    for number, (name, kinds, producer, count) in enumerate(runs):
        home = folder / f"d{number}"
        home.mkdir()
        fixtures: list[tuple[str, Fixture]] = []
        hits: collections.Counter[str] = collections.Counter()
        for seed in range(count):
            scheme = ("skill", "engineering")[seed % 2]
            standard = cn.make_standard(FIRST_SEED + seed, scheme=scheme, damage=kinds)
            hits.update(standard.damaged)
            fixtures.append((f"f{seed}", standard))
        paths = produce(producer, fixtures, home)
        if paths:
            out[f"{name} | {producer}"] = {**_row(*measure(fixtures, paths)), "hits": sum(hits.values())}
            print(name, producer, out[f"{name} | {producer}"], flush=True)
    return out


def _timed(arguments: list[str], folder: Path) -> tuple[float, float, float]:
    """Return a command's wall seconds, processor seconds, and the most memory (MB) of one of its processes."""
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "matcher.cli.main", "ingest", *arguments], cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{arguments} ended with {status}")
    return time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def machine() -> dict[str, Any]:
    """Return what the times were measured on."""
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": os.getloadavg()[0],
    }


def book(folder: Path) -> dict[str, Any]:
    """Measure a book of about 400 pages: seconds and memory of the whole command."""
    made = scs.make_book(FIRST_SEED + 900, count=350, languages=("en",))
    rl.write(made.doc, folder / "book.pdf")
    seconds, busy, memory = _timed(["book.pdf", "-o", "book.jsonl", "--report", "book.json"], folder)
    units = read_framework(folder / "book.jsonl").framework.units
    found = score(made.truth, units)
    report = json.loads((folder / "book.json").read_text(encoding="utf-8"))
    return {
        **machine(), "pages": report["files"][0]["pages"], "units": len(made.truth), "seconds": seconds, "busy": busy,
        "memory_mb": memory, "exact": found.exact, "statements": found.statements,
    }  # fmt: skip


def standards(folder: Path) -> dict[str, Any]:
    """Measure 100 standards: seconds a page, memory, the profile, two processes against one."""
    home = folder / "standards"
    home.mkdir()
    for seed in range(100):
        rl.write(cn.make_standard(FIRST_SEED + 2_000 + seed).doc, home / f"{seed:03d}.pdf")
    profile = cProfile.Profile()
    profile.enable()
    for place in sorted(home.glob("00*.pdf")):
        read_cn_standard(place, ReadOptions())
    profile.disable()
    one, busy, memory = _timed(["standards", "-o", "one.jsonl", "--report", "one.json", "--jobs", "1"], folder)
    two, _, _ = _timed(["standards", "-o", "two.jsonl", "--jobs", "2"], folder)
    record = json.loads((folder / "one.json").read_text(encoding="utf-8"))
    pages = sum(file["pages"] for file in record["files"])
    return {
        **machine(), "files": 100, "pages": pages, "seconds": one, "busy_a_page": busy / pages, "memory_mb": memory,
        "two_processes_seconds": two, "times": one / two,
        "same_bytes": (folder / "one.jsonl").read_bytes() == (folder / "two.jsonl").read_bytes(),
        "profile": list(_profile(profile)),
    }  # fmt: skip


def _profile(profile: cProfile.Profile) -> Iterator[list[Any]]:
    """Yield the ten functions that took most time of their own: name, share."""
    stats: dict[tuple[str, int, str], tuple[Any, ...]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(entry[2] for entry in stats.values())
    for (file, _, name), entry in sorted(stats.items(), key=lambda item: -item[1][2])[:10]:
        yield [f"{Path(file).name}:{name}", entry[2] / total]


def hostile(folder: Path) -> dict[str, Any]:
    """Read 200 hostile files one by one."""
    counts: collections.Counter[str] = collections.Counter()
    slowest, faults = 0.0, []
    for number, file in enumerate(hostile_files(FIRST_SEED)):
        home = folder / f"h{number}"
        home.mkdir()
        (home / file.name).write_bytes(file.data)
        begun = time.perf_counter()
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "matcher.cli.main", "ingest", file.name, "-o", "out.jsonl"], cwd=home,
            capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        slowest = max(slowest, seconds)
        lines = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        written = {path.name for path in home.iterdir()} - {file.name}
        fine = (done.returncode == 0 and not lines) or (done.returncode == 2 and len(lines) == 1 and not written)
        if not fine or "Traceback" in done.stderr or (file.says and file.says not in "".join(lines)):
            faults.append(f"{file.name}: {done.returncode} {done.stderr[-200:]}")
        counts["refused" if done.returncode == 2 else "read"] += 1
        counts["over 30 s"] += seconds > 30
    return {"files": sum(counts[name] for name in ("refused", "read")), **counts, "slowest": slowest, "faults": faults}


def main() -> None:
    """Measure the parts and write the reports."""
    from evaluation.readers_open import open_data
    from evaluation.readers_report import write_report

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=("clean", "damaged", "book", "standards", "hostile", "open"))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MATCHER_DATA", "")))
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation/reports")
    options = parser.parse_args()
    place = options.out / "readers.json"
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "clean": clean, "damaged": damaged, "book": book, "standards": standards, "hostile": hostile,
        "open": lambda folder: open_data(folder, options.data),
    }  # fmt: skip
    for name in options.part or parts:
        with tempfile.TemporaryDirectory() as folder:
            made = parts[name](Path(folder))
        if made:
            # Read again: another process may have measured another part meanwhile.
            found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}
            write_report({**found, name: made}, options.out)


if __name__ == "__main__":
    main()
