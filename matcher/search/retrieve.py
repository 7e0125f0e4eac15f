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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode.protocol import Vectors
from matcher.search.vector import nearest
from matcher.search.view import View

# How many more than k are fetched, so that last-bit differences of float32 scores cannot change the first k.
MARGIN = 64
# Weights from 0.2 to 0.5 did equally well on the development gold in both languages (CONTRIBUTING.md, Decisions).
LABEL_WEIGHT = 0.3
HUB = 10
# With fewer subjects than this the objects' own neighbours tell the hubs.
HUB_SUBJECTS = 30
DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One candidate: positions in the two views, and its score."""

    subject: int
    object: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Both sides laid out so that the score is one inner product; all arrays are (n, 2d + 1) float64.

    ``objects`` holds for subjects with a text of their own, ``bare_objects`` for subjects with nothing but a title.
    The parts that they are made of: ``unit_vectors`` and ``label_vectors`` (n, d) float64 of the objects, and their
    ``hub_units`` and ``hub_labels`` (n,).
    """

    subjects: NDArray[np.float64]
    objects: NDArray[np.float64]
    bare_objects: NDArray[np.float64]
    bare: NDArray[np.bool_]
    unit_vectors: NDArray[np.float64]
    label_vectors: NDArray[np.float64]
    hub_units: NDArray[np.float64]
    hub_labels: NDArray[np.float64]


def _mean_of_nearest(queries: Vectors, others: Vectors, *, skip: int) -> NDArray[np.float64]:
    """Return each query's mean similarity to its ``HUB`` nearest others, less the first ``skip`` (itself)."""
    rows = nearest(queries, others, HUB + skip + MARGIN // 8)
    wide, pool = queries.astype(np.float64), others.astype(np.float64)
    out = np.zeros(len(queries))
    for number, found in enumerate(rows):
        similarities = np.sort(np.round(np.einsum("nd,d->n", pool[found], wide[number]), DECIMALS))[::-1]
        kept = similarities[skip : HUB + skip]
        out[number] = kept.sum() / len(kept) if len(kept) else 0.0
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
    hub_units = hubness(objects.units, subjects.units)
    hub_labels = hubness(objects.labels, subjects.labels)
    units, labels = objects.units.astype(np.float64), objects.labels.astype(np.float64)

    def layout(whole: NDArray[np.float64]) -> NDArray[np.float64]:
        label = 1.0 + LABEL_WEIGHT - whole
        hub = -(whole * hub_units + label * hub_labels)
        return np.concatenate([units * whole[:, None], labels * label[:, None], hub[:, None]], axis=1)

    ones = np.ones((len(subjects.ids), 1))
    return Space(
        subjects=np.concatenate([subjects.units.astype(np.float64), subjects.labels.astype(np.float64), ones], axis=1),
        objects=layout(np.where(objects.bare, 0.0, 1.0)),
        bare_objects=layout(np.zeros(len(objects.ids))),
        bare=subjects.bare,
        unit_vectors=units,
        label_vectors=labels,
        hub_units=hub_units,
        hub_labels=hub_labels,
    )


def fused(space: Space, subject: int, objects: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the score of one subject with each of the given objects: (c,) float64, rounded."""
    side = space.bare_objects if space.bare[subject] else space.objects
    scores: NDArray[np.float64] = np.round(np.einsum("cd,d->c", side[objects], space.subjects[subject]), DECIMALS) + 0.0
    return scores


def retrieve(space: Space, rows: NDArray[np.int64], *, k: int) -> list[list[Hit]]:
    """Return the k best candidates of each subject, best first (all of them where there are fewer than k).

    Args:
        space: Both sides.
        rows: (q,) positions of the subjects.
        k: How many candidates a subject.
    """
    out: dict[int, list[Hit]] = {}
    for bare, objects in ((False, space.objects), (True, space.bare_objects)):
        chosen = rows[space.bare[rows] == bare]
        if not chosen.size:
            continue
        found = nearest(space.subjects[chosen].astype(np.float32), objects.astype(np.float32), k + MARGIN)
        for row, candidates in zip(chosen.tolist(), np.sort(found, axis=1), strict=True):
            scores = fused(space, row, candidates)
            # Positions are in id order: a stable sort by score breaks ties by id.
            best = np.argsort(-scores, kind="stable")[:k]
            out[row] = [Hit(subject=row, object=int(candidates[i]), score=float(scores[i])) for i in best]
    return [out[row] for row in rows.tolist()]
