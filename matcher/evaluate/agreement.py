"""Relations against the judges', the probability of no counterpart, and conformal sets: their statistics.

Every function takes ``weights``, (b, m) float64: how often each of the m cases counts in each of b resamples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def ratio(above: Floats, below: Floats) -> Floats:
    """Return the quotients, not a number where the divisor is 0."""
    quotient: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return quotient


def auc(score: Floats, positive: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return the probability that a positive scores above a negative, ties half (Hanley & McNeil 1982).

    Returns:
        b values; not a number where all are positive or none is.
    """
    high, low = score[positive], score[~positive]
    wins = (high[:, None] > low[None, :]) + 0.5 * (high[:, None] == low[None, :])
    of_high, of_low = weights[:, positive], weights[:, ~positive]
    total = of_high.sum(axis=1) * of_low.sum(axis=1)
    return ratio(((of_high @ wins) * of_low).sum(axis=1), total)


def confusions(gold: Ints, predicted: Ints, weights: Floats, *, classes: int) -> Floats:
    """Return confusion matrices, (b, classes, classes + 1): rows are the judges' classes, the last column is "none"."""
    cell = gold * (classes + 1) + predicted
    where = cell[None, :] + np.arange(len(weights))[:, None] * classes * (classes + 1)
    sums = np.bincount(where.ravel(), weights=weights.ravel(), minlength=len(weights) * classes * (classes + 1))
    return sums.reshape(len(weights), classes, classes + 1).astype(np.float64)


def macro_f1(matrices: Floats) -> Floats:
    """Return the unweighted mean of the F1 of every class that the judges used (van Rijsbergen 1979).

    A class that is never predicted has F1 0. A class that a resample drew no case of is left out of its mean.
    """
    classes = matrices.shape[1]
    hits: Floats = np.diagonal(matrices[:, :, :classes], axis1=1, axis2=2)
    real, said = matrices.sum(axis=2), matrices[:, :, :classes].sum(axis=1)
    scores = np.where(real > 0, np.nan_to_num(ratio(2 * hits, real + said)), 0.0)
    return ratio(scores.sum(axis=1), (real > 0).sum(axis=1).astype(np.float64))


def accuracy(matrices: Floats) -> Floats:
    """Return the share of cases whose class is the judges'."""
    classes = matrices.shape[1]
    hits: Floats = np.diagonal(matrices[:, :, :classes], axis1=1, axis2=2).sum(axis=1)
    return ratio(hits, matrices.sum(axis=(1, 2)))


def mean(values: Floats, weights: Floats) -> Floats:
    """Return the mean."""
    total = weights.sum(axis=1)
    return ratio(weights @ values, total)


def median(values: Floats, weights: Floats) -> Floats:
    """Return the median: the smallest value that at least half of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    running = np.cumsum(weights[:, order], axis=1)
    half = running[:, -1:] / 2 if len(values) else running
    found: Floats = values[order][np.argmax(running >= half, axis=1)]
    return found
