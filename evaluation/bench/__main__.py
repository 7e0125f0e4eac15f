"""Wall times of the main commands on this machine, median of five; run it on an idle machine.

    python -m evaluation.bench [--out FOLDER]

Writes evaluation/reports/bench.{md,json}. The last column says which heavy libraries the command loaded.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HK, CN = ROOT / "corpora/samples/hk.jsonl", ROOT / "corpora/samples/cn.jsonl"
RUNS = 5
HEAVY = ("torch", "sklearn", "transformers", "sentence_transformers", "scipy", "jieba", "faiss", "numpy")
_CODE = (
    "import sys, atexit\n"
    f"heavy = {HEAVY!r}\n"
    "atexit.register(lambda: print('LOADED', *[m for m in heavy if m in sys.modules], file=sys.stderr))\n"
    "from matcher.cli.main import main\n"
    "main()\n"
)


def timed(arguments: list[str], folder: Path) -> tuple[list[float], str]:
    """Return the wall seconds of each run, and the heavy libraries that it loaded."""
    seconds, loaded = [], ""
    for _ in range(RUNS):
        begun = time.perf_counter()
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _CODE, *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
        seconds.append(time.perf_counter() - begun)
        loaded = done.stderr.rpartition("LOADED")[2].strip()
    return seconds, loaded


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation/reports")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sides = ["--from", "hk.index", "--to", "cn.index"]
        commands = {
            "matcher --help": ["--help"],
            "index 290 work contents": ["index", str(CN), "-o", "cn.index"],
            "index 126 units": ["index", str(HK), "-o", "hk.index"],
            "match, prepared indexes": ["match", "ZZHDSC201A", *sides],
            "match, framework files": ["match", "ZZHDSC201A", "--from", str(HK), "--to", str(CN)],
            "screen 126 x 290, k = 10, xlsx": ["screen", "hk.index", "cn.index", "--format", "xlsx", "-o", "o.xlsx"],
        }
        rows = {label: timed(arguments, folder) for label, arguments in commands.items()}
    lines = [
        "# Wall times",
        "",
        f"Median of {RUNS} runs (and the range), {platform.machine()}, Python {platform.python_version()}.",
        "",
        "| command | seconds | range | heavy libraries loaded |",
        "|---|---|---|---|",
    ]
    for label, (seconds, loaded) in rows.items():
        spread = f"{min(seconds):.2f} - {max(seconds):.2f}"
        lines.append(f"| {label} | {statistics.median(seconds):.2f} | {spread} | {loaded or 'none'} |")
    page = "\n".join(lines) + "\n"
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.md").write_text(page, encoding="utf-8")
    record = {label: {"seconds": seconds, "loaded": loaded} for label, (seconds, loaded) in rows.items()}
    (out / "bench.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
