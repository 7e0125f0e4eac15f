"""The named signals of a unit and its candidates: what the rescorer weighs and what people are shown.

Every signal grows with the match. They come in two parts that are never mixed up: *topic* (what the work is) and
*level* (how demanding it is).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.compare.levels import level_gap
from matcher.schema import Role
from matcher.search.affinity import Affinity, Groups, best_rival, make_affinity, make_groups
from matcher.search.lexical import Lexicon, bm25, make_lexicon, soft_coverage
from matcher.search.retrieve import DECIMALS, Hit, Space, fused, make_space, retrieve
from matcher.search.view import View
from matcher.text.normalize import fold

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
# Candidates that are rescored: the best of the fused score; the best by words; and in each of the groups (occupations)
# that the subject's fellows point to most, the best of the fused score.
DEPTH = 100
BY_WORDS = 30
GROUPS = 10
BY_GROUP = 3
_BODY: tuple[Role, ...] = ("knowledge", "skill", "attitude", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Statement vectors by unit: unit i has ``vectors[starts[i]:starts[i + 1]]``, (s, d) float64."""

    starts: NDArray[np.int64]
    vectors: NDArray[np.float64]

    def of(self, unit: int) -> NDArray[np.float64]:
        """Return one unit's vectors."""
        return self.vectors[int(self.starts[unit]) : int(self.starts[unit + 1])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both sides laid out for the signals."""

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


def _rows(view: View, *, titles: bool) -> Rows:
    """Return the vectors of titles, or of the other statements (of all where a unit has none of those)."""
    units, numbers = view.statement_rows[:, 0], view.statement_rows[:, 1]
    framework = view.index.framework.units
    roles = [
        framework[member].statements[number].role
        for member, number in zip(view.members[units].tolist(), numbers.tolist(), strict=True)
    ]
    wanted = np.array([role == "title" if titles else role in _BODY for role in roles], bool)
    has = np.bincount(units[wanted], minlength=len(view.ids)) > 0
    wanted |= ~has[units]
    chosen = np.flatnonzero(wanted)
    return Rows(
        starts=np.searchsorted(units[chosen], np.arange(len(view.ids) + 1)),
        vectors=view.statements[chosen].astype(np.float64),
    )


def _specific(objects: View, groups: Groups) -> NDArray[np.float64]:
    """Return less the logarithm of how many groups share each object's function (its title where it has none): (n,)."""
    keys = []
    for position in range(len(objects.ids)):
        unit = objects.unit(position)
        keys.append("/".join(map(fold, unit.labels("function"))) or fold(unit.title()))
    sharing: dict[str, set[int]] = {}
    for key, group in zip(keys, groups.of.tolist(), strict=True):
        sharing.setdefault(key, set()).add(group)
    shared = np.array([len(sharing[key]) for key in keys], np.float64)
    less: NDArray[np.float64] = np.round(np.log(1.0 / shared), DECIMALS).astype(np.float64)
    return less


def make_pair(subjects: View, objects: View, *, rows: Sequence[int]) -> Pair:
    """Lay out both sides; ``rows`` are the positions of the subjects that will be asked about."""
    space = make_space(subjects, objects)
    return Pair(
        subjects=subjects,
        objects=objects,
        space=space,
        lexicon=make_lexicon(subjects, objects, rows=rows),
        affinity=make_affinity(space, subjects, objects, rows=rows),
        subject_body=_rows(subjects, titles=False),
        subject_titles=_rows(subjects, titles=True),
        object_body=_rows(objects, titles=False),
        object_titles=_rows(objects, titles=True),
        specific=_specific(objects, make_groups(objects)),
    )


def find_candidates(pair: Pair, rows: NDArray[np.int64], *, k: int) -> list[tuple[NDArray[np.int64], list[Hit]]]:
    """Return each subject's candidates to rescore (sorted positions), and the further hits that stay as they are."""
    found = []
    for row, hits in zip(rows.tolist(), retrieve(pair.space, rows, k=max(k, DEPTH)), strict=True):
        words = np.argsort(-bm25(pair.lexicon, row), kind="stable")[:BY_WORDS]
        chosen = np.union1d([hit.object for hit in hits[:DEPTH]], words).astype(np.int64)
        chosen = np.union1d(chosen, _by_group(pair, row)).astype(np.int64)
        kept = set(chosen.tolist())
        found.append((chosen, [hit for hit in hits[DEPTH:] if hit.object not in kept]))
    return found


def _by_group(pair: Pair, row: int) -> NDArray[np.int64]:
    """Return the best objects of the groups that the subject's fellows point to most."""
    pull = pair.affinity.of(row)
    found = [np.zeros(0, np.int64)]
    for group in np.argsort(-pull, kind="stable")[:GROUPS].tolist() if pull.any() else []:
        members = np.flatnonzero(pair.affinity.objects.of == group)
        found.append(members[np.argsort(-fused(pair.space, row, members), kind="stable")[:BY_GROUP]])
    return np.concatenate(found)


def signals(pair: Pair, row: int, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the signals of one subject and its candidates: (c, len(SIGNALS)) float64, rounded."""
    space, words = pair.space, bm25(pair.lexicon, row)
    dimension = pair.subjects.units.shape[1]
    whole, label = _parts(space, row, candidates, dimension)
    body, titles = pair.subject_body.of(row), pair.subject_titles.of(row)
    statements, title_to, to_title = _best_statements(pair, candidates, body, titles)
    forward, _ = soft_coverage(pair.lexicon, row, candidates)
    groups = pair.affinity.objects.of[candidates]
    pull = pair.affinity.of(row)
    score = fused(space, row, candidates)
    columns = {
        "unit": whole,
        "label": label,
        "statements": statements,
        "title_to_statements": title_to,
        "statements_to_title": to_title,
        "terms": forward,
        "bm25": words[candidates],
        "occupation": np.where(groups >= 0, pull[groups], 0.0) if len(pull) else np.zeros(len(candidates)),
        "rival": np.minimum(score - best_rival(pair.affinity, space, candidates), 0.0),
        "specific": pair.specific[candidates],
        "level": _level(pair, row, candidates),
        "demand": -np.abs(pair.objects.demand[candidates] - pair.subjects.demand[row]),
    }
    return np.round(np.stack([columns[name] for name in SIGNALS], axis=1), DECIMALS)


def _parts(
    space: Space, row: int, candidates: NDArray[np.int64], dimension: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    subject = space.subjects[row]
    whole = space.unit_vectors[candidates] @ subject[:dimension] - space.hub_units[candidates]
    label = space.label_vectors[candidates] @ subject[dimension : 2 * dimension] - space.hub_labels[candidates]
    return whole, label


def _best_statements(
    pair: Pair, candidates: NDArray[np.int64], body: NDArray[np.float64], titles: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean best similarity of statements to statements, of titles to statements, and best of those to titles."""
    out = np.zeros((3, len(candidates)))
    for number, (side, left) in enumerate(
        ((pair.object_body, body), (pair.object_body, titles), (pair.object_titles, body))
    ):
        parts = [side.of(candidate) for candidate in candidates.tolist()]
        lengths = np.array([len(part) for part in parts], np.int64)
        if not len(left) or not lengths.all():
            continue
        found = left @ np.concatenate(parts).T
        best = np.maximum.reduceat(found, np.cumsum(lengths) - lengths, axis=1)
        out[number] = best.max(axis=0) if number == 2 else best.mean(axis=0)
    return out[0], out[1], out[2]


def _level(pair: Pair, row: int, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return less the gap to the lowest comparable level; the candidates' mean where it is not known."""
    subject, left, right = pair.subjects.unit(row), pair.subjects.index.framework, pair.objects.index.framework
    gaps = [level_gap(subject, left, pair.objects.unit(int(c)), right) for c in candidates]
    known = [-abs(found[0]) for found in gaps if found is not None]
    mean = sum(known) / len(known) if known else 0.0
    return np.array([-abs(found[0]) if found is not None else mean for found in gaps], np.float64)
