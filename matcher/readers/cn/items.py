"""One cell of 技能要求 or 相关知识要求 to its items; displaced numbers are put back, or the cell is kept whole.

The rule throughout: where the lines of the page do not tell for certain where an item ends, nothing is split.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matcher.readers.blocks import Line
from matcher.readers.text_lines import ends_before, ends_surely, join_text

_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\s?[.．]\s?(\d{1,2})\s?[.．]\s?(\d{1,2})(?![.．]?\d)")
_SIMPLE = re.compile(r"^(?:[（(](\d{1,2})[)）]|(\d{1,2})(?:[.．、](?!\d)|\s))\s*")
# 虚拟局域VLAN(网): the Latin word and the last character before it changed places. One Chinese character in brackets
# after a Latin word is no gloss; longer ones (PLC(可编程控制器)) are.
_SWAPPED = re.compile(r"(?<=[\u4e00-\u9fff])([A-Za-z][A-Za-z0-9+/.\-]*)([（(])([\u4e00-\u9fff])([)）])")
# 性能, 功能, 技能 …: behind these 能 is no word of its own.
_BEFORE_ABILITY = "性功技智节可不职机效产动热电光势才本潜万"
_EMPTY_BRACKETS = re.compile(r"[（(]\s*[)）]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """The items of a cell; what was put right (before, after), or why the cell was kept whole."""

    texts: tuple[str, ...]
    repaired: tuple[tuple[str, str, str], ...] = ()
    flagged: str = ""


def cell_items(lines: Sequence[Line], prefix: str) -> Items:
    """Return the items of a cell.

    Args:
        lines: The cell's lines, from all its pages.
        prefix: The number of the work content ("1.1"), or "" where it has none.
    """
    lines = [line for line in lines if line.text.strip()]
    if not lines:
        return Items(texts=())
    found = _numbered(lines, prefix)
    if found is None:
        found = _simple(lines)
    repaired = list(found.repaired)
    texts = []
    for text in found.texts:
        mended = _SWAPPED.sub(r"\3\2\1\4", text)
        if mended != text:
            repaired.append(("a Latin word put back into its brackets", text, mended))
        texts.append(mended)
    flagged = found.flagged
    if not flagged and any(_EMPTY_BRACKETS.search(text) for text in texts):
        flagged = "empty brackets: a word is missing or stands elsewhere"
    unmapped = sum(line.unmapped for line in lines)
    if unmapped:
        flagged = f"{unmapped} characters have no Unicode value in the file's font"
    return Items(texts=tuple(texts), repaired=tuple(repaired), flagged=flagged)


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


def _opens_skill(text: str, at: int) -> bool:
    """Return whether a line begins with 能 as a word of its own (能检查, not 性能 parted at the line's end)."""
    return text.startswith("能", at) and text[at - 2 : at - 1] not in _BEFORE_ABILITY


def _has_words(text: str, start: int, stop: int) -> bool:
    """Return whether a number that opens a line has its words behind it: a space, a line's end, or 能 as a word."""
    return text[stop] in " \n" or (text[stop] == "能" and text[start - 2] not in _BEFORE_ABILITY)


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
    next item is a line's start behind the number before and not behind its own; where there are several, the line
    that a paragraph surely ended before, or the one that the number itself opens.
    """
    numbers = [start for start, _, _ in places]
    begins = [0]
    moved = numbers[0] > 0
    # Where a cell writes a space behind its numbers, one without a space stands among words.
    spaced = any(text[stop : stop + 1] == " " for start, stop, _ in places if start in starts)
    for order in range(1, len(numbers)):
        low, high = numbers[order - 1], numbers[order]
        gap = [at for at in starts if low < at <= high]
        ended = [at for at in gap if ends_surely(lines[starts.index(at) - 1], lines[starts.index(at)])]
        opens = high in starts
        where = f"item {order} and item {order + 1} cannot be told apart"
        # The number would have fitted into the line before: a paragraph ended there, whatever else the lines say.
        at_number = starts.index(high) if opens else 0
        if opens and ends_before(lines[at_number - 1], lines[at_number]):
            begins.append(high)
        elif len(gap) == 1:
            begins.append(gap[0])
        elif len(ended) == 1:
            begins.append(ended[0])
        elif not ended and not opens and len(verbs := [at for at in gap if _opens_skill(text, at)]) == 1:
            # Both lines are full. One of them begins as all items of the cell do.
            begins.append(verbs[0])
        elif not ended and opens and (not spaced or _has_words(text, high, places[order][1])):
            begins.append(high)
        else:
            why = (
                f"{len(ended)} paragraphs end between their numbers"
                if ended
                else "no paragraph ends between their numbers"
            )
            return [], f"{where}: {why}"
        moved = moved or begins[-1] != high
    stray = [n for n in range(1, len(lines)) if ends_surely(lines[n - 1], lines[n]) and starts[n] not in begins]
    if stray and moved:
        return [], "item numbers stand among the words, and a paragraph ends inside an item"
    return begins, ""


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
