"""Texts as bags of piece ids, kept flat: (ids, offsets)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

# Training texts are statements; a longer one is cut here.
MAX_PIECES = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Bags:
    """``ids`` is flat; bag i is ``ids[starts[i] : starts[i + 1]]``."""

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows' ids in one array, and where each row begins in it."""
        begin = self.starts[rows]
        lengths = self.starts[rows + 1] - begin
        offsets = np.zeros(len(rows), np.int64)
        np.cumsum(lengths[:-1], out=offsets[1:])
        places = np.repeat(begin - offsets, lengths) + np.arange(int(lengths.sum()))
        return self.ids[places].astype(np.int64), offsets


def from_lists(lists: Sequence[Sequence[int]]) -> Bags:
    """Return the bags of lists of ids."""
    starts = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(ids) for ids in lists], out=starts[1:])
    flat = np.fromiter((i for ids in lists for i in ids), np.int32, int(starts[-1]))
    return Bags(ids=flat, starts=starts)


def from_texts(texts: Sequence[str], tokenizer: Tokenizer) -> Bags:
    """Return the bags of texts; a text without any piece is the unknown piece."""
    lists: list[Sequence[int]] = []
    for start in range(0, len(texts), 20_000):
        block = tokenizer.encode_batch_fast(list(texts[start : start + 20_000]), add_special_tokens=False)
        lists.extend(np.array(encoding.ids[:MAX_PIECES] or [0], np.int32) for encoding in block)
    starts = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(ids) for ids in lists], out=starts[1:])
    return Bags(ids=np.concatenate(lists).astype(np.int32), starts=starts)
