"""Encoders: text in its normal form to unit vectors."""

from matcher.encode.protocol import Encoder, Vectors
from matcher.encode.registry import DEFAULT_ENCODER, encoder_fingerprint, load_encoder

__all__ = ["DEFAULT_ENCODER", "Encoder", "Vectors", "encoder_fingerprint", "load_encoder"]
