"""The embedded encoder: a static bilingual model, read with ``tokenizers`` and numpy alone (no torch).

The artefact is a model2vec folder (``model.safetensors`` with int8 ``embeddings``, ``tokenizer.json``,
``config.json``) beside a manifest; ``rest.safetensors`` holds further columns in int4. A text's vector is the mean of
its pieces' rows: all columns for ``embedded``, those of ``model.safetensors`` alone for ``fast`` (the axes are in order
of strength, so the first columns are an encoder of their own). The sums are exact in integers: no batch size, thread
count or order can change a bit of them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from matcher.artefact import read_manifest, sha256_of_bytes
from matcher.encode.pieces import FEW, UNKNOWN, Cutter, cut_all, make_cutter
from matcher.encode.protocol import Vectors, unit_rows
from matcher.errors import ArtefactError
from matcher.resources import resource

KIND = "static-encoder"
FORMAT_VERSION = 2
# A unit of 20 long bullets has under 1,500 pieces; beyond this a text is not a unit of competency.
MAX_PIECES = 20_000
REST = "rest.safetensors"
# Texts summed at once: their sums (2 bytes a column) and one row each stay in the processor's cache.
_BLOCK = 256
# Texts cut at once: enough that many have the same number of pieces.
_AT_ONCE = 8_192
# Rows that int16 can sum whatever they hold: 258 * 127 = 32,766.
_INT16 = 258
_KINDS = {"I8": "i1", "U8": "u1", "F32": "<f4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Columns in int4: two a byte, the even one in the low half, each plus 8; a column counts ``scales`` a step."""

    packed: NDArray[np.uint8]
    scales: NDArray[np.float32]

    def sums(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the sums of rows, on the scale of the int8 columns: (texts, columns) float32.

        Args:
            ids: (texts, pieces) row numbers.
        """
        even = np.zeros((len(ids), self.packed.shape[1]), np.int32)
        odd = np.zeros_like(even)
        for first in range(0, ids.shape[1], _INT16):
            low, high = (np.zeros(even.shape, np.uint16) for _ in range(2))
            for place in range(first, min(first + _INT16, ids.shape[1])):
                chosen = self.packed[ids[:, place]]
                low += chosen & 15
                high += chosen >> 4
            even += low
            odd += high
        out = np.empty((len(ids), self.scales.shape[0]), np.int32)
        out[:, 0::2], out[:, 1::2] = even, odd
        scaled: NDArray[np.float32] = (out - 8 * ids.shape[1]).astype(np.float32) * self.scales
        return scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticEncoder:
    """A table of int8 rows, one a vocabulary piece, and perhaps further columns in int4."""

    name: str
    fingerprint: str
    table: NDArray[np.int8]
    tokenizer: Tokenizer
    rest: Rest | None = None
    cutters: list[Cutter] = field(default_factory=list, repr=False)

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self.table.shape[1]) + (0 if self.rest is None else int(self.rest.scales.shape[0]))

    def rows(self) -> NDArray[np.float32]:
        """Return every piece's row: (pieces, d) float32, on the scale of the int8 columns."""
        return self._sums(np.arange(self.table.shape[0])[:, None])

    def encode(self, texts: Sequence[str], *, batch_size: int = 64) -> Vectors:
        """Return (n, d) float32, unit rows; zeros where a text has no known piece."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        step = max(_AT_ONCE, batch_size)
        cut = self._cut(len(texts))
        for start in range(0, len(texts), step):
            by_length: dict[int, list[int]] = {}
            pieces = [_known(ids) for ids in cut(texts[start : start + step])]
            for row, ids in enumerate(pieces):
                by_length.setdefault(len(ids), []).append(row)
            for length, rows in by_length.items():
                # Texts of one length are summed together; integers are exact in any order.
                for first in range(0, len(rows) if length else 0, _BLOCK):
                    some = rows[first : first + _BLOCK]
                    sums = self._sums(np.array([pieces[row] for row in some]))
                    out[[start + row for row in some]] = unit_rows(sums)
        return out

    def _cut(self, count: int) -> Callable[[Sequence[str]], list[list[int]]]:
        if count < FEW and not self.cutters:
            return partial(cut_all, self.tokenizer)
        if not self.cutters:
            self.cutters.append(make_cutter(self.tokenizer))
        return self.cutters[0].cut

    def _sums(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        first = np.zeros((len(ids), self.table.shape[1]), np.int32)
        for start in range(0, ids.shape[1], _INT16):
            # In int16, row by row: fifteen times faster than a sum over gathered int32 (make bench).
            part = self.table[ids[:, start]].astype(np.int16)
            for place in range(start + 1, min(start + _INT16, ids.shape[1])):
                part += self.table[ids[:, place]]
            first += part
        sums = first.astype(np.float32)
        return sums if self.rest is None else np.concatenate([sums, self.rest.sums(ids)], axis=1)


def _known(ids: list[int]) -> list[int]:
    kept = ids if len(ids) <= MAX_PIECES else ids[:MAX_PIECES]
    # Looking for the unknown piece costs far less than leaving it out of a list that lacks it.
    return [i for i in kept if i != UNKNOWN] if UNKNOWN in kept else kept


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Memory-map the tensors of a safetensors file (int8, uint8 and float32).

    Raises:
        ArtefactError: The file is not such a file.
    """
    size = path.stat().st_size
    out: dict[str, NDArray[Any]] = {}
    try:
        with path.open("rb") as handle:
            (length,) = struct.unpack("<Q", handle.read(8))
            if length > min(size, 1_000_000):
                raise ValueError("header too long")
            header = json.loads(handle.read(length))
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            kind = np.dtype(_KINDS[entry["dtype"]])
            shape = tuple(int(length) for length in entry["shape"])
            begin, end = entry["data_offsets"]
            if min(shape) < 1 or end - begin != int(np.prod(shape)) * kind.itemsize or 8 + length + end > size:
                raise ValueError("sizes do not agree")
            # As a plain array: every slice of a memmap object would cost a Python call.
            mapped = np.memmap(path, dtype=kind, mode="r", offset=8 + length + begin, shape=shape)
            out[name] = mapped.view(np.ndarray)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise ArtefactError("holds no readable tensors", where=str(path), do="install the package again") from error
    return out


def read_rest(path: Path, *, pieces: int) -> Rest:
    """Memory-map the int4 columns that belong to a table of so many pieces.

    Raises:
        ArtefactError: They belong to another table, or the file is damaged.
    """
    tensors = read_tensors(path)
    packed, scales = tensors.get("rest"), tensors.get("scales")
    if packed is None or scales is None or packed.shape != (pieces, scales.shape[0] // 2) or packed.dtype != np.uint8:
        raise ArtefactError("does not belong to the table", where=str(path), do="install the package again")
    return Rest(packed=packed, scales=np.array(scales, np.float32))


def load_static(folder: Path, *, name: str, verify: bool = False, fast: bool = False) -> StaticEncoder:
    """Load a static encoder from its folder.

    Args:
        folder: The artefact's folder.
        name: The name to show.
        verify: Hash every file (``matcher doctor``); sizes are always checked.
        fast: Only the first columns.

    Raises:
        ArtefactError: The folder is damaged, foreign or of another version.
    """
    manifest = read_manifest(folder, kind=KIND, version=FORMAT_VERSION, verify=verify)
    table = read_tensors(folder / "model.safetensors").get("embeddings")
    if table is None or table.dtype != np.int8 or table.ndim != 2:
        raise ArtefactError(
            "holds no int8 table", where=str(folder / "model.safetensors"), do="install the package again"
        )
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if tokenizer.get_vocab_size() != table.shape[0]:
        raise ArtefactError(
            f"{tokenizer.get_vocab_size()} pieces but {table.shape[0]} rows",
            where=str(folder),
            do="install the package again",
        )
    more = not fast and REST in manifest["files"]
    return StaticEncoder(
        name=name,
        fingerprint=_fingerprint(manifest, fast=fast),
        table=table,
        tokenizer=tokenizer,
        rest=read_rest(folder / REST, pieces=int(table.shape[0])) if more else None,
    )


def embedded_fingerprint(*, fast: bool = False) -> str:
    """Return the fingerprint of the encoder that the package ships, without loading it."""
    with as_file(resource("encoder")) as folder:
        manifest = read_manifest(folder, kind=KIND, version=FORMAT_VERSION, verify=False)
    return _fingerprint(manifest, fast=fast)


def _fingerprint(manifest: dict[str, Any], *, fast: bool) -> str:
    # The tokenizer is as much part of what a vector means as the table is.
    files = manifest["files"]
    names = [name for name in sorted(files) if not (fast and name == REST)]
    return sha256_of_bytes("".join(files[name]["sha256"] for name in names).encode())[:16]


def load_embedded(*, verify: bool = False, fast: bool = False) -> StaticEncoder:
    """Load the encoder that the package ships, or its first columns alone."""
    with as_file(resource("encoder")) as folder:
        return load_static(folder, name="fast" if fast else "embedded", verify=verify, fast=fast)
