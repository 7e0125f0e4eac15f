"""The lexical side: BM25 over content words, across languages through each word's nearest words of the other side.

A word of the subject stands for itself where the other side has it, and for its nearest words there by the encoder's
vectors (its *translations*) where their cosine is high enough. So the same code serves Chinese against Chinese, English
against Chinese, and any encoder. Two kinds of signals come out: BM25 over the translated words, which searches the
whole framework, and soft coverage (every word's best similarity, weighted by its rarity) of the candidates kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.search.view import View

# BM25 with its usual parameters (Robertson and Zaragoza 2009).
K1 = 1.2
B = 0.75
# A word's translations: at most this many, at least this similar. Softer or harder limits between .3 and .45 moved
# nDCG@10 of the words alone by .01 (CONTRIBUTING.md, Decisions).
TRANSLATIONS = 4
NEAR = 0.4
# Below this similarity two words say nothing of each other.
FLOOR = 0.3
_STEP = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """The content words of one side's units.

    Words of unit i are ``terms[starts[i]:starts[i + 1]]`` (sorted numbers) with ``counts``; ``length`` is (n,) words a
    unit; ``rarity`` is (v,) BM25's inverse document frequency among this side's units over its largest possible value,
    so that it does not grow with the framework; 0 for a word the side lacks.
    """

    words: tuple[str, ...]
    vectors: NDArray[np.float64]
    starts: NDArray[np.int64]
    terms: NDArray[np.int64]
    counts: NDArray[np.float64]
    length: NDArray[np.float64]
    rarity: NDArray[np.float64]

    def of(self, unit: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the word numbers of one unit and their counts."""
        part = slice(int(self.starts[unit]), int(self.starts[unit + 1]))
        return self.terms[part], self.counts[part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Both sides' words. ``same`` is (v,) the object side's number of each subject word, or -1.

    ``asked`` are the sorted word numbers of the subjects that are asked about, with their nearest object words
    ``near`` and weights ``near_weights`` (see ``translations``). The object side by word: units
    ``units[first[w]:first[w + 1]]`` with their BM25 ``weights``.
    """

    subjects: Bag
    objects: Bag
    same: NDArray[np.int64]
    asked: NDArray[np.int64]
    near: NDArray[np.int64]
    near_weights: NDArray[np.float64]
    first: NDArray[np.int64]
    units: NDArray[np.int64]
    weights: NDArray[np.float64]


def make_bag(view: View) -> Bag:
    """Count the words of a view's units, in the view's languages."""
    index, count = view.index, len(view.ids)
    rows = np.asarray(index.term_rows, np.int64)
    place = np.full(len(index.statements), -1, np.int64)
    place[view.statement_numbers] = view.statement_rows[:, 0]
    rows = rows[place[rows[:, 0]] >= 0]
    vocabulary = max(1, len(index.terms))
    keys, inverse = np.unique(place[rows[:, 0]] * vocabulary + rows[:, 1], return_inverse=True)
    counts = np.bincount(inverse, weights=rows[:, 2], minlength=len(keys)).astype(np.float64)
    units, terms = keys // vocabulary, keys % vocabulary
    frequency = np.bincount(terms, minlength=len(index.terms)).astype(np.float64)
    rarity = np.log1p((count - frequency + 0.5) / (frequency + 0.5)) / np.log1p((count + 0.5) / 0.5)
    return Bag(
        words=index.terms,
        vectors=np.asarray(index.term_vectors).astype(np.float64),
        starts=np.searchsorted(units, np.arange(count + 1)),
        terms=terms,
        counts=counts,
        length=np.bincount(units, weights=counts, minlength=count).astype(np.float64),
        rarity=np.where(frequency > 0, rarity, 0.0),
    )


def make_lexicon(subjects: View, objects: View, *, rows: Sequence[int]) -> Lexicon:
    """Lay out both sides' words, the translations of the asked subjects' words and the object side's BM25 weights."""
    left, right = make_bag(subjects), make_bag(objects)
    number = {word: n for n, word in enumerate(right.words)}
    units = np.repeat(np.arange(len(right.length)), np.diff(right.starts))
    order = np.argsort(right.terms, kind="stable")
    mean = max(1.0, float(right.length.mean())) if len(right.length) else 1.0
    norm = K1 * (1.0 - B + B * right.length / mean)
    weights = right.rarity[right.terms] * right.counts * (K1 + 1.0) / (right.counts + norm[units])
    same = np.array([number.get(word, -1) for word in left.words], np.int64).reshape(-1)
    parts = [left.of(row)[0] for row in rows]
    asked = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
    near, near_weights = translations(left, right, same, asked)
    return Lexicon(
        subjects=left,
        objects=right,
        same=same,
        asked=asked,
        near=near,
        near_weights=near_weights,
        first=np.searchsorted(right.terms[order], np.arange(len(right.words) + 1)),
        units=units[order],
        weights=weights[order],
    )


def _similarities(
    subjects: Bag, objects: Bag, same: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64] | slice
) -> NDArray[np.float64]:
    """Return cosines of subject words and object words, 1 where they are the same word."""
    similarities: NDArray[np.float64] = np.round(subjects.vectors[left] @ objects.vectors[right].T, 6)
    numbers = np.arange(len(objects.words))[right]
    place = np.minimum(np.searchsorted(numbers, same[left]), max(0, len(numbers) - 1))
    shared = np.flatnonzero((numbers[place] == same[left]) if len(numbers) else np.zeros(len(left), bool))
    similarities[shared, place[shared]] = 1.0
    return similarities


def translations(
    subjects: Bag, objects: Bag, same: NDArray[np.int64], words: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each subject word's nearest object words, and their weights.

    Args:
        subjects: The source side.
        objects: The target side.
        same: (v,) the object side's number of each subject word, or -1.
        words: (w,) word numbers of the subject side.

    Returns:
        (w, TRANSLATIONS) word numbers of the object side and weights: squared similarities over their sum where that
        is above 1, 0 where the similarity is below ``NEAR``.
    """
    size = len(objects.words)
    kept = min(TRANSLATIONS, size)
    numbers = np.zeros((len(words), kept), np.int64)
    weights = np.zeros((len(words), kept))
    for start in range(0, len(words) if kept else 0, _STEP):
        found = _similarities(subjects, objects, same, words[start : start + _STEP], slice(0, size))
        best = _best(found, kept)
        near = np.take_along_axis(found, best, axis=1)
        squares = np.where(near >= NEAR, near, 0.0) ** 2
        numbers[start : start + _STEP] = best
        weights[start : start + _STEP] = squares / np.maximum(squares.sum(axis=1, keepdims=True), 1.0)
    return numbers, weights


def _best(found: NDArray[np.float64], kept: int) -> NDArray[np.int64]:
    """Return the columns of the ``kept`` largest values a row, ties by column, without sorting whole rows."""
    limit = np.partition(found, -kept, axis=1)[:, -kept]
    out = np.zeros((len(found), kept), np.int64)
    for row, (values, least) in enumerate(zip(found, limit, strict=True)):
        columns = np.flatnonzero(values >= least)
        out[row] = columns[np.argsort(-values[columns], kind="stable")][:kept]
    return out


def bm25(lexicon: Lexicon, subject: int) -> NDArray[np.float64]:
    """Return BM25 of every object unit for one asked subject's translated words, over their total weight: (n,)."""
    words, counts = lexicon.subjects.of(subject)
    scores = np.zeros(len(lexicon.objects.length))
    if not len(words) or not len(lexicon.objects.words):
        return scores
    rows = np.searchsorted(lexicon.asked, words)
    numbers, weights = lexicon.near[rows], lexicon.near_weights[rows]
    # A word said three times is the subject of a unit; a tenth time adds nothing.
    query = np.bincount(
        numbers.ravel(),
        weights=(np.sqrt(np.minimum(counts, 3.0))[:, None] * weights).ravel(),
        minlength=len(lexicon.objects.words),
    )
    for word in np.flatnonzero(query).tolist():
        part = slice(int(lexicon.first[word]), int(lexicon.first[word + 1]))
        scores[lexicon.units[part]] += query[word] * lexicon.weights[part]
    rounded: NDArray[np.float64] = np.round(scores / max(1.0, float(query.sum())), 6)
    return rounded


def soft_coverage(
    lexicon: Lexicon, subject: int, candidates: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far each candidate's words cover the subject's, and the subject's the candidate's: (c,) each, 0-1.

    A word counts its best similarity to a word of the other side (0 below ``FLOOR``), weighted by its rarity.
    """
    words, _ = lexicon.subjects.of(subject)
    forward, backward = np.zeros(len(candidates)), np.zeros(len(candidates))
    parts = [lexicon.objects.of(int(candidate))[0] for candidate in candidates]
    pool = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
    if not len(words) or not len(pool):
        return forward, backward
    found = _similarities(lexicon.subjects, lexicon.objects, lexicon.same, words, pool)
    found[found < FLOOR] = 0.0
    rarity = lexicon.subjects.rarity[words]
    nearest = found.max(axis=0)
    for number, part in enumerate(parts):
        if len(part):
            columns = np.searchsorted(pool, part)
            forward[number] = found[:, columns].max(axis=1) @ rarity / max(rarity.sum(), 1e-9)
            weight = lexicon.objects.rarity[part]
            backward[number] = nearest[columns] @ weight / max(weight.sum(), 1e-9)
    return np.round(forward, 6), np.round(backward, 6)
