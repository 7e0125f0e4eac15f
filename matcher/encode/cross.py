"""Any sentence-transformers CrossEncoder by name or folder, for re-ranking the first candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.encode.folder import check_loadable
from matcher.encode.settings import locate
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
    """Load a cross-encoder by folder, or by name where it was fetched or is in the local cache.

    Raises:
        EncoderError: sentence-transformers is not installed, or the model is missing, unsafe or broken.
    """
    try:
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging
    except ImportError as error:
        raise EncoderError(
            "needs the packages sentence-transformers and torch, which are not installed here",
            where=f"--rerank {name}",
            do="pip install sentence-transformers, or leave --rerank out",
        ) from error
    folder, _ = locate(name, where=f"--rerank {name}")
    check_loadable(folder, "torch", where=f"--rerank {name}")
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = CrossEncoder(
            str(folder),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, TypeError, AttributeError) as error:
        raise EncoderError(
            f"the model cannot be loaded ({' '.join(str(error).split())[:160]})",
            where=f"--rerank {name}",
            expected="a CrossEncoder folder with safetensors",
            do="copy the model's folder to this machine and give its path",
        ) from error
    return CrossEncoderScorer(name=folder.name, model=model)
