"""What an encoder is: one method, and the names that go into every manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
# Some models want another prompt in front of what is looked up (the subject) than in front of what is found.
Side: TypeAlias = Literal["subject", "object"]

DEFAULT_ENCODER = "embedded"
# The embedded encoder's first columns alone: half the memory, a little less exact.
FAST_ENCODER = "fast"


class Encoder(Protocol):
    """Encodes texts that are already in normal form; one with two prompts encodes the texts of one side."""

    @property
    def name(self) -> str:
        """The name that ``--encoder`` takes."""

    @property
    def fingerprint(self) -> str:
        """A hash of weights and settings, and the side where that matters.

        Vectors are compared only within one space (``space_of``).
        """

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    def encode(self, texts: Sequence[str], *, batch_size: int = 64) -> Vectors:
        """Return (n, d) float32, unit rows; a text without any known piece gives a row of zeros.

        The same text gives the same row whatever stands beside it.
        """


def sided(fingerprint: str, side: Side) -> str:
    """Return the fingerprint of one side's encoder where the two sides have prompts of their own."""
    return f"{fingerprint}.{side}"


def space_of(fingerprint: str) -> str:
    """Return the vector space that a fingerprint belongs to: the two sides of one encoder share theirs."""
    return fingerprint.partition(".")[0]


def side_of(fingerprint: str) -> Side:
    """Return the side that a fingerprint's vectors are made for; "object" where both sides are alike."""
    return "subject" if fingerprint.partition(".")[2] == "subject" else "object"


def fits_side(fingerprint: str, side: Side) -> bool:
    """Whether vectors of a fingerprint may stand on a side."""
    return fingerprint.partition(".")[2] in ("", side)


def unit_rows(vectors: Vectors) -> Vectors:
    """Return the rows scaled to length one in float64, back in float32; rows of zeros stay."""
    wide = vectors.astype(np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    norms[norms == 0.0] = 1.0
    scaled: Vectors = (wide / norms[:, None]).astype(np.float32)
    return scaled
