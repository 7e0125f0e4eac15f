"""Statement-to-statement alignment: the reasons under a suggestion.

Greedy one-to-one assignment, best pair first (each statement is used once). Knowledge is compared with knowledge and
work with work first: a pair across that line pays ``CROSS_ROLE``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matcher.schema import AlignedPair, Language, Role, Statement
from matcher.search.view import View

# Centred cosine below which two statements are no reason to show (see CONTRIBUTING.md, Decisions).
THRESHOLD = 0.25
CROSS_ROLE = 0.08
_BODY: tuple[Role, ...] = ("knowledge", "skill", "attitude", "outcome")


def _family(language: Language) -> str:
    return language.partition("-")[0]


def evidence_language(available: Sequence[Language], other: Sequence[Language]) -> Language | None:
    """Return the language to show evidence in: one the other side shares (by family), else the first there is."""
    families = {_family(language) for language in other}
    shared = [language for language in available if _family(language) in families]
    return next(iter([*shared, *available]), None)


def _chosen(view: View, position: int, other: Sequence[Language]) -> tuple[list[int], NDArray[np.float64]]:
    """Return the statement numbers that take part, and their vectors (a, d) float64."""
    unit = view.unit(position)
    available = [language for language in unit.languages if language in view.languages]
    language = evidence_language(available, other)
    rows = np.flatnonzero(view.statement_rows[:, 0] == position)
    numbers = view.statement_rows[rows, 1]
    keep = [i for i, n in enumerate(numbers.tolist()) if unit.statements[n].language == language]
    body = [i for i in keep if unit.statements[int(numbers[i])].role in _BODY]
    used = body or keep
    return [int(numbers[i]) for i in used], view.statements[rows[used]].astype(np.float64)


def _penalty(left: Statement, right: Statement) -> float:
    return CROSS_ROLE if (left.role == "knowledge") != (right.role == "knowledge") else 0.0


def align(subjects: View, subject: int, objects: View, candidate: int) -> tuple[AlignedPair, ...]:
    """Return the aligned statement pairs of one subject and one candidate, best first."""
    subject_unit, object_unit = subjects.unit(subject), objects.unit(candidate)
    left, left_vectors = _chosen(subjects, subject, object_unit.languages)
    right, right_vectors = _chosen(objects, candidate, subject_unit.languages)
    if not left or not right:
        return ()
    similarity = np.round(np.einsum("ad,bd->ab", left_vectors, right_vectors), 6)
    penalty = np.array([[_penalty(subject_unit.statements[a], object_unit.statements[b]) for b in right] for a in left])
    order = np.argsort(-(similarity - penalty), axis=None, kind="stable")
    used_left: set[int] = set()
    used_right: set[int] = set()
    pairs = []
    for flat in order.tolist():
        a, b = divmod(flat, len(right))
        if similarity[a, b] - penalty[a, b] < THRESHOLD:
            break
        if a not in used_left and b not in used_right:
            used_left.add(a)
            used_right.add(b)
            pairs.append(AlignedPair(subject_index=left[a], object_index=right[b], similarity=float(similarity[a, b])))
    return tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.subject_index, pair.object_index)))
