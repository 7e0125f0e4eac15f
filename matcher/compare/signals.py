"""The named signals of a unit and its candidates: what the rescorer weighs and what people are shown.

Every signal grows with the match. They come in two parts that are never mixed up: *topic* (what the work is) and
*level* (how demanding it is).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.compare.levels import gap_between
from matcher.schema import LANGUAGES, ROLES, Role
from matcher.search.affinity import Affinity, Groups, best_rival, make_affinity
from matcher.search.columns import FRAME, FUNCTION, ROLE, spans
from matcher.search.columns import LEVEL as LEVEL_COLUMN
from matcher.search.lexical import Lexicon, best_words, bm25_of, make_lexicon, soft_coverage, word_table
from matcher.search.retrieve import (
    DECIMALS,
    Hit,
    Searcher,
    Space,
    combined,
    fused,
    make_space,
    retrieve,
    similarities,
)
from matcher.search.view import View

TOPIC = (
    "unit",  # whole texts: centred cosine less the object's hub value
    "label",  # context and title: the same
    "statements",  # mean over the subject's statements of the best similarity to one of the object's
    "title_to_statements",  # the subject's title against the object's statements
    "statements_to_title",  # the subject's statements against the object's title
    "terms",  # share of the subject's words, by rarity, that have a near word in the object
    "bm25",  # BM25 over translated words
    "occupation",  # how strongly the units of the subject's industry point to the object's occupation
    "rival",  # how far another subject fits the object better (0 where none does)
    "specific",  # less the number of occupations that share the object's function (logarithm)
)
LEVEL = (
    "level",  # less the gap to the lowest comparable level
    "demand",  # less the difference in demand that the level cues tell
)
SIGNALS = TOPIC + LEVEL
# These say nothing of an object that is nothing but a title: it gets the other candidates' mean.
OF_BODY = ("statements", "title_to_statements", "statements_to_title", "terms", "bm25")
# Candidates that are rescored: the best of the fused score; the best by words; and in each of the groups (occupations)
# that the subject's fellows point to most, the best of the fused score.
DEPTH = 100
BY_WORDS = 30
GROUPS = 10
BY_GROUP = 3
_BODY: tuple[Role, ...] = ("knowledge", "skill", "attitude", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Which statements stand for a unit: unit i has the rows ``numbers[starts[i]:starts[i + 1]]`` of its view."""

    starts: NDArray[np.int64]
    numbers: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Levels of both sides as numbers, and less the gap from each of the subjects' to each of the objects' (or nan)."""

    subjects: NDArray[np.int64]
    objects: NDArray[np.int64]
    less: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both sides laid out for the signals. ``same_language`` is 1 for subjects seen in a language of the objects."""

    subjects: View
    objects: View
    space: Space
    lexicon: Lexicon
    affinity: Affinity
    subject_body: Rows
    subject_titles: Rows
    object_body: Rows
    object_titles: Rows
    specific: NDArray[np.float64]
    levels: Levels
    same_language: NDArray[np.float64]


def vectors_of(view: View, rows: Rows, units: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the statement vectors of some units, one unit after the other, and each unit's number of them."""
    begin, end = rows.starts[units], rows.starts[units + 1]
    return view.statements[rows.numbers[spans(begin, end)]].astype(np.float64), end - begin


def _rows(view: View, *, titles: bool) -> Rows:
    """Return the rows of titles, or of the other statements (of all where a unit has none of those)."""
    units, roles = view.statement_rows[:, 0], view.marks()[:, ROLE]
    body = [ROLES.index(role) for role in _BODY]
    wanted = roles == ROLES.index("title") if titles else np.isin(roles, body)
    has = np.bincount(units[wanted], minlength=len(view.ids)) > 0
    chosen = np.flatnonzero(wanted | ~has[units])
    return Rows(starts=np.searchsorted(units[chosen], np.arange(len(view.ids) + 1)), numbers=chosen)


def _specific(objects: View, groups: Groups) -> NDArray[np.float64]:
    """Return less the logarithm of how many groups share each object's function (its title where it has none): (n,)."""
    keys = objects.index.columns.units[objects.members, FUNCTION].astype(np.int64)
    pairs = np.unique(np.stack([keys, groups.of], axis=1), axis=0)
    shared = np.bincount(pairs[:, 0], minlength=int(keys.max()) + 1)[keys].astype(np.float64)
    less: NDArray[np.float64] = np.round(np.log(1.0 / shared), DECIMALS).astype(np.float64)
    return less


def _levels(subjects: View, objects: View) -> Levels:
    """Number the levels of both sides, and compare each with each."""
    numbers, kinds = [], []
    for view in (subjects, objects):
        columns = view.index.columns
        found, of = np.unique(columns.units[view.members][:, [FRAME, LEVEL_COLUMN]], axis=0, return_inverse=True)
        numbers.append(of.reshape(-1).astype(np.int64))
        kinds.append([(columns.texts[frame], columns.texts[level] or None) for frame, level in found.tolist()])
    gaps = [[gap_between(*mine, *theirs) for theirs in kinds[1]] for mine in kinds[0]]
    less = [[np.nan if gap is None else float(-abs(gap[0])) for gap in row] for row in gaps]
    return Levels(subjects=numbers[0], objects=numbers[1], less=np.array(less, np.float64))


def _same_language(subjects: View, objects: View) -> NDArray[np.float64]:
    """Return 1 for each subject that is seen in a language of the objects (by family), else 0: (n,)."""
    present = {LANGUAGES[number] for number in np.unique(objects.index.unit_rows[:, 1]).tolist()}
    families = {language.partition("-")[0] for language in present.intersection(objects.languages)}
    shared = [n for n, name in enumerate(LANGUAGES) if name in subjects.languages and name.split("-")[0] in families]
    seen = np.isin(subjects.index.unit_rows[:, 1], shared)
    return np.isin(subjects.members, subjects.index.unit_rows[seen, 0]).astype(np.float64)


def make_pair(subjects: View, objects: View, *, rows: Sequence[int]) -> Pair:
    """Lay out both sides; ``rows`` are the positions of the subjects that will be asked about."""
    space = make_space(subjects, objects)
    affinity = make_affinity(space, subjects, objects, rows=rows)
    return Pair(
        subjects=subjects,
        objects=objects,
        space=space,
        lexicon=make_lexicon(subjects, objects, rows=rows),
        affinity=affinity,
        subject_body=_rows(subjects, titles=False),
        subject_titles=_rows(subjects, titles=True),
        object_body=_rows(objects, titles=False),
        object_titles=_rows(objects, titles=True),
        specific=_specific(objects, affinity.objects),
        levels=_levels(subjects, objects),
        same_language=_same_language(subjects, objects),
    )


def find_candidates(
    pair: Pair, rows: NDArray[np.int64], *, k: int, searcher: Searcher | None = None
) -> Iterator[tuple[NDArray[np.int64], list[Hit]]]:
    """Yield each subject's candidates to rescore (sorted positions), and the further hits that stay as they are."""
    for row, hits in zip(rows.tolist(), retrieve(pair.space, rows, k=max(k, DEPTH), searcher=searcher), strict=True):
        parts = [
            np.array([hit.object for hit in hits[:DEPTH]], np.int64),
            best_words(pair.lexicon, row, k=BY_WORDS),
            _by_group(pair, row),
        ]
        chosen = np.unique(np.concatenate(parts)).astype(np.int64)
        kept = set(chosen.tolist()) if len(hits) > DEPTH else set()
        yield chosen, [hit for hit in hits[DEPTH:] if hit.object not in kept]


def _by_group(pair: Pair, row: int) -> NDArray[np.int64]:
    """Return the best objects of the groups that the subject's fellows point to most."""
    pull, members = pair.affinity.of(row), pair.affinity.members
    if not pull.any():
        return np.zeros(0, np.int64)
    groups = np.argsort(-pull, kind="stable")[:GROUPS]
    begin, end = members.starts[groups], members.starts[groups + 1]
    found, group = members.order[spans(begin, end)], np.repeat(np.arange(len(groups)), end - begin)
    # Best first in each group, ties by position.
    order = np.lexsort((found, -fused(pair.space, row, found), group))
    place = np.arange(len(found)) - (np.cumsum(end - begin) - (end - begin))[group]
    best: NDArray[np.int64] = found[order][place < BY_GROUP]
    return best


def signals(pair: Pair, row: int, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the signals of one subject and its candidates: (c, len(SIGNALS)) float64, rounded."""
    space, table = pair.space, word_table(pair.lexicon, row, candidates)
    parts = similarities(space, row, candidates)
    statements, title_to, to_title = _best_statements(pair, row, candidates)
    forward, _ = soft_coverage(pair.lexicon, row, candidates, table=table)
    groups = pair.affinity.objects.of[candidates]
    pull = pair.affinity.of(row)
    score = combined(space, row, candidates, parts)
    columns = {
        "unit": parts[0],
        "label": parts[1],
        "statements": statements,
        "title_to_statements": title_to,
        "statements_to_title": to_title,
        "terms": forward,
        "bm25": bm25_of(pair.lexicon, table),
        "occupation": np.where(groups >= 0, pull[groups], 0.0) if len(pull) else np.zeros(len(candidates)),
        "rival": np.minimum(score - best_rival(pair.affinity, space, candidates), 0.0),
        "specific": pair.specific[candidates],
        "level": _level(pair, row, candidates),
        "demand": -np.abs(pair.objects.demand[candidates] - pair.subjects.demand[row]),
    }
    bare = pair.objects.bare[candidates]
    if bare.any():
        for name in OF_BODY:
            columns[name] = np.where(bare, columns[name][~bare].mean() if not bare.all() else 0.0, columns[name])
    return np.round(np.stack([columns[name] for name in SIGNALS], axis=1), DECIMALS)


def _best_statements(
    pair: Pair, row: int, candidates: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean best similarity of statements to statements, of titles to statements, and best of those to titles."""
    asked = np.array([row])
    body, _ = vectors_of(pair.subjects, pair.subject_body, asked)
    titles, _ = vectors_of(pair.subjects, pair.subject_titles, asked)
    out = np.zeros((3, len(candidates)))
    theirs, lengths = vectors_of(pair.objects, pair.object_body, candidates)
    if lengths.all() and len(lengths):
        best = np.maximum.reduceat(np.concatenate([body, titles]) @ theirs.T, np.cumsum(lengths) - lengths, axis=1)
        out[0] = best[: len(body)].mean(axis=0) if len(body) else 0.0
        out[1] = best[len(body) :].mean(axis=0) if len(titles) else 0.0
    theirs, lengths = vectors_of(pair.objects, pair.object_titles, candidates)
    if lengths.all() and len(lengths) and len(body):
        best = np.maximum.reduceat(body @ theirs.T, np.cumsum(lengths) - lengths, axis=1)
        out[2] = best.max(axis=0)
    return out[0], out[1], out[2]


def _level(pair: Pair, row: int, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return less the gap to the lowest comparable level; the candidates' mean where it is not known."""
    levels = pair.levels
    found = levels.less[levels.subjects[row], levels.objects[candidates]]
    known = ~np.isnan(found)
    filled: NDArray[np.float64] = np.where(known, found, found[known].sum() / max(1, int(known.sum())))
    return filled
