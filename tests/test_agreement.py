"""Agreement figures against published worked examples and a reference implementation."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from matcher.review.agreement import agreement, alpha, coincidences, disagreement, kappa, ratings, value_counts
from matcher.store import Decision, Verdict

# Cohen (1960), table 1: 200 patients, two clinicians, three diagnoses (as counts); kappa there is .492.
COHEN = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]], np.float64)


def test_kappa_of_cohen_1960() -> None:
    # Observed (88 + 40 + 12) / 200 = .70; expected .6 * .5 + .3 * .3 + .1 * .2 = .41; (.70 - .41) / (1 - .41) = .4915.
    assert kappa(COHEN, disagreement(3, "none")) == pytest.approx((0.70 - 0.41) / 0.59)


def test_weighted_kappa_of_cohen_1968() -> None:
    # The same patients with weights 1, 3 and 6: observed .90, expected 1.38; Cohen gives .348.
    weights = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]], np.float64)
    assert kappa(COHEN, weights) == pytest.approx(1 - 0.90 / 1.38)


def _alpha(rows: list[str], metric: str) -> float | None:
    values = np.array([[-1 if v == "." else int(v) for v in row.split()] for row in rows])
    return alpha(coincidences(value_counts(values, max(1, int(values.max()) + 1))), metric)  # type: ignore[arg-type]


def test_alpha_of_krippendorff_2011() -> None:
    # Computing Krippendorff's Alpha-Reliability (2011): section A (binary, two observers) .095, section B (five
    # categories) .692, section C (four observers, missing data) .743 nominal; Hayes & Krippendorff (2007) and the
    # section D for the same data: ordinal .815.
    assert _alpha(["0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"], "nominal") == pytest.approx(0.095, abs=5e-4)
    ben, gerry = "0 0 1 1 3 2 2 2 4 3 3 0", "1 0 1 1 1 2 2 2 4 3 3 3"
    assert _alpha([ben, gerry], "nominal") == pytest.approx(0.692, abs=5e-4)
    four = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    assert _alpha(four, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert _alpha(four, "ordinal") == pytest.approx(0.815, abs=5e-4)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
@pytest.mark.parametrize(("ours", "theirs"), [("none", None), ("linear", "linear"), ("quadratic", "quadratic")])
def test_kappa_is_that_of_scikit_learn(ours: str, theirs: str | None, pairs: list[tuple[int, int]]) -> None:
    table = np.zeros((3, 3))
    for a, b in pairs:
        table[a, b] += 1
    with warnings.catch_warnings():
        # Where chance agrees always theirs divides by zero; ours is None.
        warnings.simplefilter("ignore")
        wanted = cohen_kappa_score(*zip(*pairs, strict=True), labels=[0, 1, 2], weights=theirs)
    found = kappa(table, disagreement(3, ours))  # type: ignore[arg-type]
    if found is None:
        assert np.isnan(wanted)
    else:
        assert found == pytest.approx(wanted)


@given(st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=1, max_size=20))
def test_alpha_is_one_minus_observed_over_expected_counted_pair_by_pair(units: list[list[int]]) -> None:
    # The definition without the matrix: mean disagreement of pairs within units, over that of all pairable values.
    pairable = [[v for v in unit if v >= 0] for unit in units]
    pairable = [unit for unit in pairable if len(unit) >= 2]
    pool = [v for unit in pairable for v in unit]
    found = _alpha([" ".join("." if v < 0 else str(v) for v in row) for row in zip(*units, strict=True)], "nominal")
    if len(set(pool)) < 2:
        assert found is None
        return
    observed = sum(
        sum(a != b for i, a in enumerate(unit) for j, b in enumerate(unit) if i != j) / (len(unit) - 1)
        for unit in pairable
    ) / len(pool)
    n = len(pool)
    expected = sum(a != b for i, a in enumerate(pool) for j, b in enumerate(pool) if i != j) / (n * (n - 1))
    assert found == pytest.approx(1 - observed / expected)


def decided(reviewer: str, subject: str, candidate: str, verdict: Verdict, source: str = "") -> Decision:
    return Decision(
        id=f"{reviewer}{subject}{candidate}", run="r", subject=subject, object=candidate, verdict=verdict,
        reviewer=reviewer, decided_at="2026-01-01T00:00:00Z", source=source,
    )  # fmt: skip


def test_agreement_of_reviewers() -> None:
    words: list[tuple[Verdict, Verdict]] = [
        ("accept", "accept"), ("accept", "partly"), ("reject", "reject"), ("reject", "reject"), ("partly", "reject"),
        ("unsure", "accept"),
    ]  # fmt: skip
    log = [
        decided(name, f"U{n // 2}", f"O{n}", pair[who])
        for n, pair in enumerate(words)
        for who, name in enumerate(("chan", "li"))
    ]
    log.append(decided("judge", "U0", "O0", "reject", source="adjudication"))
    log.append(decided("chan", "U9", "", "no_counterpart"))
    found = agreement(log, samples=200)
    assert found.reviewers == ("chan", "li")
    (pair,) = found.pairs
    # Unsure is no rating: five candidates, three the same.
    assert (pair.same.value, pair.same.n) == (0.6, 5)
    # Rows reject, partly, accept: [[2,0,0],[1,0,0],[0,1,1]]; expected agreement (2*3 + 1*1 + 2*1) / 25 = .36.
    assert pair.kappa.value == pytest.approx((0.6 - 0.36) / 0.64)
    # Linear: observed (1 + 1) / 5; expected sum of steps |i - j| r_i c_j / 25 with r = 2 1 2, c = 3 1 1:
    # 0-1: 2*1 + 1*3 = 5, 1-2: 1*1 + 2*1 = 3, 0-2: 2 * (2*1 + 2*3) = 16, together 24.
    assert pair.weighted.value == pytest.approx(1 - 0.4 / (24 / 25))
    assert found.nominal.n == 5
    assert pair.same.low is not None
    assert pair.same.low <= 0.6 <= (pair.same.high or 0)
    assert agreement(log, samples=200) == found


def test_nothing_to_compare_has_no_figure() -> None:
    assert agreement([]).nominal.value is None
    alone = agreement([decided("chan", "U", "O", "accept")])
    assert (alone.pairs, alone.ordinal.value, alone.ordinal.n) == ((), None, 0)
    both = agreement([decided("chan", "U", "O", "accept"), decided("li", "U", "O", "accept")])
    assert (both.pairs[0].same.value, both.pairs[0].kappa.value) == (1.0, None)
    names, items, values = ratings([])
    assert (names, items, values.shape) == ((), (), (0, 0))
