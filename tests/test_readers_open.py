"""Readers of open data: the Qualifications Framework's JSON, ESCO, O*NET, CASE; and documents as DOCX and HTML."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from matcher.readers import read_framework
from matcher.readers.blocks import Grid
from matcher.readers.docx_tree import load_docx
from matcher.readers.html_tree import load_html
from matcher.readers.read import read_frameworks
from matcher.schema import Language
from tests.fixtures_gen import cn, docx_file, hkqf, html, scs
from tests.fixtures_gen.model import Doc
from tests.fixtures_gen.score import score


@pytest.mark.parametrize("seed", [301, 302])
def test_the_english_and_chinese_documents_of_an_industry_become_one(seed: int, tmp_path: Path) -> None:
    industry = hkqf.make_industry(seed, count=8, languages=("en", "zh-Hant"))
    paths = []
    for language, text in industry.documents.items():
        paths.append(tmp_path / f"{language}.json")
        paths[-1].write_text(text, encoding="utf-8")
    result = read_frameworks(paths)
    found = score(industry.truth, result.framework.units)
    assert found.faults == ()
    assert (found.read_units, found.roles) == (8, found.statements)
    assert {file.reader for file in result.report.files} == {"hkqf-json"}
    assert result.report.refused == ()
    # Listed in two areas, a unit stays one; the area is a set.
    assert {unit.labels("area") for unit in result.framework.units} == {("Area A",), ("Area A", "Area B")}
    assert all(any(note.startswith("old code ZZ") for note in unit.notes) for unit in result.framework.units)
    assert result.report.failed == ()


def test_entities_in_a_text_without_tags(tmp_path: Path) -> None:
    record = {"uoc_code": "900001", "uoc_level": 2, "uocItemDescEng_Name": "Mend a guest&#x27;s wheel &amp; tube"}
    (tmp_path / "a.json").write_text(json.dumps([record]), encoding="utf-8")
    assert read_framework(tmp_path / "a.json").framework.units[0].title() == "Mend a guest's wheel & tube"


def test_a_level_unlike_the_old_codes_fails_its_check(tmp_path: Path) -> None:
    record = {"uoc_code": "900001", "old_uoc_code": "ZZAGEN301A", "uoc_level": 2, "uocItemDescEng_Name": "Weld a pipe"}
    (tmp_path / "a.json").write_text(json.dumps([record]), encoding="utf-8")
    result = read_framework(tmp_path / "a.json")
    assert result.framework.units[0].code == "900001L2"
    (check,) = [check for check in result.report.failed if "old code" in check.name]
    assert (check.expected, check.found) == ("3", "2")


_FORMS: dict[str, Callable[[Doc, Path], Path]] = {"html": html.write, "docx": docx_file.write}


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("languages", [("en",), ("zh-Hant", "en"), ("zh-Hans",)])
def test_a_book_as_html_or_docx(form: str, languages: tuple[Language, ...], tmp_path: Path) -> None:
    book = scs.make_book(311, count=4, languages=languages)
    result = read_framework(_FORMS[form](book.doc, tmp_path / f"book.{form}"))
    found = score(book.truth, result.framework.units)
    assert found.faults == ()
    assert found.roles == found.statements
    assert result.report.files[0].reader == "scs"


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("scheme", ["skill", "engineering", "old"])
def test_a_standard_as_html_or_docx(form: str, scheme: str, tmp_path: Path) -> None:
    standard = cn.make_standard(312, scheme=scheme)
    result = read_framework(_FORMS[form](standard.doc, tmp_path / f"standard.{form}"))
    assert score(standard.truth, result.framework.units).faults == ()
    assert result.report.failed == ()
    assert result.report.files[0].reader == "cn-standard"


def test_esco_occupations_and_skills(tmp_path: Path) -> None:
    (tmp_path / "occupations.csv").write_text(
        "conceptType,conceptUri,iscoGroup,preferredLabel,altLabels,description,code\n"
        'Occupation,http://example.org/zz/1,7231,ZZ wheel mender,"wheel fixer\nrim mender",'
        '"Wheel menders true wheels. They replace spokes, e.g. bent ones.",7231.9\n'
        "Occupation,http://example.org/zz/2,7231,,,No label here.,7231.8\n",
        encoding="utf-8",
    )
    result = read_framework(tmp_path / "occupations.csv")
    assert result.report.files[0].reader == "esco"
    (unit,) = result.framework.units
    assert (unit.code, unit.occupation_code, unit.remarks) == ("7231.9", "7231", "http://example.org/zz/1")
    assert [(s.role, s.text) for s in unit.statements] == [
        ("title", "ZZ wheel mender"),
        ("skill", "Wheel menders true wheels."),
        ("skill", "They replace spokes, e.g. bent ones."),
        ("range", "Also called: wheel fixer; rim mender"),
    ]
    (refused,) = result.report.refused
    assert refused.reason == "no label or no address"


def test_onet_occupations_and_their_tasks_become_one(tmp_path: Path) -> None:
    (tmp_path / "occupations.txt").write_text(
        "O*NET-SOC Code\tTitle\tDescription\n99-0001.00\tZZ Menders\tMend wheels.\n", encoding="utf-8"
    )
    (tmp_path / "tasks.txt").write_text(
        "O*NET-SOC Code\tTask ID\tTask\tTask Type\n99-0001.00\t1\tTrue bent wheels.\tCore\n"
        "99-0001.00\t2\tPatch tubes.\tCore\n99-0002.00\t3\tPaint frames.\tCore\n\t4\tNo code.\tCore\n",
        encoding="utf-8",
    )
    result = read_frameworks([tmp_path / "occupations.txt", tmp_path / "tasks.txt"])
    first, second = result.framework.units
    assert [(s.role, s.text) for s in first.statements] == [
        ("title", "ZZ Menders"), ("range", "Mend wheels."), ("skill", "True bent wheels."), ("skill", "Patch tubes."),
    ]  # fmt: skip
    assert [s.text for s in second.statements] == ["Paint frames."]
    assert len(result.report.refused) == 1


def test_case_items_with_leaves_are_units(tmp_path: Path) -> None:
    def child(one: str, other: str) -> dict[str, object]:
        ends = {"originNodeURI": {"identifier": one}, "destinationNodeURI": {"identifier": other}}
        return {"associationType": "isChildOf", **ends}

    package = {
        "CFDocument": {"title": "ZZ standards", "publisher": "Nobody"},
        "CFItems": [
            {"identifier": "a", "fullStatement": "Bicycles"},
            {"identifier": "b", "fullStatement": "Mend wheels", "humanCodingScheme": "ZZ.1"},
            {"identifier": "c", "fullStatement": "Know the parts of a wheel"},
            {"identifier": "d", "fullStatement": "True a bent wheel"},
        ],
        # The last association closes a ring: it must end where it began.
        "CFAssociations": [child("b", "a"), child("c", "b"), child("d", "b"), child("a", "a")],
    }
    (tmp_path / "a.json").write_text(json.dumps(package), encoding="utf-8")
    result = read_framework(tmp_path / "a.json")
    assert result.framework.header.title == "ZZ standards"
    unit = next(unit for unit in result.framework.units if unit.code == "ZZ.1")
    assert [(s.role, s.text) for s in unit.statements] == [
        ("title", "Mend wheels"), ("knowledge", "Know the parts of a wheel"), ("skill", "True a bent wheel"),
    ]  # fmt: skip
    assert unit.labels("area") == ("Bicycles",)


def test_html_spans_and_nested_lists(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<!DOCTYPE html><body><p>before</p><table><tr><td rowspan=2>A</td><td colspan=2>B</td></tr>"
        "<tr><td>C<script>alert(1)</script></td><td><ul><li>one<ul><li>two</li></ul></li></ul></td></tr></table>",
        encoding="utf-8",
    )
    (page,) = load_html(tmp_path / "a.html").pages
    (grid,) = page.grids
    assert [(c.row, c.row_end, c.column, c.column_end, c.text) for c in grid.cells] == [
        (0, 2, 0, 1, "A"), (0, 1, 1, 3, "B"), (1, 2, 1, 2, "C"), (1, 2, 2, 3, "• one\n• two"),
    ]  # fmt: skip
    one, two = grid.cells[-1].lines
    assert two.left > one.left
    assert isinstance(page.blocks[1], Grid)


def test_docx_automatic_numbers_are_counted(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    for text in ("first", "second"):
        document.add_paragraph(text, style="List Number")
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "merged"
    document.save(str(tmp_path / "a.docx"))
    (page,) = load_docx(tmp_path / "a.docx").pages
    (grid,) = page.grids
    assert next((c.row, c.row_end, c.column, c.text) for c in grid.cells) == (0, 2, 0, "merged")
    assert [line.text for line in page.lines][:2] == ["first", "second"] or page.lines[0].text.endswith("first")
