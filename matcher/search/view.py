"""An index as one side of a comparison sees it: some languages only, the genre's mean removed.

Removing each framework's mean vector by language ("Be able to …", "能…") raised nDCG@10 on the development gold from
0.772 / 0.861 to 0.797 / 0.885 (English / Chinese subjects; CONTRIBUTING.md, Decisions). A small framework has no mean
worth the name (one unit minus itself is nothing): its mean is drawn towards the genre's, as if ``PRIOR`` average units
stood beside it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode.protocol import Vectors, unit_rows
from matcher.errors import InputError
from matcher.schema import LANGUAGES, ROLES, Language, Unit
from matcher.search.columns import LANGUAGE, OTHER, ROLE
from matcher.search.index import FrameworkIndex

PRIOR = 32.0
# Rows centred at a time: bounds memory, cannot change a result.
_BLOCK = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Units of an index with comparable vectors, in id order.

    ``members`` are unit numbers of the index; ``units`` and ``labels`` are (n, d) float32 unit rows in their order;
    ``statements`` are centred too, with ``statement_rows`` (position among members, statement number), sorted, and
    ``statement_numbers``, their rows in the index, and ``statement_starts``, (n + 1,) where each member's begin;
    ``spoken`` is (n, 3): the languages that a member has statements in, whatever the view sees; ``term_starts`` tells
    where the words of each statement of the index begin in its ``term_rows``;
    ``bare`` marks members that have nothing but a title; ``demand`` is (n,) float64, what their level cues tell.
    """

    index: FrameworkIndex
    languages: tuple[Language, ...]
    members: NDArray[np.int64]
    ids: tuple[str, ...]
    units: Vectors
    labels: Vectors
    bare: NDArray[np.bool_]
    statement_rows: NDArray[np.int64]
    statement_numbers: NDArray[np.int64]
    statements: Vectors
    statement_starts: NDArray[np.int64]
    spoken: NDArray[np.bool_]
    term_starts: NDArray[np.int64]
    demand: NDArray[np.float64]

    def unit(self, position: int) -> Unit:
        """Return the unit at a position among the members, with the statements of every language."""
        return self.index.framework.units[int(self.members[position])]

    def marks(self) -> NDArray[np.int8]:
        """Return language, role and local law (``matcher.search.columns``) of every row of ``statements``: (s, 3)."""
        found: NDArray[np.int8] = self.index.columns.statements[self.statement_numbers]
        return found

    def position(self, unit_id: str) -> int:
        """Return a unit id's position.

        Raises:
            InputError: The unit has no text in the view's languages.
        """
        # Ids are sorted.
        place = bisect_left(self.ids, unit_id)
        if place < len(self.ids) and self.ids[place] == unit_id:
            return place
        raise InputError(
            f"the unit {unit_id} has no text in {' or '.join(self.languages)}",
            expected="a unit in that language",
            do="leave --subject-language out",
        )


def _centred(vectors: Vectors, rows: NDArray[np.int64], languages: NDArray[np.int64], index: FrameworkIndex) -> Vectors:
    """Return some rows less their language's mean, scaled to length one, in blocks: (r, d) float32."""
    out = np.zeros((len(rows), vectors.shape[1]), np.float32)
    for number in range(len(LANGUAGES)):
        places = np.flatnonzero(languages == number)
        if not places.size:
            continue
        # Rows are in id order and the sum runs in float64, row after row: the mean does not depend on the file's order
        # nor on the blocks.
        total = np.zeros((1, vectors.shape[1]))
        for start in range(0, len(places), _BLOCK):
            block = vectors[rows[places[start : start + _BLOCK]]].astype(np.float64)
            total = np.concatenate([total, block]).sum(axis=0, keepdims=True)
        mean = (total[0] + PRIOR * index.genre[number]) / (len(places) + PRIOR)
        for start in range(0, len(places), _BLOCK):
            some = places[start : start + _BLOCK]
            out[some] = unit_rows((vectors[rows[some]].astype(np.float64) - mean).astype(np.float32))
    return out


def make_view(index: FrameworkIndex, *, languages: Sequence[Language] = LANGUAGES) -> View:
    """Return the index restricted to languages; units without text in any of them are left out.

    Raises:
        InputError: No unit is left.
    """
    chosen_languages = [LANGUAGES.index(language) for language in languages]
    wanted = np.flatnonzero(np.isin(index.unit_rows[:, 1], chosen_languages))
    rows = index.unit_rows[wanted].astype(np.int64)
    if not rows.size:
        raise InputError(
            f"no unit has text in {' or '.join(languages)}",
            where=index.framework.header.id,
            expected="English or Chinese: text in other scripts is shown, not compared",
            do="choose another --subject-language, or add titles in English or Chinese",
        )
    # Centred on all the framework's units of a language, whatever is asked of them.
    members, place = np.unique(rows[:, 0], return_inverse=True)
    units = np.zeros((len(members), index.units.shape[1]))
    labels = np.zeros_like(units)
    for out, vectors in ((units, index.units), (labels, index.labels)):
        centred = _centred(vectors, wanted, rows[:, 1], index)
        for number in chosen_languages:
            # A unit has one row a language.
            here = rows[:, 1] == number
            out[place[here]] += centred[here]
    marks = index.columns.statements
    chosen = np.flatnonzero(
        np.isin(marks[:, LANGUAGE], chosen_languages) & np.isin(index.statement_rows[:, 0], members)
    )
    position = np.full(len(index.ids), -1, np.int64)
    position[members] = np.arange(len(members))
    unit_of = position[index.statement_rows[chosen, 0]]
    bodies = np.bincount(unit_of, weights=marks[chosen, ROLE] != ROLES.index("title"), minlength=len(members))
    spoken = np.zeros((len(index.ids), OTHER + 1), bool)
    spoken[index.statement_rows[:, 0], marks[:, LANGUAGE]] = True
    term_of = np.ascontiguousarray(index.term_rows[:, 0])
    return View(
        index=index,
        languages=tuple(languages),
        members=members,
        ids=tuple(index.ids[unit] for unit in members.tolist()),
        units=unit_rows(units.astype(np.float32)),
        labels=unit_rows(labels.astype(np.float32)),
        bare=bodies == 0,
        statement_rows=np.stack([unit_of, index.statement_rows[chosen, 1].astype(np.int64)], axis=1),
        statement_numbers=chosen,
        statements=_centred(index.statements, chosen, marks[chosen, LANGUAGE].astype(np.int64), index),
        statement_starts=np.searchsorted(unit_of, np.arange(len(members) + 1)),
        spoken=spoken[members, :OTHER],
        term_starts=np.searchsorted(term_of, np.arange(len(index.statements) + 1, dtype=term_of.dtype)),
        demand=np.bincount(place, weights=index.demand[wanted]) / np.bincount(place),
    )
