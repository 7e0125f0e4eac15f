"""Encoders: text in its normal form to unit vectors."""

from matcher.encode.protocol import DEFAULT_ENCODER, FAST_ENCODER, Encoder, Vectors
from matcher.encode.registry import encoder_fingerprint, load_encoder

__all__ = ["DEFAULT_ENCODER", "FAST_ENCODER", "Encoder", "Vectors", "encoder_fingerprint", "load_encoder"]
