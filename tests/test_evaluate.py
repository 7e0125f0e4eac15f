"""Measures by hand, their properties, and gold and runs as people keep them."""

from __future__ import annotations

import contextlib
import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from matcher.errors import InputError
from matcher.evaluate import evaluate_run, read_gold, read_run, write_trec
from matcher.evaluate.bootstrap import interval, paired_randomisation
from matcher.evaluate.measures import MEASURES, all_measures, ndcg, recall, reciprocal_rank

GRADES = {"a": 3, "b": 2, "c": 1}


def test_ndcg_by_hand() -> None:
    # Ranking x b a: gains 0, 3, 7 at discounts 1, log2 3, 2 -> 3/1.58496 + 7/2 = 5.39279.
    # Ideal a b c: 7/1 + 3/1.58496 + 1/2 = 9.39279. Quotient 0.574141.
    assert ndcg(["x", "b", "a"], GRADES) == pytest.approx(0.574141, abs=1e-6)
    assert ndcg(["x", "b", "a"], GRADES) == pytest.approx((3 / math.log2(3) + 3.5) / (7.5 + 3 / math.log2(3)))


def test_the_others_by_hand() -> None:
    ranking = ["x", "b", "y", "z", "w", "a"]
    assert recall(ranking, GRADES, depth=5) == 0.5  # b of a and b; c is not relevant
    assert recall(ranking, GRADES, depth=10) == 1.0
    assert reciprocal_rank(ranking, GRADES) == 0.5
    assert all_measures(["c", "a"], GRADES)[3] == 0.0  # a related item first is no hit


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True), st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3))
)
def test_measures_stay_in_the_unit_interval(ranking: list[str], grades: dict[str, int]) -> None:
    assert all(0.0 <= value <= 1.0 + 1e-12 for value in all_measures(ranking, grades))


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3), min_size=1))
def test_the_ideal_ranking_scores_one(grades: dict[str, int]) -> None:
    assert ndcg(sorted(grades, key=lambda item: -grades[item]), grades) == pytest.approx(1.0)


def test_unanswered_counts_zero_and_no_counterpart_counts_not(tmp_path: Path) -> None:
    (tmp_path / "q").write_text("u1 0 a 3\nu2 0 b 2\nu3 0 c 1\n", encoding="utf-8")
    (tmp_path / "r").write_text("u1 Q0 a 1 0.9 t\n", encoding="utf-8")
    report = evaluate_run(read_run(tmp_path / "r"), read_gold(tmp_path / "q"))
    assert [figure.n for figure in report.overall] == [2] * len(MEASURES)
    assert report.overall[0].value == 0.5
    assert report.unanswered == ("u2",)
    assert report.without_counterpart == 1


def test_order_of_lines_does_not_matter(tmp_path: Path) -> None:
    lines = [f"u{u} Q0 i{i} {i} {1 / i} t" for u in range(5) for i in range(1, 9)]
    (tmp_path / "a").write_text("\n".join(lines), encoding="utf-8")
    random.Random(3).shuffle(lines)
    (tmp_path / "b").write_text("\n".join(lines), encoding="utf-8")
    assert read_run(tmp_path / "a") == read_run(tmp_path / "b")


def test_screen_jsonl_is_a_run(tmp_path: Path) -> None:
    lines = [
        {"subject": "u", "object": "b", "rank": 2, "score": 0.1},
        {"subject": "u", "object": "a", "rank": 1, "score": 0.2},
        {"subject": "u", "no_counterpart": None},
        {"subject": "v", "no_counterpart": 0.9},
    ]
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    run = read_run(tmp_path / "r.jsonl")
    assert run.rankings == {"u": ("a", "b"), "v": ()}
    assert run.no_counterpart == {"u": None, "v": 0.9}


def test_gold_spreadsheets(tmp_path: Path) -> None:
    # Two judges: (3 + 2) / 2 = 2.5, rounded up to 3; a relation without a grade: narrow = 2.
    rows = [("HK code", "CN code", "grade", "judge"), ("u", "a", 3, "A"), ("u", "a", 2, "B"), ("u", "b", 1, "A")]
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "g.xlsx")
    gold = read_gold(tmp_path / "g.xlsx")
    assert gold.grades == {"u": {"a": 3, "b": 1}}
    assert gold.judges == 2
    (tmp_path / "g.csv").write_text("subject,object,relation\nu,a,narrow\nu,b,skos:exactMatch\nv,,\n", encoding="utf-8")
    assert read_gold(tmp_path / "g.csv").grades == {"u": {"a": 2, "b": 3}, "v": {}}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("qrels", "u 0 a\n", "3 columns"),
        ("q.tsv", "u 0 a 2\nu 0 b x\n", "line 2"),
        ("q.csv", "x,y\n1,2\n", "no gold columns"),
        ("q.csv", "subject,object,relation\nu,a,same\n", "row 2"),
    ],
)
def test_bad_gold(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_gold(tmp_path / name)


@given(data=st.binary(max_size=200), suffix=st.sampled_from([".trec", ".jsonl", ".csv", ".xlsx", ".tsv"]))
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("bytes") / f"f{suffix}"
    path.write_bytes(data)
    for reader in (read_run, read_gold):
        with contextlib.suppress(InputError):
            reader(path)


def test_intervals_and_the_randomisation_test() -> None:
    low, high = interval([0.0, 1.0] * 50)
    # The mean of 100 coin flips has a standard error of 0.05: about 0.5 ± 0.098.
    assert 0.38 < low < 0.43
    assert 0.57 < high < 0.62
    assert interval([0.0, 1.0] * 50) == (low, high)
    assert paired_randomisation([1.0] * 10, [1.0] * 10) == 1.0
    # Ten differences of one sign: 2 of 2^10 sign patterns are as extreme, p = 0.00195.
    assert paired_randomisation([1.0] * 10, [0.0] * 10) == pytest.approx(2 / 1024, abs=2e-3)
    assert paired_randomisation([1.0, 0.0] * 10, [0.0, 1.0] * 10) == 1.0


def test_trec_files_keep_the_order_of_the_run(tmp_path: Path) -> None:
    # The ranks decide, not the scores: TREC programs read scores, so the written ones fall with the rank.
    (tmp_path / "run").write_text("u Q0 b 1 0.1 t\nu Q0 a 2 0.9 t\nv Q0 c 4 0.5 t\n", encoding="utf-8")
    (tmp_path / "gold").write_text("u 0 b 3\nu 0 a 1\n", encoding="utf-8")
    run, gold = read_run(tmp_path / "run"), read_gold(tmp_path / "gold")
    written = write_trec(run, gold, tmp_path / "new" / "trec")
    assert written[0].read_text(encoding="utf-8").splitlines() == [
        "u Q0 b 1 -1 matcher",
        "u Q0 a 2 -2 matcher",
        "v Q0 c 1 -1 matcher",
    ]
    assert read_run(written[0]).rankings == run.rankings
    assert read_gold(written[1]) == gold
    (tmp_path / "run").write_text('{"subject": "u", "object": "a b", "rank": 1, "score": 1}', encoding="utf-8")
    with pytest.raises(InputError, match="has spaces"):
        write_trec(read_run(tmp_path / "run"), gold, tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be made"):
        write_trec(run, gold, tmp_path / "file" / "x")


@pytest.mark.parametrize("seed", range(3))
def test_the_measures_are_those_of_trec_eval(seed: int, tmp_path: Path) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    chance = random.Random(seed)
    items = [f"i{n:02}" for n in range(30)]
    units = [f"u{n}" for n in range(20)]
    gold = {unit: {item: chance.choice((0, 0, 0, 1, 2, 3)) for item in chance.sample(items, 12)} for unit in units}
    lines = [f"{u} Q0 {i} {rank} {-rank} t" for u in units for rank, i in enumerate(chance.sample(items, 20), 1)]
    (tmp_path / "run").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "gold").write_text(
        "\n".join(f"{u} 0 {i} {g}" for u, found in gold.items() for i, g in found.items()), encoding="utf-8"
    )
    run, read = read_run(tmp_path / "run"), read_gold(tmp_path / "gold")
    # nDCG of trec_eval takes the grade itself as gain: ours is 2^grade - 1, so these are given to it.
    gains = {unit: {item: 2**grade - 1 for item, grade in found.items()} for unit, found in gold.items()}
    scores = {unit: {item: -float(n) for n, item in enumerate(found)} for unit, found in run.rankings.items()}
    names = ["recall_5", "recall_10", "success_1", "recip_rank", "map", "success_5", "success_10"]
    theirs = pytrec_eval.RelevanceEvaluator(gold, set(names), relevance_level=2).evaluate(scores)
    ndcgs = pytrec_eval.RelevanceEvaluator(gains, {"ndcg_cut_10"}).evaluate(scores)
    wanted = [unit for unit in units if max(gold[unit].values()) >= 2]
    expected = [sum(ndcgs[u]["ndcg_cut_10"] for u in wanted), *(sum(theirs[u][name] for u in wanted) for name in names)]
    figures = evaluate_run(run, read).overall
    assert [f.measure for f in figures] == ["nDCG@10", "R@5", "R@10", "hit@1", "MRR", "MAP", "hit@5", "hit@10"]
    assert [f.value * len(wanted) for f in figures] == pytest.approx(expected)
