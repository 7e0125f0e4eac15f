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

from matcher.search.columns import spans
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
# Words in one product.
_STEP = 512
_COLUMNS = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """The content words of one side's units.

    Words of unit i are ``terms[starts[i]:starts[i + 1]]`` (sorted numbers) with ``counts``; ``length`` is (n,) words a
    unit; ``rarity`` is (v,) BM25's inverse document frequency among this side's units over its largest possible value,
    so that it does not grow with the framework; 0 for a word the side lacks.
    """

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
    """Both sides' words.

    ``asked`` are the sorted word numbers of the subjects that are asked about. For each its nearest object words
    ``near`` with weights ``near_weights`` (see ``translations``), and all object words from ``FLOOR`` on with their
    similarity: ``links[link_starts[i]:link_starts[i + 1]]`` and ``link_values`` (float32 holds six places exactly).
    The object side by word: units ``units[first[w]:first[w + 1]]`` with their BM25 ``weights``; ``own_weights`` are the
    same in the order of ``objects.terms``.
    """

    subjects: Bag
    objects: Bag
    asked: NDArray[np.int64]
    near: NDArray[np.int64]
    near_weights: NDArray[np.float64]
    link_starts: NDArray[np.int64]
    links: NDArray[np.int32]
    link_values: NDArray[np.float32]
    first: NDArray[np.int64]
    units: NDArray[np.int64]
    weights: NDArray[np.float64]
    own_weights: NDArray[np.float64]


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
        starts=np.searchsorted(units, np.arange(count + 1)),
        terms=terms,
        counts=counts,
        length=np.bincount(units, weights=counts, minlength=count).astype(np.float64),
        rarity=np.where(frequency > 0, rarity, 0.0),
    )


def make_lexicon(subjects: View, objects: View, *, rows: Sequence[int]) -> Lexicon:
    """Lay out both sides' words, the translations of the asked subjects' words and the object side's BM25 weights."""
    left, right = make_bag(subjects), make_bag(objects)
    units = np.repeat(np.arange(len(right.length)), np.diff(right.starts))
    order = np.argsort(right.terms, kind="stable")
    mean = max(1.0, float(right.length.mean())) if len(right.length) else 1.0
    norm = K1 * (1.0 - B + B * right.length / mean)
    weights = right.rarity[right.terms] * right.counts * (K1 + 1.0) / (right.counts + norm[units])
    parts = [left.of(row)[0] for row in rows]
    asked = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
    near, near_weights, link_starts, links, link_values = translations(subjects, objects, asked)
    return Lexicon(
        subjects=left,
        objects=right,
        asked=asked,
        near=near,
        near_weights=near_weights,
        link_starts=link_starts,
        links=links,
        link_values=link_values,
        first=np.searchsorted(right.terms[order], np.arange(len(right.rarity) + 1)),
        units=units[order],
        weights=weights[order],
        own_weights=weights,
    )


def _similarities(
    subjects: View, objects: View, same: NDArray[np.int64], words: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return cosines of subject words and all object words, 1 where they are the same word."""
    mine = np.asarray(subjects.index.term_vectors)[words].astype(np.float64)
    out = np.empty((len(words), len(objects.index.terms)))
    for start in range(0, out.shape[1], _COLUMNS):
        theirs = np.asarray(objects.index.term_vectors[start : start + _COLUMNS]).astype(np.float64)
        out[:, start : start + _COLUMNS] = mine @ theirs.T
    np.round(out, 6, out=out)
    shared = np.flatnonzero(same[words] >= 0)
    out[shared, same[words][shared]] = 1.0
    return out


def translations(
    subjects: View, objects: View, words: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return each subject word's nearest object words with their weights, and all that are near at all.

    Args:
        subjects: The source side.
        objects: The target side.
        words: (w,) word numbers of the subject side.

    Returns:
        (w, TRANSLATIONS) word numbers of the object side and weights: squared similarities over their sum where that
        is above 1, 0 where the similarity is below ``NEAR``; then starts (w + 1,), numbers and similarities of the
        object words from ``FLOOR`` on.
    """
    number = {word: n for n, word in enumerate(objects.index.terms)}
    same = np.array([number.get(word, -1) for word in subjects.index.terms], np.int64).reshape(-1)
    kept = min(TRANSLATIONS, len(number))
    numbers = np.zeros((len(words), kept), np.int64)
    weights = np.zeros((len(words), kept))
    counts = np.zeros(len(words), np.int64)
    links, values = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    for start in range(0, len(words) if kept else 0, _STEP):
        block = slice(start, start + _STEP)
        found = _similarities(subjects, objects, same, words[block])
        rows, columns = np.nonzero(found >= FLOOR)
        linked = found[rows, columns]
        counts[block] = np.bincount(rows, minlength=len(found))
        links.append(columns.astype(np.int32))
        values.append(linked.astype(np.float32))
        # The best first, ties by number: of those from NEAR on, no other word counts.
        order = np.lexsort((columns, -linked, rows))
        starts = np.cumsum(counts[block]) - counts[block]
        place = starts[:, None] + np.arange(kept)[None, :]
        there = np.arange(kept)[None, :] < counts[block][:, None]
        best = order[np.where(there, place, 0)] if len(order) else np.zeros(place.shape, np.int64)
        near = np.where(there, linked[best], 0.0) if len(order) else np.zeros(place.shape)
        numbers[block] = np.where(near > 0.0, columns[best], 0) if len(order) else 0
        squares = np.where(near >= NEAR, near, 0.0) ** 2
        weights[block] = squares / np.maximum(squares.sum(axis=1, keepdims=True), 1.0)
    ends = np.concatenate([[0], np.cumsum(counts)])
    return numbers, weights, ends, np.concatenate(links), np.concatenate(values)


def _query(lexicon: Lexicon, subject: int) -> NDArray[np.float64]:
    """Return the weight of every object word in one asked subject's translated words: (v,)."""
    words, counts = lexicon.subjects.of(subject)
    size = len(lexicon.objects.rarity)
    if not len(words) or not size:
        return np.zeros(size)
    rows = np.searchsorted(lexicon.asked, words)
    # A word said three times is the subject of a unit; a tenth time adds nothing.
    weights = np.sqrt(np.minimum(counts, 3.0))[:, None] * lexicon.near_weights[rows]
    query = np.bincount(lexicon.near[rows].ravel(), weights=weights.ravel(), minlength=size)
    return query.astype(np.float64)


def bm25(lexicon: Lexicon, subject: int) -> NDArray[np.float64]:
    """Return BM25 of every object unit for one asked subject's translated words, over their total weight: (n,)."""
    query = _query(lexicon, subject)
    words = np.flatnonzero(query)
    starts, ends = lexicon.first[words], lexicon.first[words + 1]
    chosen = spans(starts, ends)
    scores = np.bincount(
        lexicon.units[chosen],
        weights=lexicon.weights[chosen] * np.repeat(query[words], ends - starts),
        minlength=len(lexicon.objects.length),
    )
    rounded: NDArray[np.float64] = np.round(scores / max(1.0, float(query.sum())), 6)
    return rounded


def best_words(lexicon: Lexicon, subject: int, *, k: int) -> NDArray[np.int64]:
    """Return the k best objects by ``bm25``, best first, ties by position."""
    scores = bm25(lexicon, subject)
    if k < len(scores):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        above, level = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
        # Positions that share the least score come in order: no more of them than are wanted.
        found = np.concatenate([above, level[: k - len(above)]])
    else:
        found = np.arange(len(scores))
    best: NDArray[np.int64] = found[np.lexsort((found, -scores[found]))]
    return best


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTable:
    """The words of one subject (w,) against those of some objects.

    The words of object i are ``tokens[starts[i]:starts[i + 1]]``, places in ``pool`` (sorted word numbers);
    ``table`` is (pool, w) float32: similarities, 0 below ``FLOOR``.
    """

    subject: int
    objects: NDArray[np.int64]
    words: NDArray[np.int64]
    pool: NDArray[np.int64]
    tokens: NDArray[np.int64]
    starts: NDArray[np.int64]
    table: NDArray[np.float32]


def word_table(lexicon: Lexicon, subject: int, objects: NDArray[np.int64]) -> WordTable:
    """Lay out the words of one asked subject against those of some objects."""
    words, _ = lexicon.subjects.of(subject)
    bag = lexicon.objects
    begin, end = bag.starts[objects], bag.starts[objects + 1]
    numbers = bag.terms[spans(begin, end)]
    seen = np.zeros(len(bag.rarity) + 1, np.int64)
    seen[numbers] = 1
    pool = np.flatnonzero(seen)
    seen[pool] = np.arange(len(pool)) + 1
    rows = np.searchsorted(lexicon.asked, words)
    first, last = lexicon.link_starts[rows], lexicon.link_starts[rows + 1]
    chosen = spans(first, last)
    place = seen[lexicon.links[chosen]] - 1
    column = np.repeat(np.arange(len(words)), last - first)
    kept = place >= 0
    table = np.zeros((len(pool), len(words)), np.float32)
    table[place[kept], column[kept]] = lexicon.link_values[chosen][kept]
    return WordTable(
        subject=subject,
        objects=objects,
        words=words,
        pool=pool,
        tokens=seen[numbers] - 1,
        starts=np.concatenate([[0], np.cumsum(end - begin)]),
        table=table,
    )


def soft_coverage(
    lexicon: Lexicon, subject: int, candidates: NDArray[np.int64], *, table: WordTable | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far each candidate's words cover the subject's, and the subject's the candidate's: (c,) each, 0-1.

    A word counts its best similarity to a word of the other side (0 below ``FLOOR``), weighted by its rarity.
    """
    found = table or word_table(lexicon, subject, candidates)
    forward, backward = np.zeros(len(candidates)), np.zeros(len(candidates))
    lengths = np.diff(found.starts)
    some = np.flatnonzero(lengths)
    if not len(found.words) or not len(some):
        return forward, backward
    rarity = lexicon.subjects.rarity[found.words]
    best = np.maximum.reduceat(found.table[found.tokens], found.starts[some], axis=0)
    # Six places came in; float32 only carried them.
    exact = np.round(best.astype(np.float64), 6)
    forward[some] = (exact * rarity).sum(axis=1) / max(float(rarity.sum()), 1e-9)
    nearest = np.round(found.table.max(axis=1).astype(np.float64), 6)
    weight = lexicon.objects.rarity[found.pool]
    covered = np.add.reduceat((nearest * weight)[found.tokens], found.starts[some])
    backward[some] = covered / np.maximum(np.add.reduceat(weight[found.tokens], found.starts[some]), 1e-9)
    return np.round(forward, 6), np.round(backward, 6)


def bm25_of(lexicon: Lexicon, table: WordTable) -> NDArray[np.float64]:
    """Return ``bm25`` of the objects of a word table: (c,)."""
    query, bag = _query(lexicon, table.subject), lexicon.objects
    out = np.zeros(len(table.objects))
    some = np.flatnonzero(np.diff(table.starts))
    if len(some):
        own = lexicon.own_weights[spans(bag.starts[table.objects], bag.starts[table.objects + 1])]
        out[some] = np.add.reduceat(query[table.pool][table.tokens] * own, table.starts[some])
    rounded: NDArray[np.float64] = np.round(out / max(1.0, float(query.sum())), 6)
    return rounded
