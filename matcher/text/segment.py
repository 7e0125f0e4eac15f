"""Chinese word cutting; the home of jieba.

jieba keeps a process-wide dictionary, writes a ``marshal`` cache that anyone may replace into the temp folder, and logs
to stderr. Here it gets a tokenizer of its own, no cache file, and Simplified text only (it cuts Traditional wrongly:
機電設/備安裝).
"""

from __future__ import annotations

import io
import logging
import re
from functools import lru_cache
from typing import Any, Protocol

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[a-z0-9]+(?:[.\-/'][a-z0-9]+)*")


class _Cutter(Protocol):
    def cut(self, sentence: str, HMM: bool = ...) -> Any:  # noqa: N803 (jieba's own name)
        """Yield the words of a sentence."""


@lru_cache(maxsize=1)
def _cutter() -> _Cutter:
    import jieba

    logging.getLogger("jieba").setLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    # What initialize() does, less its cache: gen_pfdict reads the dictionary that the package ships.
    with jieba.get_module_res("dict.txt") as source, io.BytesIO(source.read()) as dictionary:
        dictionary.name = "dict.txt"
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(dictionary)
    tokenizer.initialized = True
    cutter: _Cutter = tokenizer
    return cutter


def words(folded: str) -> list[str]:
    """Cut folded (Simplified, casefolded) text into words: jieba's for Chinese runs, whole runs for the rest."""
    out: list[str] = []
    for run in _WORD.findall(folded):
        if _HAN.fullmatch(run):
            out.extend(_cutter().cut(run, HMM=False))
        else:
            out.append(run)
    return out
