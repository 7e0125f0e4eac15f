"""Papers: every word in every language, pages and documents that hold together, files that run nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook

from matcher.outcomes.draft import make_draft
from matcher.outcomes.measure import apply_rules
from matcher.outcomes.model import Note, OpenPoint, Refusal, Review
from matcher.papers.blocks import Table
from matcher.papers.coverage_files import COLUMNS, write_coverage
from matcher.papers.docx_parts import EAST_ASIAN
from matcher.papers.draft_book import write_draft_book
from matcher.papers.draft_paper import draft_paper
from matcher.papers.report import Findings, coverage_paper, report_paper
from matcher.papers.words import PAPER_LANGUAGES, PaperLanguage, all_words
from matcher.papers.write import write_paper
from matcher.review.agreement import Agreement, Figure, PairAgreement
from matcher.schema import Statement
from tests.test_outcomes import LINKS, worked
from tests.test_style import forbidden_words

FIGURE = Figure(value=0.5, low=0.25, high=0.75, n=4)
CHINESE = re.compile(r"[\u3400-\u9fff]")


def findings(*, reviewed: bool = True) -> Findings:
    links = LINKS if reviewed else [replace(link, basis="candidate", verdict="", reviewers=()) for link in LINKS]
    covered = worked(links=links)
    review = Review(
        links=LINKS[:2],
        refusals=(Refusal(source="ZZA203A", target="", reviewers=("Li",), comments=("Li: =1+1",)),),
        open_points=(
            OpenPoint(source="ZZA304A", target="ZZ-5-1.2", kind="verdict", said=(("Chan", "accept", "close"),)),
        ),
        strangers=(("ZZOLD", "ZZ-1"),),
        reviewed=frozenset({"ZZA101A"}),
        decisions=6,
        reviewers=("Chan", "Li"),
        last="2026-11-28",
    )
    agreement = Agreement(
        reviewers=("Chan", "Li"),
        nominal=FIGURE,
        ordinal=FIGURE,
        pairs=(PairAgreement(first="Chan", second="Li", same=FIGURE, kappa=FIGURE, weighted=FIGURE),),
    )
    return Findings(
        covered=covered,
        rules=apply_rules(covered),
        review=review if reviewed else Review(),
        agreement=agreement if reviewed else None,
        encoder="embedded",
        notes=(Note(key="note_unknown", values=("course.csv", 1, "ZZA999A")),),
    )


def hostile() -> Findings:
    """Findings whose texts try to be markup, a formula and a control character."""
    found = findings()
    bad = '=HYPERLINK("x") <script>alert(1)</script> & ]]> \x0b'
    side = found.covered.source.side
    unit = side.units["ZZA101A"]
    worse = tuple(replace(s, text=bad) if s.role != "knowledge" else s for s in unit.statements)
    units = {**side.units, "ZZA101A": replace(unit, statements=worse)}
    source = replace(found.covered.source, side=replace(side, units=units, name=bad))
    return replace(found, covered=replace(found.covered, source=source))


# -- words -----------------------------------------------------------------------------------------------------------


def test_every_word_stands_in_every_language_with_the_same_places() -> None:
    for key, texts in all_words().items():
        assert list(texts) == ["en", "zh-Hant", "zh-Hans"], key
        places = [sorted(re.findall(r"\{\d\}", text)) for text in texts.values()]
        assert places[0] == places[1] == places[2], key
        assert all(text.strip() for text in texts.values()), key


def test_no_word_promises_a_decision() -> None:
    for name in ("papers/words.toml", "outcomes/coverage.toml", "outcomes/gld_domains.toml"):
        text = (Path(__file__).parents[1] / "matcher" / "data" / name).read_text(encoding="utf-8")
        assert forbidden_words(text) == [], name


def test_simplified_words_hold_no_traditional_ones() -> None:
    from matcher.text.normalize import simplify

    # A name quoted in its own script is the exception.
    for key, texts in all_words().items():
        assert simplify(texts["zh-Hans"]) == texts["zh-Hans"], key


# -- the page --------------------------------------------------------------------------------------------------------


class _Checker(HTMLParser):
    """Collects tags that are not closed, anchors and links."""

    VOID = frozenset({"meta", "col", "rect", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attrs)
        self.anchors |= {values["id"] or ""} if "id" in values else set()
        self.links |= {(values["href"] or "")[1:]} if "href" in values else set()
        assert not any(name.startswith("on") for name in values)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("language", PAPER_LANGUAGES)
def test_the_page_is_well_formed_and_runs_nothing(language: PaperLanguage, tmp_path: Path) -> None:
    for paper in (report_paper(hostile(), language), coverage_paper(hostile(), language)):
        path = tmp_path / "page.html"
        write_paper(paper, path, "html")
        text = path.read_text(encoding="utf-8")
        checker = _Checker()
        checker.feed(text)
        assert checker.open == []
        assert "script" not in checker.tags
        assert checker.links <= checker.anchors
        assert "<script>" not in text
        assert "\x0b" not in text
        assert "http" not in text.replace("http-equiv", "")
        assert forbidden_words(text) == []


def test_a_report_without_decisions_says_so(tmp_path: Path) -> None:
    write_paper(report_paper(findings(reviewed=False), "en"), tmp_path / "page.html", "html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.count("Not reviewed: there is no decision on these units yet.") == 2  # at the top, and under Decisions
    assert "candidate, not reviewed" in text
    assert "met only with candidates" not in text


def test_the_report_says_what_it_must(tmp_path: Path) -> None:
    write_paper(report_paper(findings(), "bilingual"), tmp_path / "page.html", "html")
    text = re.sub(r"<[^>]+>", " ", (tmp_path / "page.html").read_text(encoding="utf-8"))
    parts = ("Method and editions", "方法及版本", "Matrix", "Unit by unit", "Level view (indicative)", "Decisions",
             "Gaps on each side", "Open points")  # fmt: skip
    facts = ("Krippendorff", "0.250 – 0.750", "Reviewers differ on ZZA304A", "ZZOLD – ZZ-1", "66.3 %",
             "9 of 18 (50 %)", "60 % of the credits or 72, whichever is lower", "course.csv")  # fmt: skip
    for said in (*parts, *facts):
        assert said in text, said


# -- the document ----------------------------------------------------------------------------------------------------


def _xml(path: Path) -> Any:
    return Document(str(path)).element.body


@pytest.mark.parametrize("language", PAPER_LANGUAGES)
def test_the_document_has_fonts_of_both_scripts_heads_and_numbers(language: PaperLanguage, tmp_path: Path) -> None:
    path = tmp_path / "report.docx"
    paper = report_paper(findings(), language)
    write_paper(paper, path, "docx")
    body = _xml(path)
    seen = set()
    for run in body.iter(qn("w:r")):
        text = "".join(t.text or "" for t in run.iter(qn("w:t")))
        properties = run.find(qn("w:rPr"))
        if not CHINESE.search(text):
            continue
        fonts = properties.find(qn("w:rFonts"))
        assert fonts.get(qn("w:eastAsia")) in EAST_ASIAN.values(), text
        assert properties.find(qn("w:lang")).get(qn("w:eastAsia")) in ("zh-HK", "zh-CN")
        seen.add(fonts.get(qn("w:eastAsia")))
    # Hong Kong's units stand in Traditional, the Mainland's in Simplified, whatever the paper's language.
    assert seen == set(EAST_ASIAN.values())
    tables = list(body.iter(qn("w:tbl")))
    assert len(tables) >= sum(isinstance(block, Table) for block in paper.blocks)
    for table in tables:
        first = table.find(qn("w:tr"))
        assert first.find(qn("w:trPr")).find(qn("w:tblHeader")) is not None
        widths = [int(column.get(qn("w:w"))) for column in table.find(qn("w:tblGrid"))]
        assert sum(widths) <= 17.05 * 567
        for row in table.iter(qn("w:tr")):
            spans = [int(s.get(qn("w:val"))) for s in row.iter(qn("w:gridSpan"))]
            assert len(row.findall(qn("w:tc"))) + sum(spans) - len(spans) == len(widths)
            assert all(cell[-1].tag == qn("w:p") for cell in row.findall(qn("w:tc")))
    bookmarks = {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
    links = {link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))}
    assert links
    assert links <= bookmarks
    footer = Document(str(path)).sections[0].footer._element.xml
    assert "NUMPAGES" in footer
    assert " PAGE " in footer
    assert "asciiTheme" not in zipfile.ZipFile(path).read("word/styles.xml").decode().split("<w:style ")[1]


# The order of children that the schema wants (ECMA-376 part 1, 17.3.1.26, 17.3.2.28, 17.4.69); Word refuses another.
ORDER = {
    "w:pPr": ("w:pStyle", "w:keepNext", "w:keepLines", "w:pageBreakBefore", "w:pBdr", "w:shd", "w:tabs", "w:spacing",
              "w:ind", "w:jc", "w:rPr"),
    "w:rPr": ("w:rFonts", "w:b", "w:bCs", "w:color", "w:sz", "w:szCs", "w:shd", "w:lang"),
    "w:tcPr": ("w:tcW", "w:gridSpan", "w:shd", "w:textDirection", "w:vAlign"),
    "w:tblPr": ("w:tblW", "w:tblBorders", "w:tblLayout", "w:tblCellMar"),
}  # fmt: skip


def test_elements_stand_in_the_order_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "report.docx"
    write_paper(report_paper(findings(), "bilingual"), path, "docx")
    for name, order in ORDER.items():
        wanted = [qn(child) for child in order]
        for properties in _xml(path).iter(qn(name)):
            found = [wanted.index(child.tag) for child in properties if child.tag != qn("w:sectPr")]
            assert found == sorted(found), name


def test_the_same_paper_gives_the_same_bytes(tmp_path: Path) -> None:
    for number in (1, 2):
        found = findings()
        write_paper(report_paper(found, "bilingual"), tmp_path / f"{number}.docx", "docx")
        write_draft_book(make_draft(found.covered), found, "bilingual", tmp_path / f"{number}.xlsx")
        write_coverage(found, "en", format="xlsx", path=tmp_path / f"c{number}.xlsx")
    for name in ("{}.docx", "{}.xlsx", "c{}.xlsx"):
        one, other = (tmp_path / name.format(number) for number in (1, 2))
        assert one.read_bytes() == other.read_bytes()


def test_hostile_texts_go_into_a_document(tmp_path: Path) -> None:
    path = tmp_path / "report.docx"
    found = hostile()
    write_paper(report_paper(found, "en"), path, "docx")
    write_paper(draft_paper(make_draft(found.covered), found, "en"), tmp_path / "draft.docx", "docx")
    assert any("<script>alert(1)</script> & ]]>" in (t.text or "") for t in _xml(path).iter(qn("w:t")))


@pytest.fixture(scope="module")
def office() -> str:
    found = shutil.which("soffice")
    if found is None:
        pytest.skip("LibreOffice is not installed")
    return found


def test_libreoffice_draws_every_page_inside_its_margins(office: str, tmp_path: Path) -> None:
    """Report and draft as PDF: numbered pages, contents with numbers, no letter outside the page's margins."""
    import pypdfium2

    found = findings()
    write_paper(report_paper(found, "bilingual"), tmp_path / "report.docx", "docx")
    write_paper(draft_paper(make_draft(found.covered), found, "zh-Hant"), tmp_path / "draft.docx", "docx")
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf", "--outdir",
         str(tmp_path), *map(str, sorted(tmp_path.glob("*.docx")))],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    names = sorted(path.name for path in tmp_path.glob("*.pdf"))
    assert names == ["draft.pdf", "report.pdf"]
    for name in names:
        document = pypdfium2.PdfDocument(str(tmp_path / name))
        for number, page in enumerate(document, 1):
            width, height = page.get_size()
            text = page.get_textpage()
            said = text.get_text_range()
            assert f"{number} " in said
            for place in range(text.count_chars()):
                left, bottom, right, top = text.get_charbox(place)
                # 2 cm of margin; a closing mark of a Chinese line may hang over by one character.
                assert left > 50
                assert right < width - 40
                assert 0 < bottom <= top < height
            text.close()
        first = document[0].get_textpage().get_text_range()
        if name.startswith("report"):
            assert re.search(r"\.{5,}\s*\d+", first), "the contents have page numbers"
        document.close()


# -- data files ------------------------------------------------------------------------------------------------------


def test_csv_and_json_hold_the_exact_figures(tmp_path: Path) -> None:
    found = findings()
    record = json.loads(write_coverage(found, "en", format="json", path=None))
    assert record["target"]["weight"] == {"share": 0.663333, "reviewed": 0.43}
    assert record["source"]["credits"]["share"] == 10.8
    assert record["rules"][0]["met"] is False
    assert record["decisions"]["on_unknown_units"] == [["ZZOLD", "ZZ-1"]]
    assert "candidate" in {pair["basis"] for pair in record["pairs"]}
    path = tmp_path / "c.csv"
    write_coverage(hostile(), "en", format="csv", path=path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + 4 + 5
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


def test_workbooks_hold_text_as_text_and_let_the_panel_write(tmp_path: Path) -> None:
    found = hostile()
    items = make_draft(found.covered)
    write_draft_book(items, found, "bilingual", tmp_path / "draft.xlsx")
    write_coverage(found, "bilingual", format="xlsx", path=tmp_path / "coverage.xlsx")
    for name in ("draft.xlsx", "coverage.xlsx"):
        for sheet in load_workbook(tmp_path / name).worksheets:
            assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row), sheet.title
    sheet = load_workbook(tmp_path / "draft.xlsx").worksheets[0]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == sum(len(item.lines) for item in items)
    # Every line names framework, edition, code and statement; the panel's two columns are empty.
    assert all(row[7] and row[8] and row[9] and row[12] for row in rows)
    assert {(row[4], row[5]) for row in rows} == {(None, None)}
    assert sheet.data_validations.dataValidation[0].formula1 == '"keep,merge,leave out"'
    assert sheet.freeze_panes == "E2"


def statements_of(findings_: Findings) -> Iterator[Statement]:
    for side in (findings_.covered.source, findings_.covered.target):
        for item in side.items:
            yield from (side.side.units[item.id].statements[n] for n in (*item.statements.content, *item.law))


def test_every_statement_stands_in_the_draft_and_in_the_report(tmp_path: Path) -> None:
    found = findings()
    write_draft_book(make_draft(found.covered), found, "zh-Hant", tmp_path / "draft.xlsx")
    sheet = load_workbook(tmp_path / "draft.xlsx").worksheets[0]
    drafted = "\n".join(str(row[3]) for row in sheet.iter_rows(min_row=2, values_only=True))
    write_paper(report_paper(found, "zh-Hant"), tmp_path / "report.html", "html")
    reported = (tmp_path / "report.html").read_text(encoding="utf-8")
    for statement in statements_of(found):
        assert statement.text in drafted
        assert statement.text in reported
