"""Results as files: golden bytes, round trips, whole or not at all.

Remake the golden files with `MATCHER_REMAKE=1 pytest tests/test_export_formats.py`, and read the difference.
"""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from matcher.errors import InputError
from matcher.evaluate import read_run
from matcher.export import Format, render_results, write_results
from matcher.export.rows import COLUMNS, clean, safe_cell
from matcher.readers import read_framework
from matcher.readers.cells import plain_cell
from matcher.schema import AlignedPair, Query, Suggestion, UnitResult

GOLDEN = Path(__file__).resolve().parent / "golden"
FORMATS: tuple[Format, ...] = ("jsonl", "json", "csv", "xlsx", "trec", "html")


def _case() -> tuple[list[UnitResult], Query]:
    """Two candidates for the first golden unit, none for the second."""
    hk, cn = read_framework(GOLDEN / "hk.jsonl").framework, read_framework(GOLDEN / "cn.jsonl").framework
    first, second = hk.units
    pairs = (
        AlignedPair(subject_index=4, object_index=1, similarity=0.75),
        AlignedPair(subject_index=3, object_index=2, similarity=0.5),
    )
    found = tuple(
        Suggestion(
            subject_id=first.code,
            object_id=unit.code,
            rank=rank,
            score=score,
            subject=first,
            object=unit,
            alignment=pairs if rank == 1 else (),
        )
        for rank, score, unit in ((1, 0.8, cn.units[0]), (2, 0.2, cn.units[1]))
    )
    results = [
        UnitResult(subject_id=first.code, subject=first, suggestions=found),
        UnitResult(subject_id=second.code, subject=second, suggestions=()),
    ]
    return results, Query(subjects=hk, objects=cn, encoder="test")


def _renamed(object_id: str) -> tuple[list[UnitResult], Query]:
    results, query = _case()
    best = replace(results[0].suggestions[0], object_id=object_id)
    return [replace(results[0], suggestions=(best,))], query


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv", "trec"])
def test_golden(kind: Format) -> None:
    results, query = _case()
    data = render_results(results, query=query, format=kind, language="en")
    path = GOLDEN / f"results.{kind}"
    if os.environ.get("MATCHER_REMAKE"):
        path.write_bytes(data)
    assert data == path.read_bytes()


def test_jsonl_is_the_contract() -> None:
    results, query = _case()
    lines = [json.loads(line) for line in render_results(results, query=query, format="jsonl").splitlines()]
    # Two candidates and a line for the unit; the unit without candidates has only its line.
    assert [list(line) for line in lines] == [
        ["subject", "object", "rank", "score", "confidence", "relation", "in_set"],
        ["subject", "object", "rank", "score", "confidence", "relation", "in_set"],
        ["subject", "no_counterpart"],
        ["subject", "no_counterpart"],
    ]
    assert lines[0]["confidence"] is lines[0]["relation"] is lines[0]["in_set"] is lines[2]["no_counterpart"] is None


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_results_give_the_same_bytes(kind: Format, language: Literal["en", "zh"]) -> None:
    written = set()
    for _ in range(2):
        results, query = _case()
        written.add(render_results(results, query=query, format=kind, language=language))
    assert len(written) == 1


@pytest.mark.parametrize("kind", FORMATS)
def test_an_existing_file_is_replaced_whole_or_not_at_all(kind: Format, tmp_path: Path) -> None:
    results, query = _case()
    path = tmp_path / f"out.{kind}"
    path.write_bytes(b"old")

    def broken() -> Iterator[UnitResult]:
        yield results[0]
        raise InputError("stops in the middle")

    with pytest.raises(InputError, match="stops in the middle"):
        write_results(broken(), query=query, format=kind, path=path, language="en")
    assert path.read_bytes() == b"old"
    write_results(results, query=query, format=kind, path=path, language="en")
    assert path.read_bytes() == render_results(results, query=query, format=kind, language="en")
    assert list(tmp_path.iterdir()) == [path]


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_csv_gives_every_text_back(texts: list[str]) -> None:
    # What the writer does to a cell, done here step by step: clean, then the apostrophe, then CSV, then UTF-8.
    cells = [safe_cell(clean(text)) for text in texts]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    (row,) = csv.reader(io.StringIO(buffer.getvalue().encode().decode(), newline=""))
    assert row == cells
    for text, cell in zip(texts, row, strict=True):
        assert plain_cell(str(cell)) == clean(text)
        assert cell.lstrip(" ")[:1] not in set("=+-@\t\r\n")


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode("utf-8")  # no lone surrogate is left


def test_csv_holds_the_titles_and_the_reasons() -> None:
    results, query = _case()
    text = render_results(results, query=query, format="csv", language="zh").decode("utf-8-sig")
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert tuple(first) == COLUMNS
    assert first["subject_title"] == "Mend a punctured tube / 修補內胎"
    assert (first["object_occupation"], first["object_function"]) == ("自行车维修工", "车轮维修")
    assert first["matched_statements"].startswith("'=Find the hole under water ~ 能用水检法找出漏点 (0.75)\n")
    assert second["matched_statements"] == second["confidence"] == ""


def test_xlsx_numbers_are_numbers_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    results, query = _case()
    path = tmp_path / "a.xlsx"
    write_results(results, query=query, format="xlsx", path=path, language="en")
    book = load_workbook(path)
    sheet = book["Candidates"]
    assert [type(cell.value) for cell in sheet[2][:4]] == [str, str, int, float]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)} == {"s"}
    assert "indicative" in " ".join(str(row[0].value) for row in book["Read me"].iter_rows())
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in archive.namelist() if "<f>" in archive.read(name).decode("utf-8", "replace")]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "trec"])
def test_evaluate_reads_what_screen_writes(kind: Format, tmp_path: Path) -> None:
    results, query = _case()
    path = tmp_path / f"run.{kind}"
    write_results(results, query=query, format=kind, path=path, language="zh")
    assert read_run(path).rankings["ZZGLD201A"] == ("ZZ-G-1", "ZZ-G-2")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_evaluate_reads_the_workbook_of_screen(language: Literal["en", "zh"], tmp_path: Path) -> None:
    results, query = _case()
    first, second = results[0].suggestions
    judged = (replace(first, relation="narrow", confidence=0.75, in_set=True), replace(second, confidence=0.25))
    results[0] = replace(results[0], suggestions=judged, no_counterpart=0.125)
    path = tmp_path / "run.xlsx"
    write_results(results, query=query, format="xlsx", path=path, language=language)
    run = read_run(path)
    assert run.rankings["ZZGLD201A"] == ("ZZ-G-1", "ZZ-G-2")
    found = [(a.relation, a.confidence, a.in_set) for a in run.answers["ZZGLD201A"]]
    assert found == [("narrow", 0.75, True), (None, 0.25, None)]
    assert run.no_counterpart["ZZGLD201A"] == 0.125


def test_a_code_with_a_control_character_comes_back_from_a_workbook(tmp_path: Path) -> None:
    results, query = _renamed("ZZ\x01")
    path = tmp_path / "run.xlsx"
    write_results(results, query=query, format="xlsx", path=path, language="en")
    assert read_run(path).rankings["ZZGLD201A"] == ("ZZ\x01",)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("code", ["-ZZ-1", "'=ZZ", "'ZZ", "@ZZ", "''-ZZ"])
def test_a_code_that_looks_like_a_formula_comes_back(kind: Format, code: str, tmp_path: Path) -> None:
    results, query = _renamed(code)
    path = tmp_path / f"run.{kind}"
    write_results(results, query=query, format=kind, path=path, language="en")
    assert read_run(path).rankings["ZZGLD201A"] == (code,)
