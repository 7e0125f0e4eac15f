"""Exact inner-product search; the home of faiss.

FAISS answers a wrong shape with ``AssertionError: ''`` and a missing neighbour with id -1: both are handled here.
Its float32 scores differ in the last bits between thread counts, so they only choose; callers recompute what they keep.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matcher.encode.protocol import Vectors
from matcher.errors import ArtefactError


def _checked(vectors: Vectors, dimension: int | None = None) -> Vectors:
    if vectors.ndim != 2 or vectors.dtype != np.float32 or (dimension is not None and vectors.shape[1] != dimension):
        raise ArtefactError(
            f"vectors of shape {vectors.shape}, type {vectors.dtype}",
            expected=f"(n, {dimension or 'd'}) float32",
            do="build the index again",
        )
    if not np.isfinite(vectors).all():
        raise ArtefactError("vectors hold a number that is not finite", do="build the index again")
    return np.ascontiguousarray(vectors)


class VectorIndex(Protocol):
    """What searches vectors: an index here, in parts on several machines, or a database that others run.

    It only chooses. What it returns is scored again from the vectors themselves in float64, so that another index can
    leave a candidate out (its recall says how often) and never change a score.
    """

    @property
    def count(self) -> int:
        """How many vectors there are."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    def search(self, queries: Vectors, k: int) -> NDArray[np.int64]:
        """Return row numbers that hold the k best inner products of each query: (q, k) or wider, none twice in a row.

        Args:
            queries: (q, d) float32.
            k: How many; all of them where there are fewer.
        """


class Flat:
    """Vectors laid out once for any number of exact searches."""

    def __init__(self, objects: Vectors) -> None:
        """Take (n, d) float32.

        Raises:
            ArtefactError: They are not such vectors, or not finite.
        """
        import faiss

        objects = _checked(objects)
        self.count, self.dimension = objects.shape
        self._index = faiss.IndexFlatIP(self.dimension)
        self._index.add(objects)

    def search(self, queries: Vectors, k: int) -> NDArray[np.int64]:
        """Return the row numbers of the k best inner products of each query (see ``nearest``)."""
        queries = _checked(queries, self.dimension)
        k = min(k, self.count)
        if k == 0 or queries.shape[0] == 0:
            return np.zeros((queries.shape[0], k), np.int64)
        _, rows = self._index.search(queries, k)
        if (rows < 0).any():
            raise ArtefactError("the vector search left a place empty", do="build the index again")
        found: NDArray[np.int64] = rows.astype(np.int64)
        return found


def nearest(queries: Vectors, objects: Vectors, k: int) -> NDArray[np.int64]:
    """Return the row numbers of the k best inner products of each query.

    Args:
        queries: (q, d) float32.
        objects: (n, d) float32.
        k: How many; cut to n.

    Returns:
        (q, min(k, n)) int64, best first as float32 ranks them.

    Raises:
        ArtefactError: The arrays do not fit each other or are not finite.
    """
    return Flat(objects).search(queries, k)
