"""What became of every unit from one edition to the next.

Statements are placed first (``edition_pairs``); units that share enough of them are linked, and each connected group
of linked units is one change: one to one, one to several (split), several to one (merged), several to several
(regrouped: units that exchange parts, a split that runs in a circle), or alone (retired, new).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matcher.encode.protocol import Encoder
from matcher.outcomes.edition_pairs import Placed, Side, make_sides, named_codes, place, unit_pairs
from matcher.schema import Framework, Unit
from matcher.schema.edition import CHANGE_KINDS, Change, ChangeKind, EditionDiff, Fact, Link, Move

# Two units are linked where one holds this share of the other's statements (by weight); chosen on development seeds
# of `evaluation.editions`, where .2 to .4 did as well.
SHARE = 0.3
# Where both have the same code, less will do: a unit may be rewritten nearly whole.
SHARE_SAME_CODE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """Both sides and what was placed between them, by pair of unit numbers."""

    old: Side
    new: Side
    moves: Mapping[tuple[int, int], Sequence[Placed]]
    shares: Mapping[tuple[int, int], tuple[float, float]]

    def units(self, old: int, new: int) -> tuple[Unit, Unit]:
        return self.old.framework.units[old], self.new.framework.units[new]


def diff_editions(old: Framework, new: Framework, encoder: Encoder) -> EditionDiff:
    """Return every change between two editions; each unit of either stands in exactly one.

    Args:
        old: The earlier edition.
        new: The later edition.
        encoder: What statements are compared by where their words differ.
    """
    work = _place_all(*make_sides(old, new, encoder))
    changes = [_change(work, olds, news) for olds, news in _groups(work)]
    changes.sort(key=lambda c: (c.old or c.new, c.new, CHANGE_KINDS.index(c.kind)))
    return EditionDiff(old=old, new=new, changes=tuple(changes))


def _place_all(old: Side, new: Side) -> _Work:
    moves: dict[tuple[int, int], list[Placed]] = defaultdict(list)
    for placed in place(old, new, unit_pairs(old, new)):
        moves[placed.old[0], placed.new[0]].append(placed)
    shares = {}
    for (before, after), found in moves.items():
        whole_old = sum(old.weight(before, i) for i in range(len(old.keys[before])))
        whole_new = sum(new.weight(after, j) for j in range(len(new.keys[after])))
        shares[before, after] = (
            sum(old.weight(*p.old) for p in found) / whole_old,
            sum(new.weight(*p.new) for p in found) / whole_new,
        )
    return _Work(old=old, new=new, moves=moves, shares=shares)


def _linked(work: _Work) -> set[tuple[int, int]]:
    out = set()
    for (before, after), shares in work.shares.items():
        units = work.units(before, after)
        enough = SHARE_SAME_CODE if units[0].code == units[1].code else SHARE
        # A sum of tenths may miss the mark by its last bit.
        if max(shares) >= enough - 1e-9:
            out.add((before, after))
    return out


def _groups(work: _Work) -> Iterable[tuple[list[int], list[int]]]:
    """Yield the connected groups of linked units: (old numbers, new numbers), sorted."""
    linked = _linked(work)
    forward: dict[int, list[int]] = defaultdict(list)
    back: dict[int, list[int]] = defaultdict(list)
    for before, after in sorted(linked):
        forward[before].append(after)
        back[after].append(before)
    seen: set[int] = set()
    for start in range(len(work.old.keys)):
        if start in seen:
            continue
        olds, news, todo = {start}, set[int](), [start]
        while todo:
            for after in forward[todo.pop()]:
                news.add(after)
                fresh = [before for before in back[after] if before not in olds]
                olds.update(fresh)
                todo += fresh
        seen |= olds
        yield sorted(olds), sorted(news)
    for number in range(len(work.new.keys)):
        if not back[number]:
            yield [], [number]


def _kind(olds: Sequence[int], news: Sequence[int]) -> ChangeKind | None:
    if not olds or not news:
        return "retired" if olds else "new"
    if len(olds) == 1 and len(news) == 1:
        return None
    if len(olds) == 1:
        return "split"
    return "merged" if len(news) == 1 else "regrouped"


def _change(work: _Work, olds: Sequence[int], news: Sequence[int]) -> Change:
    ids_old, ids_new = work.old.ids, work.new.ids
    pairs = [(a, b) for a in olds for b in news if (a, b) in work.moves]
    placed = [p for pair in pairs for p in work.moves[pair]]
    moves = tuple(
        Move(
            old_id=ids_old[p.old[0]], old_index=p.old[1], new_id=ids_new[p.new[0]], new_index=p.new[1],
            similarity=p.similarity, how=p.how,
        )
        for p in sorted(placed, key=lambda p: (p.old, p.new))
    )  # fmt: skip
    gone = {p.old for p in placed}
    came = {p.new for p in placed}
    lost = tuple((ids_old[a], i) for a in olds for i in range(len(work.old.keys[a])) if (a, i) not in gone)
    added = tuple((ids_new[b], j) for b in news for j in range(len(work.new.keys[b])) if (b, j) not in came)
    facts = tuple(fact for pair in [(a, b) for a in olds for b in news] for fact in _facts(work, *pair))
    kind = _kind(olds, news)
    touched = True
    if kind is not None:
        # Where units are taken apart or put together their place and spelling differ as a matter of course.
        facts = tuple(fact for fact in facts if fact.kind not in ("context", "form", "role"))
    if kind is None:
        units = work.units(olds[0], news[0])
        differs = {fact.kind for fact in facts} & {"level", "credit", "role"}
        touched = bool(lost or added or differs or any(move.how != "same" for move in moves))
        renumbered = units[0].code != units[1].code
        kind = "renumbered" if renumbered else "reworded" if touched else "unchanged"
    elif kind in ("retired", "new"):
        facts += _reused(work, olds, news)
    links = tuple(
        Link(old_id=ids_old[a], new_id=ids_new[b], of_old=round(s[0], 4), of_new=round(s[1], 4))
        for a, b in pairs
        for s in [work.shares[a, b]]
    )
    return Change(
        kind=kind, old=tuple(ids_old[a] for a in olds), new=tuple(ids_new[b] for b in news), touched=touched,
        links=links, moves=moves, lost=lost, added=added, facts=facts,
    )  # fmt: skip


def _facts(work: _Work, before: int, after: int) -> list[Fact]:
    """Return what else differs between two linked units, and whether the new edition names the old code."""
    old, new = work.units(before, after)
    facts = []
    if (old.level, work.old.framework.frame_of(old)) != (new.level, work.new.framework.frame_of(new)):
        facts.append(Fact(kind="level", old=old.level or "", new=new.level or ""))
    if old.credit != new.credit:
        facts.append(Fact(kind="credit", old=_number(old.credit), new=_number(new.credit)))
    labels = [tuple(dict.fromkeys(c.text for c in unit.context)) for unit in (old, new)]
    if labels[0] != labels[1]:
        facts.append(Fact(kind="context", old=" / ".join(labels[0]), new=" / ".join(labels[1])))
    if old.code != new.code and old.code in named_codes(work.new, after):
        facts.append(Fact(kind="named", old=old.code, new=new.code))
    same = [p for p in work.moves.get((before, after), ()) if p.how == "same"]
    texts = [(old.statements[p.old[1]], new.statements[p.new[1]]) for p in same]
    if any(a.text != b.text for a, b in texts):
        facts.append(Fact(kind="form", old="", new=""))
    roles = [(a.role, b.role) for a, b in texts if a.role != b.role]
    if roles:
        facts.append(Fact(kind="role", old=roles[0][0], new=roles[0][1]))
    return facts


def _reused(work: _Work, olds: Sequence[int], news: Sequence[int]) -> tuple[Fact, ...]:
    """Say where a code stands in both editions for different work."""
    others = work.new if olds else work.old
    here = work.old if olds else work.new
    codes = {unit.code for unit in others.framework.units}
    mine = [here.framework.units[number].code for number in (*olds, *news)]
    return tuple(Fact(kind="reused", old=code, new=code) for code in mine if code in codes)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
