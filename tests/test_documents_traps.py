"""Traps of real documents: each with the smallest file or cell that has it, and what the reader must say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from matcher.errors import InputError
from matcher.readers import ReadOptions, read_framework
from matcher.readers.blocks import Cell, Document, Grid, Line, Page
from matcher.readers.cn.heads import page_labels, without_heads
from matcher.readers.cn.items import cell_items
from matcher.readers.cn.tables import bands
from matcher.readers.document import read_document
from matcher.readers.pdf.characters import INVISIBLE, plain
from matcher.readers.read import check_strict
from tests.fixtures_gen import cn, docx_file, html, rl
from tests.fixtures_gen.hostile import zip_of
from tests.fixtures_gen.model import Doc, Para, Spot, Tab
from tests.fixtures_gen.score import score

HEADS = ("职业功能", "工作内容", "技能要求", "相关知识要求")


def small_standard(skills: tuple[str, ...], *, level: str = "五级/初级工") -> Doc:
    """Return a standard of one work content."""
    cells = (("1.作业准备",), ("1.1 检查样本",), skills, ("1.1.1 样本知识",))
    rows = tuple(
        tuple(Spot(paras=tuple(Para(text=t) for t in cell)) for cell in row) for row in [[(h,) for h in HEADS], cells]
    )
    return Doc(
        blocks=(
            Para(text="国家职业标准", size=20), Para(text="职业编码：9-99-01-01"), Para(text="1.1 职业名称"),
            Para(text="样本工"), Para(text="3 工作要求"), Para(text=f"3.1 {level}"),
            Tab(widths=(0.12, 0.16, 0.4, 0.32), rows=rows, header=1),
        ),
        language="zh-Hans",
    )  # fmt: skip


def line(text: str, *, room: float = 0.0, apart: int = 0, top: float = 0.0) -> Line:
    """Return a line of 10-point characters with so much room left to its right."""
    return Line(text=text, left=0, right=200 - room, room=room, first=10, apart=apart, top=top)


# 1. Radicals, compatibility forms, invisible characters: 能进行⼯作 is told as 能进行工作.


@pytest.mark.parametrize(
    ("told", "meant"),
    [("⼯", "工"), ("⼀", "一"), ("⻋", "车"), ("⻅", "见"), ("龍", "龍"), ("工", "工"), ("⺮", "⺮")],
)
def test_a_radical_stands_for_its_word(told: str, meant: str) -> None:
    assert plain(ord(told)) == meant


def test_nothing_that_is_seen_is_invisible() -> None:
    assert not any(chr(code).isprintable() for code in INVISIBLE)


@pytest.mark.skipif(html.chromium() is None, reason="no Chromium here")
def test_radicals_and_invisible_characters_in_a_file(tmp_path: Path) -> None:
    doc = small_standard(("1.1.1 能进⾏⼯具\u200b检查", "1.1.2 能更换⻋轮\ufeff"), level="五级/初级⼯")
    unit = read_framework(html.print_pdf(doc, tmp_path / "a.pdf")).framework.units[-1]
    assert unit.level == "5"
    assert [s.text for s in unit.statements if s.role == "skill"] == ["能进行工具检查", "能更换车轮"]


# 2. A watermark lies across the cells.


def test_a_watermark_is_left_out_and_said(tmp_path: Path) -> None:
    standard = cn.make_standard(241)
    result = read_framework(rl.write(replace(standard.doc, watermark="样本标准"), tmp_path / "a.pdf"))
    assert score(standard.truth, result.framework.units).faults == ()
    pages = result.report.files[0].pages
    assert any(f"{4 * pages} slanted characters (a watermark) left out" in note for note in result.report.notes)


# 3. Marks of key skills, before or behind the number.


def test_the_mark_of_a_key_skill_is_noted_and_no_part_of_the_text(tmp_path: Path) -> None:
    doc = small_standard(("1.1.1 能检查样本", "★1.1.2 能登记读数", "1.1.3 ※能切断电源"))
    unit = read_framework(rl.write(doc, tmp_path / "a.pdf")).framework.units[-1]
    assert [s.text for s in unit.statements if s.role == "skill"] == ["能检查样本", "能登记读数", "能切断电源"]
    assert [note for note in unit.notes if "key skill" in note] == [
        "key skill (★): 能登记读数",
        "key skill (★): 能切断电源",
    ]


# 4. Evidence for where an item begins.


def test_a_number_flush_with_its_words_is_no_beginning_where_the_others_are_set_apart() -> None:
    # Both lines before are full. The number of item 2 opens the last line by chance, flush with its words, while the
    # page's other numbers are set apart; the line before begins with 能 as every item does: item 2 begins there.
    found = cell_items(
        [line("1.1.1 能检查样本并登记", apart=1), line("能清理作业现场并关"), line("1.1.2闭电源", apart=-1, room=90)],
        "1.1",
    )
    assert found.texts == ("能检查样本并登记", "能清理作业现场并关闭电源")
    assert found.flagged == ""


def test_without_evidence_the_cell_stays_whole() -> None:
    # Knowledge: no word tells a beginning, both lines are full, and how the page sets its numbers is not known.
    found = cell_items(
        [line("1.1.1 样本的检查方法和"), line("样本的登记方法和要"), line("求1.1.2和期限", room=90)], "1.1"
    )
    assert len(found.texts) == 1
    assert "cannot be told apart" in found.flagged


@pytest.mark.parametrize("second", ["，并登记读数", "）的读数", "的读数"])
def test_no_item_begins_with_a_mark_that_closes(second: str) -> None:
    # The number opens the line, but what follows it goes on: item 2 begins with the line before.
    found = cell_items([line("1.1.1 能检查样本"), line("能查看样本（甲"), line(f"1.1.2{second}", room=90)], "1.1")
    assert found.texts == ("能检查样本", f"能查看样本（甲{second}")


def test_a_line_that_ends_with_a_pause_goes_on() -> None:
    found = cell_items(
        [line("1.1.1 能检查样本"), line("样本甲、样本乙、", room=0), line("样本1.1.2丙的区别", room=90)], "1.1"
    )
    assert found.texts == ("能检查样本", "样本甲、样本乙、样本丙的区别")


def test_a_latin_word_goes_back_into_its_brackets_whatever_the_spaces() -> None:
    # Word processors set a little space between Latin and Chinese.
    assert cell_items([line("1.1.1 能配置虚拟局域 VLAN (网)并测试", room=50)], "1.1").texts == (
        "能配置虚拟局域网(VLAN)并测试",
    )


# 5. What leaks into cells.


def test_a_page_head_wrapped_in_a_cell_is_taken_out(tmp_path: Path) -> None:
    # In a narrow column the head is wrapped like any other text; DOCX and HTML have it as paragraphs.
    doc = small_standard(("1.1.1 能检查样本", "职业编码：9-99-", "01-01", "1.1.2 能登记读数"))
    result = read_framework(html.write(doc, tmp_path / "a.html"))
    assert [s.text for s in result.framework.units[-1].statements if s.role == "skill"] == ["能检查样本", "能登记读数"]
    ((_, cell),) = result.report.cells("repaired")
    assert (cell.reason, cell.before) == ("a page's head stood in the cell", "职业编码：9-99-01-01")


def _paged(skills: tuple[Line, ...]) -> Document:
    pages = []
    for number in (1, 2, 3, 4):
        heading = Line(text="3 工作要求") if number == 1 else Line(text="样本标准的页眉文字")
        blocks: list[Line | Grid] = [heading, Line(text=f"— {number + 4} —", top=800)]
        if number == 4:
            rows = (
                tuple((Line(text=head),) for head in HEADS),
                ((Line(text="1.作业准备"),), (Line(text="1.1 检查样本"),), skills, (Line(text="1.1.1 知识"),)),
            )
            cells = tuple(
                Cell(row=r, row_end=r + 1, column=c, column_end=c + 1, lines=lines)
                for r, row in enumerate(rows)
                for c, lines in enumerate(row)
            )
            blocks[1:1] = [Line(text="3.1 五级/初级工"), Grid(rows=2, columns=4, cells=cells)]
        pages.append(Page(number=number, blocks=tuple(blocks)))
    return Document(pages=tuple(pages))


def test_a_page_number_in_a_cell_is_taken_out_only_where_it_is_the_page_s() -> None:
    # Page 4 of the file is printed as 8 (four pages in front): 8 at the end of a cell is its number, 9 is not.
    for text, kept in (("8", 1), ("9", 2)):
        document = _paged((line("1.1.1 能检查样本", room=100), line(text, room=180)))
        assert page_labels(document) == 4
        (band,) = bands(document)
        assert len(band.skills) == kept
        assert [repair.text for repair in band.repairs] == (["8"] if kept == 1 else [])


def test_a_head_that_falls_into_a_table_is_taken_out_of_its_cells() -> None:
    # A table's sides are drawn up into the head of page 4: its columns part the head's words.
    head = Line(text="职业编码：9-99-01-01", top=35)
    pages = [Page(number=n, blocks=(head, Line(text="样本", top=100))) for n in (1, 2, 3)]
    lines = (Line(text="-01", left=90, top=36), Line(text="能", top=50))
    grid = Grid(rows=1, columns=1, cells=(Cell(row=0, row_end=1, column=0, column_end=1, lines=lines),))
    broken = Page(number=4, blocks=(Line(text="职业编码：9-99-01", left=10, top=35), grid))
    cleaned = without_heads(Document(pages=(*pages, broken))).pages[3]
    assert cleaned.lines == ()
    assert [line.text for line in cleaned.grids[0].cells[0].lines] == ["能"]
    # Other words at that height stay.
    other = Page(number=4, blocks=(grid,))
    assert without_heads(Document(pages=(*pages, other))).pages[3] == other


# 6. Families that only look like standards, in every form, and what they say of themselves first.

FAMILIES = {
    "1+X": ("样本运维职业技能等级标准", "2021年1.0版"),
    "专项职业能力考核规范": ("专项职业能力考核规范", "样本制作"),
    "鉴定要素细目表": ("样本工", "理论知识鉴定要素细目表"),
    "iCAP": ("樣本人員職能基準", "iCAP"),
}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("form", ["pdf", "docx", "html"])
def test_look_alikes_are_refused_by_name(name: str, form: str, tmp_path: Path) -> None:
    # The foreword cites the national standard: the title, which comes first, decides.
    lines = (*FAMILIES[name], "前言", "本标准依据国家职业技能标准编制。", "工作任务 职业技能要求")
    doc = Doc(blocks=tuple(Para(text=text) for text in lines), language="zh-Hans")
    write = {"pdf": rl.write, "docx": docx_file.write, "html": html.write}[form]
    with pytest.raises(InputError) as error:
        read_document(write(doc, tmp_path / f"a.{form}"), ReadOptions())
    assert name in error.value.what


def test_a_standard_that_names_a_look_alike_is_read(tmp_path: Path) -> None:
    doc = small_standard(("1.1.1 能检查样本",))
    doc = replace(doc, blocks=(*doc.blocks[:2], Para(text="本标准与1+X职业技能等级标准无关。"), *doc.blocks[2:]))
    assert read_framework(html.write(doc, tmp_path / "a.html")).framework.units[-1].level == "5"


# 7. Macros are never run, and that is said.


def test_macros_are_named(tmp_path: Path) -> None:
    import zipfile

    path = docx_file.write(small_standard(("1.1.1 能检查样本",)), tmp_path / "a.docx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "a.docm").write_bytes(zip_of({**parts, "word/vbaProject.bin": b"\xd0\xcf\x11\xe0 Sub AutoOpen()"}))
    result = read_framework(tmp_path / "a.docm")
    assert any("holds macros: they were not run" in note for note in result.report.notes)
    assert result.framework.units[-1].statements == read_framework(path).framework.units[-1].statements


# 8. --strict.


def test_strict_ends_at_a_flagged_cell_and_names_it(tmp_path: Path) -> None:
    doc = small_standard(("1.1.1 能检查样本", "1.1.3 能登记读数"))
    result = read_framework(rl.write(doc, tmp_path / "a.pdf"))
    assert result.report.files[0].verdict == "look"
    with pytest.raises(
        InputError, match=r"1 cells flagged \(the first: 9-99-01-01-5-1.1 skills: item numbers are 1, 3"
    ):
        check_strict(result.report)
