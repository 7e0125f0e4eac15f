"""One cell of 技能要求 or 相关知识要求 to its items; displaced numbers are put back, or the cell is kept whole.

The rule throughout: where the lines of the page do not tell for certain where an item ends, nothing is split.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matcher.readers.blocks import Line
from matcher.readers.text_lines import ends_before, ends_surely, join_text

_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\s?[.．]\s?(\d{1,2})\s?[.．]\s?(\d{1,2})(?![.．]?\d)")
_SIMPLE = re.compile(r"^(?:[（(](\d{1,2})[)）]|(\d{1,2})(?:[.．、](?!\d)|\s))\s*")
# 虚拟局域VLAN(网): the Latin word and the last character before it changed places. One Chinese character in brackets
# after a Latin word is no gloss; longer ones (PLC(可编程控制器)) are.
# Word processors set a little space between Latin and Chinese.
_SWAPPED = re.compile(r"(?<=[\u4e00-\u9fff])\s?([A-Za-z][A-Za-z0-9+/.\-]*)\s?([（(])\s?([\u4e00-\u9fff])\s?([)）])")
# 性能, 功能, 技能 …: behind these 能 is no word of its own.
_BEFORE_ABILITY = "性功技智节可不职机效产动热电光势才本潜万"
# No item begins with a mark that closes or parts, none ends with one that goes on or opens.
_NEVER_FIRST = "，。；：、！？）》”’」』)%的"
_NEVER_LAST = "、，：（《“‘「『("
# Decimal logarithms. Below the first nothing speaks for an item; the second is how much the best place of an item must
# be ahead of the next best (30 to 1). From the development seeds: every place that was wrong lay nearer.
IMPOSSIBLE = -3.0
DOUBT = 1.5
# Marks of a key skill: who fails it fails the examination. They stand before the number or behind it.
KEY_MARKS = "★☆※▲△"
_KEY_FIRST = re.compile(rf"^((?:[（(]?[{KEY_MARKS}][)）]?\s*)+)(\d{{1,2}}(?:\s?[.．]\s?\d{{1,2}}){{1,2}})")
_KEY = re.compile(rf"^\s*(?:[（(]?[{KEY_MARKS}][)）]?\s*)+")
_EMPTY_BRACKETS = re.compile(r"[（(]\s*[)）]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """The items of a cell; what was put right (before, after), or why the cell was kept whole.

    ``key`` holds the items that the standard marks as key skills (★); the mark itself is no part of a text.
    """

    texts: tuple[str, ...]
    key: tuple[str, ...] = ()
    repaired: tuple[tuple[str, str, str], ...] = ()
    flagged: str = ""


def cell_items(lines: Sequence[Line], prefix: str) -> Items:
    """Return the items of a cell.

    Args:
        lines: The cell's lines, from all its pages.
        prefix: The number of the work content ("1.1"), or "" where it has none.
    """
    lines = [replace(line, text=_KEY_FIRST.sub(r"\2 \1", line.text.strip())) for line in lines if line.text.strip()]
    if not lines:
        return Items(texts=())
    found = _numbered(lines, prefix)
    if found is None:
        found = _simple(lines)
    repaired = list(found.repaired)
    texts = []
    key = []
    for marked in found.texts:
        text = _KEY.sub("", marked)
        if text != marked:
            key.append(text)
        mended = _SWAPPED.sub(r"\3\2\1\4", text)
        if mended != text:
            repaired.append(("a Latin word put back into its brackets", text, mended))
        texts.append(mended)
    flagged = found.flagged
    if not flagged and any(_EMPTY_BRACKETS.search(text) for text in texts):
        flagged = "empty brackets: a word is missing or stands elsewhere"
    unmapped = sum(line.unmapped for line in lines)
    if unmapped:
        flagged = f"characters without a Unicode value in the file's font: {unmapped}"
    return Items(texts=tuple(texts), key=tuple(key), repaired=tuple(repaired), flagged=flagged)


def _whole(lines: Sequence[Line], why: str) -> Items:
    return Items(texts=(join_text([line.text for line in lines]),), flagged=why)


def _places(text: str, prefix: str) -> list[tuple[int, int, int]]:
    """Return (start, end, serial) of every item number in a text; with a prefix only numbers below it."""
    return [
        (found.start(), found.end(), int(found.group(3)))
        for found in _DOTTED.finditer(text)
        if not prefix or f"{int(found.group(1))}.{int(found.group(2))}" == prefix
    ]


def _numbered(lines: Sequence[Line], prefix: str) -> Items | None:
    """Return the items of a cell numbered 1.1.1, 1.1.2 …; None where no such number is in it."""
    starts: list[int] = []
    text = ""
    for line in lines:
        starts.append(len(text))
        text += line.text.strip() + "\n"
    places = _places(text, prefix)
    if not places:
        return None
    serials = [serial for _, _, serial in places]
    if prefix and serials != list(range(1, len(serials) + 1)):
        places = _among_digits(text, prefix, max(serials)) or places
        serials = [serial for _, _, serial in places]
    if serials != list(range(1, len(serials) + 1)):
        return _whole(lines, f"item numbers are {', '.join(map(str, serials))}: some are missing or doubled")
    begins, why = _begins(lines, starts, places, text)
    if why:
        return _whole(lines, why)
    texts = []
    repaired = []
    for order, begin in enumerate(begins):
        end = begins[order + 1] if order + 1 < len(begins) else len(text)
        start, stop, _ = places[order]
        number = text[start:stop].strip()
        before = join_text(text[begin:end].split("\n"))
        # The words on both sides of a number that is taken out are neighbours again.
        after = join_text((text[begin:start] + text[stop:end]).split("\n"))
        after = re.sub(r"^[.．、]\s*", "", after)
        texts.append(after)
        if text[begin:start].strip():
            repaired.append(("item number put back before the words", before, f"{number} {after}"))
    if not all(re.search(r"\w", item) for item in texts):
        return _whole(lines, "an item number stands alone: its words are elsewhere")
    if prefix and any(re.search(rf"{re.escape(prefix)}\s?[.．]\s?\d", item) for item in texts):
        return _whole(lines, "an item number stands among digits: where its item begins cannot be told")
    return Items(texts=tuple(texts), repaired=tuple(repaired))


def _among_digits(text: str, prefix: str, last: int) -> list[tuple[int, int, int]]:
    """Return the places of the numbers 1 to ``last`` where some stand among digits (MD1.1.45 is 1.1.4 in MD5).

    Empty unless every number is there in order, each once between its neighbours.
    """
    out: list[tuple[int, int, int]] = []
    for serial in range(1, last + 1):
        number = f"{prefix}.{serial}"
        start = text.find(number, out[-1][1] if out else 0)
        if start < 0:
            return []
        out.append((start, start + len(number), serial))
    stops = [*(start for start, _, _ in out[1:]), len(text)]
    doubled = any(f"{prefix}.{serial}" in text[end:stop] for (_, end, serial), stop in zip(out, stops, strict=True))
    return [] if doubled else out


def _begins(
    lines: Sequence[Line], starts: Sequence[int], places: Sequence[tuple[int, int, int]], text: str
) -> tuple[list[int], str]:
    """Return where each item begins, and "" or why it cannot be told.

    An item begins a line, at its number or (the number displaced into the words) before it. So the beginning of the
    next item is a line's start behind the number before and not behind its own; where there are several, the evidence
    at each must leave no doubt.
    """
    numbers = [start for start, _, _ in places]
    begins = [0]
    moved = numbers[0] > 0
    skill = _all_begin_with_ability(starts, places, text)
    for order in range(1, len(numbers)):
        low, high = numbers[order - 1], numbers[order]
        gap = [n for n, at in enumerate(starts) if low < at <= high]
        where = f"item {order} and item {order + 1} cannot be told apart"
        if not gap:
            return [], f"{where}: no line begins between their numbers"
        weights = [_evidence(lines, n, places[order] if starts[n] == high else None, skill=skill) for n in gap]
        best = max(range(len(gap)), key=lambda k: weights[k])
        others = [weight for k, weight in enumerate(weights) if k != best]
        if weights[best] <= IMPOSSIBLE:
            return [], f"{where}: every line between their numbers goes on"
        if others and weights[best] - max(others) < DOUBT:
            ended = sum(ends_surely(lines[n - 1], lines[n]) for n in gap)
            said = f"{ended} paragraphs end" if ended else "no paragraph ends"
            return [], f"{where}: {said} between their numbers"
        begins.append(starts[gap[best]])
        moved = moved or begins[-1] != high
    stray = [n for n in range(1, len(lines)) if ends_surely(lines[n - 1], lines[n]) and starts[n] not in begins]
    if stray and moved:
        return [], "item numbers stand among the words, and a paragraph ends inside an item"
    return begins, ""


def _all_begin_with_ability(starts: Sequence[int], places: Sequence[tuple[int, int, int]], text: str) -> bool:
    """Return whether the items of a cell begin with 能: those whose numbers open their lines do."""
    opened = [_KEY.sub("", text[stop : stop + 8]).strip()[:1] for start, stop, _ in places if start in starts]
    return text.startswith("能") if not opened else 2 * opened.count("能") > len(opened)


def _evidence(lines: Sequence[Line], at: int, number: tuple[int, int, int] | None, *, skill: bool) -> float:
    """Return how much more likely an item begins with a line than that the one before goes on (decimal logarithm).

    Args:
        lines: The cell's lines.
        at: Which line; there is one before it.
        number: The place of the item's number where it opens the line, else None.
        skill: Whether the cell's items begin with 能.
    """
    before, line = lines[at - 1], lines[at]
    words = line.text.strip()
    if number is not None:
        words = words[number[1] - number[0] :].strip()
    words = _KEY.sub("", words)
    if not words or words[0] in _NEVER_FIRST or before.text.rstrip()[-1:] in _NEVER_LAST:
        return 2 * IMPOSSIBLE
    weight = 0.0
    if ends_surely(before, line):
        weight += 3.0
    elif ends_before(before, line):
        weight += 1.0
    if number is not None:
        # A displaced number opens a line by chance only: 3 in 10 are displaced, to one of some 12 places in a line.
        weight += (-1.5, 1.3, 2.0)[line.apart + 1]
    if skill:
        # 性能, 功能 …: behind these 能 is no word of its own.
        own = words[0] == "能" and (number is not None or before.text.rstrip()[-1:] not in _BEFORE_ABILITY)
        weight += 1.7 if own else -1.7
    return weight


def _simple(lines: Sequence[Line]) -> Items:
    """Return the items of a cell numbered 1. 2. or (1) (2), or not numbered at all: one a paragraph."""
    marks = [_SIMPLE.match(line.text.strip()) for line in lines]
    if marks[0] is not None and int(marks[0].group(1) or marks[0].group(2)) == 1:
        texts: list[list[str]] = []
        serial = 0
        for line, mark in zip(lines, marks, strict=True):
            number = int(mark.group(1) or mark.group(2)) if mark else 0
            if mark is not None and number == serial + 1:
                serial = number
                texts.append([line.text.strip()[mark.end() :]])
            else:
                texts[-1].append(line.text)
        return Items(texts=tuple(join_text(parts) for parts in texts))
    if any(mark is not None and (mark.group(1) or mark.group(2)) == "1" for mark in marks):
        return _whole(lines, "the first words of the cell have no number, later ones have")
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        paragraphs[-1].append(line.text)
        if line.ends:
            paragraphs.append([])
    return Items(texts=tuple(join_text(parts) for parts in paragraphs if parts))
