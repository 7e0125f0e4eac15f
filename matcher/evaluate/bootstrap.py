"""Uncertainty over units: percentile bootstrap intervals and the paired randomisation test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SAMPLES = 2_000
SEED = 20_240_501


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
