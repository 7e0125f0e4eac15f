"""Hostile files: one line, status 2, nothing written, no hang; properties of the parsers on arbitrary input."""

from __future__ import annotations

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.errors import InputError
from matcher.readers.blocks import Line
from matcher.readers.cn.items import cell_items
from matcher.readers.hkqf_json import fragment_lines
from matcher.readers.page import changed
from matcher.readers.pdf.engine import Rule
from matcher.readers.pdf.grid import find_frames
from matcher.readers.text_lines import join_text, nested_items, whole
from tests.conftest import RunMatcher, Soak
from tests.fixtures_gen.hostile import Hostile, hostile_files

CORPUS = 200
PATIENCE_SECONDS = 120
# Fixed cases that cost a process each; the rest of the corpus runs under `make soak`.
SEEDED_TENTH = 22


def check(hostile: Hostile, folder: Path, run_matcher: RunMatcher) -> list[str]:
    """Return what was wrong with the way one file was refused or read."""
    home = folder / hostile.name
    home.mkdir()
    (home / hostile.name).write_bytes(hostile.data)
    started = time.monotonic()
    result = run_matcher("ingest", hostile.name, "-o", "out.jsonl", cwd=home, timeout=PATIENCE_SECONDS)
    faults = []
    errors = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    if result.returncode not in (0, 2) or "Traceback" in result.stderr:
        faults.append(f"{hostile.name}: status {result.returncode}: {result.stderr[-300:]}")
    if (result.returncode == 2) != (len(errors) == 1):
        faults.append(f"{hostile.name}: {len(errors)} error lines")
    if hostile.says and not any(hostile.says in line for line in errors):
        faults.append(f"{hostile.name}: does not say {hostile.says!r}: {errors}")
    written = {path.name for path in home.iterdir()} - {hostile.name}
    if written - ({"out.jsonl"} if result.returncode == 0 else set()):
        faults.append(f"{hostile.name}: wrote {sorted(written)}")
    print(f"{hostile.name}: {time.monotonic() - started:.1f} s")
    return faults


@pytest.mark.soak
def test_the_corpus_of_hostile_files(soak: Soak, tmp_path: Path, run_matcher: RunMatcher) -> None:
    files = hostile_files(1, CORPUS)
    assert len({hostile.name for hostile in files}) == CORPUS
    if not soak.full:
        # Every kind of refusal by name, and a few of the mutations.
        files = [h for h in files if h.says][:SEEDED_TENTH] + files[-2:]
    with ThreadPoolExecutor(max_workers=2) as pool:
        faults = [fault for found in pool.map(lambda h: check(h, tmp_path, run_matcher), files) for fault in found]
    assert faults == []
    assert {path.name for path in tmp_path.iterdir()} == {hostile.name for hostile in files}


_TEXT = st.text(st.sampled_from("能1.2 3、（）()ab检查样本\n。1.1.1"), max_size=60)
_LINES = st.lists(
    st.builds(
        Line,
        text=_TEXT.map(lambda text: text.replace("\n", " ")),
        left=st.floats(0, 100),
        right=st.floats(101, 300),
        room=st.floats(0, 100),
        first=st.floats(0, 60),
        ends=st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(lines=_LINES, prefix=st.sampled_from(["", "1.1", "1.2"]))
def test_no_word_of_a_cell_is_lost(lines: list[Line], prefix: str) -> None:
    found = cell_items(lines, prefix)
    before = sorted("".join("".join(line.text for line in lines).split()))
    after = sorted("".join("".join(found.texts).split()))
    # Only item numbers and the marks behind them may go; what stays was there before.
    gone = list(before)
    for character in after:
        gone.remove(character)
    assert set(gone) <= set("0123456789.．、()（） ")


@settings(max_examples=200, deadline=None)
@given(lines=_LINES)
def test_nesting_keeps_every_word(lines: list[Line]) -> None:
    items = nested_items(lines)
    text = "".join("".join(whole(item) for item in items).split())
    for line in lines:
        for word in line.text.split():
            if len(word) > 4 and word.isalpha():
                assert word in text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(*[st.floats(0, 500)] * 4), max_size=30))
def test_any_lines_make_tables_whose_cells_do_not_overlap(ends: list[tuple[float, float, float, float]]) -> None:
    rules = []
    for a, b, c, d in ends:
        rules.append(Rule(left=min(a, b), right=max(a, b), top=c, bottom=c))
        rules.append(Rule(left=d, right=d, top=min(a, c), bottom=max(a, c)))
    for frame in find_frames(rules):
        assert list(frame.xs) == sorted(frame.xs)
        assert all(box.left < box.right and box.top < box.bottom for box in frame.boxes)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_fragment_gives_lines(text: str) -> None:
    for line in fragment_lines(text, where="x"):
        assert line.text == " ".join(line.text.split())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=6))
def test_joining_keeps_every_character(parts: list[str]) -> None:
    assert "".join(join_text(parts).split()) == "".join("".join(parts).split())


@settings(max_examples=100, deadline=None)
@given(before=st.text(max_size=40), after=st.text(max_size=40))
def test_the_page_escapes_every_cell(before: str, after: str) -> None:
    for text in changed(before, after):
        for tag in ("<del>", "</del>", "<ins>", "</ins>", "<br>"):
            text = text.replace(tag, "")
        assert "<" not in text
        assert ">" not in text


_KEYS = st.sampled_from(["uoc_code", "uoc_level", "uocItemDescEng_Name", "CFItems", "CFDocument", "x"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda child: st.lists(child, max_size=4) | st.dictionaries(_KEYS, child, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(_JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    from tempfile import TemporaryDirectory

    from matcher.readers.case import read_case
    from matcher.readers.hkqf_json import read_hkqf_json
    from matcher.readers.options import ReadOptions

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        for read in (read_case, read_hkqf_json):
            with contextlib.suppress(InputError):
                report = read(path, ReadOptions()).report
                assert report.kept or report.refused
