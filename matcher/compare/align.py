"""Statement-to-statement alignment: the reasons under a suggestion.

Greedy one-to-one assignment, best pair first (each statement is used once). Knowledge is compared with knowledge and
work with work first: a pair across that line pays ``CROSS_ROLE``. A statement of local law pairs with such a statement
only: an ordinance here and a safety rule there share words, not content. Under each pair stand the words that link it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.schema import LANGUAGES, ROLES, AlignedPair, Language, TermLink
from matcher.search.columns import LANGUAGE, LAW, ROLE
from matcher.search.lexical import WordTable
from matcher.search.view import View

# Centred cosine below which two statements are no reason to show (see CONTRIBUTING.md, Decisions).
THRESHOLD = 0.35
CROSS_ROLE = 0.08
FORBIDDEN = 2.0
# Words are linked from this similarity on, at most so many a pair of statements.
LINK = 0.5
LINKS = 4
_BODY = tuple(ROLES.index(role) for role in ("knowledge", "skill", "attitude", "outcome"))
_KNOWLEDGE = ROLES.index("knowledge")


def _family(language: Language) -> str:
    return language.partition("-")[0]


def evidence_language(available: Sequence[Language], other: Sequence[Language]) -> Language | None:
    """Return the language to show evidence in: one the other side shares (by family), else the first there is."""
    families = {_family(language) for language in other}
    shared = [language for language in available if _family(language) in families]
    return next(iter([*shared, *available]), None)


def _languages(view: View, position: int) -> list[Language]:
    """Return the languages that a unit has statements in, whatever the view sees."""
    return [LANGUAGES[n] for n in np.flatnonzero(view.spoken[position]).tolist()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The statements of one unit that are compared: rows of the view, numbers in the unit, marks, (a,) each."""

    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    knowledge: NDArray[np.bool_]
    law: NDArray[np.bool_]


def chosen_statements(view: View, position: int, other: Sequence[Language]) -> Chosen:
    """Return the statements of a unit that are compared.

    Args:
        view: The unit's side.
        position: The unit's position.
        other: The other unit's languages; one that both have is preferred.
    """
    available = [language for language in _languages(view, position) if language in view.languages]
    language = evidence_language(available, other)
    rows = np.arange(int(view.statement_starts[position]), int(view.statement_starts[position + 1]))
    marks = view.index.columns.statements[view.statement_numbers[rows]]
    keep = marks[:, LANGUAGE] == (LANGUAGES.index(language) if language else -1)
    body = keep & np.isin(marks[:, ROLE], _BODY)
    used = body if body.any() else keep
    return Chosen(
        rows=rows[used],
        numbers=view.statement_rows[rows[used], 1],
        knowledge=marks[used, ROLE] == _KNOWLEDGE,
        law=marks[used, LAW] > 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two units' chosen statements and their similarities, (a, b) float64."""

    left: Chosen
    right: Chosen
    similarity: NDArray[np.float64]


def compare(subjects: View, subject: int, objects: View, candidates: NDArray[np.int64]) -> list[Compared]:
    """Return the chosen statements of a subject against those of each candidate, from one product a language."""
    mine = _languages(subjects, subject)
    chosen: dict[tuple[Language, ...], Chosen] = {}
    pairs = []
    for candidate in candidates.tolist():
        theirs = tuple(_languages(objects, candidate))
        if theirs not in chosen:
            chosen[theirs] = chosen_statements(subjects, subject, theirs)
        pairs.append((chosen[theirs], chosen_statements(objects, candidate, mine)))
    vectors = objects.statements[np.concatenate([right.rows for _, right in pairs])].astype(np.float64)
    own = {key: subjects.statements[left.rows].astype(np.float64) for key, left in chosen.items()}
    found = {id(chosen[key]): rows @ vectors.T for key, rows in own.items()}
    ends = np.cumsum([len(right.rows) for _, right in pairs]).tolist()
    return [
        Compared(left=left, right=right, similarity=found[id(left)][:, end - len(right.rows) : end])
        for (left, right), end in zip(pairs, ends, strict=True)
    ]


def align(subjects: View, objects: View, table: WordTable, found: Compared) -> tuple[AlignedPair, ...]:
    """Return the aligned statement pairs of one subject and one candidate, best first.

    Args:
        subjects: The source side.
        objects: The target side.
        table: The subject's words against those of the candidate (and perhaps of others).
        found: The two units' statements.
    """
    left, right = found.left, found.right
    similarity = np.round(found.similarity, 6)
    penalty = np.where(left.knowledge[:, None] != right.knowledge[None, :], CROSS_ROLE, 0.0)
    penalty[left.law[:, None] != right.law[None, :]] = FORBIDDEN
    value = similarity - penalty
    flat = np.flatnonzero(value >= THRESHOLD)
    order = flat[np.argsort(-value.ravel()[flat], kind="stable")]
    used_left: set[int] = set()
    used_right: set[int] = set()
    pairs = []
    for place in order.tolist():
        a, b = divmod(place, len(right.rows))
        if a not in used_left and b not in used_right:
            used_left.add(a)
            used_right.add(b)
            rows = (int(subjects.statement_numbers[left.rows[a]]), int(objects.statement_numbers[right.rows[b]]))
            pairs.append(
                AlignedPair(
                    subject_index=int(left.numbers[a]),
                    object_index=int(right.numbers[b]),
                    similarity=float(similarity[a, b]),
                    terms=link_terms(subjects, rows[0], objects, rows[1], table),
                )
            )
    return tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.subject_index, pair.object_index)))


def link_terms(
    subjects: View, subject_row: int, objects: View, object_row: int, table: WordTable
) -> tuple[TermLink, ...]:
    """Return the words that link two statements, best first: one-to-one, the same word or near by the encoder.

    Args:
        subjects: The source side.
        subject_row: The statement's row in the index of that side.
        objects: The target side.
        object_row: The same there.
        table: The words of the two units.
    """
    left, right = _terms(subjects, subject_row), _terms(objects, object_row)
    if not left.size or not right.size:
        return ()
    here = table.table[np.searchsorted(table.pool, right)][:, np.searchsorted(table.words, left)]
    similarity = np.round(here.T.astype(np.float64), 2)
    flat = np.flatnonzero(similarity >= LINK)
    links: list[TermLink] = []
    used_left: set[int] = set()
    used_right: set[int] = set()
    for place in flat[np.argsort(-similarity.ravel()[flat], kind="stable")].tolist():
        a, b = divmod(place, len(right))
        if a not in used_left and b not in used_right:
            used_left.add(a)
            used_right.add(b)
            links.append(
                TermLink(
                    subject=subjects.index.terms[int(left[a])],
                    object=objects.index.terms[int(right[b])],
                    similarity=float(similarity[a, b]),
                )
            )
            if len(links) == LINKS:
                break
    return tuple(links)


def _terms(view: View, row: int) -> NDArray[np.int64]:
    first, last = int(view.term_starts[row]), int(view.term_starts[row + 1])
    numbers: NDArray[np.int64] = view.index.term_rows[first:last, 1].astype(np.int64)
    return numbers
