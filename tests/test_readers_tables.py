"""CSV, TSV and XLSX as they come from outside: separators, encodings, damaged and hostile workbooks."""

from __future__ import annotations

import io
import random
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from matcher.errors import InputError, MatcherError
from matcher.readers import ReadResult, read_framework
from matcher.readers import tables as readers_tables


def read(path: Path, content: str | bytes) -> ReadResult:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_framework(path)


def titles(result: ReadResult) -> list[str]:
    return [unit.title() for unit in result.framework.units]


def workbook(path: Path, *rows: list[object], change: Callable[[Workbook], None] | None = None) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if change is not None:
        change(book)
    book.save(path)
    return path


def rewritten(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Write a workbook's zip again with every part changed by a function."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, change(name, data))
    return path


@pytest.mark.parametrize(
    ("name", "encoding", "said"),
    [
        ("a.csv", "utf-8", ""),
        ("a.csv", "utf-8-sig", ""),
        ("a.csv", "gb18030", "GB18030"),
        ("a.txt", "utf-16", "UTF-16"),
        ("a.tsv", "utf-16", "UTF-16"),
    ],
)
def test_encodings(name: str, encoding: str, said: str, tmp_path: Path) -> None:
    separator = "\t" if name.endswith("tsv") else ","
    text = "\n".join(separator.join(row) for row in (["编号", "名称"], ["ZZA", "焊接管道"], ["ZZB", "检查焊缝"]))
    result = read(tmp_path / name, text.encode(encoding))
    assert titles(result) == ["焊接管道", "检查焊缝"]
    assert any("decoded as" in note for note in result.report.notes) == bool(said)
    assert said in " ".join(result.report.notes)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_told_from_the_headings(separator: str, tmp_path: Path) -> None:
    rows = (["code", "title_en", "performance_en"], ["ZZA", '"Cut, bend; weld"', '"Know a, b, c; d"'])
    result = read(tmp_path / "a.csv", "\n".join(separator.join(row) for row in rows))
    (unit,) = result.framework.units
    assert [s.text for s in unit.statements] == ["Cut, bend; weld", "Know a, b, c; d"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_inside_and_outside_of_cells(end: str, tmp_path: Path) -> None:
    text = 'code,performance_en|ZZA,"Know a|Apply b"|ZZB,Know c|'.replace("|", end)
    result = read(tmp_path / "a.csv", text)
    assert [[s.text for s in unit.statements] for unit in result.framework.units] == [["Know a", "Apply b"], ["Know c"]]


def test_row_numbers_are_the_spreadsheets(tmp_path: Path) -> None:
    # Row 1 heading, row 2 a unit (its cell has two lines), row 3 empty, row 4 without text.
    result = read(tmp_path / "a.csv", 'code,performance_en\nZZA,"Know a\nKnow b"\n\nZZB,\n')
    assert [row.row for row in result.report.kept] == [2]
    assert [row.row for row in result.report.refused] == [4]


def test_a_heading_row_below_a_title_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["Units of our trade"], [], ["code", "title_en"], ["ZZA", "Cut"])
    assert titles(read_framework(path)) == ["Cut"]


def test_the_sheet_that_was_read_is_said(tmp_path: Path) -> None:
    def add(book: Workbook) -> None:
        for name, code in (("Units", "ZZA"), ("More", "ZZB")):
            sheet = book.create_sheet(name)
            sheet.append(["code", "title_en"])
            sheet.append([code, "Cut"])

    result = read_framework(workbook(tmp_path / "a.xlsx", ["Read me"], change=add))
    assert [unit.code for unit in result.framework.units] == ["ZZA"]
    assert "sheet 'Units'" in " ".join(result.report.notes)


def test_numbers_of_a_workbook_are_whole_where_they_are(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["code", "level", "credit", "title_en"], [104734, 2.0, 2.5, "Cut"])
    (unit,) = read_framework(path).framework.units
    assert (unit.code, unit.level, unit.credit) == ("104734", "2", 2.5)


def test_damaged_parts_never_raise_anything_else(tmp_path: Path) -> None:
    # A fixed seed: the same damage on every run. The warnings are openpyxl's and have a test of their own.
    source = workbook(tmp_path / "a.xlsx", ["code", "level", "title_en"], ["ZZA", 2, "Cut"]).read_bytes()
    generator = random.Random(1)

    def damage(name: str, data: bytes) -> bytes:
        changed = bytearray(data)
        if "sheet" in name or "workbook" in name or "styles" in name:
            for _ in range(generator.randint(0, 4)):
                changed[generator.randrange(len(changed))] = generator.randrange(256)
        return bytes(changed)

    outcomes = set()
    for _ in range(60):
        (tmp_path / "b.xlsx").write_bytes(source)
        rewritten(tmp_path / "b.xlsx", damage)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                outcomes.add(len(read_framework(tmp_path / "b.xlsx").framework.units))
            except MatcherError:
                outcomes.add(-1)
    assert -1 in outcomes


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for number in range(readers_tables.MAX_XLSX_ENTRIES + 1):
            archive.writestr(f"xl/{number}", b"")
    with pytest.raises(InputError, match="2001 parts"):
        read_framework(tmp_path / "a.xlsx")


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InputError, match="not an XLSX workbook"):
        read_framework(tmp_path / "a.xlsx")


def test_the_row_and_column_caps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers_tables, "MAX_ROWS", 3)
    with pytest.raises(InputError, match="more than 3 rows"):
        read(tmp_path / "a.csv", "code,title_en\n" + "ZZA,Cut\n" * 3)
    monkeypatch.undo()
    with pytest.raises(InputError, match="500 columns"):
        read(tmp_path / "b.csv", "code,title_en\nZZA,Cut" + ",x" * 500 + "\n")


# Faults that the readers once had, each seen on a real kind of file.


def test_an_unclosed_quotation_mark_loses_no_row_in_silence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="quotation mark"):
        read(tmp_path / "a.csv", 'code,title_en\nZZA,"Cut\nZZB,Weld\nZZC,Bend\n')


def test_western_bytes_are_not_read_as_chinese(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="UTF-8"):
        read(tmp_path / "a.csv", "code,title_en\nZZA,Cut the client\u2019s hair\n".encode("cp1252"))


def test_big5_bytes_are_not_read_as_gb18030(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="UTF-8"):
        read(tmp_path / "a.csv", "code,title_zh\nZZA,修剪頭髮\n".encode("big5"))


def test_a_csv_with_a_title_line_keeps_its_separator(tmp_path: Path) -> None:
    assert titles(read(tmp_path / "a.csv", "My units, 2024\ncode;title_en\nZZA;Cut\n")) == ["Cut"]


def test_formulas_without_a_stored_value_are_noted(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["code", "title_en", "remarks"], ["ZZA", "Cut", "=1+1"])
    assert "formula" in " ".join(read_framework(path).report.notes)


@pytest.mark.parametrize(("row", "column"), [(2, 700), (500_001, 1)])
def test_a_format_without_text_is_no_content(row: int, column: int, tmp_path: Path) -> None:
    def embolden(book: Workbook) -> None:
        assert book.active is not None
        book.active.cell(row=row, column=column).font = Font(bold=True)

    path = workbook(tmp_path / "a.xlsx", ["code", "title_en"], ["ZZA", "Cut"], change=embolden)
    assert titles(read_framework(path)) == ["Cut"]


def test_a_damaged_stream_is_a_damaged_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["code", "title_en"], ["ZZA", "Cut"])
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    # The local header has 30 bytes, the name and the extra field; 0xFF opens a block of a type that does not exist.
    start = entry.header_offset + 30 + len(entry.filename) + data[entry.header_offset + 28]
    data[start] = 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match="workbook"):
        read_framework(path)


def test_an_encrypted_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["code", "title_en"], ["ZZA", "Cut"])
    data = path.read_bytes()
    # Bit 0 of the flags says "encrypted": at 6 in a local header, at 8 in the directory.
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        parts = data.split(mark)
        data = mark.join(
            [parts[0], *(p[: offset - 4] + bytes([p[offset - 4] | 1]) + p[offset - 3 :] for p in parts[1:])]
        )
    path.write_bytes(data)
    with pytest.raises(InputError, match="workbook"):
        read_framework(path)


def test_a_workbook_without_styles_is_read_without_a_word(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["code", "title_en"], ["ZZA", "Cut"])
    empty = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    rewritten(path, lambda name, data: empty if name.endswith("styles.xml") else data)
    assert titles(read_framework(path)) == ["Cut"]


def test_json_lines_in_utf16(tmp_path: Path) -> None:
    assert titles(read(tmp_path / "a.jsonl", '{"code": "ZZA", "title_en": "Cut"}\n'.encode("utf-16"))) == ["Cut"]


def test_a_name_with_a_null_character_is_refused() -> None:
    with pytest.raises(InputError):
        read_framework(Path("a\0b.csv"))
