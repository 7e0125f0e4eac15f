"""Which encoder a name means."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from matcher.encode.protocol import DEFAULT_ENCODER, FAST_ENCODER, Encoder
from matcher.errors import EncoderError


def encoder_fingerprint(name: str = DEFAULT_ENCODER) -> str:
    """Return an encoder's fingerprint; the embedded one is not loaded for it.

    Raises:
        EncoderError: As ``load_encoder``.
    """
    if name in (DEFAULT_ENCODER, FAST_ENCODER):
        from matcher.encode.static import embedded_fingerprint

        return embedded_fingerprint(fast=name == FAST_ENCODER)
    return load_encoder(name).fingerprint


@lru_cache(maxsize=2)
def load_encoder(name: str = DEFAULT_ENCODER) -> Encoder:
    """Load "embedded", "fast", a static-encoder folder, or any sentence-transformers model by folder or name.

    Raises:
        EncoderError: There is no such encoder, or it cannot be used here.
        ArtefactError: The folder is damaged.
    """
    # A command that only reads an index needs no encoder: each kind is imported where it is asked for.
    if name in (DEFAULT_ENCODER, FAST_ENCODER):
        from matcher.encode.static import load_embedded

        return load_embedded(fast=name == FAST_ENCODER)
    folder = Path(name)
    if (folder / "manifest.json").is_file():
        from matcher.encode.static import load_static

        return load_static(folder, name=folder.name, verify=True)
    if not folder.is_dir() and "/" not in name:
        raise EncoderError(
            "is not known",
            where=f"--encoder {name}",
            expected="'embedded', 'fast', a model folder, or a hub name such as owner/model",
            do="check the name or the path",
        )
    from matcher.encode.hub import load_sentence_transformer

    return load_sentence_transformer(name)
