"""What the rest of both frameworks says of a pair: where a unit's industry points, and who else wants the object.

No label is used. A framework's units of one industry agree on few occupations of the other side: the occupation that
the unit's fellows point to is likelier for the unit too (the strongest single signal on the development gold,
CONTRIBUTING.md, Decisions). And an object that another unit fits better is likelier that other's counterpart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.schema import ContextKind, Unit
from matcher.search.retrieve import DECIMALS, Space, fused
from matcher.search.view import View
from matcher.text.normalize import fold

# What a unit's fellows are told by: the first of these that the framework's units have.
_GROUPS: tuple[ContextKind, ...] = ("occupation", "industry", "area")
# At most this many fellows speak for a group: more would not change a mean, and a framework may have thousands.
FELLOWS = 200
# From this many subjects on, every object's best subject is looked up once.
FEW = 16
_STEP = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Group numbers of a side's units, (n,) int64, -1 where a unit has none, and how many groups there are."""

    of: NDArray[np.int64]
    count: int


def make_groups(view: View) -> Groups:
    """Group a side's units by occupation, else by industry, else by area (the first that any unit has)."""
    units = [view.unit(position) for position in range(len(view.ids))]
    for kind in _GROUPS:
        keys = [_key(unit, kind) for unit in units]
        named = sorted(set(filter(None, keys)))
        if named:
            number = {key: n for n, key in enumerate(named)}
            return Groups(of=np.array([number.get(key, -1) for key in keys], np.int64), count=len(named))
    return Groups(of=np.full(len(units), -1, np.int64), count=0)


def _key(unit: Unit, kind: ContextKind) -> str:
    return "/".join(fold(text) for text in unit.labels(kind))


def _pull(space: Space, rows: Sequence[int], objects: Groups) -> NDArray[np.float64]:
    """Return each subject's best score in every group of objects, less its mean over the groups: (r, groups)."""
    grouped = np.flatnonzero(objects.of >= 0)
    order = grouped[np.argsort(objects.of[grouped], kind="stable")]
    starts = np.searchsorted(objects.of[order], np.arange(objects.count))
    out = np.zeros((len(rows), objects.count))
    for number, row in enumerate(rows):
        best = np.maximum.reduceat(np.round(fused(space, row, order), DECIMALS), starts)
        out[number] = best - best.mean()
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Affinity:
    """How strongly a group of subjects points to each group of objects.

    ``pulls`` maps a subject group to (fellows' positions (f,), their pulls (f, groups)). ``rivals`` is every object's
    best score over all subjects, (n,); None where few are asked about and it is cheaper to look up.
    """

    subjects: Groups
    objects: Groups
    pulls: dict[int, tuple[NDArray[np.int64], NDArray[np.float64]]]
    rivals: NDArray[np.float64] | None

    def of(self, subject: int) -> NDArray[np.float64]:
        """Return the pull of a subject's fellows, itself left out, on every group of objects: (groups,)."""
        group = int(self.subjects.of[subject])
        if group not in self.pulls:
            return np.zeros(self.objects.count)
        fellows, pulls = self.pulls[group]
        others = fellows != subject
        if not others.any():
            return np.zeros(self.objects.count)
        mean: NDArray[np.float64] = np.round(pulls[others].mean(axis=0), DECIMALS)
        return mean


def make_affinity(space: Space, subjects: View, objects: View, *, rows: Sequence[int]) -> Affinity:
    """Measure the affinity of the groups that the asked subjects belong to.

    Args:
        space: Both sides.
        subjects: The source side.
        objects: The target side.
        rows: Positions of the subjects that will be asked about.
    """
    left, right = make_groups(subjects), make_groups(objects)
    pulls = {}
    if right.count > 1:
        for group in np.unique(left.of[list(rows)]).tolist():
            if group < 0:
                continue
            members = np.flatnonzero(left.of == group)
            # Evenly spaced in the order of ids: the same fellows whatever is asked.
            chosen = members[np.unique(np.linspace(0, len(members) - 1, min(FELLOWS, len(members))).astype(np.int64))]
            pulls[group] = (chosen, _pull(space, chosen.tolist(), right))
    everything = np.arange(len(objects.ids))
    return Affinity(
        subjects=left,
        objects=right,
        pulls=pulls,
        rivals=_best_scores(space, everything) if len(rows) > FEW else None,
    )


def best_rival(affinity: Affinity, space: Space, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each object's best score over all subjects: (c,)."""
    if affinity.rivals is not None:
        return affinity.rivals[candidates]
    return _best_scores(space, candidates)


def _best_scores(space: Space, objects: NDArray[np.int64]) -> NDArray[np.float64]:
    best = np.full(len(objects), -np.inf)
    for bare, side in ((False, space.objects), (True, space.bare_objects)):
        rows = space.subjects[space.bare == bare]
        for start in range(0, len(rows), _STEP):
            scores = rows[start : start + _STEP] @ side[objects].T
            best = np.maximum(best, scores.max(axis=0))
    rounded: NDArray[np.float64] = np.round(best, DECIMALS)
    return rounded
