"""The folded form that every text is compared in; the home of OpenCC."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import opencc


@lru_cache(maxsize=1)
def _hong_kong_to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("hk2s")


def fold(text: str) -> str:
    """Fold case, width and script: NFKC, Hong Kong Traditional to Simplified, casefold, NFKC."""
    wide = unicodedata.normalize("NFKC", text)
    simplified = _hong_kong_to_simplified().convert(wide)
    return unicodedata.normalize("NFKC", simplified.casefold())
