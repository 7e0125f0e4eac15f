"""The rescorer: its signals, its file, its fit, and what becomes of it with another encoder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.compare.features import CONFIDENCE, NONE, RELATION, Scored
from matcher.compare.fit import Example, fit_ranking, set_gap
from matcher.compare.model import from_json, shipped_rescorer, to_json
from matcher.compare.rerank import Reranker
from matcher.compare.rescore import sigmoid
from matcher.compare.signals import LEVEL, OF_BODY, SIGNALS, TOPIC
from matcher.encode import FAST_ENCODER, encoder_fingerprint, load_encoder
from matcher.errors import ArtefactError, InputError
from matcher.pipeline import Screening, open_source, refit, run_screening, screen
from matcher.search.index import FrameworkIndex, build_index


@pytest.fixture(scope="module")
def hk(samples) -> FrameworkIndex:  # type: ignore[no-untyped-def]
    return open_source(samples.hk, "embedded").index


@pytest.fixture(scope="module")
def cn(samples) -> FrameworkIndex:  # type: ignore[no-untyped-def]
    return open_source(samples.cn, "embedded").index


def _example(signal: list[float], grades: list[int], *, group: str = "a") -> Example:
    """An example whose first signal is given and whose others are all zero."""
    values = np.zeros((len(signal), len(SIGNALS)))
    values[:, 0] = signal
    scored = Scored(
        row=0,
        candidates=np.arange(len(signal)),
        signals=values,
        scores=np.array(signal, np.float64),
        same_language=1.0,
    )
    return Example(
        group=group, subject=f"{group}1", scored=scored, grades=np.array(grades), relations={}, relation_rows={}
    )


def test_score_is_topic_plus_level_and_the_sum_of_its_parts(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    (result,) = screen(hk, cn, k=5, unit_ids=["ZZHDSC201A"])
    for s in result.suggestions:
        assert s.topic is not None
        assert s.level_part is not None
        parts = dict(s.signals)
        assert set(parts) == set(SIGNALS)
        # Parts are rounded to 4 places each, twelve of them.
        assert s.score == pytest.approx(s.topic + s.level_part, abs=1e-5)
        assert s.level_part == pytest.approx(sum(parts[name] for name in LEVEL), abs=1e-3)
        assert s.topic == pytest.approx(sum(parts[name] for name in TOPIC), abs=2e-3)
    scores = [s.score for s in result.suggestions]
    assert scores == sorted(scores, reverse=True)


def test_every_candidate_has_reasons(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    (result,) = screen(hk, cn, k=3, unit_ids=["ZZHDSC201A"])
    assert result.no_counterpart is not None
    assert 0.0 <= result.no_counterpart <= 1.0
    best = result.suggestions[0]
    assert best.object_id == "ZZ-HD-5-2.1"  # 洗发: graded 3 by both judges
    assert best.in_set
    assert best.relation in ("close", "broad", "narrow", "related")
    assert best.coverage is not None
    assert 0.0 < best.coverage.subject <= 1.0
    assert best.level is not None
    # HKQF 2 stands beside 五级 and 四级; 洗发 is at 五级, the lowest of them.
    assert best.level.comparable == ("5", "4")
    assert best.level.gap == 0
    assert best.alignment[0].terms


def test_k_rows_also_beyond_what_is_rescored(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    (result,) = screen(hk, cn, k=len(cn.ids), unit_ids=["ZZHDSC201A"], explain=False)
    assert len(result.suggestions) == len({s.object_id for s in result.suggestions}) == len(cn.ids)
    scores = [s.score for s in result.suggestions]
    assert scores == sorted(scores, reverse=True)
    (short,) = screen(hk, cn, k=10, unit_ids=["ZZHDSC201A"], explain=False)
    assert [s.object_id for s in short.suggestions] == [s.object_id for s in result.suggestions[:10]]


def test_one_unit_is_answered_as_in_a_whole_screening(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    wanted = {"ZZHDSC201A", "ZZCCWK301A"}
    whole = {r.subject_id: r for r in screen(hk, cn, k=5, explain=False) if r.subject_id in wanted}
    for unit_id in wanted:
        (alone,) = screen(hk, cn, k=5, unit_ids=[unit_id], explain=False)
        assert alone == whole[unit_id]


def test_another_encoder_ranks_without_confidence(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    other = [replace(side, encoder_fingerprint="another") for side in (hk, cn)]
    (result,) = screen(*other, k=5, unit_ids=["ZZHDSC201A"], explain=False)
    assert result.suggestions[0].object_id == "ZZ-HD-5-2.1"
    assert result.no_counterpart is None
    assert {(s.confidence, s.relation, s.in_set) for s in result.suggestions} == {(None, None, None)}


def test_a_candidate_that_is_only_a_title_has_no_confidence(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    titles = tuple(
        replace(unit, statements=tuple(s for s in unit.statements if s.role == "title")) for unit in cn.framework.units
    )
    bare = build_index(replace(cn.framework, units=titles), load_encoder())
    (result,) = screen(hk, bare, k=5, unit_ids=["ZZHDSC201A"], explain=False)
    assert result.suggestions[0].object_id.startswith("ZZ-HD-")
    assert result.no_counterpart is None
    assert {(s.confidence, s.relation, s.in_set) for s in result.suggestions} == {(None, None, None)}
    for s in result.suggestions:
        assert {dict(s.signals)[name] for name in OF_BODY} == {0.0}


def test_the_shipped_rescorer_is_for_the_shipped_encoder(hk: FrameworkIndex) -> None:
    """If this fails the encoder has changed: `python -m evaluation.fit` fits the rescorer to it."""
    assert shipped_rescorer().encoder_fingerprint == hk.encoder_fingerprint


def test_the_fast_encoder_has_a_rescorer_of_its_own() -> None:
    # `make fit` writes both.
    fast = encoder_fingerprint(FAST_ENCODER)
    assert shipped_rescorer(fast).encoder_fingerprint == fast
    assert shipped_rescorer("another").encoder_fingerprint == encoder_fingerprint()


def test_file_round_trip_and_names() -> None:
    shipped = shipped_rescorer()
    assert from_json(to_json(shipped), where="x") == shipped
    assert shipped.ranking.names == SIGNALS
    assert min(shipped.ranking.weights) >= 0.0
    assert shipped.confidence.names == CONFIDENCE
    assert shipped.none.names == NONE
    assert all(linear.names == RELATION for linear in shipped.relations.values())


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record.update(kind="other"),
        lambda record: record.update(format_version=99),
        lambda record: record["ranking"]["features"]["unit"].update(scale=0),
        lambda record: record["ranking"]["features"]["unit"].update(weight="1"),
        lambda record: record["set"].update(gap=float("nan")),
        lambda record: record.pop("confidence"),
        lambda record: record["no_counterpart"]["features"].pop("lead"),
        lambda record: record["ranking"]["features"].update(strange=record["ranking"]["features"]["unit"]),
    ],
)
def test_a_damaged_file_is_one_line(damage) -> None:  # type: ignore[no-untyped-def]
    record = json.loads(to_json(shipped_rescorer()))
    damage(record)
    with pytest.raises(ArtefactError, match="not a rescorer"):
        from_json(json.dumps(record), where="mine.json")


def test_a_file_that_is_no_json_is_one_line() -> None:
    for text in ("", "[", "[]", "[" * 100_000):
        with pytest.raises(ArtefactError, match="not a rescorer"):
            from_json(text, where="mine.json")


def test_ranking_fit_finds_the_signal_and_no_negative_weight() -> None:
    # The relevant candidate always has the highest first signal; every other signal is zero.
    good = [_example([1.0, 0.0, 0.2], [3, 0, 0], group=g) for g in "abc"]
    ranking = fit_ranking(good)
    assert ranking.weights[0] > 0.5
    assert set(ranking.weights[1:]) == {0.0}
    # The same signal upside down would need a negative weight: it gets none.
    assert set(fit_ranking([_example([0.0, 1.0, 0.8], [3, 0, 0])]).weights) == {0.0}


def test_ranking_fit_stays_near_its_prior_under_a_strong_penalty() -> None:
    prior = shipped_rescorer().ranking
    fitted = fit_ranking([_example([1.0, 0.0, 0.2], [3, 0, 0])], prior=prior, penalty=1e6)
    assert fitted.weights == pytest.approx(prior.weights, abs=1e-4)


def test_nothing_to_fit_is_one_line() -> None:
    with pytest.raises(InputError, match="no judged pair"):
        fit_ranking([_example([1.0, 0.0], [1, 0])])


def test_set_gap_is_the_conformal_quantile() -> None:
    # Gaps from the best to the best relevant: 0, 0, …, 9 of ten examples; ceil(11 * 0.8) = 9th smallest = 8.
    examples = [_example([float(gap), 0.0], [0, 3]) for gap in range(10)]
    assert set_gap(examples, coverage=0.8) == 8.0
    # ceil(11 * 0.95) = 11 is beyond the tenth: the largest.
    assert set_gap(examples, coverage=0.95) == 9.0
    assert set_gap([_example([1.0, 0.0], [0, 0])]) == 0.0


@given(st.floats(-1e6, 1e6))
def test_sigmoid_stays_a_probability(x: float) -> None:
    (value,) = sigmoid(np.array([x]))
    assert 0.0 <= value <= 1.0
    assert value + sigmoid(np.array([-x]))[0] == pytest.approx(1.0)


def test_refit_needs_enough_units(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    with pytest.raises(InputError, match="1 judged units"):
        refit(hk, cn, {"ZZHDSC201A": {"ZZ-HD-5-2.1": 3}}, {})


class _Backwards:
    """A cross-encoder that likes the last best."""

    def predict(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [float(number) for number in range(len(pairs))]


def test_reranking_fuses_both_orders_and_keeps_scores_falling(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    wanted = Screening(k=4, unit_ids=("ZZHDSC201A",), explain=False)
    (plain,) = run_screening(hk, cn, wanted)
    (again,) = run_screening(hk, cn, replace(wanted, reranker=Reranker(scorer=_Backwards(), depth=4)))
    # 1/61 + 1/64 = 1/64 + 1/61 > 1/62 + 1/63: the outer two tie and win, broken by position.
    names = [s.object_id for s in plain.suggestions]
    assert [s.object_id for s in again.suggestions] == [
        *sorted((names[0], names[3])),
        *sorted((names[1], names[2])),
    ]
    assert [s.score for s in again.suggestions] == [s.score for s in plain.suggestions]


def test_a_short_list_says_nothing_of_no_counterpart(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    # ZZ-HD-5-2.1 is the counterpart of ZZHDSC201A; among five candidates the best stands at most 4 / sqrt(5) = 1.8
    # standard deviations above the mean, where the fit saw 3.5 to 4.4: it once said 97 % for "none".
    place = cn.ids.index("ZZ-HD-5-2.1")
    units = (cn.framework.units[place], *cn.framework.units[200:204])
    few = build_index(replace(cn.framework, units=units), load_encoder("embedded"))
    (short,) = screen(hk, few, k=5, unit_ids=["ZZHDSC201A"])
    assert short.suggestions[0].object_id == "ZZ-HD-5-2.1"
    assert short.no_counterpart is None
    assert short.suggestions[0].confidence is not None
    (whole,) = screen(hk, cn, k=5, unit_ids=["ZZHDSC201A"])
    assert whole.no_counterpart is not None
    assert whole.no_counterpart < 0.1
