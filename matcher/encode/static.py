"""The embedded encoder: a static bilingual model, read with ``tokenizers`` and numpy alone (no torch).

The artefact is a model2vec folder (``model.safetensors`` with int8 ``embeddings``, ``tokenizer.json``,
``config.json``) beside a manifest. A text's vector is the mean of its pieces' rows. The rows are int8 on one common
scale, so the sum is exact in integers: no batch size, thread count or order can change a bit of it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from matcher.artefact import read_manifest, sha256_of_bytes
from matcher.encode.protocol import Vectors, unit_rows
from matcher.errors import ArtefactError
from matcher.resources import resource

KIND = "static-encoder"
FORMAT_VERSION = 1
# A unit of 20 long bullets has under 1,500 pieces; beyond this a text is not a unit of competency.
MAX_PIECES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticEncoder:
    """A table of int8 rows, one a vocabulary piece."""

    name: str
    fingerprint: str
    table: NDArray[np.int8]
    tokenizer: Tokenizer

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return int(self.table.shape[1])

    def encode(self, texts: Sequence[str], *, batch_size: int = 64) -> Vectors:
        """Return (n, d) float32, unit rows; zeros where a text has no known piece."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        step = max(1, batch_size) * 16
        for start in range(0, len(texts), step):
            encodings = self.tokenizer.encode_batch_fast(list(texts[start : start + step]), add_special_tokens=False)
            for row, encoding in enumerate(encodings, start):
                ids = [i for i in encoding.ids[:MAX_PIECES] if i != 0]
                if ids:
                    out[row] = self.table[ids].sum(axis=0, dtype=np.int32)
        return unit_rows(out)


def read_int8_table(path: Path) -> NDArray[np.int8]:
    """Memory-map the int8 tensor ``embeddings`` of a safetensors file as (pieces, d).

    Raises:
        ArtefactError: The file is not such a file.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as handle:
            (length,) = struct.unpack("<Q", handle.read(8))
            if length > min(size, 1_000_000):
                raise ValueError("header too long")
            entry = json.loads(handle.read(length))["embeddings"]
        rows, dimension = entry["shape"]
        begin, end = entry["data_offsets"]
        if entry["dtype"] != "I8" or end - begin != rows * dimension or 8 + length + end > size:
            raise ValueError("not one int8 tensor")
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise ArtefactError(
            "holds no int8 tensor 'embeddings'", where=str(path), do="install the package again"
        ) from error
    return np.memmap(path, dtype=np.int8, mode="r", offset=8 + length + begin, shape=(rows, dimension))


def load_static(folder: Path, *, name: str, verify: bool = False) -> StaticEncoder:
    """Load a static encoder from its folder.

    Args:
        folder: The artefact's folder.
        name: The name to show.
        verify: Hash every file (``matcher doctor``); sizes are always checked.

    Raises:
        ArtefactError: The folder is damaged, foreign or of another version.
    """
    manifest = read_manifest(folder, kind=KIND, version=FORMAT_VERSION, verify=verify)
    table = read_int8_table(folder / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if tokenizer.get_vocab_size() != table.shape[0]:
        raise ArtefactError(
            f"{tokenizer.get_vocab_size()} pieces but {table.shape[0]} rows",
            where=str(folder),
            do="install the package again",
        )
    return StaticEncoder(
        name=name,
        fingerprint=_fingerprint(manifest),
        table=table,
        tokenizer=tokenizer,
    )


def embedded_fingerprint() -> str:
    """Return the fingerprint of the encoder that the package ships, without loading it."""
    with as_file(resource("encoder")) as folder:
        manifest = read_manifest(folder, kind=KIND, version=FORMAT_VERSION, verify=False)
    return _fingerprint(manifest)


def _fingerprint(manifest: dict[str, Any]) -> str:
    # The tokenizer is as much part of what a vector means as the table is.
    files = manifest["files"]
    return sha256_of_bytes("".join(files[name]["sha256"] for name in sorted(files)).encode())[:16]


def load_embedded(*, verify: bool = False) -> StaticEncoder:
    """Load the encoder that the package ships."""
    with as_file(resource("encoder")) as folder:
        return load_static(folder, name="embedded", verify=verify)
