"""Work lists that came back: what was entered, whatever else was done to the sheet, on both kinds of store."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import openpyxl
import pytest

from matcher.errors import InputError
from matcher.review.run import Run
from matcher.review.worklist_book import HIDDEN_SHEET
from matcher.review.worklist_import import import_worklist
from matcher.review.worklist_read import read_worklist
from matcher.store import Store, current
from tests.conftest import RunMatcher
from tests.sheets import Sheet, a_list, fill, kept, sheet_heading


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
