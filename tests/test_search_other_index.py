"""Another index behind the same interface: in parts the same candidates, an approximate one the same scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from matcher.encode.protocol import Vectors
from matcher.pipeline import open_source
from matcher.search.retrieve import Hit, Searcher, Space, make_space, retrieve
from matcher.search.vector import Flat, VectorIndex
from matcher.search.view import make_view
from tests.conftest import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """An index in three parts, each as another machine would hold it: every part names its own k best."""

    parts: tuple[tuple[int, Flat], ...]
    count: int
    dimension: int

    def search(self, queries: Vectors, k: int) -> NDArray[np.int64]:
        return np.concatenate([start + part.search(queries, k) for start, part in self.parts], axis=1)


def in_parts(vectors: Vectors) -> VectorIndex:
    thirds = np.array_split(np.arange(len(vectors)), 3)
    parts = tuple((int(rows[0]), Flat(vectors[rows])) for rows in thirds)
    return Parts(parts=parts, count=len(vectors), dimension=vectors.shape[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetful:
    """An approximate index: it sees two vectors of three."""

    seen: NDArray[np.int64]
    flat: Flat
    count: int
    dimension: int

    def search(self, queries: Vectors, k: int) -> NDArray[np.int64]:
        return self.seen[self.flat.search(queries, k)]


def forgetful(vectors: Vectors) -> VectorIndex:
    seen = np.flatnonzero(np.arange(len(vectors)) % 3)
    return Forgetful(seen=seen, flat=Flat(vectors[seen]), count=len(vectors), dimension=vectors.shape[1])


@pytest.fixture(scope="module")
def space(samples: Samples) -> Space:
    left, right = (make_view(open_source(path, "fast").index) for path in (samples.hk, samples.cn))
    return make_space(left, right)


def hits(space: Space, searcher: Searcher | None = None, *, k: int = 10) -> list[Hit]:
    found = retrieve(space, np.arange(0, 120, 5), k=k, searcher=searcher)
    return [hit for row in found for hit in row]


def test_an_index_in_parts_gives_the_same_candidates(space: Space) -> None:
    assert hits(space, Searcher(space, in_parts)) == hits(space)


def test_an_approximate_index_loses_candidates_and_changes_no_score(space: Space) -> None:
    everything = {(hit.subject, hit.object): hit.score for hit in hits(space, k=290)}
    found = hits(space, Searcher(space, forgetful))
    exact = {(hit.subject, hit.object) for hit in hits(space)}
    assert all(everything[hit.subject, hit.object] == hit.score for hit in found)
    recall = len(exact & {(hit.subject, hit.object) for hit in found}) / len(exact)
    assert 0.4 < recall < 0.9  # it sees two of three
