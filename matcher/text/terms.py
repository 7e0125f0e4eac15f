"""The content words of a text in its normal form: what the lexical side counts and links."""

from __future__ import annotations

import tomllib
from functools import lru_cache

from matcher.resources import read_text
from matcher.schema import Language
from matcher.text.segment import words


@lru_cache(maxsize=1)
def _stop_words() -> dict[str, frozenset[str]]:
    data = tomllib.loads(read_text("stopwords.toml"))
    return {family: frozenset(data[family]["words"].split()) for family in ("en", "zh")}


def content_words(normal: str, language: Language) -> list[str]:
    """Return the words of a text that is already in its normal form, in order, less stop words and single letters.

    Args:
        normal: Text in its normal form.
        language: Its language; it chooses the stop words.
    """
    stop = _stop_words()["en" if language == "en" else "zh"]
    return [word for word in words(normal) if word not in stop and not (word.isascii() and len(word) < 2)]
