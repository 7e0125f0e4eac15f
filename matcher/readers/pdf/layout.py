"""Characters to lines by baseline, lines to cells by their place; a page's blocks in reading order."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from matcher.readers.blocks import Cell, Grid, Line, Page
from matcher.readers.pdf.engine import Character, RawPage
from matcher.readers.pdf.grid import Box, Frame, find_frames
from matcher.readers.text_lines import first_word, is_han, joined_lines

# Gaps in ems. Between Latin words a space is 0.2-0.3 em wide; Chinese needs no spaces, so a gap there must be wide
# to mean anything.
LATIN_GAP = 0.14
HAN_GAP = 0.9
# Numbers are often set a little higher or lower than their words. Lines of one size stand at least 1.15 em apart: what
# is nearer than half of that belongs to the same line.
SAME_LINE = 0.55
# A number this much higher or lower than its words was placed by itself.
RAISED = 0.1
_ITEM_NUMBER = re.compile(r"\d{1,2}(?:[.．]\d{1,2}){1,3}")


def lay_out(raw: RawPage) -> Page:
    """Return a page's lines and tables in reading order."""
    frames = find_frames(raw.rules)
    inside: dict[tuple[int, int], list[Character]] = {}
    outside: list[Character] = []
    for character in raw.characters:
        place = _place(character, frames)
        if place is None:
            outside.append(character)
        else:
            inside.setdefault(place, []).append(character)
    blocks: list[tuple[float, int, Line | Grid]] = []
    draws = any(character.drawn for character in raw.characters)
    made = [
        tuple(_cell(box, inside.get((number, index), []), draws=draws) for index, box in enumerate(frame.boxes))
        for number, frame in enumerate(frames)
    ]
    opened = [line.apart for cells in made for cell in cells for line in cell.lines if line.apart]
    if 2 * opened.count(1) <= len(opened):
        # This page's numbers are not set apart from their words: that one is not says nothing.
        made = [tuple(map(_unsaid, cells)) for cells in made]
    for frame, cells in zip(frames, made, strict=True):
        if any(cell.lines for cell in cells):
            grid = Grid(rows=len(frame.ys) - 1, columns=len(frame.xs) - 1, cells=cells, top=frame.ys[0], edges=frame.xs)
            blocks.append((frame.ys[0], 0, grid))
    for order, line in enumerate(text_lines(outside)):
        blocks.append((line.top, order + 1, line))
    blocks.sort(key=lambda block: (block[0], block[1]))
    return Page(number=raw.number, blocks=tuple(block for _, _, block in blocks))


def _unsaid(cell: Cell) -> Cell:
    return replace(cell, lines=tuple(replace(line, apart=0) if line.apart else line for line in cell.lines))


def _place(character: Character, frames: Sequence[Frame]) -> tuple[int, int] | None:
    x = (character.left + character.right) / 2
    y = character.middle
    for number, frame in enumerate(frames):
        if frame.xs[0] <= x <= frame.xs[-1] and frame.ys[0] <= y <= frame.ys[-1]:
            for index, box in enumerate(frame.boxes):
                if box.left <= x < box.right and box.top <= y < box.bottom:
                    return number, index
    return None


def _cell(box: Box, characters: list[Character], *, draws: bool) -> Cell:
    lines = vertical_lines(characters)
    if not lines:
        lines = text_lines(characters, draws=draws)
        if lines:
            # Text stands as far from the right edge as from the left one, or as its longest line.
            margin = max(1.0, min(6.0, min(line.left for line in lines) - box.left))
            limit = max(box.right - margin, max(line.right for line in lines))
            lines = joined_lines([], [replace(line, room=limit - line.right) for line in lines])
    return Cell(row=box.row, row_end=box.row_end, column=box.column, column_end=box.column_end, lines=tuple(lines))


def text_lines(characters: Sequence[Character], *, draws: bool = False) -> list[Line]:
    """Return lines from top to bottom: characters whose baselines are close, from left to right.

    Args:
        characters: Those of a cell, or of what stands outside of tables.
        draws: Whether the page draws its spaces as characters.
    """
    runs: list[list[Character]] = []
    # Bigger characters first would scatter raised numbers: the order of baselines keeps neighbours together.
    for character in sorted(characters, key=lambda c: (c.baseline, c.left)):
        home = _home(runs, character)
        if home is None:
            runs.append([character])
        else:
            home.append(character)
    lines = [_line(sorted(run, key=lambda c: c.left), draws=draws) for run in runs]
    return sorted((line for line in lines if line.text), key=lambda line: (line.top, line.left))


def _home(runs: list[list[Character]], character: Character) -> list[Character] | None:
    for run in reversed(runs[-3:]):
        anchor = run[0]
        reach = SAME_LINE * max(anchor.size, character.size)
        if abs(character.baseline - anchor.baseline) <= reach and not any(_over(c, character) for c in run):
            return run
    return None


def _over(one: Character, other: Character) -> bool:
    """Return whether two characters stand on each other; kerned ones (f, j) only touch."""
    shared = min(one.right, other.right) - max(one.left, other.left)
    return shared > 0.6 * min(one.right - one.left, other.right - other.left) + 0.1


def _line(run: Sequence[Character], *, draws: bool) -> Line:
    parts: list[str] = []
    for before, character in zip((None, *run), run, strict=False):
        if before is not None and (_spaced(before, character) or _behind_number(parts, before, character)):
            parts.append(" ")
        parts.append(character.text)
    size = sorted(c.size for c in run)[len(run) // 2]
    return Line(
        text="".join(parts).strip(),
        left=run[0].left,
        right=max(c.right for c in run),
        top=sorted(c.baseline for c in run)[len(run) // 2],
        size=size,
        first=_first_width("".join(parts).lstrip(), run),
        unmapped=sum(c.unmapped for c in run),
        apart=_apart(run, draws=draws),
    )


def _apart(run: Sequence[Character], *, draws: bool) -> int:
    """Return 1 where an item's number opens a line and is set apart from its words, -1 where it is not, else 0."""
    number = ""
    for before, character in itertools.pairwise(run):
        number += before.text
        if re.fullmatch(r"[\d.．]+", character.text) and not character.drawn:
            continue
        if not _ITEM_NUMBER.fullmatch(number):
            return 0
        raised = abs(character.baseline - before.baseline) > RAISED * max(before.size, character.size)
        gap = (character.left - before.right) / max(before.size, character.size)
        # Word processors set a little gap between Latin and Chinese: it is no space where the file draws its spaces.
        spaced = character.drawn if draws else gap > LATIN_GAP
        # 1.1.1★能 …: the mark of a key skill parts number and words as well as a space.
        return 1 if raised or spaced or character.text in "★☆※▲△（(" else -1
    return 0


def _first_width(text: str, run: Sequence[Character]) -> float:
    """Return how wide a line's first word is drawn."""
    wanted = len(first_word(text))
    for character in run:
        wanted -= len(character.text)
        if wanted <= 0:
            return character.right - run[0].left
    return run[-1].right - run[0].left


def _behind_number(parts: Sequence[str], before: Character, after: Character) -> bool:
    """Return whether a gap parts an item's number from its words: Chinese text has no other use for so small a gap."""
    if not before.text.isdigit() or (after.left - before.right) / max(before.size, after.size) <= LATIN_GAP:
        return False
    return _ITEM_NUMBER.fullmatch("".join(parts)) is not None


def _spaced(before: Character, after: Character) -> bool:
    gap = (after.left - before.right) / max(before.size, after.size)
    han = is_han(before.text[-1]) or is_han(after.text[0])
    if han:
        return gap > HAN_GAP or (after.spaced and gap > LATIN_GAP)
    return gap > LATIN_GAP or after.spaced


def vertical_lines(characters: Sequence[Character]) -> list[Line]:
    """Return the columns of a vertically set cell from right to left as lines, or nothing where it is not vertical.

    Set vertically, characters follow each other downwards more closely (about 1 em) than columns stand apart; one
    column of single characters is vertical whatever its pitch.
    """
    if len(characters) < 2:
        return []
    size = max(c.size for c in characters)
    columns: list[list[Character]] = []
    for character in sorted(characters, key=lambda c: -(c.left + c.right)):
        middle = (character.left + character.right) / 2
        home = next((k for k in columns if abs((k[0].left + k[0].right) / 2 - middle) <= 0.35 * size), None)
        if home is None:
            columns.append([character])
        else:
            home.append(character)
    if len(columns) > 4 or max(map(len, columns)) < 2:
        return []
    if len(columns) > 1 and not _stacked(columns, size):
        return []
    text = []
    for column in columns:
        column.sort(key=lambda c: c.baseline)
        if any(b.baseline - a.baseline > 4 * size for a, b in itertools.pairwise(column)):
            return []
        text.append("".join(c.text for c in column))
    first = min(characters, key=lambda c: c.baseline)
    return [
        Line(
            text="".join(text),
            left=min(c.left for c in characters),
            right=max(c.right for c in characters),
            top=first.baseline,
            size=size,
            unmapped=sum(c.unmapped for c in characters),
        )
    ]


def _stacked(columns: list[list[Character]], size: float) -> bool:
    """Return whether columns stand further apart than the characters in them follow each other."""
    middles = sorted((column[0].left + column[0].right) / 2 for column in columns)
    apart = min(b - a for a, b in itertools.pairwise(middles))
    longest = sorted(c.baseline for c in max(columns, key=len))
    steps = [b - a for a, b in itertools.pairwise(longest)]
    return bool(steps) and apart > 1.15 * size and max(steps) <= min(1.12 * size, apart - 0.05 * size)
