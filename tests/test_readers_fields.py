"""Columns, codes, levels, credits and column maps: what each row becomes, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from matcher.errors import InputError
from matcher.readers import ReadOptions, ReadResult, read_framework
from matcher.readers.levels import find_level, level_in_code
from matcher.readers.read import read_frameworks
from matcher.readers.statements import is_boilerplate, performance_role, split_cell
from matcher.schema import Unit


def read(path: Path, text: str, *, options: ReadOptions | None = None) -> ReadResult:
    path.write_text(text, encoding="utf-8")
    return read_framework(path, options=options)


def unit(path: Path, text: str) -> Unit:
    (only,) = read(path, text).framework.units
    return only


def mapped(tmp_path: Path, text: str, column_map: str, *, name: str = "a.csv") -> ReadResult:
    (tmp_path / "m.toml").write_text(column_map, encoding="utf-8")
    return read(tmp_path / name, text, options=ReadOptions(map_file=tmp_path / "m.toml"))


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        ("编号,级别,学分,名称,应用范围,能力,评核指引,备注", "ZZABCD201A,二级,3,洗头,发廊,认识水温,能洗头,无"),
        ("編號,級別,學分,名稱,應用範圍,能力,評核指引,備註", "ZZABCD201A,第二級,3,洗頭,髮廊,認識水溫,能洗頭,無"),
        (
            "Unit Code,QF Level,Credits,Name,Range,Competency,Assessment Criteria,Remark(s)",
            "ZZABCD201A,Level 2,3,Wash hair,Salons,Know water,Capable of it,None",
        ),
        (
            "code,level,credit,title_en,range_en,performance_en,assessment_en,remarks",
            "ZZABCD201A,2,3,Wash hair,Salons,Know water,Capable of it,None",
        ),
    ],
)
def test_hong_kong_headings(headings: str, row: str, tmp_path: Path) -> None:
    result = read(tmp_path / "a.csv", f"{headings}\n{row}\n")
    (found,) = result.framework.units
    assert (found.code, found.level, found.credit) == ("ZZABCD201A", "2", 3.0)
    assert [s.role for s in found.statements] == ["title", "range", "knowledge", "outcome"]
    assert found.remarks
    assert found.notes == ()
    assert (result.framework.header.jurisdiction, result.framework.header.level_frame) == ("HK", "hkqf")
    assert any("HK guessed from the columns" in note for note in result.report.notes)


def test_english_headings_of_the_mainland_side(tmp_path: Path) -> None:
    text = "code,occupation_code,occupation,level,function,work,skills,knowledge\n"
    row = "ZZ-1,9-99,管工,五级,焊接,焊水管,能焊,焊接\n"
    result = read(tmp_path / "a.csv", text + row)
    (found,) = result.framework.units
    assert (found.code, found.occupation_code, found.level) == ("ZZ-1", "9-99", "5")
    assert [s.role for s in found.statements] == ["title", "skill", "knowledge"]
    assert result.framework.header.jurisdiction == "CN"


def test_json_lines_with_lists_and_trade(tmp_path: Path) -> None:
    record = {
        "id": "ZZ-HD-5",
        "trade": "beauty",
        "level": 5,
        "function": "护理",
        "work": "清洁",
        "skills": ["能甲", "能乙"],
    }
    found = unit(tmp_path / "a.jsonl", json.dumps(record, ensure_ascii=False) + "\n")
    assert (found.code, found.level, found.labels("industry")) == ("ZZ-HD-5", "5", ("beauty",))
    assert [s.text for s in found.statements] == ["清洁", "能甲", "能乙"]


def test_given_header_fields_win_over_guesses_and_the_map(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[columns]\ntitle = "t"\ncode = "c"\n[header]\nid = "map"\ntitle = "Map"\n')
    options = ReadOptions(map_file=tmp_path / "m.toml", id="zz", jurisdiction="NZ", level_frame="nzqcf")
    header = read(tmp_path / "a.csv", "c,t\nZZA,Cut\n", options=options).framework.header
    assert (header.id, header.title, header.jurisdiction, header.level_frame) == ("zz", "Map", "NZ", "nzqcf")
    with pytest.raises(InputError, match="hkqf"):
        read(tmp_path / "a.csv", "code,title\nZZA,Cut\n", options=ReadOptions(level_frame="nonsense"))


@pytest.mark.parametrize(
    ("text", "frame", "level", "own_frame"),
    [
        # 三級 is the third from below in Hong Kong, the third from above on the Mainland: the frame decides.
        ("三級", "hkqf", "3", None),
        ("三级", "cn-skill", "3", None),
        ("三级/高级工", "cn-skill", "3", None),
        ("五级（初级工）", "cn-skill", "5", None),
        ("高级技师", "cn-skill", "1", None),
        # 高级 alone is the engineering standards' word, 高级工 the skill levels'.
        ("高级", "cn-skill", "高级", "cn-engineering"),
        ("高級工", "hkqf", None, None),
        ("8", "hkqf", None, None),
        ("", "hkqf", None, None),
        ("Level 5", "", "Level 5", None),
    ],
)
def test_levels(text: str, frame: str, level: str | None, own_frame: str | None) -> None:
    side = "units" if frame == "hkqf" else "work-contents"
    found = find_level(text, frame=frame, code="", side=side)  # type: ignore[arg-type]
    assert (found.level, found.frame) == (level, own_frame)
    assert bool(found.notes) == (level is None or frame == "")


@pytest.mark.parametrize(
    ("code", "level"), [("ZZABCD301A", "3"), ("105353L1", "1"), ("ZZ-HD-5-1.1", None), ("105353L8", None)]
)
def test_levels_in_codes(code: str, level: str | None) -> None:
    assert level_in_code(code) == level


def test_a_level_unlike_the_new_code_is_kept_and_noted(tmp_path: Path) -> None:
    found = unit(tmp_path / "a.csv", "code,level,title_en\n999999L2,4,Cut\n")
    assert found.level == "4"
    assert found.notes == ("level 4 differs from the code's level 2",)


@pytest.mark.parametrize(
    ("cell", "credit", "noted"),
    [("3", 3.0, False), ("2.5", 2.5, False), ("\uff13", 3.0, False), ("", None, False), ("none", None, True),
     ("3 (for reference only)", 3.0, True)],
)  # fmt: skip
def test_credits(cell: str, credit: float | None, noted: bool, tmp_path: Path) -> None:
    found = unit(tmp_path / "a.csv", f"code,level,title_en,credit\nZZABCD201A,2,Cut,{cell}\n")
    assert found.credit == credit
    assert any("credit" in note for note in found.notes) == noted


def test_identity_is_code_version_and_revision(tmp_path: Path) -> None:
    text = "code,version,revision,title_en\nZZA,1,0,a\nZZA,2,0,b\nZZA,2,1,c\nZZA,2,1,d\n"
    result = read(tmp_path / "a.csv", text)
    assert result.framework.unit_ids() == ("ZZA@1", "ZZA@2.0", "ZZA@2.1")
    (row,) = result.report.refused
    assert (row.row, row.code) == (5, "ZZA")
    assert "duplicate of ZZA" in row.reason
    assert "row 4" in row.reason


def test_a_code_with_spaces_is_repaired_and_said(tmp_path: Path) -> None:
    result = read(tmp_path / "a.csv", "code,title_en\nZZ A 1,Cut\n")
    assert result.framework.units[0].code == "ZZ_A_1"
    (row,) = result.report.repaired
    assert (row.before, row.after) == ("ZZ A 1", "ZZ_A_1")


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    result = read(tmp_path / "a.csv", "code,title_en,credit\nZZA,Cut,3\nZZB,Weld,3 (so)\nZZC,,\nZZA,Cut,3\n")
    report = result.report.as_record()
    assert report["counts"] == {"kept": 1, "repaired": 1, "refused": 2}
    assert [row["row"] for row in report["refused"]] == [4, 5]


def test_duplicates_across_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("code,title_en\nZZA,Cut\n")
    (tmp_path / "b.csv").write_text("code,title_en\nZZB,Weld\nZZA,Cut again\n")
    result = read_frameworks([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert [found.code for found in result.framework.units] == ["ZZA", "ZZB"]
    (row,) = result.report.refused
    assert row.file.endswith("b.csv")
    assert "a.csv" in row.reason


@pytest.mark.parametrize(
    "line",
    [
        "The integrated outcome requirements of this unit of competency are:",
        "The integrated outcome requirements of this UoC are",
        "此能力單元的綜合成效要求為：",
        "此能力单元的综合成效要求为",
    ],
)
def test_the_opening_is_left_out_where_it_is_a_line_of_its_own(line: str) -> None:
    assert is_boilerplate(line)
    assert split_cell(f"{line}\nCapable of a") == (("Capable of a",), (line,))
    # On one line with its statement it stays: the raw text is kept.
    assert split_cell(f"{line} Capable of a")[1] == ()


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("Know the kinds of wood", "knowledge"),
        ("Recognise common hazards", "knowledge"),
        ("認識木材種類", "knowledge"),
        ("明白安全守則", "knowledge"),
        ("懂得分辨木材", "knowledge"),
        ("Apply glue evenly", "skill"),
        ("能夠均勻塗膠", "skill"),
        ("Keep the bench tidy", "skill"),
        ("恪守安全守則", "attitude"),
        ("自覺清潔工具", "attitude"),
        ("Show a professional attitude to clients", "attitude"),
    ],
)
def test_roles(line: str, role: str) -> None:
    assert performance_role(line) == role


@pytest.mark.parametrize(
    ("column_map", "said"),
    [
        ("columns = 3\n", "columns is not a table"),
        ('[values]\nlevel = "x"\n', "is not a table"),
        ('[fill]\nwork = "nothing"\n', "'nothing' is not known"),
        ("[columns]\ntitle = true\n", "is not a text"),
        ('[header]\ncolour = "x"\n', "'colour' is not known"),
    ],
)
def test_maps_that_cannot_be_used(column_map: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        mapped(tmp_path, "code,title\nZZA,Cut\n", column_map)


def test_a_map_in_the_shape_of_the_shipped_recipe(root: Path, tmp_path: Path) -> None:
    # The recipe's own columns with made-up rows: two editions of one function, and both level schemes.
    text = (
        "# Source: made up; a comment line\n"
        "occ_code\tocc_name\tedition\tsource_level\toccupational_function\n"
        "9-99-99-01\t自行车修理工\t2019\tL5\t车轮修理\n"
        "9-99-99-01\t自行车修理工\t2024\tL5\t车轮修理\n"
        "9-99-99-02\t自行车工程技术人员\t2024\tT3\t车架设计\n"
    )
    options = ReadOptions(map_file=root / "corpora" / "recipes" / "osta-functions.map.toml")
    framework = read(tmp_path / "a.tsv", text, options=options).framework
    first, second, third = framework.units
    assert (first.level, third.level, framework.frame_of(third)) == ("5", "高级", "cn-engineering")
    assert first.title() == first.labels("function")[0] == "车轮修理"
    assert first.code == second.code
    assert framework.unit_ids() == (f"{first.code}@2019", f"{first.code}@2024", third.code)


# Faults that the readers once had.


def test_merged_units_keep_their_own_level_frame(tmp_path: Path) -> None:
    (tmp_path / "hk.csv").write_text("code,level,title_en,performance_en\nZZABCD201A,2,Cut,Know x\n")
    (tmp_path / "cn.csv").write_text("编号,职业,等级,职业功能,工作内容\nZZ-1,管工,二级,焊接,焊管\n", encoding="utf-8")
    framework = read_frameworks([tmp_path / "hk.csv", tmp_path / "cn.csv"]).framework
    # 二级 of the Mainland is the second from above; read as HKQF 2 it would be the second from below.
    assert [framework.frame_of(found) for found in framework.units] == ["hkqf", "cn-skill"]


def test_a_unit_with_nothing_but_a_title_is_a_unit(tmp_path: Path) -> None:
    assert unit(tmp_path / "a.csv", "title_en\nWeld pipes\n").title() == "Weld pipes"


@pytest.mark.parametrize("cell", ["1234", "3-6"])
def test_a_credit_is_not_cut_out_of_another_number(cell: str, tmp_path: Path) -> None:
    found = unit(tmp_path / "a.csv", f"code,level,title_en,credit\nZZABCD201A,2,Cut,{cell}\n")
    assert found.credit in (None, 1234.0)


def test_industry_in_both_languages(tmp_path: Path) -> None:
    found = unit(tmp_path / "a.csv", "code,title_en,industry_en,industry_zh\nZZA,Cut,Logistics,物流業\n")
    assert [label.text for label in found.context] == ["Logistics", "物流業"]


def test_a_level_with_a_decimal_point(tmp_path: Path) -> None:
    assert unit(tmp_path / "a.csv", "code,level,title_en\nZZABCD201A,2.0,Cut\n").level == "2"


def test_one_traditional_character_does_not_make_a_file_traditional(tmp_path: Path) -> None:
    text = "编号,职业,工作内容\n" + "".join(f"ZZ-{n},管工,焊接第{n}种管道并检查焊缝\n" for n in range(50))
    found = read(tmp_path / "a.csv", text + "ZZ-X,管工,清洁「髮」字招牌\n").framework
    assert found.header.languages == ("zh-Hans",)


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("Be able to check the integrity of seals", "skill"),
        ("Explain the bill to the client", "skill"),
        ("Understand what a professional attitude is", "knowledge"),
    ],
)
def test_roles_are_not_told_by_a_word_in_passing(line: str, role: str) -> None:
    assert performance_role(line) == role


@pytest.mark.parametrize("line", ["1.5 mm cables are stripped", "2.4 GHz links are tested"])
def test_a_measure_is_no_item_number(line: str) -> None:
    assert split_cell(line)[0] == (line,)


@pytest.mark.parametrize("cell", ["1、了解甲\n2、了解乙", "6.1了解甲\n6.2了解乙"])
def test_item_numbers_without_a_space(cell: str) -> None:
    assert split_cell(cell)[0] == ("了解甲", "了解乙")


def test_mapped_columns_of_statements_stay_apart(tmp_path: Path) -> None:
    column_map = '[columns]\ncode = "c"\ntitle = "t"\nperformance = ["p", "q"]\n'
    (found,) = mapped(tmp_path, "c,t,p,q\nZZA,Cut,Know a,Apply b\n", column_map).framework.units
    assert [s.text for s in found.statements] == ["Cut", "Know a", "Apply b"]


def test_mapped_keys_of_json_lines_are_joined(tmp_path: Path) -> None:
    column_map = '[columns]\ncode = "c"\ntitle = "t"\nperformance = ["p", "q"]\n'
    text = '{"c": "ZZA", "t": "Cut", "p": "Know a", "q": "Apply b"}\n'
    (found,) = mapped(tmp_path, text, column_map, name="a.jsonl").framework.units
    assert "Apply b" in " ".join(s.text for s in found.statements)


def test_a_comment_line_with_a_quotation_mark(tmp_path: Path) -> None:
    column_map = 'comment = "#"\n[columns]\ncode = "c"\ntitle = "t"\n'
    assert mapped(tmp_path, '# a,"quote\nc,t\nZZA,Cut\n', column_map).framework.units


def test_a_lone_surrogate_in_json_lines_is_refused(tmp_path: Path) -> None:
    result = read(tmp_path / "a.jsonl", '{"code": "ZZA\\ud800", "title_en": "x"}\n{"code": "ZZB", "title_en": "Cut"}\n')
    assert [found.code for found in result.framework.units] == ["ZZB"]


def test_an_english_sheet_with_skills_is_not_taken_for_the_mainland(tmp_path: Path) -> None:
    header = read(tmp_path / "a.csv", "code,title,skills,knowledge\nZZA,Welder,weld,metal\n").framework.header
    assert header.jurisdiction != "CN"


def test_the_sheet_of_a_map(tmp_path: Path) -> None:
    book = Workbook()
    for name in ("Draft", "Final"):
        sheet = book.create_sheet(name)
        sheet.append(["c", "t"])
        sheet.append([f"ZZ-{name}", "Cut"])
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "m.toml").write_text('sheet = "Final"\n[columns]\ncode = "c"\ntitle = "t"\n')
    options = ReadOptions(map_file=tmp_path / "m.toml")
    result = read_framework(tmp_path / "a.xlsx", options=options)
    assert [found.code for found in result.framework.units] == ["ZZ-Final"]
    (tmp_path / "m.toml").write_text('sheet = "Absent"\n[columns]\ncode = "c"\ntitle = "t"\n')
    with pytest.raises(InputError, match="Draft"):
        read_framework(tmp_path / "a.xlsx", options=options)


def test_knowledge_and_skills_in_columns_of_one_language(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "code,level,title_en,knowledge_en,skills_zh\nZZBK305A,3,Brew coffee,Know the roast of beans,控制水溫\n",
        encoding="utf-8",
    )
    (unit,) = read_framework(path).framework.units
    found = [(s.role, s.language, s.text) for s in unit.statements]
    assert found == [
        ("title", "en", "Brew coffee"),
        ("skill", "zh-Hant", "控制水溫"),
        ("knowledge", "en", "Know the roast of beans"),
    ]
