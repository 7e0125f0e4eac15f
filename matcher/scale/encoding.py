"""An encoder whose texts are encoded by the machines of a cluster: to the index it is an encoder like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher.encode.protocol import Encoder, Vectors
from matcher.scale.cluster import Way, readers
from matcher.scale.farm import farm_out

# Texts a machine is given at a time; with fewer than a few of these the way there costs more than it saves.
BLOCK = 4_096
FEW = 4 * BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterEncoder:
    """The encoder ``local``, on every machine of a cluster; ``few`` texts or less stay here."""

    local: Encoder
    way: Way
    block: int = BLOCK
    few: int = FEW

    @property
    def name(self) -> str:
        """The name that ``--encoder`` takes."""
        return self.local.name

    @property
    def fingerprint(self) -> str:
        """A hash of weights and settings; every machine must have the same."""
        return self.local.fingerprint

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self.local.dimension

    def encode(self, texts: Sequence[str], *, batch_size: int = 64) -> Vectors:
        """Return (n, d) float32: the rows that the local encoder gives.

        Raises:
            InputError: The cluster cannot do it.
        """
        if len(texts) <= self.few:
            return self.local.encode(texts, batch_size=batch_size)
        blocks = [texts[start : start + self.block] for start in range(0, len(texts), self.block)]
        out = np.zeros((len(texts), self.dimension), np.float32)
        with readers(self, blocks, self.way, batch_size=batch_size) as crew:
            for number, vectors in farm_out(crew, range(len(blocks))):
                out[number * self.block : (number + 1) * self.block] = vectors
        return out
