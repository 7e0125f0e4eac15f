"""Mainland standards generated from original text: read whole when clean; damage put right or flagged, never hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.readers import ReadOptions, ReadResult, read_framework
from matcher.readers.blocks import Line
from matcher.readers.canonical import framework_from_bytes, framework_to_bytes
from matcher.readers.cn.cover import clean_name, level_of
from matcher.readers.cn.items import cell_items
from matcher.readers.read import read_frameworks
from tests.fixtures_gen import cn, rl
from tests.fixtures_gen.score import Score, score

SCHEMES = ("skill", "engineering", "old")


def read(standard: cn.Standard, path: Path) -> ReadResult:
    return read_framework(rl.write(standard.doc, path))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", [201, 202])
def test_a_clean_standard_is_read_whole(scheme: str, seed: int, tmp_path: Path) -> None:
    standard = cn.make_standard(seed, scheme=scheme)
    result = read(standard, tmp_path / "a.pdf")
    found = score(standard.truth, result.framework.units)
    assert found.faults == ()
    assert found.roles == found.statements
    # The weights sum to 100 and name the functions that were read; every level of 1.4 has its table.
    assert result.report.checks
    assert result.report.failed == ()
    assert result.report.files[0].verdict == "clean"
    assert result.framework.header.edition == standard.truth[0].version
    # What each function weighs is kept, and every unit of a level finds it.
    weights = result.framework.header.weights
    kept = {("theory", w.level, w.function): w.theory for w in weights if w.theory is not None}
    kept |= {("skill", w.level, w.function): w.skill for w in weights if w.skill is not None}
    assert kept == standard.weights
    assert all(result.framework.weight_of(unit) for unit in result.framework.units if unit.level)


@pytest.mark.parametrize("damage", ["rise", "latin", "leak-head", "leak-continued", "leak-heading", "merged-levels"])
def test_damage_that_is_put_right(damage: str, tmp_path: Path) -> None:
    total = Score()
    counted = 0
    for seed in (211, 212, 213):
        standard = cn.make_standard(seed, damage=frozenset({damage}), rate=0.6)
        result = read(standard, tmp_path / f"{seed}.pdf")
        counted += standard.damaged.get(damage, 0)
        total += score(standard.truth, result.framework.units)
        # A raised number is no damage to a reader that goes by baselines, nor is a heading between a table's open
        # sides; the rest is shown before and after.
        if damage not in ("rise", "leak-heading"):
            assert bool(result.report.cells("repaired")) == bool(standard.damaged)
    assert counted > 0
    assert total.faults == ()


def test_displaced_numbers_are_put_back_or_the_cell_is_flagged(tmp_path: Path) -> None:
    total = Score()
    for seed in (221, 222, 223):
        standard = cn.make_standard(seed, damage=frozenset({"displaced", "work-displaced"}))
        result = read(standard, tmp_path / f"{seed}.pdf")
        flagged = {row.code for row, _ in result.report.cells("flagged")}
        total += score(standard.truth, result.framework.units, sorted(flagged))
        assert result.report.files[0].verdict in ("look", "repaired")
    assert total.exact >= 0.9 * total.statements
    assert total.wrong_levels == 0
    assert total.silent == 0


def lines(*texts: str, full: tuple[int, ...] = ()) -> list[Line]:
    """Return lines of 20 characters' room; those in ``full`` reach the edge, the others leave half of it empty."""
    return [
        Line(text=text, left=0, right=200 if n in full else 100, room=0 if n in full else 100, ends=n not in full)
        for n, text in enumerate(texts)
    ]


def test_a_number_in_the_words_goes_back_to_its_front() -> None:
    # 能使用清洁工具清1.1.1理一般生产区: one item, so that its beginning is the cell's.
    found = cell_items(lines("能使用样本工具清1.1.1理样本区"), "1.1")
    assert found.texts == ("能使用样本工具清理样本区",)
    ((why, before, after),) = found.repaired
    assert "put back" in why
    assert (before, after) == ("能使用样本工具清1.1.1理样本区", "1.1.1 能使用样本工具清理样本区")


def test_the_line_that_ends_tells_where_the_next_item_begins() -> None:
    # The second number stands in the middle of its item; the line before its item ends early.
    found = cell_items(lines("1.1.1 能检查样本", "能登记1.1.2读数"), "1.1")
    assert found.texts == ("能检查样本", "能登记读数")


def test_a_cell_that_cannot_be_told_apart_is_kept_whole_and_flagged() -> None:
    # Two line starts between the numbers, both lines before them full: nothing tells where item 2 begins.
    found = cell_items(lines("1.1.1 能检查样本甲", "样本乙和样本丙并", "登记1.1.2读数", full=(0, 1)), "1.1")
    assert len(found.texts) == 1
    assert "cannot be told apart" in found.flagged


@pytest.mark.parametrize("text", ["能按MD5校验值核对文件", "能用SM3算法核对", "能用3D打印机打印样件", "能按1.5mm调整"])
def test_digits_in_words_are_no_numbers(text: str) -> None:
    assert cell_items(lines(f"1.1.1 {text}", f"1.1.2 {text}"), "1.1").texts == (text, text)


def test_missing_numbers_are_flagged() -> None:
    assert "missing" in cell_items(lines("1.1.1 能甲", "1.1.3 能乙"), "1.1").flagged


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("五级/初级工", ("cn-skill", "5")),
        ("三级／高级工", ("cn-skill", "3")),
        ("高级技师(国家职业资格一级)", ("cn-skill", "1")),
        ("初级", ("cn-engineering", "初级")),
        # The number of a section or of a page is no level.
        ("5", None),
        ("3", None),
        ("三级/高级工、二级/技师", None),
    ],
)
def test_levels_are_read_from_words(text: str, found: tuple[str, str] | None) -> None:
    assert level_of(text) == found


def test_the_marks_of_the_classification_are_no_part_of_a_name() -> None:
    assert clean_name("样本工程技术人员S") == "样本工程技术人员"
    assert clean_name("样本修理工①") == "样本修理工"
    assert clean_name("样本操作员L/S") == "样本操作员"


def test_the_basic_requirements_hold_for_every_level(tmp_path: Path) -> None:
    standard = cn.make_standard(231)
    units = read(standard, tmp_path / "a.pdf").framework.units
    basics = [unit for unit in units if "-base-" in unit.code]
    assert [unit.title() for unit in basics] == ["职业道德", "基础知识"]
    assert all(unit.level is None for unit in basics)
    assert all(statement.role in ("title", "knowledge") for unit in basics for statement in unit.statements)


def test_a_named_reader_reads_what_it_is_for(tmp_path: Path) -> None:
    standard = cn.make_standard(232)
    path = rl.write(standard.doc, tmp_path / "a.pdf")
    told = read_framework(path)
    named = read_framework(path, options=ReadOptions(reader="cn-standard"))
    assert told.framework == named.framework


def test_weights_of_two_kinds_of_work_are_kept_apart_and_survive_a_merge(tmp_path: Path) -> None:
    def table(*rows: tuple[str, ...]) -> str:
        cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        return f"<table>{cells}</table>"

    work = table(("职业功能", "工作内容", "技能要求", "相关知识要求"),
                 ("1.作业准备", "1.1 检查样本", "1.1.1 能检查样本", "1.1.1 样本知识"))  # fmt: skip
    head = ("项目", "五级/初级工(%)")
    paths = []
    for occupation, code in (("样本修理工", "9-99-01-01"), ("样本装配工", "9-99-01-02")):
        path = tmp_path / f"{code}.html"
        path.write_text(
            f"<p>国家职业标准</p><p>职业编码：{code}</p><p>1.1 职业名称</p><p>{occupation}</p><p>3 工作要求</p>"
            f"<p>3.1 样本甲工</p><p>3.1.1 五级/初级工</p>{work}<p>3.2 样本乙工</p><p>3.2.1 五级/初级工</p>{work}"
            "<p>4 权重表</p><p>4.1 理论知识权重表</p>"
            f"<p>4.1.1 样本甲工</p>{table(head, ('职业道德', '5'), ('作业准备', '95'), ('合计', '100'))}"
            f"<p>4.1.2 样本乙工</p>{table(head, ('职业道德', '10'), ('作业准备', '90'), ('合计', '100'))}"
            f"<p>4.2 技能要求权重表</p><p>4.2.1 样本甲工</p>{table(head, ('作业准备', '100'))}"
            f"<p>4.2.2 样本乙工</p>{table(head, ('作业准备', '100'))}",
            encoding="utf-8",
        )
        paths.append(path)
    result = read_frameworks(paths)
    assert result.report.failed == ()
    framework = framework_from_bytes(framework_to_bytes(result.framework), where="memory")
    found = {unit.code: framework.weight_of(unit) for unit in framework.units}
    assert {code: (weight.theory, weight.skill) for code, weight in found.items() if weight} == {
        "9-99-01-01-样本甲工-5-1.1": (95.0, 100.0), "9-99-01-01-样本乙工-5-1.1": (90.0, 100.0),
        "9-99-01-02-样本甲工-5-1.1": (95.0, 100.0), "9-99-01-02-样本乙工-5-1.1": (90.0, 100.0),
    }  # fmt: skip
