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

from matcher.search.columns import AREA, INDUSTRY, OCCUPATION
from matcher.search.retrieve import DECIMALS, LABEL_WEIGHT, STEP, Space
from matcher.search.vector import Flat
from matcher.search.view import View

# What a unit's fellows are told by: the first of these that the framework's units have.
_GROUPS = (OCCUPATION, INDUSTRY, AREA)
# At most this many fellows speak for a group: more would not change a mean, and a framework may have thousands.
FELLOWS = 200
# From this many subjects on, every object's best subject is looked up once.
FEW = 16
# Objects (or subjects) in one product.
_STEP = 4_096
# Subjects that float32 leaves to choose an object's best from: its last bits cannot hide the best of them.
_RIVALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Group numbers of a side's units, (n,) int64, -1 where a unit has none, and how many groups there are."""

    of: NDArray[np.int64]
    count: int


def make_groups(view: View) -> Groups:
    """Group a side's units by occupation, else by industry, else by area (the first that any unit has)."""
    columns = view.index.columns
    for column in _GROUPS:
        numbers, of = np.unique(columns.units[view.members, column], return_inverse=True)
        # Texts are sorted: the group's numbers are in the order of their names; "" is no group.
        nameless = [n for n, number in enumerate(numbers.tolist()) if not columns.texts[number]]
        if len(numbers) > len(nameless):
            shift = len(nameless)
            return Groups(of=of.astype(np.int64) - shift, count=len(numbers) - shift)
    return Groups(of=np.full(len(view.ids), -1, np.int64), count=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The members of groups: those of group g are ``order[starts[g]:starts[g + 1]]``, in the order of positions."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]


def make_members(groups: Groups) -> Members:
    """List the members of each group."""
    grouped = np.flatnonzero(groups.of >= 0)
    order = grouped[np.argsort(groups.of[grouped], kind="stable")]
    return Members(order=order, starts=np.searchsorted(groups.of[order], np.arange(groups.count + 1)))


def _pull(space: Space, rows: NDArray[np.int64], members: Members) -> NDArray[np.float64]:
    """Return each subject's best score in every group of objects, less its mean over the groups: (r, groups)."""
    groups = len(members.starts) - 1
    out = np.zeros((len(rows), groups))
    bare = space.subject_bare[rows]
    subject = (space.subject_units[rows].astype(np.float64).T, space.subject_labels[rows].astype(np.float64).T)
    first = 0
    while first < groups:
        # Whole groups, as many as make a block of objects.
        last = int(np.searchsorted(members.starts, members.starts[first] + _STEP, side="right")) - 1
        last = min(max(last, first + 1), groups)
        chosen = members.order[members.starts[first] : members.starts[last]]
        whole = space.object_units[chosen].astype(np.float64) @ subject[0] - space.hub_units[chosen, None]
        label = space.object_labels[chosen].astype(np.float64) @ subject[1] - space.hub_labels[chosen, None]
        weight = np.where(space.object_bare[chosen, None] | bare[None, :], 0.0, 1.0)
        scores = np.round(weight * whole + (1.0 + LABEL_WEIGHT - weight) * label, DECIMALS)
        out[:, first:last] = np.maximum.reduceat(scores, members.starts[first:last] - members.starts[first], axis=0).T
        first = last
    less: NDArray[np.float64] = out - out.mean(axis=1, keepdims=True)
    return less


@dataclass(frozen=True, slots=True, kw_only=True)
class Affinity:
    """How strongly a group of subjects points to each group of objects.

    ``fellows`` are the sorted positions of the subjects that speak for their groups, ``pulls`` (f, groups) what they
    say, ``totals`` (subject groups, groups) and ``speakers`` (subject groups,) their sums and numbers. ``rivals`` is
    every object's best score over all subjects, (n,); of length 0 where few are asked about and it is cheaper to look
    up.
    """

    subjects: Groups
    objects: Groups
    members: Members
    fellows: NDArray[np.int64]
    pulls: NDArray[np.float64]
    totals: NDArray[np.float64]
    speakers: NDArray[np.int64]
    rivals: NDArray[np.float64]

    def of(self, subject: int) -> NDArray[np.float64]:
        """Return the mean pull of a subject's fellows, itself left out, on every group of objects: (groups,)."""
        group = int(self.subjects.of[subject])
        count = int(self.speakers[group]) if group >= 0 else 0
        total = self.totals[group] if count else np.zeros(self.objects.count)
        place = int(np.searchsorted(self.fellows, subject))
        if count and place < len(self.fellows) and self.fellows[place] == subject:
            total, count = total - self.pulls[place], count - 1
        if not count:
            return np.zeros(self.objects.count)
        mean: NDArray[np.float64] = np.round(total / count, DECIMALS)
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
    members = make_members(right)
    totals, speakers = np.zeros((left.count, right.count)), np.zeros(left.count, np.int64)
    fellows, pulls = [np.zeros(0, np.int64)], [np.zeros((0, right.count))]
    for group in np.unique(left.of[np.asarray(rows, np.int64)]).tolist() if right.count > 1 else []:
        if group < 0:
            continue
        own = np.flatnonzero(left.of == group)
        # Evenly spaced in the order of ids: the same fellows whatever is asked.
        chosen = own[np.unique(np.linspace(0, len(own) - 1, min(FELLOWS, len(own))).astype(np.int64))]
        found = _pull(space, chosen, members)
        totals[group], speakers[group] = found.sum(axis=0), len(chosen)
        fellows.append(chosen)
        pulls.append(found)
    place = np.concatenate(fellows)
    order = np.argsort(place, kind="stable")
    return Affinity(
        subjects=left,
        objects=right,
        members=members,
        fellows=place[order],
        pulls=np.concatenate(pulls)[order],
        totals=totals,
        speakers=speakers,
        rivals=_all_rivals(space) if len(rows) > FEW else np.zeros(0),
    )


def best_rival(affinity: Affinity, space: Space, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return each object's best score over all subjects: (c,)."""
    if len(affinity.rivals):
        return affinity.rivals[candidates]
    best = np.full(len(candidates), -np.inf)
    units, labels = (a[candidates].astype(np.float64).T for a in (space.object_units, space.object_labels))
    for start in range(0, len(space.subject_units), _STEP):
        rows = slice(start, start + _STEP)
        whole = space.subject_units[rows].astype(np.float64) @ units - space.hub_units[candidates]
        label = space.subject_labels[rows].astype(np.float64) @ labels - space.hub_labels[candidates]
        weight = np.where(space.object_bare[candidates][None, :] | space.subject_bare[rows, None], 0.0, 1.0)
        scores = weight * whole + (1.0 + LABEL_WEIGHT - weight) * label
        best = np.maximum(best, scores.max(axis=0))
    rounded: NDArray[np.float64] = np.round(best, DECIMALS)
    return rounded


def _all_rivals(space: Space) -> NDArray[np.float64]:
    """Return every object's best score over all subjects: float32 finds the nearest few, float64 says how near."""
    count = len(space.object_units)
    best = np.full(count, -np.inf)
    for bare in (False, True):
        rows = np.flatnonzero(space.subject_bare == bare)
        if not rows.size:
            continue
        subjects = Flat(space.asking(rows))
        for start in range(0, count, STEP):
            chosen = np.arange(start, min(start + STEP, count))
            found = rows[subjects.search(space.layout(slice(start, start + STEP), bare=bare), _RIVALS)]
            sums = [
                np.einsum("ord,od->or", mine[found].astype(np.float64), theirs[chosen].astype(np.float64))
                for mine, theirs in (
                    (space.subject_units, space.object_units),
                    (space.subject_labels, space.object_labels),
                )
            ]
            weight = space.weights(chosen, bare=bare)[:, None]
            scores = weight * (sums[0] - space.hub_units[chosen, None]) + (1.0 + LABEL_WEIGHT - weight) * (
                sums[1] - space.hub_labels[chosen, None]
            )
            best[chosen] = np.maximum(best[chosen], scores.max(axis=1))
    rounded: NDArray[np.float64] = np.round(best, DECIMALS)
    return rounded
