"""What reviewers see differently, as a list for an adjudicator: out, filled in, and back into the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from matcher.errors import InputError
from matcher.review.adjudication import conflict_list, import_adjudications
from matcher.review.run import Run
from matcher.review.settle import Outcome, settle
from matcher.review.words import Shown
from matcher.review.worklist_book import write_worklist
from matcher.review.worklist_read import read_worklist
from matcher.store import Decision, Store, current, open_store
from tests.conftest import RunMatcher
from tests.decisions import decision
from tests.sheets import Sheet, sheet_heading


def _differing(packed: tuple[Run, bytes], store: Store) -> list[Decision]:
    """Chan and Li differ on a verdict, on a relation, and on whether a unit has any counterpart; they agree on one."""
    run, payload = packed
    first, second, third = (result.suggestions for result in run.results[:3])

    def said(name: str, subject: str, object_id: str, **fields: Any) -> Decision:
        return decision(run=run.id, subject=subject, object=object_id, reviewer=name, **fields)

    made = [
        said("Chan", first[0].subject_id, first[0].object_id, relation="close", comment="=same <b>work</b>"),
        said("Li", first[0].subject_id, first[0].object_id, verdict="reject", comment="另一工种"),
        said("Chan", first[1].subject_id, first[1].object_id),
        said("Li", first[1].subject_id, first[1].object_id),
        said("Chan", second[2].subject_id, second[2].object_id, relation="exact"),
        said("Li", second[2].subject_id, second[2].object_id, relation="narrow"),
        said("Chan", third[0].subject_id, third[0].object_id, verdict="partly"),
        said("Li", third[0].subject_id, "", verdict="no_counterpart"),
    ]
    store.append(made, runs={run.id: payload})
    return made


def _written(packed: tuple[Run, bytes], store: Store, path: Path, *, by: str = "Wong", language: Shown = "en") -> Sheet:
    listed = conflict_list(packed[0], settle(current(store.log())).conflicts, by=by, language=language)
    write_worklist(listed, packed[1], path)
    return Sheet(path)


def _outcome(store: Store) -> Outcome:
    return settle(current(store.log()))


def test_the_list_shows_who_said_what(packed: tuple[Run, bytes], store: Store, tmp_path: Path) -> None:
    made = _differing(packed, store)
    sheet = _written(packed, store, tmp_path / "list.xlsx")

    def column(heading: str) -> list[Any]:
        return [sheet.sheet.cell(row=n, column=sheet.column[heading]).value for n in range(2, sheet.sheet.max_row + 1)]

    # A row for each of the three units, and one for the candidate of each that is in question.
    assert column("Candidate") == [None, made[0].object, None, made[4].object, None, made[6].object]
    assert column("Seen differently") == [
        None, "verdict", None, "relation", "whether anything is comparable", None,
    ]  # fmt: skip
    assert column("What the reviewers said") == [
        None,
        "Chan: Accept, close: nearly the same work\n   =same <b>work</b>\nLi: Reject\n   另一工种",
        None,
        "Chan: Accept, exact: the same work\nLi: Accept, narrow: the candidate covers less",
        "Li: No counterpart",
        "Chan: Partly",
    ]
    assert not {"Rank", "Score", "Confidence"} & sheet.column.keys()
    choices = [v.formula1 for v in sheet.sheet.data_validations.dataValidation]
    assert any("Reject" in choice and "Unsure" not in choice for choice in choices)
    chinese = _written(packed, store, tmp_path / "zh.xlsx", language="zh")
    assert {"分歧所在", "各评审人的意见", "您的结论"} <= chinese.column.keys()


def test_what_holds_comes_back_and_the_reviewers_decisions_stay(
    packed: tuple[Run, bytes], store: Store, tmp_path: Path
) -> None:
    made = _differing(packed, store)
    assert (len(_outcome(store).conflicts), len(_outcome(store).settled)) == (3, 3)
    path = tmp_path / "list.xlsx"
    sheet = _written(packed, store, path)
    sheet.write(3, "Your verdict", "部分对应")
    sheet.write(3, "Your relation", "broad")
    sheet.write(3, "Your comment", "half of it")
    sheet.write(5, "Your verdict", "Accept")
    sheet.write(5, "Your relation", "narrow")
    sheet.write(6, "Your verdict", "No counterpart")
    sheet.save()
    done = import_adjudications(store, read_worklist(path))
    assert (done.reviewer, done.kept, done.already, done.replaced) == ("Wong (adjudicator)", 3, 0, 0)
    outcome = _outcome(store)
    assert outcome.conflicts == ()
    # The unit without counterpart holds: the candidate that Chan found comparable in part is gone from what is settled.
    assert {(s.subject, s.object): (s.verdict, s.relation, s.adjudicated) for s in outcome.settled} == {
        (made[0].subject, made[0].object): ("partly", "broad", True),
        (made[2].subject, made[2].object): ("accept", "", False),
        (made[4].subject, made[4].object): ("accept", "narrow", True),
        (made[6].subject, ""): ("no_counterpart", "", True),
    }
    assert store.log()[: len(made)] == tuple(made)
    # The same file again changes nothing; another word needs --replace, and supersedes.
    assert (import_adjudications(store, read_worklist(path)).kept, len(store.log())) == (0, len(made) + 3)
    sheet.write(6, "Your verdict", None)
    sheet.write(3, "Your verdict", "Reject")
    sheet.write(3, "Your relation", None)
    sheet.save()
    with pytest.raises(InputError, match=r"row 3 says reject .* but Wong \(adjudicator\) said partly broad"):
        import_adjudications(store, read_worklist(path))
    assert import_adjudications(store, read_worklist(path), replace=True).replaced == 1
    assert {s.verdict for s in _outcome(store).settled if s.object == made[0].object} == {"reject"}


def test_a_candidate_that_an_adjudicator_accepts_settles_its_unit(
    packed: tuple[Run, bytes], store: Store, tmp_path: Path
) -> None:
    made = _differing(packed, store)
    path = tmp_path / "list.xlsx"
    sheet = _written(packed, store, path, by="")
    sheet.write(7, "Your verdict", "accept")
    sheet.save()
    with pytest.raises(InputError, match="does not say who"):
        import_adjudications(store, read_worklist(path))
    assert import_adjudications(store, read_worklist(path), by="Wong").kept == 1
    settled = {(s.object, s.verdict) for s in _outcome(store).settled if s.subject == made[6].subject}
    assert settled == {(made[6].object, "accept")}
    # What is adjudicated is not asked again.
    listed = conflict_list(packed[0], _outcome(store).conflicts, by="Wong", language="en")
    assert len({row.subject for row in listed.rows}) == 2


def test_what_an_adjudicator_cannot_say(packed: tuple[Run, bytes], store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is nothing to adjudicate"):
        conflict_list(packed[0], (), by="Wong", language="en")
    made = _differing(packed, store)
    path = tmp_path / "list.xlsx"
    sheet = _written(packed, store, path)
    sheet.write(5, "Your verdict", "Accept")
    sheet.write(3, "Your verdict", "Unsure")
    sheet.save()
    with pytest.raises(InputError, match="row 3 is unsure; expected what holds"):
        import_adjudications(store, read_worklist(path))
    sheet.write(3, "Your verdict", "Acept")
    sheet.save()
    with pytest.raises(InputError, match="row 3, column verdict"):
        import_adjudications(store, read_worklist(path))
    assert store.log() == tuple(made)
    # A conflict that is no longer one may still be decided: what an adjudicator says holds over everybody.
    store.append([replace(made[1], id="again", verdict="accept", relation="close", supersedes=made[1].id)])
    sheet.write(3, "Your verdict", "Reject")
    sheet.save()
    assert import_adjudications(store, read_worklist(path)).kept == 2
    assert [s.verdict for s in _outcome(store).settled if s.object == made[0].object] == ["reject"]


def test_the_commands(packed: tuple[Run, bytes], run_matcher: RunMatcher, tmp_path: Path) -> None:
    with open_store(tmp_path / "review.db") as store:
        _differing(packed, store)
    words = ("decisions", "conflicts", "--store", "review.db")
    done = run_matcher(*words, "--worklist", "conflicts.xlsx", "--by", "Wong", cwd=tmp_path)
    assert (done.returncode, "3 conflicts on 3 units" in done.stderr) == (0, True), done.stderr
    sheet = Sheet(tmp_path / "conflicts.xlsx")
    for row, word in ((3, "Accept"), (5, "Accept"), (7, "Reject")):
        sheet.write(row, sheet_heading(sheet), word)
    sheet.save()
    done = run_matcher("decisions", "import", "conflicts.xlsx", "--store", "review.db", cwd=tmp_path)
    assert "3 decisions of Wong (adjudicator) kept" in done.stdout, done.stderr
    done = run_matcher(*words, "--worklist", "none.xlsx", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n"), (tmp_path / "none.xlsx").exists()) == (2, 1, False)
