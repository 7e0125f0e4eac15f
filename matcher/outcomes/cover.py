"""How much two sides cover of each other: by statements, units, functions with their weights, credits and hours.

Figures are fractions (exact): sums do not depend on an order, and a worked example holds to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matcher.outcomes.model import Basis, Link, Note, Side, SideName
from matcher.outcomes.rules import Counting
from matcher.outcomes.statements import Counted, counted
from matcher.outcomes.weights import Function, LevelWeights, level_weights

ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A covered share (0-1), and the part of it that rests on decisions alone."""

    share: Fraction
    reviewed: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCover:
    """One unit: how much the other side covers of it, by which statements, with whom.

    ``whole`` where it counts as covered as a whole, ``whole_reviewed`` where decisions alone make it so. ``covered``
    are statement numbers with a counterpart, ``left`` those without, ``law`` those of local law, which never count.
    """

    id: str
    cover: Part
    whole: bool
    whole_reviewed: bool
    said_whole: bool
    basis: Basis | None
    statements: Counted
    covered: tuple[int, ...]
    left: tuple[int, ...]
    partners: tuple[str, ...]

    @property
    def law(self) -> tuple[int, ...]:
        """The numbers of the statements of local law."""
        return self.statements.law


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCover:
    """One function at one level, with its weight in the level and the mean share of its units."""

    function: Function
    cover: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCover:
    """One level: its functions, and the sum of their shares by weight."""

    weights: LevelWeights
    functions: tuple[FunctionCover, ...]
    cover: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A total and what is covered of it: by items that count as a whole, by every item's share, by decisions alone."""

    total: Fraction
    whole: Fraction
    share: Fraction
    whole_reviewed: Fraction
    share_reviewed: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCover:
    """One side, covered by the other. ``credits`` and ``hours`` are None where no unit names any credit."""

    side: Side
    items: tuple[ItemCover, ...]
    levels: tuple[LevelCover, ...]
    weight: Part
    units: Amount
    statements: Amount
    credits: Amount | None
    hours: Amount | None
    without_credit: int
    notes: tuple[Note, ...]

    def item(self, unit_id: str) -> ItemCover:
        """Return one unit's cover."""
        return next(item for item in self.items if item.id == unit_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Both sides."""

    source: SideCover
    target: SideCover
    links: tuple[Link, ...]
    counting: Counting

    def of(self, name: SideName) -> SideCover:
        """Return a side."""
        return self.source if name == "source" else self.target


def cover(source: Side, target: Side, links: Iterable[Link], counting: Counting) -> Covered:
    """Return how much each side covers of the other.

    Args:
        source: The source side.
        target: The target side.
        links: Their comparable pairs; those with a unit that a side does not hold are left out.
        counting: How to count.
    """
    kept = tuple(
        sorted(
            (link for link in links if link.source in source.units and link.target in target.units),
            key=lambda link: (link.source, link.target),
        )
    )
    return Covered(
        source=_side(source, target, kept, counting, name="source"),
        target=_side(target, source, kept, counting, name="target"),
        links=kept,
        counting=counting,
    )


def _side(side: Side, other: Side, links: Sequence[Link], counting: Counting, *, name: SideName) -> SideCover:
    spoken = tuple(dict.fromkeys(language for i in other.ids for language in other.units[i].languages))
    by_unit: dict[str, list[Link]] = {}
    for link in links:
        by_unit.setdefault(link.source if name == "source" else link.target, []).append(link)
    items = tuple(
        _item(unit_id, counted(side.units[unit_id], spoken), by_unit.get(unit_id, ()), counting, name=name)
        for unit_id in side.ids
    )
    found = {item.id: item for item in items}
    weights, notes = level_weights(side, counting)
    levels = tuple(_level(level, found) for level in weights)
    named, without = _credits(side, items)
    more: list[Note] = []
    if named is not None and without:
        more.append(Note(key="note_credits", values=(without, len(items))))
    if not spoken or any(item.statements.language not in spoken for item in items):
        more += _foreign(items, spoken)
    return SideCover(
        side=side,
        items=items,
        levels=levels,
        weight=levels[-1].cover if counting.top_level_only else _mean([level.cover for level in levels]),
        units=_amount([(item, ONE) for item in items]),
        statements=_statements(items),
        credits=named,
        hours=_hours(side, named, counting),
        without_credit=without,
        notes=(*notes, *more),
    )


def _foreign(items: Sequence[ItemCover], spoken: Sequence[str]) -> list[Note]:
    families = {language.partition("-")[0] for language in spoken}
    count = sum((item.statements.language or "").partition("-")[0] not in families for item in items)
    return [Note(key="note_languages", values=(count,))] if count else []


def _item(unit_id: str, statements: Counted, links: Sequence[Link], counting: Counting, *, name: SideName) -> ItemCover:
    content = set(statements.content)
    covered: set[int] = set()
    decided: set[int] = set()
    for link in links:
        numbers = {p.subject_index if name == "source" else p.object_index for p in link.evidence} & content
        covered |= numbers
        decided |= numbers if link.basis == "decided" else set()
    said = any(link.source_whole if name == "source" else link.target_whole for link in links)
    share, reviewed = _share(len(covered), len(content)), _share(len(decided), len(content))
    part = Part(share=ONE if said else share, reviewed=ONE if said else reviewed)
    bases = {link.basis for link in links}
    return ItemCover(
        id=unit_id,
        cover=part,
        whole=part.share >= counting.whole,
        whole_reviewed=part.reviewed >= counting.whole,
        said_whole=said,
        basis="decided" if "decided" in bases else "candidate" if bases else None,
        statements=statements,
        covered=tuple(sorted(covered)),
        left=tuple(sorted(content - covered)),
        partners=tuple(link.target if name == "source" else link.source for link in links),
    )


def _share(part: int, total: int) -> Fraction:
    return Fraction(part, total) if total else ZERO


def _mean(parts: Sequence[Part]) -> Part:
    count = len(parts)
    return Part(
        share=sum((p.share for p in parts), ZERO) / count, reviewed=sum((p.reviewed for p in parts), ZERO) / count
    )


def _level(weights: LevelWeights, items: Mapping[str, ItemCover]) -> LevelCover:
    functions = tuple(
        FunctionCover(function=function, cover=_mean([items[i].cover for i in function.ids]))
        for function in weights.functions
    )
    part = Part(
        share=sum((f.function.weight * f.cover.share for f in functions), ZERO),
        reviewed=sum((f.function.weight * f.cover.reviewed for f in functions), ZERO),
    )
    return LevelCover(weights=weights, functions=functions, cover=part)


def _amount(sized: Sequence[tuple[ItemCover, Fraction]]) -> Amount:
    return Amount(
        total=sum((size for _, size in sized), ZERO),
        whole=sum((size for item, size in sized if item.whole), ZERO),
        share=sum((size * item.cover.share for item, size in sized), ZERO),
        whole_reviewed=sum((size for item, size in sized if item.whole_reviewed), ZERO),
        share_reviewed=sum((size * item.cover.reviewed for item, size in sized), ZERO),
    )


def _statements(items: Sequence[ItemCover]) -> Amount:
    """Return statements: as a whole those of items that count as a whole, by share those with a counterpart."""
    return _amount([(item, Fraction(len(item.statements.content))) for item in items])


def _credits(side: Side, items: Sequence[ItemCover]) -> tuple[Amount | None, int]:
    named = {item.id: side.credit_of(item.id) for item in items}
    without = sum(value is None for value in named.values())
    if without == len(items):
        return None, without
    return _amount([(item, Fraction(str(named[item.id] or 0))) for item in items]), without


def _hours(side: Side, amount: Amount | None, counting: Counting) -> Amount | None:
    frames = {side.framework.frame_of(side.units[i]) for i in side.ids}
    each = counting.hours.get(next(iter(frames))) if len(frames) == 1 else None
    if amount is None or each is None:
        return None
    return Amount(
        total=amount.total * each,
        whole=amount.whole * each,
        share=amount.share * each,
        whole_reviewed=amount.whole_reviewed * each,
        share_reviewed=amount.share_reviewed * each,
    )
