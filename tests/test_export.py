"""Outputs: what Excel, a browser and other programs get; hostile text stays text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.console import Console

from matcher.cli.tables import print_results
from matcher.errors import InputError
from matcher.export import render_results, write_results
from matcher.export.rows import COLUMNS, safe_cell
from matcher.schema import (
    AlignedPair,
    ContextLabel,
    Framework,
    Header,
    Query,
    Statement,
    Suggestion,
    Unit,
    UnitResult,
)

HOSTILE = "<script>alert('x')</script> =1+1"


def _case(title: str = "焊接水管", object_id: str = "ZZ-1") -> tuple[list[UnitResult], Query]:
    subject = Unit(
        code="ZZABCD201A",
        level="2",
        statements=(
            Statement(role="title", language="en", text="=HYPERLINK(1)"),
            Statement(role="skill", language="en", text=HOSTILE),
        ),
    )
    target = Unit(
        code=object_id,
        level="5",
        context=(ContextLabel(kind="occupation", language="zh-Hans", text="管工"),),
        statements=(
            Statement(role="title", language="zh-Hans", text=title),
            Statement(role="skill", language="zh-Hans", text="能焊接\x0b水管"),
        ),
    )
    suggestion = Suggestion(
        subject_id="ZZABCD201A",
        object_id=object_id,
        rank=1,
        score=0.5,
        subject=subject,
        object=target,
        alignment=(AlignedPair(subject_index=1, object_index=1, similarity=0.75),),
    )
    query = Query(
        subjects=Framework(header=Header(id="zz-hk", jurisdiction="HK", level_frame="hkqf"), units=(subject,)),
        objects=Framework(header=Header(id="zz-cn", jurisdiction="CN", level_frame="cn-skill"), units=(target,)),
        encoder="test",
    )
    return [UnitResult(subject_id="ZZABCD201A", subject=subject, suggestions=(suggestion,))], query


def test_csv_for_excel() -> None:
    results, query = _case()
    data = render_results(results, query=query, format="csv", language="en")
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert tuple(row) == COLUMNS
    assert row["subject_title"] == "'=HYPERLINK(1)"
    assert (row["subject_level"], row["object_level"]) == ("Level 2", "Level 5 (junior)")
    assert row["object_title"] == "焊接水管"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"])
def test_formulas_are_escaped(text: str) -> None:
    assert safe_cell(text) == "'" + text


def test_xlsx_has_text_cells_and_the_same_bytes_twice(tmp_path: Path) -> None:
    results, query = _case()
    for name in ("a.xlsx", "b.xlsx"):
        write_results(results, query=query, format="xlsx", path=tmp_path / name, language="zh")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = load_workbook(tmp_path / "a.xlsx")
    sheet = book["候选"]
    assert sheet["A1"].value == "能力单元"
    assert sheet["H2"].value == "=HYPERLINK(1)"
    assert sheet["H2"].data_type == "s"
    assert sheet["D2"].value == 0.5
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:X2"
    assert "说明" in book.sheetnames


def test_xlsx_opens_in_a_second_library(tmp_path: Path) -> None:
    calamine = pytest.importorskip("python_calamine")
    results, query = _case()
    write_results(results, query=query, format="xlsx", path=tmp_path / "a.xlsx", language="en")
    rows = calamine.CalamineWorkbook.from_path(str(tmp_path / "a.xlsx")).get_sheet_by_name("Candidates").to_python()
    assert rows[1][:4] == ["ZZABCD201A", "ZZ-1", 1.0, 0.5]
    assert rows[1][11] == "焊接水管"


def test_page_escapes_everything_and_fetches_nothing() -> None:
    results, query = _case(title=HOSTILE)
    page = render_results(results, query=query, format="html", language="en").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
    assert 'lang="zh-Hans-CN"' in page
    assert "default-src 'none'" in page
    assert "indicative" in page


def test_page_marks_the_matched_statements_on_both_sides() -> None:
    results, query = _case()
    page = render_results(results, query=query, format="html", language="zh").decode()
    assert page.count('<span class="badge">1</span>') == 2  # in the unit and in the pair
    assert "0.75" in page
    assert "供专家评审的候选对应" in page


def test_json_has_the_reasons() -> None:
    results, query = _case()
    record = json.loads(render_results(results, query=query, format="json", language="zh"))
    candidate = record["units"][0]["candidates"][0]
    assert candidate["matched"][0]["similarity"] == 0.75
    assert candidate["object"]["level_words"] == "五级/初级工"


def test_trec_refuses_ids_with_spaces(tmp_path: Path) -> None:
    results, query = _case(object_id="ZZ 1")
    with pytest.raises(InputError, match="has spaces"):
        write_results(results, query=query, format="trec", path=tmp_path / "r", language="en")
    assert list(tmp_path.iterdir()) == []
    results, query = _case()
    assert render_results(results, query=query, format="trec") == b"ZZABCD201A Q0 ZZ-1 1 0.500000 matcher\n"


@pytest.mark.parametrize("width", [80, 140])
def test_terminal_table(width: int) -> None:
    results, query = _case()
    stream = io.StringIO()
    console = Console(file=stream, width=width)
    print_results(results, query=query, console=console, explain=True, language="en")
    text = stream.getvalue()
    for word in ("ZZ-1", "焊接水管", "Level 5", "0.500", "0.75", "管工"):
        assert word in text
    from rich.cells import cell_len

    assert max(map(cell_len, text.splitlines())) <= width
