"""The five relations of a subject to an object, as people and programs write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from matcher.errors import InputError
from matcher.readers.columns import heading_key

Relation = Literal["exact", "close", "broad", "narrow", "related", "none"]

# What a relation alone says of the grade (evaluation/gold/guidelines.md): exact and close are the same piece of work,
# broad and narrow overlap substantially, related is worth showing.
GRADE_OF_RELATION: dict[Relation, int] = {"exact": 3, "close": 3, "broad": 2, "narrow": 2, "related": 1, "none": 0}
# The classes that are measured: the judges could not tell exact from close, so both are "close".
CLASSES: tuple[Relation, ...] = ("close", "broad", "narrow", "related")
_OTHER_WORDS: dict[str, Relation] = {
    "no": "none",
    "一致": "exact",
    "相近": "close",
    "较宽": "broad",
    "较窄": "narrow",
    "相关": "related",
    "无": "none",
}


def read_relation(text: str, *, where: str) -> Relation:
    """Return the relation that a cell means: ``close``, ``skos:closeMatch``, 相近 …; an empty cell means none.

    Raises:
        InputError: The word is no relation.
    """
    # Our workbooks explain the word in brackets.
    word = text.partition("(")[0].partition("（")[0]
    key = heading_key(word).removeprefix("skos").removesuffix("match") or "none"
    relation = next((name for name in get_args(Relation) if name == key), _OTHER_WORDS.get(key))
    if relation is None:
        raise InputError(f"relation {text[:20]!r}", where=where, expected=", ".join(GRADE_OF_RELATION), do="correct it")
    return relation


def merged(relation: Relation) -> Relation:
    """Return the class that a relation is measured as."""
    return "close" if relation == "exact" else relation


def agreed(votes: Sequence[Relation]) -> Relation | None:
    """Return the class that all judges chose, None where they differ, say none, or nobody chose."""
    classes = {merged(vote) for vote in votes}
    only = classes.pop() if len(classes) == 1 else "none"
    return only if only != "none" else None
