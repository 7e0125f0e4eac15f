"""Uncertainty over units: percentile bootstrap intervals and the paired randomisation test."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

SAMPLES = 2_000
SEED = 20_240_501
# How often each unit counts, (b, n) float64, to the b values of a statistic; not a number where it has none.
Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
# Resamples computed at a time: bounds memory, and each row is computed alone, so that it cannot change a value.
_BLOCK = 100


def interval(values: Sequence[float], *, samples: int = SAMPLES, seed: int = SEED) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of the mean (Efron & Tibshirani 1993, ch. 13).

    Args:
        values: One value a unit.
        samples: How many resamples.
        seed: The same values and seed give the same interval.
    """
    if not values:
        return (0.0, 0.0)
    array = np.array(values, np.float64)
    picks = np.random.default_rng(seed).integers(0, len(array), (samples, len(array)))
    low, high = np.quantile(array[picks].mean(axis=1), [0.025, 0.975])
    return (float(low), float(high))


def unit_interval(
    statistic: Statistic, n: int, *, samples: int = SAMPLES, seed: int = SEED
) -> tuple[float, float, float]:
    """Return a statistic's value over n units and its 95 % percentile bootstrap interval.

    Whole units are drawn, with all their candidates: candidates of one unit are not independent of each other.

    Args:
        statistic: From how often each unit counts, (b, n), to b values.
        n: How many units there are.
        samples: How many resamples; those without a value (no positive drawn, say) are left out.
        seed: The same values and seed give the same interval.

    Returns:
        Value, low, high; not a number where the statistic has no value.
    """
    value = float(statistic(np.ones((1, n)))[0]) if n else math.nan
    if math.isnan(value):
        return (math.nan, math.nan, math.nan)
    picks = np.random.default_rng(seed).integers(0, n, (samples, n))
    found = []
    for start in range(0, samples, _BLOCK):
        block = picks[start : start + _BLOCK]
        counts = np.zeros((len(block), n))
        np.add.at(counts, (np.arange(len(block))[:, None], block), 1.0)
        found.append(statistic(counts))
    drawn = np.concatenate(found)
    low, high = np.quantile(drawn[~np.isnan(drawn)], [0.025, 0.975])
    return (value, float(low), float(high))


def paired_randomisation(
    first: Sequence[float], second: Sequence[float], *, samples: int = 10_000, seed: int = SEED
) -> float:
    """Return the two-sided p-value that two runs differ as they do by chance (Smucker et al. 2007).

    Args:
        first: One value a unit.
        second: The other run's values, the same units in the same order.
        samples: How many random sign flips.
        seed: The same values and seed give the same p-value.
    """
    difference = np.array(first, np.float64) - np.array(second, np.float64)
    if not difference.any():
        return 1.0
    signs = np.random.default_rng(seed).integers(0, 2, (samples, len(difference))) * 2 - 1
    reached = np.abs((signs * difference).mean(axis=1)) >= abs(difference.mean()) - 1e-12
    return (int(reached.sum()) + 1) / (samples + 1)
