"""Lines of a cell to running text, and lines to items: marks, nesting by indent, wrapped lines joined."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matcher.readers.blocks import Line
from matcher.readers.statements import MEASURE, language_of
from matcher.text.normalize import fold

_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")
_BULLET = re.compile(r"^([◆◇•●○■□▪▫◦‣∙·*➢➤✓✔\uf06c\uf06e\uf075\uf0b7\uf0a7\uf0d8–—-])(?:\s*(?=[^\s\d–—-])|\s+)")
_BLOCK = re.compile(rf"^(\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}){MEASURE}[.、]?\s*(?=\D)")
_NUMBER = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){1,3})(?!\d)[.、]?\s*(?=\D)")
_LETTER = re.compile(r"^([(（](?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})[)）]|(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)、])\s*(?=\S)")
_CIRCLED = re.compile(r"^([①-⑳])\s*")
# Words of Latin letters joined by marks (ABS、PVC are not parted), or one Chinese character, with what closes it.
_CLOSE = "，。；：、！？）》”’」』)"
_FIRST_WORD = re.compile(rf"(?:[!-~]+[{_CLOSE}]*)+|.[{_CLOSE}]+(?:[!-~]+[{_CLOSE}]*)*|.")
# Openings of the genre's lists: they stand between the items of two languages and belong to neither.
_OPENING = re.compile(r"^(?:the integrated outcome requirement|此(?:项)?能力单元的综合成效)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: its mark ("" for a plain paragraph), its text, its indent, and the items nested in it."""

    mark: str
    text: str
    left: float
    children: tuple[Item, ...] = ()

    @property
    def is_block(self) -> bool:
        """Whether the mark is a number such as 6.1."""
        return re.match(r"\d+\.\d", self.mark) is not None


def is_han(character: str) -> bool:
    """Return whether a character is set in a full square: no space is written around it."""
    return _HAN.match(character) is not None


def first_word(text: str) -> str:
    """Return what is never parted at a line's end: the first word, with the marks that close it."""
    found = _FIRST_WORD.match(text)
    return found.group(0) if found else text[:1]


def ends_before(line: Line, after: Line) -> bool:
    """Return whether a paragraph ends with a line: what follows would have fitted into it, and was not put there."""
    # A third of a character is left for kerning and for a space before the word.
    return line.room > after.first + 0.35 * after.size


def ends_surely(line: Line, after: Line) -> bool:
    """Return whether a paragraph ends with a line beyond doubt: half a character more than needed is left empty."""
    if line.right <= line.left:
        return line.ends
    return line.room > after.first + 0.5 * after.size


def joined_lines(before: Sequence[Line], after: Sequence[Line]) -> list[Line]:
    """Return lines with more lines behind them (of a next page), each told whether a paragraph ends with it."""
    # Lines without geometry (room 0, no width) are paragraphs of their own and stay so.
    placed = [line for line in (*before, *after) if line.right > line.left]
    lines = [*before, *after]
    if len(placed) < len(lines):
        return lines
    last = [replace(line, ends=True) for line in lines[-1:]]
    return [replace(one, ends=ends_before(one, other)) for one, other in itertools.pairwise(lines)] + last


def join_text(parts: Sequence[str]) -> str:
    """Return lines as one text: no space beside Chinese, none after a hyphen that ends a line."""
    out = ""
    for part in parts:
        text = " ".join(part.split())
        if not out or not text or _HAN.match(out[-1]) or _HAN.match(text[0]) or re.search(r"[A-Za-z]-$", out):
            out += text
        else:
            out += " " + text
    return out


def follows(number: str, before: str) -> bool:
    """Return whether a number is the next after another: 6.2 after 6.1, 1.2.1 after 1.1.4, 2.1 after 1.3."""
    try:
        one, other = [int(n) for n in before.split(".")], [int(n) for n in number.split(".")]
    except ValueError:
        return False
    if len(one) != len(other):
        return False
    place = next((n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), -1)
    return place >= 0 and other[place] == one[place] + 1 and all(n == 1 for n in other[place + 1 :])


def mark_of(text: str, *, before: str = "") -> tuple[str, str]:
    """Return a line's item mark ("" for none) and the rest of the line.

    Args:
        text: The line.
        before: The number of the item before: the next number is a mark even where it could be a measure (6.7 分辨).
            Without one, so is the first of a list (6.1 分辨).
    """
    numbered = _NUMBER.match(text)
    if numbered and (follows(numbered.group(1), before) if before else numbered.group(1).endswith(".1")):
        return numbered.group(1), text[numbered.end() :].strip()
    for pattern in (_BLOCK, _BULLET, _CIRCLED, _LETTER):
        found = pattern.match(text)
        if found:
            return found.group(1), text[found.end() :].strip()
    return "", text


def _other_language(before: str, after: str) -> bool:
    if min(len(before), len(after)) < 4:
        return False
    return language_of(before, chinese="zh-Hans") != language_of(after, chinese="zh-Hans")


def _starts_plain(before: Line, current: str, line: Line, *, marked: bool) -> bool:
    """Return whether a line without a mark begins a paragraph of its own."""
    if _OPENING.match(fold(line.text)) or (_OPENING.match(fold(current)) and current.rstrip().endswith((":", "："))):
        return True
    if not before.ends:
        return False
    if _other_language(current, line.text):
        return True
    return not marked and (line.left == line.right or current.rstrip()[-1:] in ".;。；:：")


def flat_items(lines: Sequence[Line]) -> list[Item]:
    """Return the items of a cell in order, without nesting; wrapped lines are joined."""
    marked = any(mark_of(line.text)[0] for line in lines)
    items: list[tuple[str, list[str], float]] = []
    before: Line | None = None
    number = ""
    for line in lines:
        mark, rest = mark_of(line.text, before=number)
        number = mark if "." in mark else number
        if mark and not rest and items and not before:
            continue
        if mark or not items or before is None or _starts_plain(before, join_text(items[-1][1]), line, marked=marked):
            items.append((mark, [rest if mark else line.text], line.left))
        else:
            items[-1][1].append(line.text)
        before = line
    return [Item(mark=mark, text=join_text(parts), left=left) for mark, parts, left in items]


def nested_items(lines: Sequence[Line]) -> tuple[Item, ...]:
    """Return the items of a cell as a tree: blocks (6.1) first, then by indent."""
    stack: list[tuple[float, Item, list[Item]]] = []
    roots: list[Item] = []

    def close(left: float) -> None:
        while stack and stack[-1][0] >= left - 4:
            _, item, children = stack.pop()
            done = Item(mark=item.mark, text=item.text, left=item.left, children=tuple(children))
            (stack[-1][2] if stack else roots).append(done)

    for item in flat_items(lines):
        # A block's number often stands as far right as the bullets under it: its kind says where it belongs.
        depth = -1000.0 + 10 * item.mark.count(".") if item.is_block else item.left if item.mark else -1e6
        close(depth)
        stack.append((depth, item, []))
    close(-1e9)
    return tuple(roots)


def whole(item: Item) -> str:
    """Return an item with everything nested in it as one statement: "lead: one; another"."""
    parts = [whole(child) for child in item.children]
    if not parts:
        return item.text
    chinese = _HAN.search(item.text) is not None
    lead = item.text if item.text.rstrip()[-1:] in ":：" else item.text + ("：" if chinese else ":")
    return lead + ("" if chinese else " ") + ("；" if chinese else "; ").join(parts)
