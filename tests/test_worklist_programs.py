"""Work lists in the hands of LibreOffice and openpyxl: opened, edited, written, and as long as they get."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from matcher.review.run import Run, pack_run
from matcher.review.words import RELATION_WORDS, VERDICT_WORDS, Shown
from matcher.review.worklist_import import import_worklist
from matcher.review.worklist_read import read_worklist
from matcher.store import open_store
from tests.conftest import ROOT, Soak
from tests.libreoffice import SOFFICE, Calc, convert, quoted
from tests.sheets import HEADINGS_OF, a_list, fill, kept

calc_only = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice Calc is not installed")
# What people type in place of the drop-down's words, in both languages and scripts.
TYPED = {
    "accept": ("Accept", "接受", "接納", "ACCEPT "), "partly": ("Partly", "部分对应", "部分對應"),
    "reject": ("Reject", "不接受"), "unsure": ("Unsure", "不确定", "不確定"), "no_counterpart": ("无对应", "無對應"),
}  # fmt: skip


@pytest.fixture(scope="module")
def calc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calc]:
    folder = tmp_path_factory.mktemp("calc")
    yield Calc(folder=folder)
    shutil.rmtree(folder, ignore_errors=True)


@calc_only
@pytest.mark.parametrize("language", ["en", "zh"])
def test_edited_by_libreoffice_every_verdict_is_there_and_none_is_invented(
    packed: tuple[Run, bytes], calc: Calc, tmp_path: Path, language: Shown
) -> None:
    path, back = tmp_path / "list.xlsx", tmp_path / "back.xlsx"
    listed = a_list(packed, path, language=language)
    verdict, relation, comment = HEADINGS_OF[language]
    chance = random.Random(11)
    gone, *rows = chance.sample(listed.rows, len(listed.rows))
    unit_heading, title_heading = ("Unit", "Candidate title") if language == "en" else ("能力单元", "候选名称")
    edits = [
        f"put {quoted(gone.id)}, {quoted(verdict)}, {quoted(VERDICT_WORDS[language]['reject'])}",
        f"arrange {quoted(title_heading)}",
        "sheet.Rows.insertByIndex(3, 2)",
        f"sheet.getCellByPosition(1, 3).setString({quoted('a note of mine 我的笔记')})",
        "measure",
        f"sheet.Rows.removeByIndex(row({quoted(gone.id)}), 1)",
        "measure",
        # All but one unit are hidden; what is entered in hidden rows counts like any other.
        f"keep {quoted(unit_heading)}, {quoted(listed.rows[0].subject)}",
    ]
    said: dict[tuple[str, str], tuple[str, str, str]] = {}
    for row in rows[: len(rows) // 2]:
        chosen = chance.choice(["accept", "partly", "reject", "unsure"]) if row.object else "no_counterpart"
        named = chance.choice(["", "close", "broad"]) if chosen == "accept" else ""
        words = chance.choice(["", '範圍不同 "3.2"', "=1+1", "two\nlines 兩行", "<b>"])
        said[row.subject, row.object] = (chosen, named, words)
        edits.append(f"put {quoted(row.id)}, {quoted(verdict)}, {quoted(chance.choice(TYPED[chosen]))}")
        if named:
            named = RELATION_WORDS[language][named]  # type: ignore[index]
            edits.append(f"put {quoted(row.id)}, {quoted(relation)}, {quoted(named)}")
        if words:
            edits.append(f"put {quoted(row.id)}, {quoted(comment)}, {quoted(words)}")
    calc.edit(path, back, edits)
    returned = read_worklist(back)
    assert (returned.faults, returned.edited, returned.missing) == ((), (), 1)
    assert any("passed over" in note for note in returned.notes)
    with open_store(tmp_path / "review.db") as store:
        assert import_worklist(store, returned).kept == len(said)
        assert kept(store) == said
        assert {d.reviewer for d in store.log()} == {"Chan"}


@calc_only
def test_libreoffice_opens_and_writes_a_list(packed: tuple[Run, bytes], calc: Calc, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    said = fill(path, a_list(packed, path, language="zh"))
    # Through LibreOffice's own format and back: every cell is read and written by it.
    open_document = convert(path, "ods", tmp_path / "ods", profile=calc.folder / "profile")
    returned = read_worklist(convert(open_document, "xlsx", tmp_path / "back", profile=calc.folder / "profile"))
    assert (returned.faults, returned.edited, returned.missing) == ((), (), 0)
    with open_store(tmp_path / "review.db") as store:
        import_worklist(store, returned)
        assert kept(store) == said


_MEASURE = """
import resource, subprocess, sys, time
begun = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
sys.stderr.write(done.stderr)
print(round(time.monotonic() - begun, 1), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(done.returncode)
"""
_WRITE = """
import sys
from pathlib import Path
from matcher.review.run import unpack_run
from matcher.review.worklist import ListOptions, make_lists
from matcher.review.worklist_book import write_worklist
payload = Path(sys.argv[1]).read_bytes()
(listed,) = make_lists(unpack_run(payload), ["Chan"], ListOptions())
write_worklist(listed, payload, Path(sys.argv[2]))
"""
_FILL = """
import json, sys
from pathlib import Path
from tests.sheets import Sheet
sheet = Sheet(Path(sys.argv[1]))
column = [sheet.column[name] for name in ("Your verdict", "Your comment")]
for number in range(2, sheet.sheet.max_row + 1):
    if number % 5 in (3, 4):
        sheet.sheet.cell(row=number, column=column[0]).value = "Accept" if number % 2 else "不接受"
        sheet.sheet.cell(row=number, column=column[1]).value = f"row {number}"
sheet.save()
"""


def _measured(step: str, *command: str | Path) -> str:
    """Run a command and return its seconds and its peak memory in a line; started by a process that is small itself."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *map(str, command)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=3000,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, memory = done.stdout.split()
    return f"{step} {seconds} s, {memory} MB"


@pytest.mark.soak
def test_a_list_of_fifty_thousand_rows(packed: tuple[Run, bytes], tmp_path: Path, soak: Soak) -> None:
    run, _ = packed
    wanted = soak.runs(50_000) // 5
    results = []
    for number in range(wanted):
        base = run.results[number % len(run.results)]
        unit_id = f"ZZ{number:06d}"
        suggestions = tuple(replace(s, subject_id=unit_id) for s in base.suggestions)
        results.append(replace(base, subject_id=unit_id, suggestions=suggestions))
    kept_run, path, store = tmp_path / "run", tmp_path / "list.xlsx", tmp_path / "review.db"
    kept_run.write_bytes(pack_run(results, run.query)[1])
    told = [_measured("written", sys.executable, "-c", _WRITE, kept_run, path)]
    if SOFFICE is not None:
        words = (f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx")
        told.append(_measured("LibreOffice", SOFFICE, *words, "--outdir", tmp_path / "back", path))
        path = tmp_path / "back" / "list.xlsx"
    told.append(_measured("openpyxl", sys.executable, "-c", _FILL, path))
    command = (sys.executable, "-m", "matcher.cli.main", "decisions", "import", path, "--store", store)
    told.append(_measured("imported", *command))
    print(f"{wanted * 5} rows, {path.stat().st_size / 1e6:.1f} MB: {'; '.join(told)}")
    with open_store(store, create=False) as opened:
        log = opened.log()
        assert opened.check() == ()
    # Rows 3 and 4 of every five are candidates: the first of a unit stands in row 2, 7, 12 …
    assert len(log) == 2 * wanted
    assert {(d.comment, d.verdict) for d in log} == {
        (f"row {n}", "accept" if n % 2 else "reject") for n in range(2, wanted * 5 + 2) if n % 5 in (3, 4)
    }
    assert all(d.subject == f"ZZ{(int(d.comment[4:]) - 2) // 5:06d}" for d in log)
