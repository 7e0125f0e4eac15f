"""MELO usa_q_en_c_en: O*NET titles against ESCO's surface forms, ranked as the benchmark ranks them."""

from __future__ import annotations

import numpy as np

from evaluation.public.lexical import Matrix, dense, fused, plain_title, tfidf
from evaluation.public.tables import Melo
from matcher.encode.protocol import Encoder
from matcher.evaluate import Answer, Run

# The benchmark writes scores with five decimals and keeps 100 elements a query; trec_eval breaks ties by the larger id.
DEPTH = 100
_DECIMALS = 5
_MARGIN = 400
# Published figures (MRR), to stand beside ours: https://github.com/Avature/melo-benchmark at 014982f.
PUBLISHED = {
    "OpenAI": 0.6842,
    "e5-mistral": 0.6735,
    "mE5-large": 0.6563,
    "BGE-M3": 0.6226,
    "TF-IDF on lemmas": 0.6056,
    "BM25 on lemmas": 0.6004,
}


def as_run(melo: Melo, scores: Matrix) -> Run:
    """Return scores, (queries, elements), as a run in the benchmark's order."""
    rounded = np.round(scores, _DECIMALS)
    names = np.array([name for name, _ in melo.elements])
    place = np.argsort(np.argsort(names))
    answers = {}
    for row, (query, _) in enumerate(melo.queries):
        best = np.argpartition(-rounded[row], min(_MARGIN, len(names) - 1))[:_MARGIN]
        order = best[np.lexsort((-place[best], -rounded[row][best]))][:DEPTH]
        answers[query] = tuple(
            Answer(object=str(names[n]), rank=rank, score=float(rounded[row][n])) for rank, n in enumerate(order, 1)
        )
    return Run(answers=answers, no_counterpart={})


def melo_runs(melo: Melo, encoder: Encoder) -> dict[str, Run]:
    """Return a run of each side and of both; nothing is trained on the set, nor any weight chosen by it."""
    raw = dense(encoder, [text.lower() for _, text in melo.queries], [text.lower() for _, text in melo.elements])
    queries, elements = [[plain_title(text) for _, text in side] for side in (melo.queries, melo.elements)]
    vectors = dense(encoder, queries, elements)
    words, characters = (tfidf(queries, elements, characters=kind) for kind in (False, True))
    return {
        "vectors of the titles as they are": as_run(melo, raw),
        "vectors of words in the singular": as_run(melo, vectors),
        "word TF-IDF": as_run(melo, words),
        "character TF-IDF": as_run(melo, characters),
        "vectors and words fused": as_run(melo, fused(vectors, words, characters)),
    }
