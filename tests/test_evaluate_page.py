"""The report as a page: self-contained, escaped, in two languages, with every part that the run allows."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.cli.quality import Evaluation, page_text
from matcher.evaluate import Gold, Run, evaluate_run, make_curves, read_gold, read_run, worst_misses
from matcher.evaluate.curves import interpolated_precision, threshold_table
from matcher.evaluate.svg import Axis, Line, interval_bar, plot
from matcher.pipeline import explain_pairs
from matcher.readers import read_framework
from matcher.schema import Framework

RunMatcher = Callable[..., subprocess.CompletedProcess[str]]
GOLDEN = Path(__file__).resolve().parent / "golden"
EVIL = "<script>alert(1)</script>&\"'\x00"


def _frameworks() -> tuple[Framework, Framework]:
    return read_framework(GOLDEN / "hk.jsonl").framework, read_framework(GOLDEN / "cn.jsonl").framework


def _files(tmp_path: Path) -> tuple[Path, Path]:
    """Two golden units: the first one's counterpart stands second, the second unit has none."""
    lines = [
        {"subject": "ZZGLD201A", "object": "ZZ-G-2", "rank": 1, "score": 0.9, "confidence": 0.6, "relation": "narrow",
         "in_set": True},
        {"subject": "ZZGLD201A", "object": "ZZ-G-1", "rank": 2, "score": 0.8, "confidence": 0.5, "relation": "close",
         "in_set": True},
        {"subject": "ZZGLD201A", "no_counterpart": 0.2},
        {"subject": "ZZGLD202A", "object": "ZZ-G-1", "rank": 1, "score": 0.3, "confidence": 0.1, "relation": "broad",
         "in_set": False},
        {"subject": "ZZGLD202A", "no_counterpart": 0.8},
    ]  # fmt: skip
    pairs = [{"subject": "ZZGLD201A", "object": "ZZ-G-1", "grade": 3, "relation_a": "close", "relation_b": "exact"}]
    run, gold = tmp_path / "run.jsonl", tmp_path / "gold.jsonl"
    run.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    gold.write_text("\n".join(map(json.dumps, pairs)), encoding="utf-8")
    return run, gold


def _read(tmp_path: Path) -> tuple[Run, Gold]:
    run, gold = _files(tmp_path)
    return read_run(run), read_gold(gold)


def _page(tmp_path: Path, *, note: str = "", language: Literal["en", "zh", "auto"] = "en", evil: bool = False) -> str:
    hk, cn = _frameworks()
    if evil:
        units = tuple(
            replace(u, statements=tuple(replace(s, text=s.text + EVIL) for s in u.statements)) for u in hk.units
        )
        hk = replace(hk, units=units)
    run, gold = _read(tmp_path)
    report = evaluate_run(run, gold, units=hk)
    evaluation = Evaluation(run=run, gold=gold, units=hk, subjects=None, report=report)
    return page_text(evaluation, objects=cn, facts={"run": "r" + EVIL * evil}, note=note, language=language)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.wrong: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in ("meta", "br", "link", "img"):
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs if tag else []

    def handle_endtag(self, tag: str) -> None:
        if not self.opened or self.opened.pop() != tag:
            self.wrong.append(tag)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_whole_and_fetches_nothing(language: Literal["en", "zh"], tmp_path: Path) -> None:
    page = _page(tmp_path, language=language, evil=True, note="n" + EVIL)
    tags = _Tags()
    tags.feed(page)
    assert (tags.opened, tags.wrong) == ([], [])
    assert "<script" not in page
    assert "\x00" not in page
    assert "alert(1)" in page
    assert not [name for name, _ in tags.attributes if name in ("src", "href", "onclick", "onload")]
    assert not re.search(r"url\(|@import|https?://", page)
    assert "prefers-color-scheme:dark" in page
    assert page == _page(tmp_path, language=language, evil=True, note="n" + EVIL)


def test_the_page_says_what_was_measured(tmp_path: Path) -> None:
    page = _page(tmp_path, note="Written by AI.")
    for words in ("Written by AI.", "hit@1", "no-counterpart AUC", "relation macro-F1", "ECE", "set coverage",
                  "How far down the list", "What a threshold keeps", "Which kind of relation", "The worst misses",
                  "Judged comparable, grade 3 · the run has it at rank 2", "First in the run, grade 0"):  # fmt: skip
        assert words in page
    assert page.count('<svg class="plot"') == 3
    # Both texts, with the language and the region that choose the glyphs.
    assert 'lang="zh-Hans-CN"' in page
    assert 'class="marked' in page


def test_the_command_writes_the_page(tmp_path: Path, run_matcher: RunMatcher) -> None:
    run, gold = _files(tmp_path)
    out = tmp_path / "q.html"
    sides = ["--units", GOLDEN / "hk.jsonl", "--objects", GOLDEN / "cn.jsonl"]
    more = ["--report", out, "--language", "zh", "--trec", tmp_path / "trec"]
    done = run_matcher("evaluate", run, "--gold", gold, *sides, *more)
    assert done.returncode == 0, done.stderr
    page = out.read_text(encoding="utf-8")
    assert '<html lang="zh-Hans-CN">' in page
    assert "run.jsonl (" in page
    assert (tmp_path / "trec" / "qrels.txt").read_text(encoding="utf-8") == "ZZGLD201A 0 ZZ-G-1 3\n"


def test_interpolated_precision_by_hand() -> None:
    # Relevant a, b; ranking a x x b: precision 1 at recall 0.5, 2/4 at recall 1.
    points = interpolated_precision(["a", "x", "x", "b"], {"a": 3, "b": 2})
    assert points == (1.0,) * 6 + (0.5,) * 5
    assert interpolated_precision(["x"], {"a": 3}) == (0.0,) * 11


def test_thresholds_and_curves_by_hand(tmp_path: Path) -> None:
    run, gold = _read(tmp_path)
    subjects = ["ZZGLD201A", "ZZGLD202A"]
    table = {round(kept.threshold, 1): kept for kept in threshold_table(run, gold, subjects)}
    # At 0.5 two candidates of one unit are kept, one of them relevant; at 0.6 only the wrong one; at 0.7 nothing.
    assert (table[0.5].candidates, table[0.5].units, table[0.5].precision, table[0.5].recall) == (2, 1, 0.5, 1.0)
    assert (table[0.6].precision, table[0.6].recall) == (0.0, 0.0)
    assert (table[0.7].candidates, table[0.7].precision) == (0, None)
    curves = make_curves(run, gold, subjects)
    assert [figure.value for figure in curves.recall] == [0.0, 1.0]
    (miss,) = worst_misses(run, gold, subjects, count=5)
    assert (miss.subject, miss.counterpart, miss.rank, miss.first, miss.first_grade) == (
        "ZZGLD201A", "ZZ-G-1", 2, "ZZ-G-2", 0)  # fmt: skip


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=9))
def test_nothing_is_drawn_outside_the_plot(points: list[tuple[float, float]]) -> None:
    axis = Axis(low=0, high=1, ticks=(0, 1), label="<x>")
    drawn = plot([Line(points=tuple(points), dots=True)], x=axis, y=axis, title="<t>")
    for x, y in re.findall(r'cx="([-\d.]+)" cy="([-\d.]+)"', drawn):
        assert 0 <= float(x) <= 560
        assert 0 <= float(y) <= 380
    assert "&lt;x&gt;" in drawn
    assert "<svg" in interval_bar(points[0][0], points[0][0], points[0][1], axis=axis)


def test_explained_pairs_are_named_as_in_the_whole_framework() -> None:
    hk, cn = _frameworks()
    shared = replace(hk, units=(replace(hk.units[0], version="1"), replace(hk.units[0], version="2"), *hk.units[1:]))
    code = hk.units[0].code
    found = explain_pairs(shared, cn, [(f"{code}@2", "ZZ-G-1"), (f"{code}@2", "missing")])
    assert list(found) == [(f"{code}@2", "ZZ-G-1")]
    assert found[f"{code}@2", "ZZ-G-1"]
    assert explain_pairs(hk, cn, []) == {}
