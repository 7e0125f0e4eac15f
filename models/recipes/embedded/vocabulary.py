"""The subword vocabulary: SentencePiece unigram over folded text of both languages, as a ``tokenizers`` file.

Chinese is cut into words by jieba before SentencePiece sees it, so that no piece crosses a word boundary (without
the cut the genre's phrases became pieces: 能够拆卸, 并更换). Latin and digit runs carry the word mark in front,
Chinese runs carry none: a run has the same pieces wherever it stands. Both rules are part of the tokenizer file, so
that any reader of it (model2vec, sentence-transformers) cuts the same pieces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from multiprocessing import Pool
from pathlib import Path

import sentencepiece
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from matcher.text.segment import words

WORD_MARK = "\u2581"
_WORD_START = r"(?<![a-z0-9])(?=[a-z0-9])"
_HAN_RUN = r"\p{Han}+"
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")


def _cut(texts: Sequence[str]) -> list[str]:
    return [_HAN.sub(lambda run: f" {' '.join(words(run[0]))} ", text) for text in texts]


def train_pieces(texts: Sequence[str], *, size: int, folder: Path, processes: int) -> list[tuple[str, float]]:
    """Train SentencePiece; return (piece, log probability), the unknown piece first.

    Args:
        texts: Folded training text, both languages.
        size: Pieces before Chinese twins (with and without the word mark) are merged.
        folder: Where the intermediate files go.
        processes: For cutting Chinese; the result does not depend on it.
    """
    blocks = [texts[start : start + 20_000] for start in range(0, len(texts), 20_000)]
    source, prefix = folder / "pieces.txt", folder / "pieces"
    with source.open("w", encoding="utf-8") as handle, Pool(processes) as pool:
        for block in pool.imap(_cut, blocks):
            handle.writelines(re.sub(r"\s+", " ", line).strip() + "\n" for line in block)
    sentencepiece.SentencePieceTrainer.train(
        input=str(source),
        model_prefix=str(prefix),
        model_type="unigram",
        vocab_size=size,
        character_coverage=0.9998,
        normalization_rule_name="identity",
        split_by_unicode_script=True,
        bos_id=-1,
        eos_id=-1,
        pad_id=-1,
        unk_id=0,
        num_threads=2,
        max_sentencepiece_length=16,
        minloglevel=2,
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=f"{prefix}.model")
    return [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]


def to_tokenizer(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """Build the tokenizer; a Chinese piece trained behind the word mark loses the mark and merges with its twin."""
    merged: dict[str, float] = {}
    for piece, score in pieces[1:]:
        bare = piece.removeprefix(WORD_MARK)
        key = bare if bare and not re.match(r"[a-z0-9]", bare) else piece
        if key and key != WORD_MARK:
            merged[key] = max(score, merged.get(key, float("-inf")))
    tokenizer = Tokenizer(models.Unigram([(pieces[0][0], 0.0), *merged.items()], unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(_WORD_START), WORD_MARK)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(_HAN_RUN), "isolated")]
    )
    return tokenizer


def components(tokenizer: Tokenizer) -> list[list[int]]:
    """Return, for each piece, the pieces it is made of: characters and pairs of Chinese words, stems of Latin ones.

    Training adds the mean of their vectors to the piece's own, so that rare words share what their parts have learnt
    (as fastText's n-grams do); the sum is baked into the shipped table and costs nothing at run time.
    """
    vocabulary = tokenizer.get_vocab()
    names = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    out = []
    for piece in names:
        parts = [piece] if len(piece) == 1 else []
        if _HAN.search(piece):
            if len(piece) > 1:
                parts += list(piece)
            if len(piece) > 2:
                parts += [piece[start : start + 2] for start in range(len(piece) - 1)]
        elif len(piece) > 5:
            parts += [piece[:end] for end in range(5, len(piece))]
        out.append([vocabulary[part] for part in parts if part in vocabulary])
    return out
