"""The subword vocabulary: SentencePiece unigram over folded text of both languages, as a ``tokenizers`` file.

Latin and digit runs carry the word mark in front (so that a word's start differs from its inside); Chinese runs carry
none, so a character run has the same pieces wherever it stands in the line. Both steps are part of the tokenizer file:
any reader of it (model2vec, sentence-transformers) cuts the same pieces.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import sentencepiece
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

WORD_MARK = "\u2581"
_WORD_START = r"(?<![a-z0-9])(?=[a-z0-9])"
_HAN_RUN = r"\p{Han}+"


def _training_line(text: str) -> str:
    # SentencePiece never joins pieces over a space: spaces around Chinese runs stand for the Split below.
    return re.sub(r"\s+", " ", re.sub(r"([\u3400-\u9fff\uf900-\ufaff]+)", r" \1 ", text)).strip()


def train_pieces(texts: Sequence[str], *, size: int, lines: int, seed: int, prefix: Path) -> list[tuple[str, float]]:
    """Train SentencePiece on a seeded sample; return (piece, log probability), the unknown piece first."""
    sample = list(texts)
    random.Random(seed).shuffle(sample)
    sample = sample[:lines]
    source = prefix.with_suffix(".txt")
    with source.open("w", encoding="utf-8") as handle:
        for text in sample:
            # One run a line: Latin words keep the mark through add_dummy_prefix; Chinese runs must not have it.
            handle.write(_training_line(text) + "\n")
    sentencepiece.SentencePieceTrainer.train(
        input=str(source),
        model_prefix=str(prefix),
        model_type="unigram",
        vocab_size=size,
        character_coverage=0.9998,
        normalization_rule_name="identity",
        add_dummy_prefix=True,
        split_by_unicode_script=True,
        split_digits=False,
        bos_id=-1,
        eos_id=-1,
        pad_id=-1,
        unk_id=0,
        num_threads=2,
        max_sentencepiece_length=16,
        minloglevel=1,
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=f"{prefix}.model")
    return [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]


def to_tokenizer(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """Build the tokenizer; a Chinese piece trained behind the word mark loses the mark and merges with its twin."""
    merged: dict[str, float] = {}
    for piece, score in pieces:
        bare = piece.removeprefix(WORD_MARK)
        key = bare if bare and not re.match(r"[a-z0-9]", bare) else piece
        if key and key != WORD_MARK:
            merged[key] = max(score, merged.get(key, float("-inf")))
    unknown = pieces[0][0]
    vocabulary = [(unknown, 0.0), *((piece, score) for piece, score in merged.items() if piece != unknown)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(_WORD_START), WORD_MARK),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(_HAN_RUN), "isolated")]
    )
    return tokenizer
