"""`matcher coverage`, `report` and `draft` as a user runs them, and what they say to bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from matcher.pipeline import link_evidence, open_source, query_of, screen
from matcher.review.run import edition_of, pack_run
from matcher.store import Decision, new_id, open_store
from tests.conftest import RunMatcher


@pytest.fixture(scope="module")
def reviewed_store(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """A store with one accepted pair, and a decision on a unit that no edition holds."""
    left, right = (open_source(data / name, "embedded").index for name in ("hk.csv", "cn.csv"))
    run, payload = pack_run(screen(left, right, k=2), query_of(left, right))
    path = tmp_path_factory.mktemp("store") / "review.db"
    unit = next(u for u in left.framework.units if u.code == "ZZTS101A")
    pairs = [("ZZTS101A", "ZZ-TS-5-1.1", edition_of(left.framework, unit)), ("ZZTSOLD", "ZZ-TS-5-1.1", "")]
    with open_store(path) as store:
        store.save_run(run, payload)
        store.append(
            Decision(
                id=new_id(), run=run, subject=subject, object=item, verdict="accept", relation="close", reviewer="Chan",
                decided_at="2026-11-28T10:00:00.000000Z", subject_edition=edition,
            )
            for subject, item, edition in pairs
        )  # fmt: skip
    return path


def test_coverage_from_decisions_where_there_are_any(run_matcher: RunMatcher, data: Path, reviewed_store: Path) -> None:
    """Units of 2, 3 and 4 credits; the first is decided: 2 of 9 are reviewed, 20 of 90 hours."""
    done = run_matcher("coverage", data / "hk.csv", data / "cn.csv", "--occupation", "自行车修理工", "--level", "四级",
                       "--store", reviewed_store, "--format", "json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    amount = record["source"]["credits"]
    assert (amount["total"], amount["whole_reviewed"]) == (9, 2)
    assert record["source"]["hours"]["total"] == 90
    assert [item["id"] for item in record["target"]["items"]] == ["ZZ-TS-5-1.1", "ZZ-TS-4-1.1"]
    decided = [pair for pair in record["pairs"] if pair["basis"] == "decided"]
    assert [(pair["source"], pair["target"], pair["reviewers"]) for pair in decided] == [
        ("ZZTS101A", "ZZ-TS-5-1.1", ["Chan"])
    ]
    assert decided[0]["statements"]
    assert "1 decisions on units that no edition here holds: ZZTSOLD – ZZ-TS-5-1.1" in done.stderr


def test_the_terminal_shows_bars_and_says_what_is_not_reviewed(run_matcher: RunMatcher, data: Path) -> None:
    done = run_matcher("coverage", data / "cn.csv", data / "hk.csv", "--language", "zh-Hans")
    assert done.returncode == 0, done.stderr
    assert "█" in done.stdout
    assert "候选，未经评审" in done.stdout
    assert "not reviewed: no decision on these units" in done.stderr


def test_a_report_and_a_draft_without_decisions(run_matcher: RunMatcher, data: Path, tmp_path: Path) -> None:
    done = run_matcher("report", data / "hk.csv", data / "cn.csv", "-o", tmp_path / "report.docx", "--language", "en")
    assert done.returncode == 0, done.stderr
    text = "\n".join(paragraph.text for paragraph in Document(str(tmp_path / "report.docx")).paragraphs)
    assert "Not reviewed" in text
    assert "Mend a punctured inner tube" in text
    done = run_matcher("draft", data / "hk.csv", data / "cn.csv", "-o", tmp_path / "draft.xlsx")
    assert done.returncode == 0, done.stderr
    sheet = load_workbook(tmp_path / "draft.xlsx").worksheets[0]
    codes = {row[9] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert codes == {"ZZTS101A", "ZZTS201A", "ZZTS301A", "ZZ-TS-5-1.1", "ZZ-TS-4-1.1", "ZZ-TS-3-1.1", "ZZ-TS-3-2.1"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "hk.csv", "cn.csv", "-o", "report.pdf"), "expected a file name in .docx or .html"),
        (("draft", "hk.csv", "cn.csv", "-o", "draft"), "expected a file name in .xlsx or .docx"),
        (("coverage", "hk.csv", "cn.csv", "--format", "html"), "name the file to write"),
        (("coverage", "hk.csv", "cn.csv", "-o", "coverage.txt"), "expected a file name in .json or .csv"),
        (("coverage", "hk.csv", "cn.csv", "--rules", "bad.toml"), "bad.toml, rule 1: needs neither"),
        (("coverage", "hk.csv", "cn.csv", "--units", "two.csv"), "name one of them with --set"),
        (("coverage", "hk.csv", "cn.csv", "--store", "none.db"), "none.db"),
    ],
)
def test_bad_input_is_one_line(
    run_matcher: RunMatcher, data: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    for name in ("hk.csv", "cn.csv"):
        (tmp_path / name).write_bytes((data / name).read_bytes())
    (tmp_path / "bad.toml").write_text("[[rules]]\nid='a'\n", encoding="utf-8")
    (tmp_path / "two.csv").write_text("Code,Course\nZZTS101A,a\nZZTS201A,b\n", encoding="utf-8")
    done = run_matcher(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("error")]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml", "cn.csv", "hk.csv", "two.csv"]


def test_a_pair_has_the_same_evidence_whatever_else_is_asked(data: Path) -> None:
    left, right = (open_source(data / name, "embedded").index for name in ("hk.csv", "cn.csv"))
    pair = ("ZZTS101A", "ZZ-TS-5-1.1")
    alone = link_evidence(left, right, [pair])
    every = link_evidence(left, right, [pair, ("ZZTS201A", "ZZ-TS-4-1.1"), ("ZZ-NO", "ZZ-TS-4-1.1"), pair])
    assert sorted(every) == [pair, ("ZZTS201A", "ZZ-TS-4-1.1")]
    assert alone[pair] == every[pair]
    # And the same as a suggestion shows.
    shown = next(s for r in screen(left, right, k=4, unit_ids=["ZZTS101A"]) for s in r.suggestions
                 if s.object_id == pair[1])  # fmt: skip
    assert (shown.alignment, shown.level) == alone[pair]
