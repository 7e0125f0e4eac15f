"""Any sentence-transformers CrossEncoder by name or folder, for re-ranking the first candidates."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matcher.errors import EncoderError


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEncoderScorer:
    """A loaded cross-encoder; each pair is read alone, so that no neighbour changes its last bits."""

    name: str
    model: Any

    def predict(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return a score a pair, higher is nearer.

        Raises:
            EncoderError: The model gives several numbers a pair (a classifier), or one that is not finite.
        """
        scores = []
        for pair in pairs:
            found = np.asarray(self.model.predict([pair], show_progress_bar=False), np.float64).ravel()
            if found.size != 1 or not np.isfinite(found).all():
                raise EncoderError(
                    f"gives {found.size} numbers a pair",
                    where=f"--rerank {self.name}",
                    expected="one finite score a pair",
                    do="name a cross-encoder that was made for ranking",
                )
            scores.append(float(found[0]))
        return scores


def load_cross_encoder(name: str) -> CrossEncoderScorer:
    """Load a cross-encoder by folder, or by hub name from the local cache (or the hub, where it may be reached).

    Raises:
        EncoderError: sentence-transformers is not installed, or the model is missing or broken.
    """
    try:
        from sentence_transformers import CrossEncoder
    except ImportError as error:
        raise EncoderError(
            "needs the packages sentence-transformers and torch, which are not installed here",
            where=f"--rerank {name}",
            do="pip install sentence-transformers, or leave --rerank out",
        ) from error
    local = Path(name).is_dir() or os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0")
    try:
        model = CrossEncoder(
            name,
            device="cpu",
            trust_remote_code=False,
            local_files_only=local,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise EncoderError(
            f"the model cannot be loaded ({' '.join(str(error).split())[:160]})",
            where=f"--rerank {name}",
            expected="a CrossEncoder folder with safetensors, or a name in the local cache or on a reachable hub",
            do="copy the model's folder to this machine and give its path",
        ) from error
    return CrossEncoderScorer(name=Path(name).name, model=model)
