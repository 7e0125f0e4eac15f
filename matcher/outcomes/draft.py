"""The merged draft (就高不就低，就多不就少): the union of both sides' statements, the higher one marked.

An item is a unit of the source side with all its comparable units of the target side; every line names its source.
Nothing is dropped: what has no counterpart stands in its own lines, and units without any stand at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from matcher.outcomes.cover import Covered, ItemCover
from matcher.outcomes.level_view import Cue, Higher, cues, higher
from matcher.outcomes.model import Basis, Link, SideName

# "higher", "lower", "alike" and "unclear" are said of lines that share a group; "only" has no counterpart in the item;
# "law" is a matter of local law.
Mark = Literal["higher", "lower", "alike", "unclear", "only", "law"]
_SEEN: dict[Higher, Mark] = {"target": "higher", "source": "lower", "alike": "alike", "unclear": "unclear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """One statement: whose it is, which of its unit's, what it is beside its counterparts, and why.

    Lines of one ``group`` are about the same thing; 0 for a line alone. ``similarity`` is to the source's line.
    """

    side: SideName
    unit: str
    statement: int
    mark: Mark
    group: int = 0
    similarity: float | None = None
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftItem:
    """One item of the draft. ``source`` is "" for a unit that only the target side has."""

    source: str
    targets: tuple[str, ...]
    basis: Basis | None
    lines: tuple[DraftLine, ...]


def make_draft(covered: Covered) -> tuple[DraftItem, ...]:
    """Return the items: units of the source side in their order, then the target's units that none of them has."""
    items = []
    for item in covered.source.items:
        links = tuple(link for link in covered.links if link.source == item.id)
        items.append(_item(covered, item, links))
    used = {link.target for link in covered.links}
    for item in covered.target.items:
        if item.id not in used:
            lines = _alone("target", item, item.statements.content)
            items.append(DraftItem(source="", targets=(item.id,), basis=None, lines=(*lines, *_law("target", item))))
    return tuple(items)


def _alone(side: SideName, item: ItemCover, numbers: Iterable[int]) -> list[DraftLine]:
    return [DraftLine(side=side, unit=item.id, statement=number, mark="only") for number in numbers]


def _law(side: SideName, item: ItemCover) -> list[DraftLine]:
    return [DraftLine(side=side, unit=item.id, statement=number, mark="law") for number in item.law]


def _item(covered: Covered, item: ItemCover, links: Sequence[Link]) -> DraftItem:
    lines: list[DraftLine] = []
    used: dict[str, set[int]] = {link.target: set() for link in links}
    alone: list[int] = []
    group = 0
    for number in item.statements.content:
        partners = [
            (link, pair.object_index, pair.similarity)
            for link in links
            for pair in link.evidence
            if pair.subject_index == number and pair.object_index in covered.target.item(link.target).statements.content
        ]
        if not partners:
            alone.append(number)
            continue
        group += 1
        own = cues(covered.source.side.units[item.id], (number,))
        beside = []
        for link, other, similarity in partners:
            used[link.target].add(other)
            theirs = cues(covered.target.side.units[link.target], (other,))
            beside.append(
                DraftLine(
                    side="target",
                    unit=link.target,
                    statement=other,
                    mark=_SEEN[higher(link.level, own, theirs)],
                    group=group,
                    similarity=similarity,
                    cues=theirs,
                )
            )
        mark = _of_source([line.mark for line in beside])
        lines += [
            DraftLine(side="source", unit=item.id, statement=number, mark=mark, group=group, cues=own),
            *beside,
        ]
    lines += _alone("source", item, alone)
    for link in links:
        other_item = covered.target.item(link.target)
        lines += _alone("target", other_item, (n for n in other_item.statements.content if n not in used[link.target]))
    lines += _law("source", item)
    for link in links:
        lines += _law("target", covered.target.item(link.target))
    bases = {link.basis for link in links}
    basis: Basis | None = "decided" if bases == {"decided"} else "candidate" if bases else None
    return DraftItem(source=item.id, targets=tuple(used), basis=basis, lines=tuple(lines))


def _of_source(beside: Sequence[Mark]) -> Mark:
    if "higher" in beside:
        return "lower"
    if "unclear" in beside:
        return "unclear"
    return "higher" if "lower" in beside else "alike"
