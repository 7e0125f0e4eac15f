"""Fit a rescorer from judged pairs; the home of scikit-learn.

The ranking is a conditional logit (McFadden 1974; ListNet's top-one loss, Cao et al. 2007): the softmax of the scores
of one subject's candidates is drawn towards their gains. Weights are never negative (every signal grows with the match)
and are drawn by a squared penalty towards those of a rescorer that is there already, or towards zero. Confidence and
"no counterpart" are logistic models of scores that were predicted for groups (trades) left out, so that they are
calibrated for trades never seen; the set's gap is a split-conformal quantile of the same scores (Angelopoulos and Bates
2023).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.compare.features import CONFIDENCE, NONE, RELATION, Scored, confidence_features, none_features
from matcher.compare.model import Linear, Rescorer
from matcher.compare.rescore import linear_parts, sigmoid
from matcher.compare.signals import SIGNALS
from matcher.errors import InputError

RELEVANT = 2
# What a grade is worth to the ranking: nDCG's gain, with little for what is only worth showing.
GAIN = (0.0, 0.3, 3.0, 7.0)
RANKING_PENALTY = 0.03
CONFIDENCE_PENALTY = 1.0
NONE_PENALTY = 1.0
RELATION_PENALTY = 10.0
COVERAGE = 0.9
# Confidence is fitted on the candidates that people look at.
LOOKED_AT = 10
# Without trades (or with one) units are left out in this many folds.
FOLDS = 5
MIN_SUBJECTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One judged subject: its candidates' signals, their grades, and the relations that judges named.

    ``grades`` is (c,); ``gains_outside`` counts relevant items that are not among the candidates; ``relations`` maps
    places among the candidates to the judges' words; ``relation_rows`` maps the same places to their features, which do
    not depend on the ranking but for the columns ``behind_best`` and ``rank`` (filled in when scores are there).
    """

    group: str
    subject: str
    scored: Scored
    grades: NDArray[np.int64]
    relations: Mapping[int, tuple[str, ...]]
    relation_rows: Mapping[int, NDArray[np.float64]]

    @property
    def has_counterpart(self) -> bool:
        """Whether any candidate is relevant."""
        return bool((self.grades >= RELEVANT).any())


def with_scores(example: Example, ranking: Linear) -> Example:
    """Return the example scored by a ranking."""
    scores = np.round(linear_parts(ranking, _named(example, ranking.names)).sum(axis=1), 6)
    scored = replace(example.scored, scores=scores)
    rank = np.empty(len(scores), np.int64)
    rank[scored.order] = np.arange(len(scores))
    rows = {}
    for place, features in example.relation_rows.items():
        filled = features.copy()
        filled[RELATION.index("behind_best")] = scores[place] - scores.max()
        filled[RELATION.index("rank")] = np.log1p(rank[place])
        rows[place] = filled
    return replace(example, scored=scored, relation_rows=rows)


def _named(example: Example, names: Sequence[str]) -> NDArray[np.float64]:
    columns: NDArray[np.float64] = example.scored.signals[:, [SIGNALS.index(name) for name in names]]
    return columns


def _scales(examples: Sequence[Example], names: Sequence[str]) -> NDArray[np.float64]:
    """Return each signal's spread within a subject's candidates, pooled over subjects."""
    variances = np.stack([_named(example, names).var(axis=0) for example in examples])
    scales: NDArray[np.float64] = np.sqrt(variances.mean(axis=0))
    return np.where(scales > 1e-9, scales, 1.0)


def fit_ranking(
    examples: Sequence[Example], *, names: Sequence[str] = SIGNALS, prior: Linear | None = None,
    penalty: float = RANKING_PENALTY,
) -> Linear:  # fmt: skip
    """Fit the ranking's weights.

    Args:
        examples: Judged subjects; those without a counterpart say nothing of the order and are left out.
        names: The signals to use.
        prior: Weights to be drawn towards (a rescorer fitted earlier).
        penalty: Strength of the squared penalty, in units of the loss a subject.

    Raises:
        InputError: No subject has a counterpart among its candidates.
    """
    used = [example for example in examples if example.has_counterpart]
    if not used:
        raise InputError("no judged pair is a counterpart", where="refit", do="judge more pairs")
    scales = _scales(examples, names)
    known = dict(zip(prior.names, prior.weights, strict=True)) if prior else {}
    start = np.array([known.get(name, 0.0) for name in names])
    blocks = []
    for example in used:
        gains = np.array(GAIN)[np.minimum(example.grades, len(GAIN) - 1)]
        values = _named(example, names)
        blocks.append(((values - values.mean(axis=0)) / scales, gains / gains.sum()))
    free = np.ones(len(names), bool)
    weights = start.copy()
    # Active set: the most negative weight is fixed at zero and the others are fitted again.
    while True:
        weights = _newton(blocks, start, free, penalty)
        worst = int(np.argmin(weights))
        if weights[worst] >= 0.0:
            break
        free[worst] = False
    weights = np.round(weights, 6)
    return Linear(
        names=tuple(names),
        centres=(0.0,) * len(names),
        scales=tuple(np.round(scales, 6).tolist()),
        weights=tuple(weights.tolist()),
    )


def _newton(
    blocks: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    start: NDArray[np.float64],
    free: NDArray[np.bool_],
    penalty: float,
) -> NDArray[np.float64]:
    """Minimise the mean listwise loss plus the penalty over the free weights; the others are zero."""
    weights = np.where(free, start, 0.0)
    for _ in range(50):
        gradient = penalty * (weights - start)
        hessian = penalty * np.eye(len(weights))
        for values, wanted in blocks:
            odds = values @ weights
            chance = np.exp(odds - odds.max())
            chance /= chance.sum()
            gradient += (chance - wanted) @ values / len(blocks)
            centred = values - chance @ values
            hessian += (centred * chance[:, None]).T @ centred / len(blocks)
        step = np.zeros(len(weights))
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        # The loss is convex; a capped step keeps the first iterations inside the region where Newton's model holds.
        step *= min(1.0, 2.0 / max(1e-12, float(np.abs(step).max())))
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def leave_out(
    examples: Sequence[Example], *, names: Sequence[str] = SIGNALS, prior: Linear | None = None
) -> list[Example]:
    """Return the examples scored by rankings that were fitted without their group."""
    groups = sorted({example.group for example in examples})
    fold = {example.group: example.group for example in examples}
    if len(groups) < 3:
        # The fold comes from the subject, so that its views in two languages stay together.
        fold = {e.subject: str(zlib.crc32(e.subject.encode()) % FOLDS) for e in examples}
    keys = [fold.get(e.group) if len(groups) >= 3 else fold[e.subject] for e in examples]
    out = list(examples)
    for key in sorted(set(filter(None, keys))):
        others = [e for e, k in zip(examples, keys, strict=True) if k != key]
        ranking = fit_ranking(others or examples, names=names, prior=prior)
        for place, (example, k) in enumerate(zip(examples, keys, strict=True)):
            if k == key:
                out[place] = with_scores(example, ranking)
    return out


def _logistic(
    values: NDArray[np.float64], target: NDArray[np.bool_], names: tuple[str, ...], *, penalty: float
) -> Linear:
    from sklearn.linear_model import LogisticRegression

    centres, scales = values.mean(axis=0), values.std(axis=0)
    scales = np.where(scales > 1e-9, scales, 1.0)
    if target.all() or not target.any():
        # Only one answer was ever seen: the rate itself, with the rule of succession.
        rate = (target.sum() + 1.0) / (len(target) + 2.0)
        weights, intercept = np.zeros(len(names)), float(math.log(rate / (1.0 - rate)))
    else:
        model = LogisticRegression(C=1.0 / penalty, max_iter=2000).fit((values - centres) / scales, target)
        weights, intercept = model.coef_[0], float(model.intercept_[0])
    return _rounded(names, centres, scales, weights, intercept)


def _rounded(
    names: tuple[str, ...],
    centres: NDArray[np.float64],
    scales: NDArray[np.float64],
    weights: NDArray[np.float64],
    intercept: float,
) -> Linear:
    def tidy(array: NDArray[np.float64]) -> tuple[float, ...]:
        return tuple((np.round(array, 6) + 0.0).tolist())

    scales = np.maximum(np.round(scales, 6), 1e-6)
    return Linear(
        names=names, centres=tidy(centres), scales=tidy(scales), weights=tidy(weights), intercept=round(intercept, 6)
    )


def _fit_confidence(examples: Sequence[Example]) -> Linear:
    values, target = [], []
    for example in examples:
        places = example.scored.order[:LOOKED_AT]
        values.append(confidence_features(example.scored)[places])
        target.append(example.grades[places] >= RELEVANT)
    return _logistic(np.concatenate(values), np.concatenate(target), CONFIDENCE, penalty=CONFIDENCE_PENALTY)


def _fit_none(examples: Sequence[Example]) -> Linear:
    values = np.stack([none_features(example.scored) for example in examples])
    target = np.array([not example.has_counterpart for example in examples])
    return _logistic(values, target, NONE, penalty=NONE_PENALTY)


def _fit_relations(examples: Sequence[Example]) -> dict[str, Linear]:
    """Fit one function a relation: a multinomial logit, every relation weighing the same, judges' votes shared."""
    from sklearn.linear_model import LogisticRegression

    values, words, weights = [], [], []
    for example in examples:
        for place, votes in example.relations.items():
            if example.grades[place] >= RELEVANT and place in example.relation_rows:
                for vote in votes:
                    values.append(example.relation_rows[place])
                    words.append("close" if vote == "exact" else vote)
                    weights.append(1.0 / len(votes))
    if len(set(words)) < 2:
        return {}
    table = np.stack(values)
    centres, scales = table.mean(axis=0), table.std(axis=0)
    scales = np.where(scales > 1e-9, scales, 1.0)
    model = LogisticRegression(C=1.0 / RELATION_PENALTY, class_weight="balanced", max_iter=5000)
    model.fit((table - centres) / scales, words, sample_weight=np.array(weights))
    names, rows = [str(name) for name in model.classes_], model.coef_
    if len(names) == 2:  # scikit-learn keeps one row for two classes: the second against the first
        rows = np.stack([np.zeros(rows.shape[1]), rows[0]])
    offsets = model.intercept_ if len(names) > 2 else np.array([0.0, model.intercept_[0]])
    return {
        name: _rounded(RELATION, centres, scales, row, float(offset))
        for name, row, offset in zip(names, rows, offsets, strict=True)
    }


def set_gap(examples: Sequence[Example], *, coverage: float = COVERAGE) -> float:
    """Return how far below the best a candidate of the set may score, so that ``coverage`` of them hold a relevant one.

    The ceil((n + 1) * coverage) smallest of the gaps from the best to the best relevant candidate.
    """
    gaps = sorted(
        float(e.scored.scores.max() - e.scored.scores[e.grades >= RELEVANT].max())
        for e in examples
        if e.has_counterpart
    )
    if not gaps:
        return 0.0
    return round(gaps[min(len(gaps), math.ceil((len(gaps) + 1) * coverage)) - 1], 6)


def _empty_from(examples: Sequence[Example], none: Linear) -> float:
    """Return the probability of no counterpart from which a set is empty: above that of every unit that has one."""
    values = [none_features(example.scored) for example in examples if example.has_counterpart]
    if not values:
        return 1.0
    chances = sigmoid(linear_parts(none, np.stack(values)).sum(axis=1) + none.intercept)
    return round(float((1.0 + chances.max()) / 2.0), 6)


def fit_rescorer(
    examples: Sequence[Example], *, encoder_fingerprint: str, prior: Rescorer | None = None,
    names: Sequence[str] = SIGNALS,
) -> Rescorer:  # fmt: skip
    """Fit everything.

    Args:
        examples: Judged subjects.
        encoder_fingerprint: The encoder that the signals come from.
        prior: A rescorer to start from; what the judged pairs cannot tell (relations nobody named) is taken from it.
        names: The signals of the ranking.

    Raises:
        InputError: There are too few judged subjects.
    """
    subjects = {example.subject for example in examples}
    if len(subjects) < MIN_SUBJECTS:
        raise InputError(
            f"{len(subjects)} judged units", where="refit", expected=f"at least {MIN_SUBJECTS}", do="judge more units"
        )
    start = prior.ranking if prior else None
    ranking = fit_ranking(examples, names=names, prior=start)
    unseen = leave_out(examples, names=names, prior=start)
    none = _fit_none(unseen)
    relations = _fit_relations(unseen)
    return Rescorer(
        encoder_fingerprint=encoder_fingerprint,
        ranking=ranking,
        confidence=_fit_confidence(unseen),
        none=none,
        relations=relations or (prior.relations if prior else {}),
        set_gap=set_gap(unseen),
        empty_from=_empty_from(unseen, none),
        coverage=COVERAGE,
    )
