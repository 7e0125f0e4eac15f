"""Candidates across two frameworks: one exact search of the whole score, ties broken by id.

The score of subject s and object o, from centred unit rows::

    u(s)·u(o) - hub_u(o) + LABEL_WEIGHT * (l(s)·l(o) - hub_l(o))

u is the whole text, l the label (context and title). hub(o) is half of o's mean similarity to its ``HUB`` nearest
subjects: units that are near everything are weighed down (the object's half of CSLS, Conneau et al. 2018; the
subject's half is the same for all its candidates). Where one of the two has nothing but a title, label is compared
with label alone: a long text drowns a short one. All of it is one inner product, so FAISS searches it exactly; what it
keeps is scored again in float64 in one fixed order, and the same input gives the same ranking whatever the batch size
or the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode.protocol import Vectors
from matcher.search.vector import Flat, VectorIndex
from matcher.search.view import View

# How many more than k are fetched, so that last-bit differences of float32 scores cannot change the first k.
MARGIN = 64
# Weights from 0.2 to 0.5 did equally well on the development gold in both languages (CONTRIBUTING.md, Decisions).
LABEL_WEIGHT = 0.3
HUB = 10
# With fewer subjects than this the objects' own neighbours tell the hubs.
HUB_SUBJECTS = 30
DECIMALS = 6
# Objects looked at together while a space is laid out.
STEP = 1_024
# So few subjects are searched without laying the objects out.
_FEW = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One candidate: positions in the two views, and its score."""

    subject: int
    object: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Both sides laid out for the score; vectors are (n, d) float32 unit rows, ``hub_units`` and ``hub_labels`` (n,).

    ``subject_bare`` and ``object_bare`` mark what has nothing but a title.
    """

    subject_units: Vectors
    subject_labels: Vectors
    object_units: Vectors
    object_labels: Vectors
    subject_bare: NDArray[np.bool_]
    object_bare: NDArray[np.bool_]
    hub_units: NDArray[np.float64]
    hub_labels: NDArray[np.float64]

    def weights(self, objects: NDArray[np.int64] | slice, *, bare: bool) -> NDArray[np.float64]:
        """Return the weight of the whole text for some objects and a (bare) subject; the label's is the rest of 1.3."""
        found: NDArray[np.float64] = np.where(self.object_bare[objects] | bare, 0.0, 1.0)
        return found

    def layout(self, objects: slice, *, bare: bool) -> Vectors:
        """Return objects so that the score is one inner product with ``asking``: (o, 2d + 1) float32."""
        whole = self.weights(objects, bare=bare)
        label = 1.0 + LABEL_WEIGHT - whole
        hub = -(whole * self.hub_units[objects] + label * self.hub_labels[objects])
        units, labels = self.object_units[objects], self.object_labels[objects]
        parts = [units * whole[:, None].astype(np.float32), labels * label[:, None].astype(np.float32)]
        return np.concatenate([*parts, hub[:, None].astype(np.float32)], axis=1)

    def asking(self, subjects: NDArray[np.int64] | slice) -> Vectors:
        """Return subjects as ``layout`` wants them: (s, 2d + 1) float32."""
        units, labels = self.subject_units[subjects], self.subject_labels[subjects]
        return np.concatenate([units, labels, np.ones((len(units), 1), np.float32)], axis=1)


def _mean_of_nearest(queries: Vectors, others: Vectors, *, skip: int) -> NDArray[np.float64]:
    """Return each query's mean similarity to its ``HUB`` nearest others, less the first ``skip`` (itself)."""
    index = Flat(others)
    out = np.zeros(len(queries))
    for start in range(0, len(queries), STEP):
        block = queries[start : start + STEP]
        found = index.search(block, HUB + skip + MARGIN // 8)
        similarities = np.round(
            np.einsum("qnd,qd->qn", others[found].astype(np.float64), block.astype(np.float64)), DECIMALS
        )
        kept = np.sort(similarities, axis=1)[:, ::-1][:, skip : HUB + skip]
        if kept.shape[1]:
            out[start : start + STEP] = kept.sum(axis=1) / kept.shape[1]
    return out


def hubness(objects: Vectors, subjects: Vectors) -> NDArray[np.float64]:
    """Return half of each object's mean similarity to its nearest subjects: (n,) float64."""
    if len(subjects) >= HUB_SUBJECTS:
        return 0.5 * _mean_of_nearest(objects, subjects, skip=0)
    return 0.5 * _mean_of_nearest(objects, objects, skip=1)


def make_space(subjects: View, objects: View) -> Space:
    """Lay out two views for searching.

    The hubs are told by all units of the source framework, whichever of them are asked about.
    """
    return Space(
        subject_units=subjects.units,
        subject_labels=subjects.labels,
        object_units=objects.units,
        object_labels=objects.labels,
        subject_bare=subjects.bare,
        object_bare=objects.bare,
        hub_units=hubness(objects.units, subjects.units),
        hub_labels=hubness(objects.labels, subjects.labels),
    )


def similarities(
    space: Space, subject: int, objects: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a subject's similarity to some objects less their hub values: by whole texts and by labels, (c,) each."""
    whole = np.einsum(
        "cd,d->c", space.object_units[objects].astype(np.float64), space.subject_units[subject].astype(np.float64)
    )
    label = np.einsum(
        "cd,d->c", space.object_labels[objects].astype(np.float64), space.subject_labels[subject].astype(np.float64)
    )
    return whole - space.hub_units[objects], label - space.hub_labels[objects]


def combined(
    space: Space, subject: int, objects: NDArray[np.int64], parts: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the score of one subject with each object, from their ``similarities``: (c,) float64, rounded."""
    whole = space.weights(objects, bare=bool(space.subject_bare[subject]))
    scores: NDArray[np.float64] = np.round(whole * parts[0] + (1.0 + LABEL_WEIGHT - whole) * parts[1], DECIMALS) + 0.0
    return scores


def fused(space: Space, subject: int, objects: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the score of one subject with each of the given objects: (c,) float64, rounded."""
    return combined(space, subject, objects, similarities(space, subject, objects))


class Searcher:
    """A space's objects laid out for any number of searches; each kind of subject is laid out when it first asks."""

    def __init__(self, space: Space, make: Callable[[Vectors], VectorIndex] = Flat) -> None:
        """Take the space, and what makes an index of vectors."""
        self._space = space
        self._make = make
        self._indexes: dict[bool, VectorIndex] = {}

    def search(self, rows: NDArray[np.int64], *, bare: bool, k: int) -> NDArray[np.int64]:
        """Return the k best objects of each subject, as the index ranks them: (r, k) or wider."""
        if bare not in self._indexes and len(rows) <= _FEW and self._make is Flat:
            # Laying all objects out takes longer than a few products.
            return self._products(rows, bare=bare, k=k)
        if bare not in self._indexes:
            self._indexes[bare] = self._make(self._space.layout(slice(None), bare=bare))
        return self._indexes[bare].search(self._space.asking(rows), k)

    def _products(self, rows: NDArray[np.int64], *, bare: bool, k: int) -> NDArray[np.int64]:
        space, out = self._space, []
        whole = space.weights(slice(None), bare=bare)
        label = 1.0 + LABEL_WEIGHT - whole
        for row in rows.tolist():
            scores = whole * (space.object_units @ space.subject_units[row] - space.hub_units)
            scores += label * (space.object_labels @ space.subject_labels[row] - space.hub_labels)
            out.append(np.argpartition(-scores, k - 1)[:k] if k < len(scores) else np.arange(len(scores)))
        return np.stack(out)


def retrieve(space: Space, rows: NDArray[np.int64], *, k: int, searcher: Searcher | None = None) -> list[list[Hit]]:
    """Return the k best candidates of each subject, best first (all of them where there are fewer than k).

    Args:
        space: Both sides.
        rows: (q,) positions of the subjects.
        k: How many candidates a subject.
        searcher: The space laid out, where it is searched more than once.
    """
    searcher = searcher or Searcher(space)
    out: dict[int, list[Hit]] = {}
    for bare in (False, True):
        chosen = rows[space.subject_bare[rows] == bare]
        if not chosen.size:
            continue
        found = searcher.search(chosen, bare=bare, k=k + MARGIN)
        for row, candidates in zip(chosen.tolist(), np.sort(found, axis=1), strict=True):
            scores = fused(space, row, candidates)
            # Positions are in id order: a stable sort by score breaks ties by id.
            best = np.argsort(-scores, kind="stable")[:k]
            pairs = zip(candidates[best].tolist(), scores[best].tolist(), strict=True)
            out[row] = [Hit(subject=row, object=number, score=score) for number, score in pairs]
    return [out[row] for row in rows.tolist()]
