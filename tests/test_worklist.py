"""Work lists: out to Excel, filled in, changed, and back into the store."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import InputError
from matcher.pipeline import open_source, query_of, screen
from matcher.review.run import Run, pack_run, unpack_run
from matcher.review.words import RELATION_WORDS, VERDICT_WORDS, parse_relation, parse_verdict
from matcher.review.worklist import ListOptions, WorkList, deal, list_paths, make_lists
from matcher.review.worklist_book import HIDDEN_SHEET, digest, write_worklist
from matcher.review.worklist_import import import_worklist
from matcher.review.worklist_read import Returned, read_worklist
from matcher.store import Store, current, open_store
from tests.conftest import RunMatcher, Samples, Soak

SOFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def packed(samples: Samples) -> tuple[Run, bytes]:
    """Eight sample units with four candidates each."""
    left, right = (open_source(path, "embedded").index for path in (samples.hk, samples.cn))
    results = screen(left, right, k=4, unit_ids=left.ids[::16])
    run_id, payload = pack_run(results, query_of(left, right))
    run = unpack_run(payload)
    assert run.id == run_id
    return run, payload


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "review.db") as opened:
        yield opened


def a_list(packed: tuple[Run, bytes], path: Path, reviewer: str = "Chan", **options: Any) -> WorkList:
    run, payload = packed
    (listed,) = make_lists(run, [reviewer] if reviewer else [], ListOptions(**options))
    write_worklist(listed, payload, path)
    return listed


class Sheet:
    """A list opened as a reviewer does, with the columns found by their headings."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)
        self.sheet = self.book.worksheets[0]
        self.column = {str(cell.value): cell.column for cell in self.sheet[1]}

    def write(self, row: int, heading: str, value: object) -> None:
        self.sheet.cell(row=row, column=self.column[heading]).value = value

    def ids(self) -> dict[str, int]:
        column = self.column["matcher:id"]
        return {str(self.sheet.cell(row=n, column=column).value): n for n in range(2, self.sheet.max_row + 1)}

    def save(self) -> Path:
        self.book.save(self.path)
        return self.path


def fill(path: Path, listed: WorkList, seed: int = 7) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Give half the rows a verdict; return what was written by unit and candidate."""
    sheet, chance = Sheet(path), random.Random(seed)
    words = HEADINGS_OF[listed.options.language]
    verdicts, relations = VERDICT_WORDS[listed.options.language], RELATION_WORDS[listed.options.language]
    said: dict[tuple[str, str], tuple[str, str, str]] = {}
    rows = sheet.ids()
    for row in listed.rows:
        if chance.random() < 0.5:
            continue
        verdict = chance.choice(["accept", "partly", "reject", "unsure"]) if row.object else "no_counterpart"
        relation = chance.choice(["", "close", "broad"]) if verdict == "accept" else ""
        comment = chance.choice(["", "see 3.2, 範圍不同", "<script>alert(1)</script>", "two\nlines"])
        said[row.subject, row.object] = (verdict, relation, comment)
        sheet.write(rows[row.id], words[0], verdicts[verdict])  # type: ignore[index]
        sheet.write(rows[row.id], words[1], relations[relation] if relation else None)  # type: ignore[index]
        sheet.write(rows[row.id], words[2], comment or None)
    sheet.save()
    return said


HEADINGS_OF = {
    "en": ("Your verdict", "Your relation", "Your comment"),
    "zh": ("您的结论", "您判断的关系", "您的意见"),
}


def kept(store: Store) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {(d.subject, d.object): (d.verdict, d.relation, d.comment) for d in store.log()}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("blind", [False, True])
def test_every_verdict_comes_back_and_none_is_invented(
    packed: tuple[Run, bytes], store: Store, tmp_path: Path, language: str, blind: bool
) -> None:
    path = tmp_path / "list.xlsx"
    listed = a_list(packed, path, language=language, blind=blind)
    said = fill(path, listed)
    returned = read_worklist(path)
    assert (returned.faults, returned.edited, returned.missing) == ((), (), 0)
    done = import_worklist(store, returned)
    assert (done.kept, done.already, done.replaced) == (len(said), 0, 0)
    assert kept(store) == said
    assert store.run(packed[0].id) == packed[1]
    for decision in store.log():
        shown = packed[0].find(decision.subject, decision.object)
        assert decision.reviewer == "Chan"
        assert decision.blind == blind
        assert decision.rank == (shown.rank if shown and not blind else None)
        assert decision.subject_edition == "zz-hk-samples 2026"
    # The same file again changes nothing.
    again = import_worklist(store, read_worklist(path))
    assert (again.kept, again.already) == (0, len(said))
    assert kept(store) == said


def test_sorted_filtered_inserted_and_deleted_rows_are_found_by_their_ids(
    packed: tuple[Run, bytes], store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "list.xlsx"
    listed = a_list(packed, path)
    said = fill(path, listed)
    sheet = Sheet(path)
    rows = [[cell.value for cell in row] for row in sheet.sheet.iter_rows(min_row=2)]
    random.Random(1).shuffle(rows)
    gone = rows.pop()
    said.pop(next((r.subject, r.object) for r in listed.rows if r.id == gone[-1]), None)
    rows.insert(3, [None, "a note of mine"] + [None] * (len(rows[0]) - 2))
    for number, cells in enumerate(rows, 2):
        for column, value in enumerate(cells, 1):
            sheet.sheet.cell(row=number, column=column).value = value
    sheet.sheet.insert_cols(2)
    sheet.sheet.cell(row=1, column=2).value = "my own column"
    sheet.sheet.title = "renamed"
    for number in range(4, 9):
        sheet.sheet.row_dimensions[number].hidden = True
    sheet.save()
    returned = read_worklist(path)
    assert returned.faults == ()
    assert import_worklist(store, returned).kept == len(said)
    assert kept(store) == said
    assert any("passed over" in note for note in returned.notes)


def test_edits_of_machine_cells_are_reported_and_not_kept(
    packed: tuple[Run, bytes], store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "list.xlsx"
    listed = a_list(packed, path)
    sheet = Sheet(path)
    sheet.write(3, "Candidate title", "something else")
    sheet.write(3, "Candidate", "ZZ-OTHER")
    sheet.write(3, "Your verdict", "Accept")
    sheet.save()
    returned = read_worklist(path)
    assert [edit.split(" to ")[0].split(", sheet Review, ")[1] for edit in returned.edited] == [
        "row 3, column candidate: the text was changed",
        "row 3, column candidate_title: the text was changed",
    ]
    import_worklist(store, returned)
    assert [(d.subject, d.object) for d in store.log()] == [(listed.rows[1].subject, listed.rows[1].object)]


@pytest.mark.parametrize(
    ("row", "cells", "expected"),
    [
        (3, {"Your verdict": "Acept"}, "row 3, column verdict: 'Acept'; expected one of Accept / 接受"),
        (3, {"Your verdict": "=A1"}, "row 3, column verdict: '=A1'"),
        (3, {"Your verdict": "No counterpart"}, "row 3, column verdict: no counterpart is said in the unit's own"),
        (2, {"Your verdict": "Accept"}, "row 2, column verdict: the unit's own (shaded) row takes No counterpart"),
        (3, {"Your verdict": "Accept", "Your relation": "exactly"}, "row 3, column relation: 'exactly'"),
        (3, {"Your comment": "why?"}, "row 3: a relation or comment without a verdict"),
        (500, {"Your verdict": "Accept"}, "row 500: the row is not one of the list's"),
    ],
)
def test_what_cannot_be_kept_names_its_row_and_nothing_is_imported(
    packed: tuple[Run, bytes], store: Store, tmp_path: Path, row: int, cells: dict[str, str], expected: str
) -> None:
    path = tmp_path / "list.xlsx"
    a_list(packed, path)
    sheet = Sheet(path)
    sheet.write(4, "Your verdict", "Accept")
    for heading, value in cells.items():
        sheet.write(row, heading, value)
    sheet.save()
    returned = read_worklist(path)
    assert len(returned.faults) == 1
    assert expected in returned.faults[0]
    with pytest.raises(InputError, match="nothing was imported"):
        import_worklist(store, returned)
    assert store.log() == ()
    assert store.runs() == ()


def test_a_formula_in_a_comment_stays_text(packed: tuple[Run, bytes], store: Store, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    a_list(packed, path)
    sheet = Sheet(path)
    sheet.write(3, "Your verdict", "reject")
    sheet.write(3, "Your comment", '=HYPERLINK("http://example.org","x")')
    import_worklist(store, read_worklist(sheet.save()))
    assert store.log()[0].comment == '=HYPERLINK("http://example.org","x")'


def test_two_copies_with_different_verdicts_are_settled_by_a_person(
    packed: tuple[Run, bytes], store: Store, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    a_list(packed, first)
    sheet = Sheet(first)
    sheet.write(3, "Your verdict", "accept")
    sheet.save()
    shutil.copy(first, second)
    sheet = Sheet(second)
    sheet.write(3, "Your verdict", "reject")
    sheet.save()
    import_worklist(store, read_worklist(first))
    with pytest.raises(InputError, match=r"row 3 says reject .* but Chan said accept"):
        import_worklist(store, read_worklist(second))
    assert [d.verdict for d in store.log()] == ["accept"]
    done = import_worklist(store, read_worklist(second), replace=True)
    assert (done.kept, done.replaced) == (1, 1)
    assert [d.verdict for d in store.log()] == ["accept", "reject"]
    assert [d.verdict for d in current(store.log())] == ["reject"]
    # Back to the first: a third decision, not the first one again.
    import_worklist(store, read_worklist(first), replace=True)
    assert [d.verdict for d in current(store.log())] == ["accept"]


def test_a_copied_row_with_another_verdict_is_a_fault(packed: tuple[Run, bytes], tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    a_list(packed, path)
    sheet = Sheet(path)
    sheet.write(3, "Your verdict", "accept")
    last = sheet.sheet.max_row + 1
    for cell in sheet.sheet[3]:
        sheet.sheet.cell(row=last, column=cell.column).value = cell.value
    returned = read_worklist(sheet.save())
    assert (returned.faults, len(returned.entries)) == ((), 1)
    sheet.write(last, "Your verdict", "reject")
    (fault,) = read_worklist(sheet.save()).faults
    assert "a copy of row 3 with another verdict" in fault


def test_a_list_of_another_run_is_refused(packed: tuple[Run, bytes], store: Store, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    a_list(packed, path)
    store.save_run("another", b"{}")
    returned = read_worklist(path)
    with pytest.raises(InputError, match=f"is of the run {packed[0].id}, which is not in the store"):
        import_worklist(store, returned)
    assert import_worklist(store, returned, new_run=True).kept == 0
    assert set(store.runs()) == {"another", packed[0].id}


@pytest.mark.parametrize(
    ("heading", "text", "expected"),
    [
        ("Your verdict", "", "'Your verdict' or '您的结论'"),
        ("Your comment", "Your verdict", "the heading 'Your verdict' is there twice"),
        ("matcher:id", "id", "the heading 'matcher:id' is missing"),
    ],
)
def test_a_mangled_heading_is_named(
    packed: tuple[Run, bytes], tmp_path: Path, heading: str, text: str, expected: str
) -> None:
    path = tmp_path / "list.xlsx"
    a_list(packed, path)
    sheet = Sheet(path)
    sheet.write(1, heading, text)
    with pytest.raises(InputError) as caught:
        read_worklist(sheet.save())
    assert expected in str(caught.value)


@pytest.mark.parametrize("damage", ["gone", "row", "sum", "run"])
def test_a_changed_hidden_sheet_is_refused(packed: tuple[Run, bytes], tmp_path: Path, damage: str) -> None:
    path = tmp_path / "list.xlsx"
    a_list(packed, path)
    book = openpyxl.load_workbook(path)
    sheet = book[HIDDEN_SHEET]
    if damage == "gone":
        del book[HIDDEN_SHEET]
    else:
        number = next(row[0].row for row in sheet.iter_rows() if row[0].value == damage)
        sheet.cell(row=number, column=2).value = "0" * 16
    book.save(path)
    with pytest.raises(InputError, match="is no work list" if damage == "gone" else "was changed or damaged"):
        read_worklist(path)


def test_who_filled_it_in(packed: tuple[Run, bytes], store: Store, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    a_list(packed, path, reviewer="")
    sheet = Sheet(path)
    sheet.write(3, "Your verdict", "接納")
    returned = read_worklist(sheet.save())
    with pytest.raises(InputError, match="does not say who"):
        import_worklist(store, returned)
    sheet.book.worksheets[1]["B2"].value = "李四"
    returned = read_worklist(sheet.save())
    with pytest.raises(InputError, match="names the reviewer 李四, not Chan"):
        import_worklist(store, returned, reviewer="Chan")
    assert import_worklist(store, returned).reviewer == "李四"
    assert store.log()[0].verdict == "accept"


def test_a_blind_list_shows_no_score_and_another_order(packed: tuple[Run, bytes], tmp_path: Path) -> None:
    open_list, blind = a_list(packed, tmp_path / "a.xlsx"), a_list(packed, tmp_path / "b.xlsx", blind=True, seed=3)
    headings = Sheet(tmp_path / "b.xlsx").column
    assert not {"Rank", "Score", "Confidence", "Suggested relation"} & headings.keys()
    assert {"Rank", "Score"} <= Sheet(tmp_path / "a.xlsx").column.keys()
    assert sorted((r.subject, r.object) for r in blind.rows) == sorted((r.subject, r.object) for r in open_list.rows)
    assert [r.object for r in blind.rows] != [r.object for r in open_list.rows]
    other = a_list(packed, tmp_path / "c.xlsx", blind=True, seed=4)
    assert [r.object for r in blind.rows] != [r.object for r in other.rows]


def test_the_same_list_has_the_same_bytes(packed: tuple[Run, bytes], tmp_path: Path) -> None:
    a_list(packed, tmp_path / "a.xlsx")
    a_list(packed, tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@given(
    st.lists(st.text("abc123", min_size=1, max_size=5), unique=True, max_size=30),
    st.integers(1, 5),
    st.floats(0, 1),
    st.integers(0, 9),
)
def test_dealing_leaves_no_unit_out_and_shares_what_it_says(
    subjects: list[str], count: int, overlap: float, seed: int
) -> None:
    names = [f"r{n}" for n in range(count)]
    dealt = deal(subjects, names, overlap=overlap, seed=seed)
    everyone = set.intersection(*(set(units) for units in dealt.values()))
    assert set().union(*dealt.values()) == set(subjects)
    if count > 1:
        # ceil(overlap * n), computed without floats' last digit.
        assert overlap * len(subjects) - 1e-6 <= len(everyone) < overlap * len(subjects) + 1
        own = [len(units) - len(everyone) for units in dealt.values()]
        assert max(own) - min(own) <= 1
    for units in dealt.values():
        assert list(units) == [s for s in subjects if s in units]


def test_dealing_by_hand() -> None:
    dealt = deal(["A", "B", "C", "D", "E"], ["x", "y"], overlap=0.2, seed=0)
    # ceil(0.2 * 5) = 1 unit for both; the other four are dealt two and two.
    assert sorted(map(len, dealt.values())) == [3, 3]
    for names, share in ((["x", "x"], 0.5), (["x", " "], 0.5), (["x"], 1.5), (["x"], float("nan"))):
        with pytest.raises(InputError):
            deal(["A"], names, overlap=share, seed=0)


def test_file_names_of_reviewers_are_confined() -> None:
    assert list_paths(Path("out/list.xlsx"), ["../李 四"]) == (Path("out/list-李-四.xlsx"),)
    with pytest.raises(InputError, match="one file name"):
        list_paths(Path("list.xlsx"), ["a b", "A-b"])


def test_words_in_both_languages_and_scripts() -> None:
    assert parse_verdict(" ACCEPT ") == parse_verdict("接受") == parse_verdict("接納") == "accept"
    assert parse_verdict("無對應") == parse_verdict("no_counterpart") == "no_counterpart"
    assert parse_verdict("部分對應") == "partly"
    assert parse_verdict("accep") is None
    assert parse_relation("skos:closeMatch") == parse_relation("相近") == parse_relation("close") == "close"
    assert parse_relation(RELATION_WORDS["zh"]["broad"]) == "broad"
    for shown in ("en", "zh"):
        # A drop-down is one text in which a comma parts the choices; Excel takes 255 characters.
        for words in (list(VERDICT_WORDS[shown].values()), list(RELATION_WORDS[shown].values())):
            assert not any("," in word for word in words)
            assert len(",".join(words)) <= 253


def test_spaces_do_not_count_as_an_edit() -> None:
    assert digest("a\n  b") == digest(" a b ")
    assert digest(0.25) == digest("0.25")
    assert digest("a b") != digest("ab")


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice Calc is not installed")
def test_libreoffice_opens_and_writes_a_list(packed: tuple[Run, bytes], store: Store, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    listed = a_list(packed, path, language="zh")
    said = fill(path, listed)
    # Through LibreOffice's own format and back: every cell is read and written by it.
    for source, form, folder in ((path, "ods", "ods"), (tmp_path / "ods" / "list.ods", "xlsx", "back")):
        subprocess.run(
            [str(SOFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", form,
             "--outdir", str(tmp_path / folder), str(source)],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    returned: Returned = read_worklist(tmp_path / "back" / "list.xlsx")
    assert (returned.faults, returned.edited, returned.missing) == ((), (), 0)
    import_worklist(store, returned)
    assert kept(store) == said


@pytest.mark.soak
def test_fifty_thousand_rows(packed: tuple[Run, bytes], store: Store, tmp_path: Path, soak: Soak) -> None:
    run, _ = packed
    wanted = soak.runs(50_000) // 5
    results = []
    for number in range(wanted):
        base = run.results[number % len(run.results)]
        unit_id = f"ZZ{number:06d}"
        suggestions = tuple(replace(s, subject_id=unit_id) for s in base.suggestions)
        results.append(replace(base, subject_id=unit_id, suggestions=suggestions))
    big = pack_run(results, run.query)
    path = tmp_path / "list.xlsx"
    listed = a_list((unpack_run(big[1]), big[1]), path)
    assert len(listed.rows) == wanted * 5
    said = fill(path, listed)
    returned = read_worklist(path)
    assert (returned.faults, returned.edited, returned.missing) == ((), (), 0)
    import_worklist(store, returned)
    assert kept(store) == said


def test_the_commands(run_matcher: RunMatcher, data: Path, tmp_path: Path) -> None:
    done = run_matcher(
        "worklist", data / "hk.csv", data / "cn.csv", "-o", "list.xlsx", "-k", "2", "--reviewers", "chan,li",
        "--store", "review.db", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    path = tmp_path / "list-li.xlsx"
    sheet = Sheet(path)
    sheet.write(3, sheet_heading(sheet), "接受")
    sheet.save()
    done = run_matcher("decisions", "import", path, "--store", "review.db", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 decisions of li kept" in done.stdout
    sheet.write(4, sheet_heading(sheet), "maybe")
    sheet.save()
    done = run_matcher("decisions", "import", path, "--store", "review.db", cwd=tmp_path)
    assert done.returncode == 2
    assert "row 4, column verdict: 'maybe'" in done.stderr


def sheet_heading(sheet: Sheet) -> str:
    return next(heading for heading in ("Your verdict", "您的结论") if heading in sheet.column)
