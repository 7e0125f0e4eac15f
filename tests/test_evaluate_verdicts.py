"""Calibration, relations, no counterpart and sets: by hand, against scikit-learn, and in the report."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    ndcg_score,
    roc_auc_score,
)

from matcher.errors import InputError
from matcher.evaluate import Gold, Run, agreement, calibration, evaluate_run, read_gold, read_run
from matcher.evaluate.bootstrap import interval, unit_interval
from matcher.evaluate.measures import all_measures, average_precision, hit, measure_names, ndcg
from matcher.evaluate.relations import agreed, read_relation
from matcher.evaluate.verdicts import verdict_figures

ROOT = Path(__file__).resolve().parents[1]
SEEDS = st.integers(0, 10_000)


def _ones(m: int) -> agreement.Floats:
    return np.ones((1, m))


def test_average_precision_by_hand() -> None:
    # Relevant a, b, d; ranking a x b: precision 1/1 at a, 2/3 at b, d is not found: (1 + 2/3 + 0) / 3 = 0.5556.
    grades = {"a": 3, "b": 2, "c": 1, "d": 2}
    assert average_precision(["a", "x", "b"], grades) == pytest.approx(5 / 9)
    assert [hit(["x", "b"], grades, depth=depth) for depth in (1, 2)] == [0.0, 1.0]
    assert dict(zip(measure_names(2), all_measures(["a", "x", "b"], grades, depth=2), strict=True))[
        "R@2"
    ] == pytest.approx(1 / 3)


@given(SEEDS)
def test_ranking_measures_are_those_of_scikit_learn(seed: int) -> None:
    random = np.random.default_rng(seed)
    items = [f"i{n}" for n in range(12)]
    grades = dict(zip(items, random.integers(0, 4, 12).tolist(), strict=True))
    score = random.permutation(12).astype(float)
    ranking = [items[n] for n in np.argsort(-score)]
    gains = np.array([[2 ** grades[item] - 1 for item in items]])
    if gains.any():
        assert ndcg(ranking, grades) == pytest.approx(ndcg_score(gains, score[None], k=10))
    relevant = [grades[item] >= 2 for item in items]
    if any(relevant):
        assert average_precision(ranking, grades) == pytest.approx(average_precision_score(relevant, score))


def test_calibration_by_hand() -> None:
    # Two bins of two: (0.1, 0.3) with outcomes 0, 1 and (0.6, 0.8) with 1, 1.
    # Gaps |0.2 - 0.5| and |0.7 - 1.0|, each with half the weight: ECE 0.3.
    # Brier (0.01 + 0.49 + 0.16 + 0.04) / 4 = 0.175; base rate 0.75 gives 0.1875; skill 1 - 0.175 / 0.1875 = 0.0667.
    said, true = np.array([0.1, 0.3, 0.6, 0.8]), np.array([0.0, 1.0, 1.0, 1.0])
    assert calibration.expected_calibration_error(said, true, _ones(4), bins=2)[0] == pytest.approx(0.3)
    assert calibration.brier(said, true, _ones(4))[0] == pytest.approx(0.175)
    assert calibration.brier_skill(said, true, _ones(4))[0] == pytest.approx(1 / 15)
    bins = calibration.reliability(said.tolist(), true.tolist(), bins=2)
    assert [(b.n, round(b.confidence, 9), b.observed) for b in bins] == [(2, 0.2, 0.5), (2, 0.7, 1.0)]


@given(SEEDS, st.integers(1, 60))
def test_calibration_is_that_of_scikit_learn(seed: int, m: int) -> None:
    random = np.random.default_rng(seed)
    said, true = random.random(m), random.integers(0, 2, m).astype(float)
    assert calibration.brier(said, true, _ones(m))[0] == pytest.approx(brier_score_loss(true, said, pos_label=1))
    # Equal counts: with 10 k candidates, numpy's split into ten is the same bins.
    said, true = random.random(10 * m), random.integers(0, 2, 10 * m).astype(float)
    order = np.argsort(said)
    gaps = [abs(part.sum()) for part in np.array_split((said - true)[order], 10)]
    ece = calibration.expected_calibration_error(said, true, _ones(10 * m))[0]
    assert ece == pytest.approx(sum(gaps) / (10 * m))


@given(SEEDS, st.integers(2, 40))
def test_a_weight_of_two_is_the_case_twice(seed: int, m: int) -> None:
    random = np.random.default_rng(seed)
    said, true = random.random(m).round(1), random.integers(0, 2, m).astype(float)
    counts = random.integers(0, 3, m)
    again = np.repeat(np.arange(m), counts)
    if not len(again):
        return
    weights = counts[None].astype(float)
    for statistic in (calibration.brier, calibration.brier_skill):
        one, other = statistic(said, true, weights)[0], statistic(said[again], true[again], _ones(len(again)))[0]
        assert (math.isnan(one) and math.isnan(other)) or one == pytest.approx(other)
    assert agreement.median(said, weights)[0] == agreement.median(said[again], _ones(len(again)))[0]
    positive = true == 1
    if positive[again].any() and not positive[again].all():
        expected = roc_auc_score(true[again], said[again])
        assert agreement.auc(said, positive, weights)[0] == pytest.approx(expected)


@given(SEEDS, st.integers(1, 60))
def test_relations_are_those_of_scikit_learn(seed: int, m: int) -> None:
    random = np.random.default_rng(seed)
    known, said = random.integers(0, 4, m), random.integers(0, 5, m)
    matrices = agreement.confusions(known, said, _ones(m), classes=4)
    assert np.array_equal(matrices[0], confusion_matrix(known, said, labels=range(5))[:4])
    present = sorted(set(known.tolist()))
    expected = f1_score(known, said, labels=present, average="macro", zero_division=0)
    assert agreement.macro_f1(matrices)[0] == pytest.approx(expected)
    assert agreement.accuracy(matrices)[0] == pytest.approx((known == said).mean())


def test_the_interval_of_a_mean_is_the_interval_of_means() -> None:
    values = np.random.default_rng(1).random(40)
    found = unit_interval(lambda weights: agreement.mean(values, weights), 40)
    assert found == pytest.approx((values.mean(), *interval(values.tolist())))


def test_relations_as_people_write_them() -> None:
    words = ("close", "skos:closeMatch", "Narrow match", "相近", "較寬", "")
    assert [read_relation(word, where="x") for word in words] == ["close", "close", "narrow", "close", "broad", "none"]
    with pytest.raises(InputError, match="row 3"):
        read_relation("same", where="row 3")
    assert agreed(["exact", "close"]) == "close"
    assert agreed(["narrow", "broad"]) is None
    assert agreed(["none"]) is agreed([]) is None


def _gold_and_run(tmp_path: Path, lines: list[dict[str, object]]) -> tuple[Gold, Run]:
    """Four units: u1 with a (3, close) and b (2, judges differ), u2 with c (2, narrow), u3 and u4 with none."""
    pairs = [
        {"subject": "u1", "object": "a", "grade": 3, "relation_a": "close", "relation_b": "exact"},
        {"subject": "u1", "object": "b", "grade": 2, "relation_a": "narrow", "relation_b": "broad"},
        {"subject": "u2", "object": "c", "grade": 2, "relation_a": "narrow", "relation_b": "narrow"},
        {"subject": "u3", "object": "a", "grade": 1, "relation_a": "related", "relation_b": None},
        {"subject": "u4", "object": "c", "grade": 0},
    ]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, pairs)), encoding="utf-8")
    (tmp_path / "run.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return read_gold(tmp_path / "gold.jsonl"), read_run(tmp_path / "run.jsonl")


def _line(
    subject: str, item: str, rank: int, confidence: float, relation: str | None, inside: bool
) -> dict[str, object]:
    return {"subject": subject, "object": item, "rank": rank, "score": -rank, "confidence": confidence,
            "relation": relation, "in_set": inside}  # fmt: skip


def test_verdicts_by_hand(tmp_path: Path) -> None:
    gold, run = _gold_and_run(
        tmp_path,
        [
            _line("u1", "a", 1, 0.9, "exact", True),
            _line("u1", "x", 2, 0.4, None, True),
            _line("u2", "y", 1, 0.6, "broad", True),
            _line("u2", "c", 2, 0.5, "related", False),
            _line("u3", "a", 1, 0.2, "related", False),
            {"subject": "u1", "no_counterpart": 0.1},
            {"subject": "u2", "no_counterpart": 0.7},
            {"subject": "u3", "no_counterpart": 0.7},
            {"subject": "u4", "no_counterpart": 0.9},
        ],
    )
    report = evaluate_run(run, gold)
    found = {figure.measure: (round(figure.value, 6), figure.n) for figure in report.verdicts}
    # No counterpart: 0.7 and 0.9 (u3, u4) against 0.1 and 0.7 (u1, u2): 3 wins and a tie of 4 pairs.
    assert found["no-counterpart AUC"] == (0.875, 4)
    # Agreed pairs: u1-a close (exact counts as close), u2-c narrow but "related" said: F1 1 and 0.
    assert found["relation macro-F1"] == (0.5, 2)
    assert found["relation accuracy"] == (0.5, 2)
    assert report.confusion is not None
    assert report.confusion.counts == ((1, 0, 0, 0, 0), (0,) * 5, (0, 0, 0, 1, 0), (0,) * 5)
    # Five candidates, a and c relevant: (0.01 + 0.16 + 0.36 + 0.25 + 0.04) / 5.
    assert found["Brier"] == (0.164, 5)
    # Base rate 0.4: 1 - 0.164 / 0.24.
    assert found["Brier skill"] == (round(1 - 0.164 / 0.24, 6), 5)
    # Five candidates in ten bins: each alone, 0.1, 0.4, 0.6, 0.5, 0.2 off.
    assert found["ECE"] == (0.36, 5)
    # u1's set holds a, u2's only y; sizes 2, 1, 0 of the three answered units.
    assert found["set coverage"] == (0.5, 2)
    assert found["set size, mean"] == (1.0, 3)
    assert found["set size, median"] == (1.0, 3)
    assert found["empty sets, counterpart exists"] == (0.0, 2)
    assert report.left_out == ()
    assert all(figure.low <= figure.value <= figure.high for figure in report.verdicts)


def test_what_a_run_does_not_say_is_left_out_and_said_so(tmp_path: Path) -> None:
    lines: list[dict[str, object]] = [{"subject": "u1", "object": "a", "rank": 1, "score": 1.0, "confidence": None}]
    gold, run = _gold_and_run(tmp_path, lines)
    report = evaluate_run(run, gold)
    assert report.verdicts == ()
    assert report.confusion is None
    words = " ".join(report.left_out)
    assert all(name in words for name in ("no-counterpart AUC", "relation macro-F1", "ECE", "set coverage"))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("confidence", 1.5, "confidence '1.5'"),
        ("confidence", "nan", "confidence 'nan'"),
        ("relation", "same", "relation 'same'"),
        ("in_set", "perhaps", "in_set 'perhaps'"),
    ],
)
def test_bad_fields(field: str, value: object, said: str, tmp_path: Path) -> None:
    line = {"subject": "u", "object": "a", "rank": 1, "score": 1.0, field: value}
    (tmp_path / "r.jsonl").write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(InputError, match=rf"r\.jsonl, line 1: {said}"):
        read_run(tmp_path / "r.jsonl")


def test_the_gold_has_the_relations_that_the_issue_counts() -> None:
    gold = read_gold(ROOT / "evaluation/gold/judgements.jsonl")
    assert gold.grades == read_gold(ROOT / "evaluation/gold/qrels.tsv").grades
    classes = [
        agreed(gold.relations[subject][item])
        for subject, items in gold.grades.items()
        for item, grade in items.items()
        if grade >= 2
    ]
    counts = {name: classes.count(name) for name in ("close", "narrow", "related", "broad")}
    assert counts == {"close": 51, "narrow": 51, "related": 17, "broad": 9}
    assert len(classes) == 173


def test_no_case_gives_no_figure() -> None:
    assert verdict_figures(Run(answers={}, no_counterpart={}), Gold(grades={}), []) == ()
