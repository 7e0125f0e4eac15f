"""Spreadsheets as people keep them: columns, roles, levels, round trips, hostile bytes."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from matcher.errors import InputError
from matcher.readers import ReadOptions, read_framework, write_framework
from matcher.readers.build import derived_code
from matcher.readers.canonical import framework_from_bytes, framework_to_bytes
from matcher.readers.columns import recognise
from matcher.readers.statements import performance_role, split_cell
from matcher.schema import CONTEXT_KINDS, LANGUAGES, ROLES, ContextLabel, Framework, Header, Statement, Unit

ROOT = Path(__file__).resolve().parents[1]
HK_HEADINGS = ["編號", "級別", "學分", "名稱", "應用範圍", "能力", "評核指引", "備註"]
HK_ROW = [
    "ZZABCD201A",
    "2",
    "3 (for reference only)",
    "焊接水管",
    "適用於工地",
    "6.1 認識焊接方法\n6.2 能夠焊接MD5水管\n• 恪守安全守則",
    "此能力單元的綜合成效要求為:\n能夠焊接水管",
    "無",
]
CN_HEADINGS = ["职业编码", "职业", "等级", "职业功能", "工作内容", "技能要求", "相关知识要求"]
CN_ROWS = [
    ["9-99-01-01", "管工", "五级", "焊接", "焊接水管", "1.1.1 能焊接水管\n1.1.2 能检查焊缝", "焊接知识"],
    ["9-99-01-01", "管工", "四级", "焊接", "焊接气管", "能焊接气管", "气体知识"],
    ["9-99-01-01", "管工", "高级技师", "培训", "培训指导", "能培训", "培训知识"],
]


def _csv(path: Path, rows: list[list[str]], *, delimiter: str = ",", encoding: str = "utf-8-sig") -> Path:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def _xlsx(path: Path, rows: list[list[str]]) -> Path:
    book = Workbook()
    notes = book.active
    notes.title = "Notes"
    notes.append(["Read this first"])
    sheet = book.create_sheet("Units")
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def _write(kind: str, tmp_path: Path, rows: list[list[str]]) -> Path:
    if kind == "xlsx":
        return _xlsx(tmp_path / "u.xlsx", rows)
    if kind == "jsonl":
        lines = [json.dumps(dict(zip(rows[0], row, strict=True)), ensure_ascii=False) for row in rows[1:]]
        (tmp_path / "u.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return tmp_path / "u.jsonl"
    return _csv(tmp_path / f"u.{kind}", rows, delimiter="\t" if kind == "tsv" else ",")


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx", "jsonl"])
def test_hong_kong_sheet_in_every_format(kind: str, tmp_path: Path) -> None:
    result = read_framework(_write(kind, tmp_path, [HK_HEADINGS, HK_ROW]))
    (unit,) = result.framework.units
    assert (unit.code, unit.level, unit.credit) == ("ZZABCD201A", "2", 3.0)
    assert [(s.role, s.text) for s in unit.statements] == [
        ("title", "焊接水管"),
        ("range", "適用於工地"),
        ("knowledge", "認識焊接方法"),
        ("skill", "能夠焊接MD5水管"),
        ("attitude", "恪守安全守則"),
        ("outcome", "能夠焊接水管"),
    ]
    assert {s.language for s in unit.statements} == {"zh-Hant"}
    assert result.framework.header.level_frame == "hkqf"
    assert len(result.report.repaired) == 1  # the credit's words and the opening line
    assert "credit as written: 3 (for reference only)" in unit.notes


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx", "jsonl"])
def test_mainland_sheet_in_every_format(kind: str, tmp_path: Path) -> None:
    framework = read_framework(_write(kind, tmp_path, [CN_HEADINGS, *CN_ROWS])).framework
    assert framework.header.jurisdiction == "CN"
    assert [unit.level for unit in framework.units] == ["5", "4", "1"]
    first = framework.units[0]
    assert [(s.role, s.text) for s in first.statements] == [
        ("title", "焊接水管"),
        ("skill", "能焊接水管"),
        ("skill", "能检查焊缝"),
        ("knowledge", "焊接知识"),
    ]
    assert first.labels("function") == ("焊接",)
    assert first.occupation_code == "9-99-01-01"


def test_derived_codes_do_not_depend_on_row_order(tmp_path: Path) -> None:
    there = read_framework(_csv(tmp_path / "a.csv", [CN_HEADINGS, *CN_ROWS])).framework.units
    back = read_framework(_csv(tmp_path / "b.csv", [CN_HEADINGS, *reversed(CN_ROWS)])).framework.units
    assert [unit.code for unit in there] == [unit.code for unit in reversed(back)]
    assert len({unit.code for unit in there}) == 3
    assert not any(" " in derived_code({"work": "a b", "level": "五 级", "occupation": "x y"}) for _ in "x")


def test_own_codes_are_taken_as_they_are(tmp_path: Path) -> None:
    rows = [["编号", *CN_HEADINGS], *([f"我的-{n}", *row] for n, row in enumerate(CN_ROWS))]
    framework = read_framework(_csv(tmp_path / "a.csv", rows)).framework
    assert [unit.code for unit in framework.units] == ["我的-0", "我的-1", "我的-2"]


def test_english_headings_and_two_languages(tmp_path: Path) -> None:
    rows = [
        ["Code", "Level", "Title_EN", "title_zh", "performance_en", "performance_zh", "area_en"],
        ["ZZABCD301A", "Level 3", "Weld pipes", "焊接水管", "Know gases\nBe able to weld", "認識氣體", "Pipes; Gas"],
    ]
    (unit,) = read_framework(_csv(tmp_path / "a.csv", rows)).framework.units
    assert unit.languages == ("en", "zh-Hant")
    assert unit.level == "3"
    assert unit.labels("area") == ("Pipes", "Gas")
    assert [s.role for s in unit.statements if s.language == "en"] == ["title", "knowledge", "skill"]


def test_a_title_is_enough(tmp_path: Path) -> None:
    (unit,) = read_framework(_csv(tmp_path / "a.csv", [["code", "title"], ["ZZA", "Weld pipes"]])).framework.units
    assert unit.title() == "Weld pipes"


def test_three_levels_words_belong_to_the_engineering_frame(tmp_path: Path) -> None:
    rows = [CN_HEADINGS, ["2-02", "工程师", "中级", "设计", "设计系统", "能设计", "知识"]]
    framework = read_framework(_csv(tmp_path / "a.csv", rows)).framework
    assert framework.frame_of(framework.units[0]) == "cn-engineering"
    assert framework.units[0].level == "中级"


def test_map_with_values_comments_and_fill(tmp_path: Path) -> None:
    _csv(tmp_path / "a.csv", [["# a remark"], ["job", "grade", "task"], ["管工", "L5", "焊接"]])
    (tmp_path / "m.toml").write_text(
        'comment = "#"\n[columns]\noccupation = "job"\nlevel = "grade"\nfunction = "task"\n[fill]\nwork = "function"\n'
        '[values.level]\nL5 = "五级"\n[header]\nid = "zz-mapped"\n',
        encoding="utf-8",
    )
    framework = read_framework(tmp_path / "a.csv", options=ReadOptions(map_file=tmp_path / "m.toml")).framework
    assert framework.header.id == "zz-mapped"
    assert (framework.units[0].level, framework.units[0].title()) == ("5", "焊接")


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("1. a\n2. b", ("a", "b")),
        ("6.1 a\n6.1.2 b", ("a", "b")),
        ("(a) x\n(ii) y", ("x", "y")),
        ("① 了解\n② 掌握", ("了解", "掌握")),
        ("3D打印\nMD5校验", ("3D打印", "MD5校验")),
        ("5 mm drill", ("5 mm drill",)),
        ("-\n \n•", ()),
    ],
)
def test_cells_to_statements(cell: str, kept: tuple[str, ...]) -> None:
    assert split_cell(cell)[0] == kept


def test_roles_by_wording() -> None:
    assert performance_role("Understand welding") == "knowledge"
    assert performance_role("Be able to weld") == "skill"
    assert performance_role("能夠認識") == "knowledge"
    assert performance_role("Wear gloves without having to be reminded") == "attitude"


def test_headings_are_compared_folded() -> None:
    assert recognise(["Performance Requirement(s)", "級 別", "评核指引", "unknown"]) == {
        0: "performance",
        1: "level",
        2: "assessment",
    }


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(lambda t: t.strip() != "")
_codes = st.from_regex(r"[A-Za-z0-9.\-]{1,12}", fullmatch=True)
_units = st.builds(
    Unit,
    code=_codes,
    version=st.sampled_from(["", "1", "2024"]),
    level=st.none() | st.sampled_from(["1", "5"]),
    credit=st.none() | st.integers(0, 50).map(float),
    context=st.lists(
        st.builds(ContextLabel, kind=st.sampled_from(CONTEXT_KINDS), language=st.sampled_from(LANGUAGES), text=_texts),
        max_size=2,
    ).map(tuple),
    statements=st.lists(
        st.builds(Statement, role=st.sampled_from(ROLES), language=st.sampled_from(LANGUAGES), text=_texts),
        min_size=1,
        max_size=4,
    ).map(tuple),
    notes=st.lists(_texts, max_size=2).map(tuple),
)


@given(st.lists(_units, max_size=4))
def test_canonical_round_trip(units: list[Unit]) -> None:
    framework = Framework(header=Header(id="zz", languages=("en",)), units=tuple(units))
    assert framework_from_bytes(framework_to_bytes(framework), where="x") == framework


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")),
       suffix=st.sampled_from([".csv", ".tsv", ".jsonl", ".xlsx", ".txt"]))  # fmt: skip
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("bytes") / f"f{suffix}"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        read_framework(path)


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.lists(st.text(max_size=15), min_size=3, max_size=3), min_size=1, max_size=5))
def test_any_cells_are_kept_repaired_or_refused(
    rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cells") / "a.csv"
    _csv(path, [["code", "title", "performance"], *([c.replace("\0", "") for c in row] for row in rows)])
    with contextlib.suppress(InputError):
        result = read_framework(path)
        report = result.report
        filled = sum(any(cell.replace("\0", "").strip() for cell in row) for row in rows)
        assert len(report.kept) + len(report.repaired) + len(report.refused) == filled
        assert len(result.framework.units) == len(report.kept) + len(report.repaired)


def test_samples_round_trip(tmp_path: Path) -> None:
    for side, count in (("hk", 126), ("cn", 290)):
        source = ROOT / f"corpora/samples/{side}.jsonl"
        framework = read_framework(source).framework
        assert len(framework.units) == count
        write_framework(framework, tmp_path / "again.jsonl")
        assert (tmp_path / "again.jsonl").read_bytes() == source.read_bytes()
