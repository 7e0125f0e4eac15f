"""Which encoder a name means."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from matcher.encode.protocol import DEFAULT_ENCODER, FAST_ENCODER, Encoder, Side


def encoder_fingerprint(name: str = DEFAULT_ENCODER, *, side: Side = "object") -> str:
    """Return an encoder's fingerprint; its weights are not loaded for it.

    Raises:
        EncoderError: As ``load_encoder``.
    """
    if name in (DEFAULT_ENCODER, FAST_ENCODER):
        from matcher.encode.static import embedded_fingerprint

        return embedded_fingerprint(fast=name == FAST_ENCODER)
    if _is_static(name):
        return load_encoder(name).fingerprint
    from matcher.encode.settings import resolve

    return resolve(name).fingerprint(side)


@lru_cache(maxsize=4)
def load_encoder(name: str = DEFAULT_ENCODER, side: Side = "object") -> Encoder:
    """Load "embedded", "fast", a static-encoder folder, or any sentence-transformers model by folder or name.

    Args:
        name: The name, with settings behind it (``matcher.encode.settings``).
        side: Which side's texts it will encode; only models with two prompts tell them apart.

    Raises:
        EncoderError: There is no such encoder, or it cannot be used here.
        ArtefactError: The folder is damaged.
    """
    # A command that only reads an index needs no encoder: each kind is imported where it is asked for.
    if name in (DEFAULT_ENCODER, FAST_ENCODER):
        from matcher.encode.static import load_embedded

        return load_embedded(fast=name == FAST_ENCODER)
    if _is_static(name):
        from matcher.encode.static import load_static

        return load_static(Path(name), name=Path(name).name, verify=True)
    from matcher.encode.settings import resolve

    settings = resolve(name)
    if settings.backend == "torch":
        from matcher.encode.hub import load_sentence_transformer

        return load_sentence_transformer(settings, side)
    from matcher.encode.graph import load_graph

    return load_graph(settings, side)


def _is_static(name: str) -> bool:
    return (Path(name) / "manifest.json").is_file()
