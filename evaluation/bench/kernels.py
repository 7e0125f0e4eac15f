"""Speeds inside one process: a plain matrix product, encoders, retrieval, and the reference of each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matcher.encode.static import load_embedded
from matcher.scale.context import kept_pair
from matcher.search.columns import spans
from matcher.search.index import FrameworkIndex, load_index
from matcher.search.lexical import make_bag
from matcher.search.retrieve import Searcher
from matcher.search.view import make_view
from models.recipes.embedded.speed import measure

RUNS = 5
QUERIES = 1_000
DEPTH = 164


def _median(call: Callable[[], object], *, runs: int = RUNS) -> float:
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def product_rate() -> float:
    """Return the floating-point operations a second of a plain float32 matrix product on all cores."""
    chance = np.random.default_rng(0)
    left, right = (chance.random(shape, dtype=np.float32) for shape in ((1_024, 768), (768, 8_192)))
    left @ right
    return 2.0 * 1_024 * 768 * 8_192 / _median(lambda: left @ right)


def encoder_rates(texts: list[str]) -> tuple[dict[str, float], float]:
    """Return texts a second of the embedded encoders, and of the MiniLM-L12 architecture through torch."""
    encoders = {"embedded": load_embedded(), "fast": load_embedded(fast=True)}
    found, other = measure(encoders, texts)
    return {name: speed.rate for name, speed in found.items()}, other


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Queries a second: the exact search of the whole score, and BM25 of bm25s over the same words."""

    queries: float
    bm25s: float


def search_rates(subjects: Path, objects: Path) -> Search:
    """Return the speed of retrieval between two indexes that were matched before."""
    sides = load_index(subjects), load_index(objects)
    pair = kept_pair(objects, *sides, subject_language="both")
    searcher, rows = Searcher(pair.space), np.arange(min(QUERIES, len(pair.subjects.ids)))
    searcher.search(rows[:8], bare=False, k=DEPTH)
    seconds = _median(lambda: searcher.search(rows, bare=False, k=DEPTH), runs=3)
    return Search(queries=len(rows) / seconds, bm25s=_bm25s_rate(pair.objects.index))


def _bm25s_rate(objects: FrameworkIndex) -> float:
    """Return the queries a second of bm25s: the work contents asked for by the words of some of them."""
    import bm25s

    bag = make_bag(make_view(objects))
    words = np.array(objects.terms, dtype=object)
    units = np.arange(len(bag.length))
    tokens = words[bag.terms[spans(bag.starts[units], bag.starts[units + 1])]].tolist()
    corpus = [tokens[first:last] for first, last in zip(bag.starts[:-1].tolist(), bag.starts[1:].tolist(), strict=True)]
    retriever = bm25s.BM25()
    retriever.index(corpus, show_progress=False)
    asked = corpus[: min(QUERIES, len(corpus))]
    k = min(100, len(corpus))
    return len(asked) / _median(lambda: retriever.retrieve(asked, k=k, show_progress=False), runs=3)
