"""How far reviewers agree, beyond chance: Cohen's kappa, plain and weighted, and Krippendorff's alpha."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from matcher.evaluate.bootstrap import SAMPLES, SEED
from matcher.store import Decision

Weights = Literal["none", "linear", "quadratic"]
Metric = Literal["nominal", "ordinal"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# The scale of verdicts on a candidate, lowest first; "unsure" says nothing of the candidate and counts as missing.
SCALE = ("reject", "partly", "accept")
MISSING = -1
# Sources of decisions that no reviewer made by looking: an adjudicator's, and those carried to a new edition.
_NOT_SEEN = ("adjudication", "carried", "sent back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure with its 95 % percentile bootstrap interval over units; None where it is not defined.

    ``n`` is how many candidates it rests on.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAgreement:
    """Two reviewers on the candidates that both judged."""

    first: str
    second: str
    same: Figure
    kappa: Figure
    weighted: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """All reviewers together and two by two."""

    reviewers: tuple[str, ...]
    nominal: Figure
    ordinal: Figure
    pairs: tuple[PairAgreement, ...]


def disagreement(size: int, weights: Weights) -> Floats:
    """Return the (size, size) weights of disagreement: 0 on the diagonal."""
    steps = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    if weights == "none":
        return (steps > 0).astype(np.float64)
    return steps if weights == "linear" else steps**2


def kappa(table: Floats, weights: Floats) -> float | None:
    """Return Cohen's kappa of a table of counts: 1 - observed over expected weighted disagreement.

    Cohen (1960), A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20; with weights Cohen (1968),
    Weighted kappa, Psychol. Bull. 70.

    Args:
        table: (m, m), how often the first rater chose the row's and the second the column's category.
        weights: (m, m) weights of disagreement.

    Returns:
        None where there is nothing to compare or chance alone would agree always.
    """
    total = table.sum()
    if total == 0:
        return None
    expected = float((weights * np.outer(table.sum(1), table.sum(0))).sum() / total)
    if expected == 0:
        return None
    return 1.0 - float((weights * table).sum()) / expected


def coincidences(counts: Floats) -> Floats:
    """Return the (m, m) matrix of coincidences of (units, m) counts of values; units with one value drop out.

    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C.
    """
    sizes = counts.sum(1)
    kept = counts[sizes >= 2]
    scale = 1.0 / (sizes[sizes >= 2] - 1.0)
    both = np.einsum("ui,uj,u->ij", kept, kept, scale)
    own = np.einsum("ui,u->i", kept, scale)
    return np.asarray(both - np.diag(own), np.float64)


def alpha(matrix: Floats, metric: Metric) -> float | None:
    """Return Krippendorff's alpha of a matrix of coincidences (as above), for nominal or ordinal values.

    Returns:
        None where no unit has two values or all values are the same.
    """
    totals = matrix.sum(1)
    n = float(totals.sum())
    if n <= 1:
        return None
    size = len(totals)
    if metric == "nominal":
        delta = 1.0 - np.eye(size)
    else:
        # The squared number of values between two ranks, half of each end counted.
        up = np.cumsum(totals) - totals / 2
        delta = np.subtract.outer(up, up) ** 2
    expected = float((np.outer(totals, totals) * delta).sum()) / (n - 1)
    if expected == 0:
        return None
    return 1.0 - float((matrix * delta).sum()) / expected


def value_counts(values: Ints, size: int) -> Floats:
    """Return (units, size) counts of the values 0 … size - 1 in (raters, units) ratings; -1 is missing."""
    return np.stack([(values == value).sum(0) for value in range(size)], axis=1).astype(np.float64)


def ratings(decisions: Iterable[Decision]) -> tuple[tuple[str, ...], tuple[tuple[str, str, str], ...], Ints]:
    """Return reviewers, candidates as (run, subject, object), and (reviewers, candidates) places on ``SCALE``.

    Args:
        decisions: Standing decisions; those on whole units, adjudications and what an edition carried are left out.
    """
    kept = [d for d in decisions if d.verdict in SCALE and d.object and d.source not in _NOT_SEEN]
    names = tuple(sorted({d.reviewer for d in kept}))
    items = tuple(sorted({(d.run, d.subject, d.object) for d in kept}))
    row, column = ({key: n for n, key in enumerate(keys)} for keys in (names, items))
    values = np.full((len(names), len(items)), MISSING, np.int64)
    for d in kept:
        values[row[d.reviewer], column[d.run, d.subject, d.object]] = SCALE.index(d.verdict)
    return names, items, values


def _bootstrap(
    measure: Callable[[Floats], float | None], parts: Floats, clusters: Sequence[object], *, samples: int, seed: int
) -> tuple[float | None, float | None]:
    """Return the interval of a measure of a sum of parts, resampling whole clusters.

    The candidates of a unit are judged beside one another, so the unit is what is drawn.

    Args:
        measure: From the sum of parts to the figure.
        parts: (items, …) what each item adds.
        clusters: Each item's cluster.
        samples: How many resamples.
        seed: The same data and seed give the same interval.
    """
    index: Mapping[object, int] = {key: n for n, key in enumerate(dict.fromkeys(clusters))}
    if not index:
        return (None, None)
    sums = np.zeros((len(index), *parts.shape[1:]))
    np.add.at(sums, [index[key] for key in clusters], parts)
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(samples):
        value = measure(sums[generator.integers(0, len(sums), len(sums))].sum(0))
        if value is not None:
            found.append(value)
    # A resample in which nothing can be compared has no figure; where most have none there is no interval.
    if len(found) < samples // 2:
        return (None, None)
    low, high = np.quantile(found, [0.025, 0.975])
    return (float(low), float(high))


def _figure(
    measure: Callable[[Floats], float | None], parts: Floats, clusters: Sequence[object], samples: int
) -> Figure:
    value = measure(parts.sum(0)) if len(parts) else None
    low, high = _bootstrap(measure, parts, clusters, samples=samples, seed=SEED) if value is not None else (None, None)
    return Figure(value=value, low=low, high=high, n=len(parts))


def agreement(decisions: Iterable[Decision], *, samples: int = SAMPLES) -> Agreement:
    """Return how far the reviewers of standing decisions agree."""
    names, items, values = ratings(decisions)
    units = [(run, subject) for run, subject, _ in items]
    size = len(SCALE)
    shared = (values != MISSING).sum(0) >= 2 if len(items) else np.zeros(0, bool)
    counts = value_counts(values[:, shared], size) if len(items) else np.zeros((0, size))
    # Each candidate's coincidences: their sum over candidates is the whole matrix.
    parts = np.array([coincidences(row[None, :]) for row in counts]).reshape(-1, size, size)
    clusters = [unit for unit, kept in zip(units, shared, strict=True) if kept]
    pairs = []
    for a, b in itertools.combinations(range(len(names)), 2):
        both = (values[a] != MISSING) & (values[b] != MISSING)
        if both.any():
            pairs.append(_pair(names[a], names[b], values[[a, b]][:, both], _where(units, both), samples))
    return Agreement(
        reviewers=names,
        nominal=_figure(lambda matrix: alpha(matrix, "nominal"), parts, clusters, samples),
        ordinal=_figure(lambda matrix: alpha(matrix, "ordinal"), parts, clusters, samples),
        pairs=tuple(pairs),
    )


def _where(units: Sequence[object], mask: npt.NDArray[np.bool_]) -> list[object]:
    return [unit for unit, kept in zip(units, mask, strict=True) if kept]


def _pair(first: str, second: str, both: Ints, clusters: Sequence[object], samples: int) -> PairAgreement:
    size = len(SCALE)
    tables = np.zeros((both.shape[1], size, size))
    tables[np.arange(both.shape[1]), both[0], both[1]] = 1.0
    plain, linear = disagreement(size, "none"), disagreement(size, "linear")
    return PairAgreement(
        first=first,
        second=second,
        same=_figure(lambda table: float(np.trace(table) / table.sum()), tables, clusters, samples),
        kappa=_figure(lambda table: kappa(table, plain), tables, clusters, samples),
        weighted=_figure(lambda table: kappa(table, linear), tables, clusters, samples),
    )


def by_candidate(decisions: Iterable[Decision]) -> Mapping[tuple[str, str, str], tuple[Decision, ...]]:
    """Return standing decisions by (run, subject, object)."""
    found: dict[tuple[str, str, str], list[Decision]] = defaultdict(list)
    for d in decisions:
        found[d.run, d.subject, d.object].append(d)
    return {key: tuple(group) for key, group in found.items()}
