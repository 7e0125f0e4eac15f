"""Statement-to-statement alignment: the reasons under a suggestion.

Greedy one-to-one assignment, best pair first (each statement is used once). Knowledge is compared with knowledge and
work with work first: a pair across that line pays ``CROSS_ROLE``. A statement of local law pairs with such a statement
only: an ordinance here and a safety rule there share words, not content. Under each pair stand the words that link it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matcher.schema import AlignedPair, Language, Role, Statement, TermLink
from matcher.search.index import FrameworkIndex
from matcher.search.view import View
from matcher.text.law import is_local_law

# Centred cosine below which two statements are no reason to show (see CONTRIBUTING.md, Decisions).
THRESHOLD = 0.35
CROSS_ROLE = 0.08
FORBIDDEN = 2.0
# Words are linked from this similarity on, at most so many a pair of statements.
LINK = 0.5
LINKS = 4
_BODY: tuple[Role, ...] = ("knowledge", "skill", "attitude", "outcome")


def _family(language: Language) -> str:
    return language.partition("-")[0]


def evidence_language(available: Sequence[Language], other: Sequence[Language]) -> Language | None:
    """Return the language to show evidence in: one the other side shares (by family), else the first there is."""
    families = {_family(language) for language in other}
    shared = [language for language in available if _family(language) in families]
    return next(iter([*shared, *available]), None)


def chosen_statements(view: View, position: int, other: Sequence[Language]) -> tuple[list[int], NDArray[np.float64]]:
    """Return the statement numbers of a unit that are compared, and their vectors (a, d) float64.

    Args:
        view: The unit's side.
        position: The unit's position.
        other: The other unit's languages; one that both have is preferred.
    """
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
    if is_local_law(left) != is_local_law(right):
        return FORBIDDEN
    return CROSS_ROLE if (left.role == "knowledge") != (right.role == "knowledge") else 0.0


def link_terms(subjects: View, subject_row: int, objects: View, object_row: int) -> tuple[TermLink, ...]:
    """Return the words that link two statements, best first: one-to-one, the same word or near by the encoder.

    Args:
        subjects: The source side.
        subject_row: The statement's row in the index of that side.
        objects: The target side.
        object_row: The same there.
    """
    left, right = _terms(subjects.index, subject_row), _terms(objects.index, object_row)
    if not left.size or not right.size:
        return ()
    one, other = subjects.index, objects.index
    similarity = np.round(
        np.asarray(one.term_vectors)[left].astype(np.float64)
        @ np.asarray(other.term_vectors)[right].astype(np.float64).T,
        2,
    )
    for a, number in enumerate(left.tolist()):
        for b, there in enumerate(right.tolist()):
            if one.terms[number] == other.terms[there]:
                similarity[a, b] = 1.0
    links: list[TermLink] = []
    used_left: set[int] = set()
    used_right: set[int] = set()
    for flat in np.argsort(-similarity, axis=None, kind="stable").tolist():
        a, b = divmod(flat, len(right))
        if similarity[a, b] < LINK or len(links) == LINKS:
            break
        if a not in used_left and b not in used_right:
            used_left.add(a)
            used_right.add(b)
            links.append(
                TermLink(
                    subject=one.terms[int(left[a])],
                    object=other.terms[int(right[b])],
                    similarity=float(similarity[a, b]),
                )
            )
    return tuple(links)


def _terms(index: FrameworkIndex, row: int) -> NDArray[np.int64]:
    # term_rows are sorted by statement row.
    rows = index.term_rows[:, 0]
    first, last = np.searchsorted(rows, [row, row + 1])
    numbers: NDArray[np.int64] = np.asarray(index.term_rows[first:last, 1], np.int64)
    return numbers


def align(subjects: View, subject: int, objects: View, candidate: int) -> tuple[AlignedPair, ...]:
    """Return the aligned statement pairs of one subject and one candidate, best first."""
    subject_unit, object_unit = subjects.unit(subject), objects.unit(candidate)
    left, left_vectors = chosen_statements(subjects, subject, object_unit.languages)
    right, right_vectors = chosen_statements(objects, candidate, subject_unit.languages)
    if not left or not right:
        return ()
    similarity = np.round(np.einsum("ad,bd->ab", left_vectors, right_vectors), 6)
    penalty = np.array([[_penalty(subject_unit.statements[a], object_unit.statements[b]) for b in right] for a in left])
    order = np.argsort(-(similarity - penalty), axis=None, kind="stable")
    left_rows, right_rows = _index_rows(subjects, subject), _index_rows(objects, candidate)
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
            pairs.append(
                AlignedPair(
                    subject_index=left[a],
                    object_index=right[b],
                    similarity=float(similarity[a, b]),
                    terms=link_terms(subjects, left_rows[left[a]], objects, right_rows[right[b]]),
                )
            )
    return tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.subject_index, pair.object_index)))


def _index_rows(view: View, position: int) -> dict[int, int]:
    """Return the index row of each statement of a unit, by statement number."""
    rows = np.flatnonzero(view.statement_rows[:, 0] == position)
    return dict(zip(view.statement_rows[rows, 1].tolist(), view.statement_numbers[rows].tolist(), strict=True))
