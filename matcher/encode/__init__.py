"""Encoders: text in its normal form to unit vectors."""

from matcher.encode.protocol import (
    DEFAULT_ENCODER,
    FAST_ENCODER,
    Encoder,
    Side,
    Vectors,
    fits_side,
    side_of,
    space_of,
)
from matcher.encode.registry import encoder_fingerprint, load_encoder

__all__ = [
    "DEFAULT_ENCODER",
    "FAST_ENCODER",
    "Encoder",
    "Side",
    "Vectors",
    "encoder_fingerprint",
    "fits_side",
    "load_encoder",
    "side_of",
    "space_of",
]
