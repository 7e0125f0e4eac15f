"""Draw what a user sees, for the README and for looking at it: the terminal's answer, the page, the review page.

    python -m evaluation.pictures

Writes evaluation/reports/match.png, page.png and review.png with headless Chromium; without it, says so and writes
nothing.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from rich.console import Console

from matcher.cli.tables import print_results
from matcher.export import write_results
from matcher.pipeline import open_source, query_of, screen
from matcher.review.run import pack_run
from matcher.schema import Query, UnitResult
from matcher.serve.app import create_app
from matcher.serve.board import Board
from matcher.serve.catalogue import make_catalogue
from matcher.serve.desk import Desk, Entered, decide
from matcher.serve.drawing import unit_address
from matcher.serve.guard import access_for
from matcher.serve.run import open_socket, serve
from matcher.store import open_store

ROOT = Path(__file__).resolve().parents[1]
# A font whose Chinese characters are exactly two cells wide.
_PAGE = """<!doctype html><meta charset="utf-8"><style>body{{margin:0;background:#1e1e1e;color:#d8d8d8}}
pre{{margin:18px;font:15px/1.45 "Noto Sans Mono CJK SC","Noto Sans Mono CJK HK",monospace}}{stylesheet}</style>
<pre><b>$ {command}</b>
{code}</pre>"""


def _shoot(browser: str, address: str, target: Path, *, width: int, height: int) -> None:
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   "--hide-scrollbars", f"--user-data-dir={profile}", f"--window-size={width},{height}",
                   f"--screenshot={target}", address]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603


def _shoot_review(browser: str, results: list[UnitResult], query: Query, target: Path) -> None:
    """Serve the results and shoot a unit's page after a few decisions."""
    run_id, payload = pack_run(results, query)
    with tempfile.TemporaryDirectory() as name, open_store(Path(name) / "decisions.sqlite") as store:
        store.save_run(run_id, payload)
        catalogue = make_catalogue(run_id, query, results, blind_seed=None)
        desk = Desk(catalogue=catalogue, board=Board(store, catalogue), reviewer="Chan")
        shown = results[0].suggestions
        for reviewer, place, verdict in (("Lee", 0, "accept"), ("Chan", 0, "accept"), ("Chan", 1, "partly")):
            entered = Entered(unit_id=results[0].subject_id, object_id=shown[place].object_id, verdict=verdict)
            decide(desk, reviewer, entered, source="picture")
        listening = open_socket("127.0.0.1", 0)
        app = create_app(desk, access_for("127.0.0.1", None))
        threading.Thread(target=serve, args=(app, listening), kwargs={"started": lambda: None}, daemon=True).start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}{unit_address(results[0].subject_id)}"
        _shoot(browser, address, target, width=1280, height=860)


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
        _shoot(
            browser, (folder / "terminal.html").as_uri(), ROOT / "evaluation/reports/match.png", width=980, height=520
        )
        _shoot(browser, (folder / "page.html").as_uri(), ROOT / "evaluation/reports/page.png", width=1280, height=1000)
    units = ["ZZHDSC201A", *[i for i in subjects.ids if i != "ZZHDSC201A"]]
    reviewed = list(screen(subjects, objects, k=10, unit_ids=units))
    _shoot_review(browser, reviewed, query, ROOT / "evaluation/reports/review.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
