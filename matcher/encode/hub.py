"""Any sentence-transformers model from its folder; the home of sentence-transformers and torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.artefact import atomic_folder
from matcher.encode.batches import Coder, encode_blocks
from matcher.encode.protocol import DEFAULT_ENCODER, FAST_ENCODER, Side, Vectors
from matcher.encode.settings import Settings
from matcher.encode.static import load_embedded
from matcher.errors import EncoderError


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceTransformerEncoder:
    """A loaded sentence-transformers model, for the texts of one side."""

    name: str
    fingerprint: str
    dimension: int
    prompt: str
    model: Any

    def encode(self, texts: Sequence[str], *, batch_size: int = 64) -> Vectors:
        """Return (n, d) float32, unit rows; 64 times ``batch_size`` texts are held as pieces at a time."""
        import torch

        prompt = self.prompt or None

        def lengths(some: Sequence[str]) -> list[int]:
            counted: list[int] = self.model.preprocess(list(some), prompt=prompt)["attention_mask"].sum(dim=1).tolist()
            return counted

        def prepare(some: Sequence[str]) -> Any:
            return self.model.preprocess(list(some), prompt=prompt)

        def compute(features: Any) -> NDArray[np.float32]:
            with torch.inference_mode():
                found: NDArray[np.float32] = self.model(features)["sentence_embedding"].float().numpy()
            return found

        threads = torch.get_num_threads()
        # One thread a block: how a matrix product is shared out among threads shows in its last bits.
        torch.set_num_threads(1)
        try:
            coder = Coder(lengths=lengths, prepare=prepare, compute=compute, dimension=self.dimension, threads=threads)
            return encode_blocks(texts, coder, batch_size=batch_size)
        finally:
            torch.set_num_threads(threads)


def load_sentence_transformer(settings: Settings, side: Side) -> SentenceTransformerEncoder:
    """Load a model whose folder was found safe (``matcher.encode.settings.resolve``).

    Raises:
        EncoderError: sentence-transformers is not installed, or the model is broken.
    """
    where = f"--encoder {settings.label}"
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging
    except ImportError as error:
        raise EncoderError(
            "needs the packages sentence-transformers and torch, which are not installed here",
            where=where,
            do="pip install sentence-transformers, or leave --encoder out to use the embedded encoder",
        ) from error
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(
            str(settings.folder),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, TypeError, AttributeError) as error:
        raise EncoderError(
            f"the model cannot be loaded ({' '.join(str(error).split())[:160]})",
            where=where,
            expected="a whole sentence-transformers folder of an architecture that transformers knows",
            do="look at it with `matcher models verify`, or copy the folder again",
        ) from error
    model.eval()
    model.truncate_dim = None  # the cut is in the settings, also where the folder wants one
    whole = model.get_embedding_dimension()
    if whole is None or (settings.dimension or 0) > whole:
        raise EncoderError(f"has {whole} columns", where=where, expected=f"{settings.dimension} or more")
    return SentenceTransformerEncoder(
        name=settings.label,
        fingerprint=settings.fingerprint(side),
        dimension=settings.dimension or int(whole),
        prompt=settings.prompt(side),
        model=model,
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
