"""How far confidences can be taken at their word: ECE, Brier score, skill, and the bins of a reliability plot.

Every function takes ``weights``, (b, m) float64: how often each of the m candidates counts in each of b resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.evaluate.agreement import Floats, ratio

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One bin of candidates: their mean confidence, and the share that is relevant."""

    confidence: float
    observed: float
    n: int


def brier(confidence: Floats, outcome: Floats, weights: Floats) -> Floats:
    """Return the Brier score: the mean squared difference of confidence and outcome (Brier 1950)."""
    total = weights.sum(axis=1)
    return ratio(weights @ (confidence - outcome) ** 2, total)


def brier_skill(confidence: Floats, outcome: Floats, weights: Floats) -> Floats:
    """Return 1 - Brier / Brier of always saying the base rate; not a number where the outcome never varies."""
    total = weights.sum(axis=1)
    base = ratio(weights @ outcome, total)
    reference = base * (1 - base)
    score = brier(confidence, outcome, weights)
    return 1 - ratio(score, reference)


def _bins(weights: Floats, bins: int) -> NDArray[np.int64]:
    """Return each candidate's bin, (b, m); the candidates stand in the order of their confidence.

    Equal counts: a candidate is in the bin that holds the middle of its own share of the total weight.
    """
    middle = np.cumsum(weights, axis=1) - weights / 2
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    # A millionth of a candidate: a cumulated sum that should be whole may end a hair below it.
    found: NDArray[np.int64] = np.clip(((middle + 1e-6) / total * bins).astype(np.int64), 0, bins - 1)
    return found


def expected_calibration_error(confidence: Floats, outcome: Floats, weights: Floats, *, bins: int = BINS) -> Floats:
    """Return the ECE over bins of equal count (Naeini et al. 2015; equal counts as in Nguyen & O'Connor 2015).

    Candidates with the same confidence are told apart by their order, which must not depend on the outcome.
    """
    order = np.argsort(confidence, kind="stable")
    sorted_weights = weights[:, order]
    gap = sorted_weights * (confidence - outcome)[order]
    where = _bins(sorted_weights, bins) + np.arange(len(weights))[:, None] * bins
    sums = np.bincount(where.ravel(), weights=gap.ravel(), minlength=len(weights) * bins).reshape(-1, bins)
    total = weights.sum(axis=1)
    return ratio(np.abs(sums).sum(axis=1), total)


def reliability(confidence: Sequence[float], outcome: Sequence[float], *, bins: int = BINS) -> tuple[Bin, ...]:
    """Return the bins of equal count that the ECE is made of, lowest confidence first; empty bins are left out."""
    values, found = np.array(confidence, np.float64), np.array(outcome, np.float64)
    if not len(values):
        return ()
    order = np.argsort(values, kind="stable")
    where = _bins(np.ones((1, len(values))), bins)[0]
    return tuple(
        Bin(
            confidence=float(values[order][where == number].mean()),
            observed=float(found[order][where == number].mean()),
            n=int((where == number).sum()),
        )
        for number in range(bins)
        if (where == number).any()
    )
