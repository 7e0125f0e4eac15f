"""Write the trained table as the shipped artefact: a model2vec folder with a manifest, and the rest of the columns.

The first ``FAST`` columns are int8 on one common scale (``model.safetensors``, what model2vec and ``--encoder fast``
read); the others are int4, each column on a scale of its own (``rest.safetensors``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from matcher.artefact import atomic_folder, write_manifest
from matcher.encode.static import FORMAT_VERSION, KIND
from models.recipes.embedded.train import Corpus

FAST = 384
# Power of the whitening: 0 leaves the table as it is, 1 makes all axes equally strong. The middle of a flat range in
# every try (model card).
WHITEN = 0.2
SAMPLE = 20_000


def project(table: NDArray[np.float32], corpus: Corpus) -> NDArray[np.float32]:
    """Rotate the table to the principal axes of text vectors, strongest first, and shrink the strong ones.

    The axes are those of the second moment (not centred) of unit vectors of sentences and of our trilingual lines; an
    axis of eigenvalue e is scaled by e ** (-WHITEN / 2). A linear map of all rows is the same map of every mean of
    rows, so it is baked in. Few strong axes make long texts resemble each other (hubs); weaker they no longer do.
    """
    generator = np.random.default_rng(1)
    rows = np.concatenate([generator.choice(corpus.pools[pool], SAMPLE, replace=False) for pool in (1, 4)])
    sums = []
    for side in (corpus.left, corpus.right):
        ids, starts = side.take(rows)
        sums.append(np.add.reduceat(table[ids], starts, axis=0))
    texts = np.concatenate(sums).astype(np.float64)
    texts /= np.maximum(np.linalg.norm(texts, axis=1, keepdims=True), 1e-12)
    values, axes = np.linalg.eigh(texts.T @ texts / len(texts))
    order = np.argsort(-values, kind="stable")
    scaled = axes[:, order] * (values[order] + 1e-7) ** (-WHITEN / 2)
    return (table.astype(np.float64) @ scaled).astype(np.float32)


def quantize(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], float]:
    """Return the table in int8 on one common scale (a common factor never changes a cosine), and the scale.

    The scale is the 99.99th percentile of the absolute values over 127; the few larger ones are clipped.
    """
    scale = float(np.quantile(np.abs(table), 0.9999)) / 127.0
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8), scale


def quantize_rest(table: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the table in int4 (two columns a byte, the even one in the low half, both plus 8) and the columns' scales.

    A step is 0.3534 of the column's standard deviation: the least squared error that 15 equal steps can have on a bell
    curve (Max 1960, "Quantizing for minimum distortion", table II).
    """
    scales = table.astype(np.float64).std(axis=0) * 0.3534
    steps = (np.clip(np.rint(table / scales), -7, 7) + 8).astype(np.uint8)
    packed: NDArray[np.uint8] = steps[:, 0::2] | (steps[:, 1::2] << 4)
    return packed, scales


def export(table: NDArray[np.float32], tokenizer: Path, folder: Path, *, fields: dict[str, Any]) -> None:
    """Write the artefact folder, whole or not at all."""
    first, common = quantize(table[:, :FAST])
    rest, scales = quantize_rest(table[:, FAST:])
    with atomic_folder(folder) as temporary:
        save_file({"embeddings": first}, temporary / "model.safetensors")
        save_file(
            {"rest": rest, "scales": (scales / common).astype(np.float32)},
            temporary / "rest.safetensors",
        )
        for name in ("model.safetensors", "rest.safetensors"):
            (temporary / name).chmod(0o644)  # save_file makes them private
        (temporary / "tokenizer.json").write_bytes(tokenizer.read_bytes())
        config = {
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "normalize": True,
            "apply_pca": None,
            "apply_zipf": None,
            "hidden_dim": FAST,
            "seq_length": 1000000,
        }
        (temporary / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        write_manifest(temporary, kind=KIND, version=FORMAT_VERSION, fields=fields)
