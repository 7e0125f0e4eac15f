"""What an encoder is: one method, and the names that go into every manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]

DEFAULT_ENCODER = "embedded"
# The embedded encoder's first columns alone: half the memory, a little less exact.
FAST_ENCODER = "fast"


class Encoder(Protocol):
    """Encodes texts that are already in normal form."""

    @property
    def name(self) -> str:
        """The name that ``--encoder`` takes."""

    @property
    def fingerprint(self) -> str:
        """A hash of weights and settings: vectors of two fingerprints are never compared."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str], *, batch_size: int = 64) -> Vectors:
        """Return (n, d) float32, unit rows; a text without any known piece gives a row of zeros.

        The same text gives the same row whatever stands beside it.
        """


def unit_rows(vectors: Vectors) -> Vectors:
    """Return the rows scaled to length one in float64, back in float32; rows of zeros stay."""
    wide = vectors.astype(np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    norms[norms == 0.0] = 1.0
    scaled: Vectors = (wide / norms[:, None]).astype(np.float32)
    return scaled
