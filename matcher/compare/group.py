"""Candidates rolled up to the occupation they belong to, or to the occupation at one level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from matcher.errors import InputError
from matcher.schema import LANGUAGES, Statement, Suggestion, Unit

GroupBy = Literal["occupation", "level"]
# Units shown as the evidence of one group.
MEMBERS = 5


def group_id(unit: Unit, by: GroupBy) -> str:
    """Return the id of a unit's group: the occupation's code, or its name where it has none, then ``/level``."""
    names = unit.labels("occupation")
    occupation = unit.occupation_code or "".join("/".join(names).split())
    if not occupation:
        return ""
    return f"{occupation}/{unit.level or '-'}" if by == "level" else occupation


def group_unit(key: str, member: Unit) -> Unit:
    """Return the unit that stands for a group, from the group's id and its best member."""
    return _group_unit(key, member, "level" if group_id(member, "level") == key else "occupation")


def _group_unit(key: str, member: Unit, by: GroupBy) -> Unit:
    titles = tuple(
        Statement(role="title", language=language, text=label.text)
        for language in LANGUAGES
        for label in member.context
        if label.kind == "occupation" and label.language == language
    )
    return Unit(
        code=key,
        level=member.level if by == "level" else None,
        frame=member.frame if by == "level" else None,
        occupation_code=member.occupation_code,
        context=tuple(label for label in member.context if label.kind in ("industry", "occupation")),
        statements=titles,
    )


def group_suggestions(suggestions: Sequence[Suggestion], *, by: GroupBy, k: int) -> tuple[Suggestion, ...]:
    """Roll ranked suggestions up: a group scores as its best unit; ties break by group id.

    Args:
        suggestions: One subject's candidates, best first.
        by: "occupation", or "level" for occupation and level.
        k: How many groups.

    Raises:
        InputError: A candidate names no occupation.
    """
    groups: dict[str, list[Suggestion]] = {}
    for suggestion in suggestions:
        key = group_id(suggestion.object, by)
        if not key:
            raise InputError(
                f"the unit {suggestion.object_id} names no occupation",
                where="--group",
                expected="units with an occupation (职业) on the target side",
                do="leave --group out",
            )
        groups.setdefault(key, []).append(suggestion)
    ranked = sorted(groups.items(), key=lambda item: (-item[1][0].score, item[0]))[:k]
    return tuple(
        Suggestion(
            subject_id=members[0].subject_id,
            object_id=key,
            rank=rank,
            score=members[0].score,
            confidence=members[0].confidence,
            in_set=members[0].in_set,
            subject=members[0].subject,
            object=_group_unit(key, members[0].object, by),
            members=tuple(members[:MEMBERS]),
        )
        for rank, (key, members) in enumerate(ranked, 1)
    )
