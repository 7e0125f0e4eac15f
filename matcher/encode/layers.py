"""What follows a transformer in a sentence-transformers folder: pooling and dense layers, in numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.encode.folder import modules_of, read_json
from matcher.encode.static import read_tensors
from matcher.errors import EncoderError

Array = NDArray[np.float32]

# The keys of older folders (one boolean a mode) and the modes of newer ones.
_OLD_MODES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
# Each takes (texts, pieces, columns) without padding and gives (texts, columns).
_POOLING: Mapping[str, Callable[[Array], Array]] = {
    "cls": lambda pieces: pieces[:, 0],
    "lasttoken": lambda pieces: pieces[:, -1],
    "mean": lambda pieces: pieces.mean(axis=1, dtype=np.float32),
    "max": lambda pieces: pieces.max(axis=1),
}
_ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "torch.nn.modules.linear.Identity": lambda values: values,
    "torch.nn.modules.activation.Tanh": np.tanh,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """A linear layer: ``weight`` (out, in) float32, ``bias`` (out,) float32 or None, and what follows it."""

    weight: Array
    bias: Array | None
    activation: Callable[[Array], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How a text's vector comes of its pieces' vectors, up to its length (encoders scale every vector to one)."""

    pooling: str = "mean"
    include_prompt: bool = True
    layers: tuple[Dense, ...] = ()

    def apply(self, pieces: Array, *, skip: int = 0) -> Array:
        """Return (texts, columns) float32.

        Args:
            pieces: (texts, pieces, columns), texts of one length without padding.
            skip: Pieces at the beginning that do not count (a prompt's).
        """
        found = _POOLING[self.pooling](pieces[:, min(skip, pieces.shape[1] - 1) :])
        for layer in self.layers:
            found = found @ layer.weight.T
            found = layer.activation(found if layer.bias is None else found + layer.bias)
        return np.asarray(found, np.float32)


def read_head(folder: Path, *, where: str) -> Head:
    """Return what follows the transformer, from ``modules.json`` and the folders that it names.

    A bare transformers model gets the mean, as sentence-transformers gives it.

    Raises:
        EncoderError: A module is of a kind that is not known here.
        ArtefactError: A layer's weights cannot be read.
    """
    head = Head()
    for module in modules_of(folder):
        kind = str(module.get("type")).rpartition(".")[2]
        place = folder / str(module.get("path", ""))
        if kind == "Pooling":
            head = _pooling(read_json(place / "config.json"), where)
        elif kind == "Dense":
            head = Head(
                pooling=head.pooling,
                include_prompt=head.include_prompt,
                layers=(*head.layers, _dense(place, where)),
            )
        elif kind not in ("Transformer", "Normalize"):
            raise _unknown(f"module {kind}", where)
    return head


def _pooling(record: Any, where: str) -> Head:
    modes = record.get("pooling_mode") or [mode for key, mode in _OLD_MODES.items() if record.get(key)] or "mean"
    names = [modes] if isinstance(modes, str) else list(modes)
    if len(names) != 1 or names[0] not in _POOLING:
        raise _unknown(f"pooling {' + '.join(map(str, names))}", where)
    return Head(pooling=names[0], include_prompt=bool(record.get("include_prompt", True)))


def _dense(place: Path, where: str) -> Dense:
    record, tensors = read_json(place / "config.json"), read_tensors(place / "model.safetensors")
    activation = str(record.get("activation_function", "torch.nn.modules.activation.Tanh"))
    weight, bias = tensors.get("linear.weight"), tensors.get("linear.bias")
    if (
        activation not in _ACTIVATIONS
        or record.get("use_residual")
        or record.get("module_input_name", "")
        not in (
            "",
            "sentence_embedding",
        )
    ):
        raise _unknown(f"dense layer with {activation}", where)
    if weight is None or weight.ndim != 2 or weight.dtype != np.float32:
        raise _unknown("dense layer without float32 weights", where)
    return Dense(
        weight=np.array(weight), bias=None if bias is None else np.array(bias), activation=_ACTIVATIONS[activation]
    )


def _unknown(what: str, where: str) -> EncoderError:
    return EncoderError(f"has a {what}, which this back end does not know", where=where, do="take the back end torch")
