"""Texts to piece ids, as the artefact's tokenizer cuts them, several times faster on many texts.

The tokenizer's normal form leaves folded text alone, its pre-tokenizer cuts at white space and around runs of Han
characters, and its unigram model takes the best cut of each token by itself. So a token's ids can be kept and looked
up. A Han run is longer than a word, but where no piece holds two neighbours side by side the model must cut between
them: the best cut of the whole is the best cuts of the parts between such places (the log probabilities are a sum).
Those parts are words and come again. Text with any other character than the ones checked here goes through the
tokenizer itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import add

from tokenizers import Tokenizer

UNKNOWN = 0
# Folded text whose NFKC form, case and white space the tokenizer would not change.
_PLAIN = re.compile("[ -@\\[-~一-龥、。《》“”‘’·—–×•→]*")
_TOKEN = re.compile("[一-龥]+|[^ 一-龥]+")
_HAN = re.compile("[一-龥]")
_WORD_START = re.compile("(?<![a-z0-9])(?=[a-z0-9])")
_MARK = "\u2581"
# Below this many texts the look-up tables cost more (some 60 ms once) than they save.
FEW = 256
# Tokens kept; some 20 MB. A full store is emptied: what comes often is back at once.
_KEPT = 100_000


def cut_all(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids of texts by the tokenizer itself."""
    return [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutter:
    """A tokenizer with the ids of the tokens that it has cut before.

    Attributes:
        whole: The artefact's tokenizer.
        bare: Its model alone, for tokens.
        joined: The pairs of Han characters that stand side by side in some piece.
        kept: Ids by token.
    """

    whole: Tokenizer
    bare: Tokenizer
    joined: frozenset[str]
    kept: dict[str, list[int]] = field(default_factory=dict)

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of texts, those of ``cut_all``; runs of unknown pieces may be longer."""
        if len(self.kept) > _KEPT:
            self.kept.clear()
        tokens: list[list[str] | None] = [self._tokens(text) if _PLAIN.fullmatch(text) else None for text in texts]
        missing = [
            token for token in dict.fromkeys(chain.from_iterable(t for t in tokens if t)) if token not in self.kept
        ]
        marked = [_WORD_START.sub(_MARK, token) for token in missing]
        self.kept.update(zip(missing, cut_all(self.bare, marked), strict=True))
        others = iter(cut_all(self.whole, [text for text, t in zip(texts, tokens, strict=True) if t is None]))
        look_up = self.kept.__getitem__
        return [next(others) if t is None else list(chain.from_iterable(map(look_up, t))) for t in tokens]

    def _tokens(self, text: str) -> list[str]:
        out: list[str] = []
        joined = self.joined
        for token in _TOKEN.findall(text):
            if token[0] < "一" or len(token) == 1 or token[0] > "龥":
                out.append(token)
                continue
            start = 0
            for place, pair in enumerate(map(add, token, token[1:]), 1):
                if pair not in joined:
                    out.append(token[start:place])
                    start = place
            out.append(token[start:])
        return out


def make_cutter(tokenizer: Tokenizer) -> Cutter:
    """Return the cutter of a tokenizer of the recipe (``models/recipes/embedded/vocabulary.py``)."""
    pieces = [piece for piece in tokenizer.get_vocab() if len(piece) > 1 and _HAN.search(piece)]
    joined = frozenset(piece[i : i + 2] for piece in pieces for i in range(len(piece) - 1))
    return Cutter(whole=tokenizer, bare=Tokenizer(tokenizer.model), joined=joined)
