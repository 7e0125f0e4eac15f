"""Draw what a user sees, for the README and for looking at it: the terminal's answer and the page.

    python -m evaluation.pictures

Writes evaluation/reports/match.png and page.png with headless Chromium; without it, says so and writes nothing.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from matcher.cli.tables import print_results
from matcher.export import write_results
from matcher.pipeline import open_source, query_of, screen

ROOT = Path(__file__).resolve().parents[1]
# A font whose Chinese characters are exactly two cells wide.
_PAGE = """<!doctype html><meta charset="utf-8"><style>body{{margin:0;background:#1e1e1e;color:#d8d8d8}}
pre{{margin:18px;font:15px/1.45 "Noto Sans Mono CJK SC","Noto Sans Mono CJK HK",monospace}}{stylesheet}</style>
<pre><b>$ {command}</b>
{code}</pre>"""


def _shoot(browser: str, page: Path, target: Path, *, width: int, height: int) -> None:
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   "--hide-scrollbars", f"--user-data-dir={profile}", f"--window-size={width},{height}",
                   f"--screenshot={target}", page.as_uri()]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603


def main() -> int:
    """Write the pictures."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("skipped: no Chromium found")
        return 0
    subjects = open_source(ROOT / "corpora/samples/hk.jsonl", "embedded").index
    objects = open_source(ROOT / "corpora/samples/cn.jsonl", "embedded").index
    results = list(screen(subjects, objects, k=3, unit_ids=["ZZHDSC201A"]))
    query = query_of(subjects, objects)
    console = Console(record=True, width=118, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    print_results(results, query=query, console=console, explain=False, language="en")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = "matcher match ZZHDSC201A --from hk.jsonl --to cn.jsonl -k 3"
        code_format = _PAGE.replace("{command}", command)
        (folder / "terminal.html").write_text(console.export_html(code_format=code_format), encoding="utf-8")
        write_results(results, query=query, format="html", path=folder / "page.html")
        _shoot(browser, folder / "terminal.html", ROOT / "evaluation/reports/match.png", width=980, height=520)
        _shoot(browser, folder / "page.html", ROOT / "evaluation/reports/page.png", width=1280, height=1000)
    return 0


if __name__ == "__main__":
    sys.exit(main())
