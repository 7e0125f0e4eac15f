"""Documents in real layouts, generated from original text: what the readers make of them against the truth."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from matcher.errors import InputError
from matcher.readers import ReadOptions, read_framework
from matcher.readers.read import check_strict, read_frameworks
from matcher.schema import Language
from tests.conftest import RunMatcher
from tests.fixtures_gen import rl, scs
from tests.fixtures_gen.model import Para, Spot, Tab
from tests.fixtures_gen.score import score

LANGUAGES: dict[str, tuple[Language, ...]] = {
    "english": ("en",),
    "traditional": ("zh-Hant",),
    "simplified": ("zh-Hans",),
    "bilingual": ("zh-Hant", "en"),
}


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("seed", [101, 102])
def test_a_clean_book_is_read_whole(name: str, seed: int, tmp_path: Path) -> None:
    book = scs.make_book(seed, count=6, languages=LANGUAGES[name])
    result = read_framework(rl.write(book.doc, tmp_path / "book.pdf"))
    found = score(book.truth, result.framework.units)
    assert found.faults == ()
    assert (found.read_units, found.exact) == (6, found.statements)
    # Every statement has the role of its block, or the one that its wording gives where there are no blocks.
    assert found.roles == found.statements
    assert result.report.failed == ()
    assert result.framework.header.level_frame == "hkqf"
    assert [unit.credit for unit in result.framework.units] == [unit.credit for unit in book.truth]


def with_level(book: scs.Book, written: str) -> scs.Book:
    """Return the book with another text in the level cell of its first unit."""
    blocks = list(book.doc.blocks)
    place = next(n for n, block in enumerate(blocks) if isinstance(block, Tab) and len(block.widths) == 2)
    table = blocks[place]
    assert isinstance(table, Tab)
    cell = Spot(paras=(Para(text=written),))
    rows = tuple((label, cell if "Level" in label.paras[0].text else value) for label, value in table.rows)
    blocks[place] = replace(table, rows=rows)
    return replace(book, doc=replace(book.doc, blocks=tuple(blocks)))


def test_a_level_that_differs_from_the_code_is_flagged_and_fails_the_check(tmp_path: Path) -> None:
    book = scs.make_book(7, count=2, languages=("en",))
    code, coded = book.truth[0].code, book.truth[0].level
    written = "1" if coded != "1" else "2"
    result = read_framework(rl.write(with_level(book, written).doc, tmp_path / "book.pdf"))
    # The cell is what a person reads: it stands, and both figures are shown.
    assert result.framework.units[0].level == written
    (check,) = result.report.failed
    assert (check.name, check.expected, check.found) == (f"{code}: level equals the code's", coded, written)
    ((row, cell),) = result.report.cells("flagged")
    assert (row.code, cell.field) == (code, "level")
    assert result.report.files[0].verdict == "look"
    with pytest.raises(InputError, match="1 cells flagged"):
        check_strict(result.report)


def test_a_level_that_cannot_be_is_taken_from_the_code(tmp_path: Path) -> None:
    book = scs.make_book(7, count=2, languages=("en",))
    result = read_framework(rl.write(with_level(book, "9").doc, tmp_path / "book.pdf"))
    assert result.framework.units[0].level == book.truth[0].level
    ((_, cell),) = result.report.cells("repaired")
    assert (cell.field, cell.before, cell.after) == ("level", "9", book.truth[0].level)
    with pytest.raises(InputError, match="1 cells repaired"):
        check_strict(result.report)


def test_folders_patterns_and_reports(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    first = scs.make_book(11, count=2, languages=("en",))
    second = scs.make_book(12, count=2, languages=("zh-Hant",))
    rl.write(first.doc, tmp_path / "in" / "a.pdf")
    rl.write(second.doc, tmp_path / "in" / "deep" / "b.pdf")
    (tmp_path / "in" / "~$a.docx").write_bytes(b"lock")
    for jobs in ("1", "2"):
        arguments = (
            "in",
            "-o",
            f"{jobs}.jsonl",
            "--jobs",
            jobs,
            "--report",
            f"{jobs}.json",
            "--report",
            f"{jobs}.html",
        )
        result = run_matcher("ingest", *arguments, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert "2 files: 2 clean" in result.stderr
    # The number of processes changes nothing.
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()
    record = json.loads((tmp_path / "1.json").read_text(encoding="utf-8"))
    assert [file["reader"] for file in record["files"]] == ["scs", "scs"]
    assert [file["verdict"] for file in record["files"]] == ["clean", "clean"]
    by_pattern = run_matcher("ingest", "in/**/*.pdf", "-o", "p.jsonl", cwd=tmp_path)
    assert by_pattern.returncode == 0, by_pattern.stderr
    assert (tmp_path / "p.jsonl").read_bytes() == (tmp_path / "1.jsonl").read_bytes()


def test_keep_going_lists_the_file_that_cannot_be_read(tmp_path: Path) -> None:
    book = scs.make_book(11, count=2, languages=("en",))
    rl.write(book.doc, tmp_path / "a.pdf")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7 cut short")
    paths = [tmp_path / "b.pdf", tmp_path / "a.pdf"]
    with pytest.raises(InputError, match="is a PDF that cannot be opened"):
        read_frameworks(paths)
    result = read_frameworks(paths, options=ReadOptions(keep_going=True))
    assert [file.verdict for file in result.report.files] == ["refused", "clean"]
    assert len(result.framework.units) == 2


def test_an_unknown_reader_is_named(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "in.csv").write_text("code,title\nZZA,Cut\n")
    result = run_matcher("ingest", "in.csv", "--reader", "nonsense", "-o", "out.jsonl", cwd=tmp_path)
    assert result.returncode == 2
    assert "there is no reader 'nonsense'; expected canonical, json-lines, table" in result.stderr
