"""Write the trained table as the shipped artefact: int8 on one scale, a model2vec folder with a manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from matcher.artefact import atomic_folder, write_manifest
from matcher.encode.static import FORMAT_VERSION, KIND


def quantize(table: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return the table in int8 on one common scale (a common factor never changes a cosine).

    The scale is the 99.99th percentile of the absolute values over 127; the few larger ones are clipped.
    """
    scale = float(np.quantile(np.abs(table), 0.9999)) / 127.0
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8)


def export(table: NDArray[np.float32], tokenizer: Path, folder: Path, *, fields: dict[str, Any]) -> None:
    """Write the artefact folder, whole or not at all."""
    with atomic_folder(folder) as temporary:
        save_file({"embeddings": quantize(table)}, temporary / "model.safetensors")
        (temporary / "tokenizer.json").write_bytes(tokenizer.read_bytes())
        config = {
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "normalize": True,
            "apply_pca": None,
            "apply_zipf": None,
            "hidden_dim": int(table.shape[1]),
            "seq_length": 1000000,
        }
        (temporary / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        write_manifest(temporary, kind=KIND, version=FORMAT_VERSION, fields=fields)
