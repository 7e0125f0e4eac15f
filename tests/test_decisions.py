"""What decisions come to: settled, in conflict, adjudicated; exported as SSSOM, as gold and whole."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from matcher.errors import InputError
from matcher.evaluate.gold import read_gold
from matcher.export.rows import titles
from matcher.pipeline import open_source, query_of, screen
from matcher.review.gold_file import gold_table
from matcher.review.run import Run, pack_run, unpack_run
from matcher.review.settle import adjudicate, grade_of, settle
from matcher.review.sssom import candidate_set, mapping_set
from matcher.store import Decision, Store, current, new_id, now, open_store
from tests.conftest import ROOT, RunMatcher

SSSOM = ROOT / ".venv" / "sssom" / "bin" / "python"


@pytest.fixture(scope="module")
def packed(data: Path) -> tuple[Run, bytes]:
    left, right = (open_source(data / name, "embedded").index for name in ("hk.csv", "cn.csv"))
    _, payload = pack_run(screen(left, right, k=3), query_of(left, right))
    return unpack_run(payload), payload


@pytest.fixture
def store(packed: tuple[Run, bytes], tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "review.db") as opened:
        opened.save_run(packed[0].id, packed[1])
        yield opened


def decision(**fields: Any) -> Decision:
    plain: dict[str, Any] = {
        "id": new_id(), "run": "r", "subject": "S", "object": "O", "verdict": "accept", "reviewer": "Chan",
        "decided_at": now(),
    }  # fmt: skip
    return Decision(**{**plain, **fields})


@pytest.mark.parametrize("group", [None, "occupation"])
def test_a_packed_run_comes_back_whole(data: Path, group: Literal["occupation"] | None) -> None:
    left, right = (open_source(data / name, "embedded").index for name in ("hk.csv", "cn.csv"))
    results = tuple(screen(left, right, k=3, group=group))
    run_id, payload = pack_run(results, query_of(left, right))
    run = unpack_run(payload)
    assert run.results == results
    assert run.id == run_id
    assert pack_run(run.results, run.query) == (run_id, payload)
    for damaged in (payload[:-40], payload.replace(b"subject_id", b"subject_ix"), b"", b"{}"):
        with pytest.raises(InputError):
            unpack_run(damaged)


def test_agreeing_reviewers_settle_and_unsure_gives_way() -> None:
    log = [
        decision(relation="close"),
        decision(reviewer="Li", relation=""),
        decision(reviewer="Wong", verdict="unsure"),
        decision(object="P", verdict="unsure"),
        decision(object="Q", verdict="reject"),
        decision(subject="T", object="", verdict="no_counterpart"),
    ]
    outcome = settle(log)
    assert [(s.subject, s.object, s.verdict, s.relation) for s in outcome.settled] == [
        ("S", "O", "accept", "close"), ("S", "Q", "reject", ""), ("T", "", "no_counterpart", ""),
    ]  # fmt: skip
    assert outcome.conflicts == ()
    assert [d.object for d in outcome.unsure] == ["P"]


def test_conflicts_of_verdict_relation_and_counterpart() -> None:
    log = [
        decision(), decision(reviewer="Li", verdict="partly"),
        decision(object="P", relation="exact"), decision(object="P", reviewer="Li", relation="narrow"),
        decision(object="", reviewer="Li", verdict="no_counterpart"),
    ]  # fmt: skip
    outcome = settle(log)
    assert [(c.object, c.kind) for c in outcome.conflicts] == [
        ("", "no counterpart"), ("O", "verdict"), ("P", "relation"),
    ]  # fmt: skip
    # They agree that P is comparable, and on no relation.
    assert [(s.object, s.verdict, s.relation) for s in outcome.settled] == [("P", "accept", "")]
    # Of a rejected candidate only, "no counterpart" is no contradiction.
    assert settle([decision(verdict="reject"), decision(object="", verdict="no_counterpart")]).conflicts == ()


def test_an_adjudicator_settles_and_the_reviewers_decisions_stay(packed: tuple[Run, bytes], store: Store) -> None:
    run = packed[0]
    pair = (run.results[0].subject_id, run.results[0].suggestions[0].object_id)
    made = [
        decision(run=run.id, subject=pair[0], object=pair[1], reviewer=name, verdict=verdict, subject_edition="e")
        for name, verdict in (("Chan", "accept"), ("Li", "reject"))
    ]
    store.append(made)
    assert len(settle(current(store.log())).conflicts) == 1
    adjudicate(store, run=run.id, pair=pair, verdict="partly", relation="broad", by="Chan", comment="half of it")
    outcome = settle(current(store.log()))
    assert outcome.conflicts == ()
    (settled,) = outcome.settled
    assert (settled.verdict, settled.relation, settled.adjudicated) == ("partly", "broad", True)
    assert settled.decisions[0].subject_edition == "e"
    # A second thought supersedes the first.
    adjudicate(store, run=run.id, pair=pair, verdict="reject", relation="", by="Wong", comment="")
    assert [s.verdict for s in settle(current(store.log())).settled] == ["reject"]
    assert store.log()[:2] == tuple(made)
    with pytest.raises(InputError, match="nobody has decided on X"):
        adjudicate(store, run=run.id, pair=("X", "Y"), verdict="reject", relation="", by="Wong", comment="")


def test_gold_is_what_evaluate_reads(tmp_path: Path) -> None:
    log = [
        decision(relation="exact"),  # 3
        decision(reviewer="Li", relation="broad"),  # 2: with the other 2.5, rounded up 3
        decision(object="P", verdict="partly"),  # 2
        decision(object="Q", verdict="reject"),
        decision(object="R", verdict="unsure"),
        decision(object="V", verdict="accept"),
        decision(object="V", verdict="reject", reviewer="Wong (adjudicator)", source="adjudication"),
        decision(subject="T", object="", verdict="no_counterpart"),
    ]
    text, left_out = gold_table(log)
    path = tmp_path / "gold.tsv"
    path.write_text(text, encoding="utf-8")
    gold = read_gold(path)
    assert gold.grades == {"S": {"O": 3, "P": 2, "Q": 0, "V": 0}, "T": {}}
    assert left_out == 1
    assert [grade_of(v, r) for v, r in (("accept", ""), ("accept", "related"), ("partly", "exact"))] == [3, 1, 2]  # type: ignore[arg-type]


def _reviewed(run: Run) -> list[Decision]:
    """Decisions of every kind on the run, with words that try to break out of a TSV."""
    (a, b, *_), result = run.results[0].suggestions, run.results[0]
    last = run.results[-1]
    base = {"run": run.id, "subject": result.subject_id, "decided_at": "2026-03-04T05:06:07Z"}
    return [
        decision(**base, object=a.object_id, relation="narrow", comment='# "a"\tb\nc', reviewer="陳大文"),
        decision(**base, object=a.object_id, relation="narrow", comment="=1+1", reviewer="Li | Ho"),
        decision(**base, object=b.object_id, verdict="reject", comment="=HYPERLINK(1)"),
        decision(**base, object=result.suggestions[2].object_id, verdict="accept"),
        decision(
            run=run.id, subject=last.subject_id, object="", verdict="no_counterpart", decided_at="2026-03-05T00:00:00Z"
        ),
    ]


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader((ln for ln in text.splitlines() if not ln.startswith("#")), delimiter="\t"))


def test_the_mapping_set_says_who_decided_what(packed: tuple[Run, bytes]) -> None:
    run = packed[0]
    # A calibrated confidence, where the run has one, is the mapping's.
    first = run.results[0]
    sure = replace(first, suggestions=(replace(first.suggestions[0], confidence=0.75), *first.suggestions[1:]))
    run = replace(run, results=(sure, *run.results[1:]))
    text = mapping_set(settle(_reviewed(run)), {run.id: run}, version="2026-03-05.5")
    assert '#mapping_set_version: "2026-03-05.5"' in text
    rows = {(row["predicate_modifier"], row["object_id"], row["predicate_id"]): row for row in _table(text)}
    prefix = run.query.objects.header.id
    ids = [s.object_id for s in first.suggestions]
    assert set(rows) == {
        ("", f"{prefix}:{ids[0]}", "skos:narrowMatch"),
        ("Not", f"{prefix}:{ids[1]}", "skos:mappingRelation"),
        ("", f"{prefix}:{ids[2]}", "skos:mappingRelation"),
        ("", "sssom:NoTermFound", "skos:mappingRelation"),
    }
    top = rows["", f"{prefix}:{ids[0]}", "skos:narrowMatch"]
    assert top["reviewer_id"] == "reviewer:%E9%99%B3%E5%A4%A7%E6%96%87|reviewer:Li%20%7C%20Ho"
    assert top["reviewer_label"] == "陳大文|Li / Ho"
    assert (top["confidence"], top["mapping_date"]) == ("0.75", "2026-03-04")
    assert top["mapping_justification"] == "semapv:MappingReview"
    assert top["object_label"] == titles(first.suggestions[0].object)
    assert top["comment"] == '# "a" b c / =1+1'
    assert rows["Not", f"{prefix}:{ids[1]}", "skos:mappingRelation"]["comment"] == "'=HYPERLINK(1)"


# One process for all three: importing sssom-py takes longer than its work.
SSSOM_SCRIPT = """
import sys
from sssom.io import parse_file, validate_file
from sssom.parsers import parse_sssom_table
from sssom.util import compare_dataframes
reviewed, shown, parsed = sys.argv[1:]
for path in (reviewed, shown):
    for found in validate_file(path).values():
        for result in found.results:
            print("fault:", result.message)
with open(parsed, "w", encoding="utf-8") as handle:
    parse_file(reviewed, output=handle)
difference = compare_dataframes(parse_sssom_table(reviewed).df, parse_sssom_table(shown).df)
print("common", len(difference.common_tuples), "reviewed only", len(difference.unique_tuples1))
"""


@pytest.mark.skipif(not SSSOM.exists(), reason="sssom-py is not installed (.ci/run installs it into .venv/sssom)")
def test_sssom_py_validates_and_parses_the_mapping_set(packed: tuple[Run, bytes], tmp_path: Path) -> None:
    run = packed[0]
    reviewed = tmp_path / "reviewed.sssom.tsv"
    reviewed.write_text(mapping_set(settle(_reviewed(run)), {run.id: run}, version="1"), encoding="utf-8")
    shown = tmp_path / "candidates.sssom.tsv"
    shown.write_text(candidate_set(run), encoding="utf-8")
    parsed = tmp_path / "parsed.tsv"
    done = subprocess.run(
        [str(SSSOM), "-c", SSSOM_SCRIPT, str(reviewed), str(shown), str(parsed)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "fault" not in done.stdout
    assert "common" in done.stdout
    back = {(r["object_id"], r.get("predicate_modifier", "")): r for r in _table(parsed.read_text("utf-8"))}
    ours = {(r["object_id"], r["predicate_modifier"]): r for r in _table(reviewed.read_text("utf-8"))}
    assert back.keys() == ours.keys()
    for key, row in ours.items():
        for name in ("subject_id", "predicate_id", "mapping_justification", "reviewer_id", "comment", "other"):
            assert back[key].get(name, "") == row[name], name


def test_the_commands(packed: tuple[Run, bytes], store: Store, run_matcher: RunMatcher, tmp_path: Path) -> None:
    run = packed[0]
    store.append(_reviewed(run))
    subject, candidate = run.results[0].subject_id, run.results[0].suggestions[0].object_id
    store.append([decision(run=run.id, subject=subject, object=candidate, verdict="reject", reviewer="Wong")])

    def call(*words: str) -> str:
        done = run_matcher("decisions", *words, "--store", "review.db", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert "6 decisions" in call("log")
    listed = call("log", "--format", "csv", "--unit", subject)
    assert listed.startswith("\ufeffdecided_at,reviewer,")
    assert "'=HYPERLINK(1)" in listed
    assert "1 conflicts; 3 settled" in call("conflicts")
    assert "Krippendorff" in call("agreement")
    assert "partly broad" in call(
        "adjudicate", subject, candidate, "--verdict", "partly", "--relation", "broad", "--by", "Ho"
    )
    assert "0 conflicts; 4 settled" in call("conflicts")
    assert "4 mappings, 0 conflicts" in call("export", "--format", "sssom", "-o", "reviewed.sssom.tsv")
    assert '#mapping_set_version: "' in (tmp_path / "reviewed.sssom.tsv").read_text("utf-8")
    call("export", "--format", "gold", "-o", "gold.tsv")
    assert read_gold(tmp_path / "gold.tsv").grades[subject][candidate] == 2
    call("export", "-o", "all.jsonl")
    call("backup", "copy.db")
    assert "ok, 7 decisions on 1 runs" in call("check")
    for source in ("all.jsonl", "copy.db"):
        done = run_matcher("decisions", "merge", source, "--store", "other.db", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "0 new" in done.stdout
    with open_store(tmp_path / "other.db") as other:
        assert other.log() == store.log()
    done = run_matcher("decisions", "log", "--store", "missing.db", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
