"""How much of each side the other covers, and which statements are a matter of local law."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matcher.compare.align import Compared
from matcher.schema import Coverage

# A statement counts as covered in full from the similarity FULL on and not at all up to NONE (by eye on aligned pairs
# of grade 3 of the development gold: right pairs in two languages have 0.3 to 0.5, in one language more).
NONE = 0.2
FULL = 0.4


def coverage(found: Compared) -> Coverage:
    """Return the coverage of a unit by a candidate and of the candidate by the unit.

    A statement's part is its best similarity to any statement of the other side, from 0 at ``NONE`` to 1 at ``FULL``;
    the coverage is the mean over the statements that are compared. Local law is left out on both sides.
    """
    left, right = found.left, found.right
    similarity = found.similarity[~left.law][:, ~right.law]
    return Coverage(
        subject=_mean(similarity, axis=1),
        object=_mean(similarity, axis=0),
        subject_law=tuple(left.numbers[left.law].tolist()),
        object_law=tuple(right.numbers[right.law].tolist()),
    )


def _mean(similarity: NDArray[np.float64], *, axis: int) -> float:
    if not similarity.size:
        return 0.0
    best = similarity.max(axis=axis)
    return round(float(np.clip((best - NONE) / (FULL - NONE), 0.0, 1.0).mean()), 4)
