"""Screening as a batch job: triage, its summary, taking up a run that was stopped, the mapping set of candidates."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from matcher.export.summary_page import render_summary
from matcher.export.triage import NOTHING, STRONG, Triage, summarise, triage
from matcher.export.write import write_results
from matcher.schema import ContextLabel, Framework, Header, Query, Statement, Suggestion, Unit, UnitResult
from tests.conftest import RunMatcher


def unit(code: str, area: str = "", level: str | None = None) -> Unit:
    labels = (ContextLabel(kind="area", language="en", text=area),) if area else ()
    title = Statement(role="title", language="en", text=f"Title of {code}")
    return Unit(code=code, level=level, context=labels, statements=(title,))


def result(
    code: str, *candidates: tuple[float | None, bool | None], none: float | None = None, area: str = "",
    level: str | None = None,
) -> UnitResult:  # fmt: skip
    subject = unit(code, area, level)
    found = tuple(
        Suggestion(
            subject_id=code, object_id=f"O{n}", rank=n, score=1.0 / n, subject=subject, object=unit(f"O{n}"),
            confidence=confidence, in_set=in_set,
        )
        for n, (confidence, in_set) in enumerate(candidates, 1)
    )  # fmt: skip
    return UnitResult(subject_id=code, subject=subject, suggestions=found, no_counterpart=none)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (result("A", (None, None)), "unknown"),
        (result("A"), "unknown"),
        (result("A", (STRONG, None), (0.1, None)), "strong"),
        (result("A", (STRONG - 0.01, None)), "look"),
        (result("A", (0.2, None), (0.9, True)), "strong"),
        (result("A", (0.9, False), (0.1, True)), "look"),
        (result("A", (0.9, False)), "none"),
        (result("A", (0.9, True), none=NOTHING + 0.01), "none"),
        (result("A", (0.9, True), none=NOTHING), "strong"),
        (result("A", none=0.1), "look"),
        (result("A", (None, True)), "look"),
    ],
)
def test_triage(given: UnitResult, expected: Triage) -> None:
    assert triage(given) == expected


def a_query(results: Sequence[UnitResult]) -> Query:
    left = Framework(header=Header(id="zz-a", level_frame="hkqf"), units=tuple(r.subject for r in results))
    return Query(subjects=left, objects=Framework(header=Header(id="zz-b", title="<b>")), encoder="e")


def test_the_summary_counts_by_area_and_level() -> None:
    results = [
        result("A", (0.95, True), (0.3, True), area="Repair", level="2"),
        result("B", (1.0, True), area="Repair", level="3"),
        result("C", (0.2, False), area="<script>", level="3"),
        result("D", (0.5, True)),
    ]
    query = a_query(results)
    summary = summarise(results, query, "en")
    assert dict(summary.whole.counts) == {"strong": 2, "look": 1, "none": 1, "unknown": 0}
    assert [(p.name, p.total, p.counts["strong"]) for p in summary.areas] == [
        ("", 1, 0), ("<script>", 1, 0), ("Repair", 2, 2),
    ]  # fmt: skip
    assert [(p.name, p.total) for p in summary.levels] == [("", 1), ("Level 2", 1), ("Level 3", 2)]
    # .95 and 1.0 in the last tenth, .2 in the third, .5 in the sixth.
    assert summary.confidences == (0, 0, 1, 0, 0, 1, 0, 0, 0, 2)
    assert summary.set_sizes == {0: 1, 1: 2, 2: 1}
    for language in ("en", "zh"):
        page = "".join(render_summary(summary, query, language))
        assert "<script>" not in page
        assert "<b>" not in page
        assert "&lt;script&gt;" in page


def test_the_workbook_has_the_summary(tmp_path: Path) -> None:
    results = [result("A", (0.95, True), area="=1+1", level="2"), result("B", (0.2, True), area="=1+1", level="2")]
    for language, name in (("en", "Summary"), ("zh", "概况")):
        path = tmp_path / f"{language}.xlsx"
        write_results(results, query=a_query(results), format="xlsx", path=path, language=language)  # type: ignore[arg-type]
        sheet = openpyxl.load_workbook(path)[name]
        rows = [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)]
        counts = (2, 1, 1, 0, 0)
        assert [row[1:] for row in rows if row[1] is not None] == [counts] * 3
        assert sheet["A5"].value == "=1+1"
        assert sheet["A5"].data_type == "s"


def test_a_run_without_confidence_says_so() -> None:
    results = [result("A", (None, None))]
    summary = summarise(results, a_query(results), "en")
    assert (summary.confidences, summary.set_sizes) == ((), {})
    assert "no calibrated confidence" in "".join(render_summary(summary, a_query(results), "en"))


def test_the_command(run_matcher: RunMatcher, data: Path, tmp_path: Path) -> None:
    def call(*words: str) -> None:
        done = run_matcher("screen", data / "hk.csv", data / "cn.csv", "-k", "2", *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr

    call("-o", "plain.jsonl", "--summary", "summary.html")
    assert "<svg" in (tmp_path / "summary.html").read_text("utf-8")
    call("-o", "resumed.jsonl", "--resume")
    assert (tmp_path / "resumed.jsonl").read_bytes() == (tmp_path / "plain.jsonl").read_bytes()
    call("-o", "candidates.sssom.tsv", "--format", "sssom")
    lines = (tmp_path / "candidates.sssom.tsv").read_text("utf-8").splitlines()
    rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))
    shown = [json.loads(line) for line in (tmp_path / "plain.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == sum("object" in record for record in shown)
    assert {row["mapping_justification"] for row in rows} == {"semapv:SemanticSimilarityThresholdMatching"}
    call("-o", "plain.csv", "--format", "csv")
    call("-o", "resumed.csv", "--format", "csv", "--resume", "--jobs", "2", "--partition", "1")
    assert (tmp_path / "resumed.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()
    assert not (tmp_path / "resumed.csv.job").exists()
