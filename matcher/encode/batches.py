"""Texts through a network so that no neighbour changes a bit of them.

A matrix product gives other last bits when its shape changes, and a padded text other ones than a bare text. So a text
is always computed among texts of its own length, in a block whose height depends on that length alone; a block that is
not full is filled with its last text. One thread computes a block; several blocks are computed at a time.

Blocks hold about 128 pieces: a taller block of short texts is faster, with long texts the height matters less. Three
layers of 384 columns, one thread of a busy machine, ms a text at 32, 8 and 1 a block: 7 pieces 9, 17, 76; 48 pieces 52,
58, 117. Blocks of the same shape gave the same bits whatever stood in the other rows; blocks of other shapes did not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from matcher.encode.protocol import Vectors, unit_rows
from matcher.errors import EncoderError

PIECES = 128
ROWS = 16
# Blocks that are prepared before they are computed, and batches whose pieces are counted at a time.
_AHEAD = 64

Prepared = TypeVar("Prepared")


def height(length: int) -> int:
    """Return how many texts of a length are computed together."""
    return max(1, min(ROWS, PIECES // max(1, length)))


def blocks(lengths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Yield (text numbers, how many of them count): each block of one length, filled with its last text.

    Texts without a piece are in no block.
    """
    by_length: dict[int, list[int]] = {}
    for number, length in enumerate(lengths):
        by_length.setdefault(length, []).append(number)
    for length, members in sorted(by_length.items()):
        tall = height(length)
        for start in range(0, len(members) if length else 0, tall):
            some = members[start : start + tall]
            yield some + [some[-1]] * (tall - len(some)), len(some)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coder(Generic[Prepared]):
    """A network as the blocks need it.

    ``lengths`` counts texts' pieces; ``prepare`` makes a block's input and runs in the calling thread; ``compute``
    gives (rows, at least ``dimension``) and runs in a thread of its own, ``threads`` of them at a time.
    """

    lengths: Callable[[Sequence[str]], Sequence[int]]
    prepare: Callable[[Sequence[str]], Prepared]
    compute: Callable[[Prepared], NDArray[np.float32]]
    dimension: int
    threads: int


def encode_blocks(texts: Sequence[str], coder: Coder[Prepared], *, batch_size: int) -> Vectors:
    """Return (n, ``dimension``) float32 unit rows, zeros for a text without a piece.

    Further columns are cut off and the rest scaled to length one again (Matryoshka, Kusupati et al. 2022).

    Raises:
        EncoderError: A vector is not finite, or too short.
    """
    out = np.zeros((len(texts), coder.dimension), np.float32)
    step = max(1, batch_size) * _AHEAD
    with ThreadPoolExecutor(max_workers=max(1, coder.threads)) as pool:
        for start in range(0, len(texts), step):
            some = texts[start : start + step]
            waiting = list(blocks(coder.lengths(some)))
            for first in range(0, len(waiting), _AHEAD):
                taken = waiting[first : first + _AHEAD]
                prepared = [coder.prepare([some[row] for row in rows]) for rows, _ in taken]
                for (rows, count), found in zip(taken, pool.map(coder.compute, prepared), strict=True):
                    if found.ndim != 2 or found.shape[1] < coder.dimension or len(found) < count:
                        raise EncoderError(
                            f"the encoder gave vectors of shape {found.shape}", expected=f"{coder.dimension} columns"
                        )
                    out[[start + row for row in rows[:count]]] = found[:count, : coder.dimension]
    if not np.isfinite(out).all():
        raise EncoderError("the encoder gave a vector that is not finite", do="use another encoder")
    return unit_rows(out)
