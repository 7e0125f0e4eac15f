"""Judged pairs of two frameworks as examples to fit a rescorer on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from matcher.compare.features import Scored, relation_features
from matcher.compare.fit import Example
from matcher.compare.signals import SIGNALS, find_candidates, make_pair, signals
from matcher.search.view import View

Grades = Mapping[str, Mapping[str, int]]
Relations = Mapping[str, Mapping[str, tuple[str, ...]]]


def make_examples(
    subjects: View,
    objects: View,
    *,
    grades: Grades,
    relations: Relations,
    group_of: Callable[[str], str],
) -> list[Example]:
    """Return an example for every judged subject that the view has.

    A candidate that was not judged counts 0: negatives come from the whole framework, other trades too. Judged objects
    that no search finds are added, so that the fit sees them.

    Args:
        subjects: The source side, in the languages that the matcher is to see.
        objects: The target side.
        grades: By subject id and object id; a subject without objects was judged to have no counterpart.
        relations: The judges' relations by subject id and object id.
        group_of: What is left out together (the trade) by subject id.
    """
    rows = np.array([row for row, name in enumerate(subjects.ids) if name in grades], np.int64)
    if not rows.size:
        return []
    pair = make_pair(subjects, objects, rows=range(len(subjects.ids)))
    position = {name: number for number, name in enumerate(objects.ids)}
    examples = []
    for row, (found, _) in zip(rows.tolist(), find_candidates(pair, rows, k=1), strict=True):
        name = subjects.ids[row]
        judged = {position[item]: grade for item, grade in grades[name].items() if item in position}
        candidates = np.union1d(found, list(judged)).astype(np.int64)
        place = {int(candidate): number for number, candidate in enumerate(candidates)}
        scored = Scored(
            row=row,
            candidates=candidates,
            signals=signals(pair, row, candidates),
            scores=np.zeros(len(candidates)),
            same_language=float(pair.same_language[row]),
        )
        words = {
            place[position[item]]: votes
            for item, votes in relations.get(name, {}).items()
            if item in position and position[item] in place and votes
        }
        places = np.array(sorted(words), np.int64)
        features = relation_features(pair, scored, places)
        examples.append(
            Example(
                group=group_of(name),
                subject=name,
                scored=scored,
                grades=np.array([judged.get(int(candidate), 0) for candidate in candidates], np.int64),
                relations=words,
                relation_rows=dict(zip(places.tolist(), features, strict=True)),
            )
        )
    return examples


def judged_subjects(examples: list[Example]) -> int:
    """Return how many different subjects the examples are of (each may be seen in several languages)."""
    return len({example.subject for example in examples})


def signal_names() -> tuple[str, ...]:
    """Return the names of all signals, for ablations."""
    return SIGNALS
