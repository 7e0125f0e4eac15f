"""Typed relations O*NET to ESCO: the features of a pair, without looking at any other pair of the crosswalk.

Everything is computed from the two occupations and from the whole of ESCO's and O*NET's occupations: how alike they
are, how near the best each is for the other, and how general each is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evaluation.public.lexical import Matrix, dense, plain_title, tfidf
from evaluation.public.tables import Mapping, Occupation
from matcher.encode.protocol import Encoder

FOLDS = 5
_NEAR = 10
# The rarity of a word that no ESCO label has: about that of a word in one label of 3,000.
_UNKNOWN = 8.0


def _ranks(similarity: Matrix) -> Matrix:
    """Return each column's rank within its row, from 0, as a logarithm."""
    order = np.argsort(np.argsort(-similarity, axis=1, kind="stable"), axis=1, kind="stable")
    return np.log1p(order.astype(np.float64))


def _generality(similarity: Matrix) -> Matrix:
    """Return how many columns of a row come close to its best: broad concepts have many neighbours."""
    best = similarity.max(axis=1, keepdims=True)
    return np.log1p((similarity >= 0.8 * best).sum(axis=1).astype(np.float64))


def _neighbours(similarity: Matrix) -> Matrix:
    """Return the mean similarity of a row's nearest columns."""
    return np.sort(similarity, axis=1)[:, -_NEAR:].mean(axis=1)


def _word_features(left: str, right: str, rarity: MappingType[str, float]) -> list[float]:
    one, other = set(left.split()), set(right.split())
    both = one & other

    def weight(words: set[str]) -> float:
        return sum(rarity.get(word, _UNKNOWN) for word in sorted(words))

    return [
        len(both) / max(1, len(one | other)),
        weight(both) / max(1e-9, weight(one)),
        weight(both) / max(1e-9, weight(other)),
        weight(other - one),
        weight(one - other),
        float(left == right),
        float(bool(both) and one <= other),
        float(bool(both) and other <= one),
        len(one),
        len(other),
        weight(one) / max(1, len(one)),
        weight(other) / max(1, len(other)),
    ]


WORD_NAMES = ("overlap", "of the O*NET title", "of the ESCO label", "only ESCO", "only O*NET", "same", "inside ESCO",
              "inside O*NET", "O*NET words", "ESCO words", "O*NET rarity", "ESCO rarity")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Both classifications laid out: every similarity is (sources, targets), the places name their rows and columns.

    ``forms`` holds each target's labels as plain words; the generalities are (sources, 3) and (targets, 2).
    """

    targets: MappingType[str, Occupation]
    source_place: MappingType[str, int]
    target_place: MappingType[str, int]
    titles: tuple[str, ...]
    labels: tuple[str, ...]
    forms: tuple[frozenset[str], ...]
    rarity: MappingType[str, float]
    similarities: MappingType[str, Matrix]
    source_general: Matrix
    target_general: Matrix


def _by_form(encoder: Encoder, titles: Sequence[str], forms: Sequence[Sequence[str]]) -> tuple[Matrix, Matrix]:
    """Return the best and the mean similarity of each title to a target's labels."""
    counts = [len(found) for found in forms]
    found = dense(encoder, titles, [form for labels in forms for form in labels])
    starts = np.cumsum([0, *counts[:-1]])
    return np.maximum.reduceat(found, starts, axis=1), np.add.reduceat(found, starts, axis=1) / counts


def lay_out(encoder: Encoder, pairs: Sequence[Mapping], occupations: MappingType[str, Occupation]) -> Layout:
    """Compare all O*NET occupations of the crosswalk with all of ESCO (and the ISCO groups that it names)."""
    sources = {pair.code: pair for pair in pairs}
    groups = {
        p.uri: Occupation(uri=p.uri, code=p.uri.rpartition("C")[2], label=p.label, others=(), description=p.concept)
        for p in pairs
        if p.uri not in occupations
    }
    targets = {**occupations, **groups}
    left, right = [sources[code] for code in sorted(sources)], [targets[uri] for uri in sorted(targets)]
    titles, labels = [plain_title(pair.title) for pair in left], [plain_title(target.label) for target in right]
    texts = [f"{pair.title}. {pair.description}" for pair in left]
    concepts = [f"{target.label}. {target.description}" for target in right]
    forms = [[plain_title(form) for form in (target.label, *target.others)] for target in right]
    best, mean = _by_form(encoder, titles, forms)
    similarities = {
        "title": dense(encoder, titles, labels),
        "text": dense(encoder, texts, concepts),
        "title to text": dense(encoder, titles, concepts),
        "text to label": dense(encoder, texts, labels),
        "characters": tfidf(titles, labels, characters=True),
        "words of texts": tfidf([t.lower() for t in texts], [c.lower() for c in concepts], characters=False),
        "best form": best,
        "mean form": mean,
    }
    counts = Counter(word for label in labels for word in set(label.split()))
    by_text, by_title = similarities["text"], similarities["title"]
    of_sources, of_targets = dense(encoder, texts, texts), dense(encoder, concepts, concepts)
    return Layout(
        targets=targets,
        source_place={code: place for place, code in enumerate(sorted(sources))},
        target_place={uri: place for place, uri in enumerate(sorted(targets))},
        titles=tuple(titles),
        labels=tuple(labels),
        forms=tuple(frozenset(found) for found in forms),
        rarity={word: math.log(len(labels) / count) for word, count in counts.items()},
        similarities=similarities,
        source_general=np.stack([_generality(by_text), _generality(by_title), _neighbours(of_sources)], axis=1),
        target_general=np.stack([_generality(by_text.T), _neighbours(of_targets)], axis=1),
    )


def features(layout: Layout, pairs: Sequence[Mapping]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return the features of pairs, (n, f) float64, and their names."""
    s = np.array([layout.source_place[pair.code] for pair in pairs])
    t = np.array([layout.target_place[pair.uri] for pair in pairs])
    targets = [layout.targets[pair.uri] for pair in pairs]
    columns: dict[str, Sequence[float] | NDArray[np.float64]] = {}
    for name, matrix in layout.similarities.items():
        columns[name] = matrix[s, t]
        columns[f"{name}, less the best"] = matrix[s, t] - matrix.max(axis=1)[s]
        columns[f"{name}, less the best back"] = matrix[s, t] - matrix.max(axis=0)[t]
        columns[f"{name}, rank"] = _ranks(matrix)[s, t]
        columns[f"{name}, rank back"] = _ranks(matrix.T)[t, s]
    words = [_word_features(layout.titles[a], layout.labels[b], layout.rarity) for a, b in zip(s, t, strict=True)]
    columns |= dict(zip(WORD_NAMES, np.array(words).T, strict=True))
    columns["a form is the title"] = [float(layout.titles[a] in layout.forms[b]) for a, b in zip(s, t, strict=True)]
    columns["alternative labels"] = [math.log1p(len(target.others)) for target in targets]
    columns["ESCO depth"] = [float(target.code.count(".")) for target in targets]
    columns["O*NET detail"] = [float(not pair.code.endswith(".00")) for pair in pairs]
    columns["O*NET list"] = [float("," in pair.title or " and " in pair.title) for pair in pairs]
    columns["O*NET residual"] = [float("All Other" in pair.title) for pair in pairs]
    columns["O*NET exclusion"] = [float("Except" in pair.title) for pair in pairs]
    columns["O*NET length"] = [math.log1p(len(pair.description)) for pair in pairs]
    columns["ESCO length"] = [math.log1p(len(target.description)) for target in targets]
    columns["ISCO group"] = [float(pair.is_group) for pair in pairs]
    columns |= {f"O*NET generality {n}": values[s] for n, values in enumerate(layout.source_general.T)}
    columns |= {f"ESCO generality {n}": values[t] for n, values in enumerate(layout.target_general.T)}
    columns |= {f"ISCO {digit}": [float(o.code[:1] == digit) for o in targets] for digit in "0123456789"}
    return np.stack([np.asarray(column, np.float64) for column in columns.values()], axis=1), tuple(columns)


def predict_out_of_fold(
    table: NDArray[np.float64], relations: NDArray[np.int64], groups: NDArray[np.str_]
) -> NDArray[np.int64]:
    """Return each pair's relation, predicted by a model that saw no pair of its O*NET major group (five folds).

    A logistic regression; its probabilities are divided by the square root of the training frequencies, half way
    between trusting the frequencies (accuracy) and treating all relations alike. Other powers from 0 to 1 gave
    macro-F1 .48 to .51 and accuracy .62 to .55; ten times stronger or weaker regularisation, .50 to .51.
    """
    predicted = np.zeros(len(relations), np.int64)
    for train, test in GroupKFold(FOLDS).split(table, relations, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
        model.fit(table[train], relations[train])
        classes, counts = np.unique(relations[train], return_counts=True)
        predicted[test] = classes[np.argmax(model.predict_proba(table[test]) / np.sqrt(counts / len(train)), axis=1)]
    return predicted
