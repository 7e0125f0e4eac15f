"""When two statements of two editions are the same text, and how near they are where they are not."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

from matcher.schema import Statement

_SPACE = re.compile(r"\s+")
_HAN_SPACE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) | (?=[\u3000-\u9fff\uff00-\uffef])")
_END = " .。;；,，、:："
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[a-z0-9]+(?:[.\-/'][a-z0-9]+)*")


def text_key(statement: Statement) -> tuple[str, str]:
    """Return what two statements of the same text share: language and text, but for spaces, width, case and end marks.

    The script stays: a unit that turns from Traditional to Simplified has been written anew.
    """
    text = unicodedata.normalize("NFKC", statement.text).casefold()
    return statement.language, _HAN_SPACE.sub("", _SPACE.sub(" ", text).strip()).strip(_END)


def pieces(key: tuple[str, str]) -> Counter[str]:
    """Return the words of a key's text (pairs of characters in Chinese runs), counted."""
    found: Counter[str] = Counter()
    for run in _WORD.findall(key[1]):
        if run[0] > "\u3400":
            found.update(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        else:
            found[run] += 1
    return found


def common(left: Mapping[str, int], right: Mapping[str, int]) -> float:
    """Return Dice's coefficient of two counted sets of words: twice what they share over what both hold (0 to 1)."""
    total = sum(left.values()) + sum(right.values())
    if not total:
        return 0.0
    small, large = (left, right) if len(left) <= len(right) else (right, left)
    return 2 * sum(min(count, large.get(word, 0)) for word, count in small.items()) / total
