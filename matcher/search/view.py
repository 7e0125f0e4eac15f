"""An index as one side of a comparison sees it: some languages only, the genre's mean removed.

Removing each framework's mean vector by language ("Be able to …", "能…") raised nDCG@10 on the development gold from
0.772 / 0.861 to 0.797 / 0.885 (English / Chinese subjects; CONTRIBUTING.md, Decisions). A small framework has no mean
worth the name (one unit minus itself is nothing): its mean is drawn towards the genre's, as if ``PRIOR`` average units
stood beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.encode.protocol import Vectors, unit_rows
from matcher.errors import InputError
from matcher.schema import LANGUAGES, Language, Unit
from matcher.search.index import FrameworkIndex

PRIOR = 32.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Units of an index with comparable vectors, in id order.

    ``members`` are unit numbers of the index; ``units`` and ``labels`` are (n, d) float32 unit rows in their order;
    ``statements`` are centred too, with ``statement_rows`` (position among members, statement number), sorted, and
    ``statement_numbers``, their rows in the index;
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
    demand: NDArray[np.float64]

    def unit(self, position: int) -> Unit:
        """Return the unit at a position among the members, with the statements of every language."""
        return self.index.framework.units[int(self.members[position])]

    def position(self, unit_id: str) -> int:
        """Return a unit id's position.

        Raises:
            InputError: The unit has no text in the view's languages.
        """
        try:
            return self.ids.index(unit_id)
        except ValueError as error:
            raise InputError(
                f"the unit {unit_id} has no text in {' or '.join(self.languages)}",
                expected="a unit in that language",
                do="leave --subject-language out",
            ) from error


def _centred(vectors: Vectors, languages: NDArray[np.int32], index: FrameworkIndex) -> Vectors:
    out = np.zeros(vectors.shape, np.float32)
    for number in range(len(LANGUAGES)):
        rows = languages == number
        if rows.any():
            # Rows are in id order and the sum runs in float64: the mean does not depend on the file's order.
            block = vectors[rows].astype(np.float64)
            mean = (block.sum(axis=0) + PRIOR * index.genre[number]) / (block.shape[0] + PRIOR)
            out[rows] = unit_rows((block - mean).astype(np.float32))
    return out


def make_view(index: FrameworkIndex, *, languages: Sequence[Language] = LANGUAGES) -> View:
    """Return the index restricted to languages; units without text in any of them are left out.

    Raises:
        InputError: No unit is left.
    """
    wanted = np.isin(index.unit_rows[:, 1], [LANGUAGES.index(language) for language in languages])
    rows = index.unit_rows[wanted]
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
    np.add.at(units, place, _centred(np.asarray(index.units)[wanted], rows[:, 1], index).astype(np.float64))
    np.add.at(labels, place, _centred(np.asarray(index.labels)[wanted], rows[:, 1], index).astype(np.float64))
    number_of = {int(unit): position for position, unit in enumerate(members)}
    chosen, statement_rows, statement_languages = [], [], []
    for row, (unit, statement) in enumerate(index.statement_rows.tolist()):
        language = index.framework.units[unit].statements[statement].language
        if unit in number_of and language in languages:
            chosen.append(row)
            statement_rows.append((number_of[unit], statement))
            statement_languages.append(LANGUAGES.index(language))
    statements = _centred(np.asarray(index.statements)[chosen], np.array(statement_languages, np.int32), index)
    return View(
        index=index,
        languages=tuple(languages),
        members=members.astype(np.int64),
        ids=tuple(index.ids[unit] for unit in members.tolist()),
        units=unit_rows(units.astype(np.float32)),
        labels=unit_rows(labels.astype(np.float32)),
        bare=np.array([_is_bare(index.framework.units[unit], languages) for unit in members.tolist()]),
        statement_rows=np.array(statement_rows, np.int64).reshape(-1, 2),
        statement_numbers=np.array(chosen, np.int64),
        statements=statements,
        demand=np.bincount(place, weights=np.asarray(index.demand)[wanted]) / np.bincount(place),
    )


def _is_bare(unit: Unit, languages: Sequence[Language]) -> bool:
    return all(s.role == "title" for s in unit.statements if s.language in languages)
