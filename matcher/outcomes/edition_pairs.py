"""Which units of two editions to compare, and which statement stands where in the new one.

Statements are assigned one to one over the whole edition: the same text first, then the nearest by words or meaning.
Between equals the pair of units that has more in common wins, so that a sentence that stands in thirty units
(safety, tidiness) stays with its own.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode.protocol import Encoder, unit_rows
from matcher.outcomes.edition_text import common, pieces, text_key
from matcher.schema import LANGUAGES, Framework
from matcher.schema.edition import How
from matcher.search.index import genre_means, sort_units
from matcher.search.view import PRIOR
from matcher.text.normalize import normal_form

# Neighbours by vector looked at for a unit, both ways.
NEIGHBOURS = 5
# A text that stands in many units of both editions says nothing about which belong together.
COMMON_TEXT = 64
# Two statements are the same one, reworded, from half of their words in common on, or from this centred cosine on.
WORDS, MEANING = 0.5, 0.6
# Below this cosine words are not compared: on the development seeds no reworded statement lay lower.
_LOOK = 0.25
# What the units' affinity adds to a statement's similarity, and a shared code to the affinity.
_BY_UNIT, _SAME_CODE = 0.3, 0.1
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-_/]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A statement of the old edition and its place in the new one: (unit number, statement index) each."""

    old: tuple[int, int]
    new: tuple[int, int]
    similarity: float
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One edition by unit number: ids, statement keys, words, and vectors.

    ``rows`` gives a unit's and statement's row in ``statements`` (n, d) float64, centred; ``units`` is (units, d), the
    mean of a unit's statements.
    """

    framework: Framework
    ids: tuple[str, ...]
    keys: tuple[tuple[tuple[str, str], ...], ...]
    words: dict[tuple[str, str], Counter[str]]
    spread: Counter[tuple[str, str]]
    rows: dict[tuple[int, int], int]
    statements: NDArray[np.float64]
    units: NDArray[np.float64]

    def weight(self, unit: int, statement: int) -> float:
        """Return how much a statement tells of its unit: one over the number of units that have its text."""
        return 1.0 / self.spread[self.keys[unit][statement]]


def make_sides(old: Framework, new: Framework, encoder: Encoder) -> tuple[Side, Side]:
    """Return both editions ready to be compared, their units in the order of ids.

    The genre's mean ("Be able to …") is taken off, over both editions together: the same text has the same vector.
    """
    frameworks = tuple(map(sort_units, (old, new)))
    texts = [_texts(framework) for framework in frameworks]
    unique = sorted({text for found in texts for text in found})
    row_of = {text: row for row, text in enumerate(unique)}
    vectors = encoder.encode([text for _, text in unique]).astype(np.float64)
    genre = genre_means(encoder)
    for number, language in enumerate(LANGUAGES):
        mine = np.array([text[0] == language for text in unique], bool)
        if mine.any():
            mean = (vectors[mine].sum(axis=0) + PRIOR * genre[number]) / (mine.sum() + PRIOR)
            vectors[mine] -= mean
    vectors = unit_rows(vectors.astype(np.float32)).astype(np.float64)
    sides = [_side(framework, found, row_of, vectors) for framework, found in zip(frameworks, texts, strict=True)]
    return sides[0], sides[1]


def _texts(framework: Framework) -> list[tuple[str, str]]:
    place = framework.header.jurisdiction
    return [
        (s.language, normal_form(s.text, language=s.language, jurisdiction=place))
        for unit in framework.units
        for s in unit.statements
    ]


def _side(
    framework: Framework,
    texts: Sequence[tuple[str, str]],
    row_of: Mapping[tuple[str, str], int],
    vectors: NDArray[np.float64],
) -> Side:
    keys = tuple(tuple(text_key(s) for s in unit.statements) for unit in framework.units)
    places = [(n, i) for n, unit in enumerate(framework.units) for i in range(len(unit.statements))]
    statements = vectors[[row_of[text] for text in texts]] if texts else np.zeros((0, vectors.shape[1]))
    units = np.zeros((len(framework.units), vectors.shape[1]))
    np.add.at(units, [n for n, _ in places], statements)
    return Side(
        framework=framework,
        ids=framework.unit_ids(),
        keys=keys,
        words={key: pieces(key) for key in {key for found in keys for key in found}},
        spread=Counter(key for found in keys for key in set(found)),
        rows={where: row for row, where in enumerate(places)},
        statements=statements,
        units=unit_rows(units.astype(np.float32)).astype(np.float64),
    )


def named_codes(side: Side, unit: int) -> set[str]:
    """Return every word of a unit's remarks and notes that may be a code of the edition before ("old code …")."""
    found = side.framework.units[unit]
    return {word.rstrip(".-/") for text in (found.remarks, *found.notes) for word in _CODE.findall(text)}


def unit_pairs(old: Side, new: Side) -> list[tuple[int, int]]:
    """Return the pairs of units worth comparing, sorted."""
    found: set[tuple[int, int]] = set()
    by_code: dict[str, list[int]] = defaultdict(list)
    for number, unit in enumerate(old.framework.units):
        by_code[unit.code].append(number)
    for number, unit in enumerate(new.framework.units):
        for code in {unit.code, *named_codes(new, number)}:
            found.update((before, number) for before in by_code.get(code, ()))
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, keys in enumerate(old.keys):
        for key in set(keys):
            holders[key].append(number)
    for number, keys in enumerate(new.keys):
        for key in set(keys):
            before = holders.get(key, [])
            if len(before) * new.spread[key] <= COMMON_TEXT:
                found.update((other, number) for other in before)
    found.update(_near(old, new))
    return sorted(found)


def _near(old: Side, new: Side) -> Iterator[tuple[int, int]]:
    """Yield the nearest units by vector, both ways."""
    for here, there, turned in ((old, new, False), (new, old, True)):
        for start in range(0, len(here.ids), 512):
            block = np.round(here.units[start : start + 512] @ there.units.T, 6)
            best = np.argsort(-block, axis=1, kind="stable")[:, :NEIGHBOURS]
            for row, columns in enumerate(best.tolist(), start):
                yield from ((column, row) if turned else (row, column) for column in columns)


def _similar(old: Side, new: Side, pair: tuple[int, int]) -> list[tuple[float, How, int, int]]:
    """Return (similarity, how, old statement, new statement) of what two units may share."""
    left, right = old.keys[pair[0]], new.keys[pair[1]]
    out: list[tuple[float, How, int, int]] = []
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for j, key in enumerate(right):
        places[key].append(j)
    out += [(1.0, "same", i, j) for i, key in enumerate(left) for j in places.get(key, ())]
    known = set(left)
    open_left = [i for i, key in enumerate(left) if key not in places]
    open_right = [j for j, key in enumerate(right) if key not in known]
    if not open_left or not open_right:
        return out
    a = old.statements[[old.rows[pair[0], i] for i in open_left]]
    b = new.statements[[new.rows[pair[1], j] for j in open_right]]
    cosines = np.round(np.einsum("ad,bd->ab", a, b), 6)
    for x, y in np.argwhere(cosines >= _LOOK).tolist():
        i, j = open_left[x], open_right[y]
        if left[i][0] != right[j][0]:
            continue
        cosine, shared = float(cosines[x, y]), common(old.words[left[i]], new.words[right[j]])
        if shared >= WORDS or cosine >= MEANING:
            out.append((round(max(shared, cosine), 4), "words" if shared >= WORDS else "meaning", i, j))
    return out


def place(old: Side, new: Side, pairs: Sequence[tuple[int, int]]) -> list[Placed]:
    """Assign statements one to one, best first."""
    options: list[tuple[bool, float, float, tuple[int, int], tuple[int, int], How]] = []
    for pair in pairs:
        found = _similar(old, new, pair)
        affinity = _affinity(old, new, pair, found)
        for similarity, how, i, j in found:
            role = old.framework.units[pair[0]].statements[i].role
            same_role = role == new.framework.units[pair[1]].statements[j].role
            score = round(similarity + _BY_UNIT * affinity + 0.01 * same_role, 6)
            options.append((how != "same", -score, similarity, (pair[0], i), (pair[1], j), how))
    options.sort()
    used_old: set[tuple[int, int]] = set()
    used_new: set[tuple[int, int]] = set()
    placed = []
    for _, _, similarity, before, after, how in options:
        if before not in used_old and after not in used_new:
            used_old.add(before)
            used_new.add(after)
            placed.append(Placed(old=before, new=after, similarity=similarity, how=how))
    return placed


def _affinity(old: Side, new: Side, pair: tuple[int, int], found: Sequence[tuple[float, How, int, int]]) -> float:
    """Return how much two units have in common, 0 to about 1: the larger of the shares that the other side has."""
    best_old: dict[int, float] = {}
    best_new: dict[int, float] = {}
    for similarity, _, i, j in found:
        best_old[i] = max(best_old.get(i, 0.0), similarity * old.weight(pair[0], i))
        best_new[j] = max(best_new.get(j, 0.0), similarity * new.weight(pair[1], j))
    whole_old = sum(old.weight(pair[0], i) for i in range(len(old.keys[pair[0]])))
    whole_new = sum(new.weight(pair[1], j) for j in range(len(new.keys[pair[1]])))
    units = (old.framework.units[pair[0]], new.framework.units[pair[1]])
    code = _SAME_CODE if units[0].code == units[1].code else 0.0
    return max(sum(best_old.values()) / (whole_old or 1.0), sum(best_new.values()) / (whole_new or 1.0)) + code
