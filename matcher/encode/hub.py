"""Any sentence-transformers model by name or folder; the home of sentence-transformers and torch."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matcher.artefact import atomic_folder
from matcher.encode.protocol import DEFAULT_ENCODER, FAST_ENCODER, Vectors, unit_rows
from matcher.encode.static import load_embedded
from matcher.errors import EncoderError

_PICKLED = ("pytorch_model.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceTransformerEncoder:
    """A loaded sentence-transformers model."""

    name: str
    fingerprint: str
    dimension: int
    model: Any

    def encode(self, texts: Sequence[str], *, batch_size: int = 64) -> Vectors:
        """Return (n, d) float32, unit rows.

        Every text is encoded in a batch of its own length only: padding would let the neighbours change the last bits.
        """
        out = np.zeros((len(texts), self.dimension), np.float32)
        tokens = self.model.tokenizer(list(texts), padding=False, truncation=True) if len(texts) else {"input_ids": []}
        by_length: dict[int, list[int]] = {}
        for index, ids in enumerate(tokens["input_ids"]):
            by_length.setdefault(len(ids), []).append(index)
        for _, members in sorted(by_length.items()):
            for start in range(0, len(members), batch_size):
                rows = members[start : start + batch_size]
                out[rows] = self.model.encode(
                    [texts[i] for i in rows], batch_size=len(rows), convert_to_numpy=True, show_progress_bar=False
                ).astype(np.float32)
        if not np.isfinite(out).all():
            raise EncoderError("gave a vector that is not finite", where=self.name, do="use another encoder")
        # Matrix kernels differ in the last bits between batch shapes and thread counts: rows are kept to 6 places.
        return unit_rows(np.round(unit_rows(out), 6))


def _folder_fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()[:16]


def load_sentence_transformer(name: str, *, allow_download: bool | None = None) -> SentenceTransformerEncoder:
    """Load a model by folder, or by hub name from the local cache (or the hub, where it may be reached).

    Args:
        name: A folder, or ``owner/model``.
        allow_download: Whether a hub may be asked; None means yes unless ``HF_HUB_OFFLINE`` is set.

    Raises:
        EncoderError: sentence-transformers is not installed, or the model is missing, unsafe or broken.
    """
    folder = Path(name)
    if folder.is_dir() and not any(folder.rglob("*.safetensors")):
        found = sorted(p.name for pattern in _PICKLED for p in folder.rglob(pattern))
        raise EncoderError(
            f"has no .safetensors weights{' (found ' + ', '.join(found) + ')' if found else ''}",
            where=name,
            expected="safetensors: pickled weights can run code and are refused",
            do="convert the model to safetensors first",
        )
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderError(
            "needs the packages sentence-transformers and torch, which are not installed here",
            where=f"--encoder {name}",
            do="pip install sentence-transformers, or leave --encoder out to use the embedded encoder",
        ) from error
    offline = os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0")
    local = folder.is_dir() or offline if allow_download is None else not allow_download
    try:
        model = SentenceTransformer(
            name,
            device="cpu",
            trust_remote_code=False,
            local_files_only=local,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise EncoderError(
            f"the model cannot be loaded ({' '.join(str(error).split())[:160]})",
            where=f"--encoder {name}",
            expected="a sentence-transformers folder, or a name in the local cache or on a reachable hub",
            do="copy the model's folder to this machine and give its path",
        ) from error
    model.eval()
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise EncoderError("does not say its dimension", where=name, do="use another model")
    fingerprint = (
        _folder_fingerprint(folder) if folder.is_dir() else hashlib.sha256(f"{name}".encode()).hexdigest()[:16]
    )
    return SentenceTransformerEncoder(
        name=folder.name if folder.is_dir() else name, fingerprint=fingerprint, dimension=int(dimension), model=model
    )


def save_static_as_sentence_transformer(name: str, folder: Path) -> None:
    """Write the embedded encoder ("embedded" or "fast") as a sentence-transformers folder, whole or not at all.

    The folder holds float32 weights (sentence-transformers reads no int8 tables) and wants texts in their normal form.

    Raises:
        EncoderError: The name is another's, or sentence-transformers is not installed.
        InputError: The folder cannot be written.
    """
    if name not in (DEFAULT_ENCODER, FAST_ENCODER):
        raise EncoderError("is not an embedded encoder", where=f"--encoder {name}", expected="'embedded' or 'fast'")
    try:
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
    except ImportError as error:
        raise EncoderError(
            "needs the packages sentence-transformers and torch, which are not installed here",
            where="matcher models export",
            do="pip install sentence-transformers",
        ) from error
    encoder = load_embedded(fast=name == FAST_ENCODER)
    weights = encoder.rows()
    # The encoder leaves the unknown piece out of its sums; here it adds nothing to them.
    weights[0] = 0.0
    model = SentenceTransformer(
        modules=[StaticEmbedding(encoder.tokenizer, embedding_weights=weights), Normalize()], device="cpu"
    )
    with atomic_folder(folder) as temporary:
        model.save(str(temporary), create_model_card=False)
