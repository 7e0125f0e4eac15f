"""Bands to work contents: their numbers and titles, their functions, their levels; lost headings found again."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from matcher.levels import level_frames
from matcher.readers.blocks import Document, Line
from matcher.readers.cn.cover import Cover
from matcher.readers.cn.items import KEY_MARKS
from matcher.readers.cn.tables import Band, bands, item_prefix
from matcher.readers.report import CellNote
from matcher.readers.text_lines import follows, join_text

_WORK_NUMBER = re.compile(r"(?<![\d.])(\d{1,2})\s?[.．]\s?(\d{1,2})(?![.．]?\d)[.．、]?")
_ANCIENT = re.compile(r"^[（(]\s*([一二三四五六七八九十]{1,3})\s*[)）]")
_FUNCTION_NUMBER = re.compile(
    r"^\s*(?:(\d{1,2})(?:\s*[.．、]|(?=[\u4e00-\u9fff]))|([一二三四五六七八九十]{1,3})\s*[、.．])\s*"
)
_DIGITS = "零一二三四五六七八九十"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One work content on its way to a unit."""

    band: Band
    level: tuple[str, str] | None
    number: str
    title: str
    function: str = ""
    restarts: bool = False
    cells: list[CellNote] = field(default_factory=list)


def _chinese_number(text: str) -> int:
    if text.startswith("十"):
        return 10 + (_DIGITS.index(text[1]) if len(text) > 1 else 0)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return 10 * _DIGITS.index(tens) + (_DIGITS.index(ones) if ones else 0)
    return _DIGITS.index(text)


def _named(band: Band, before: str, prefix: str) -> tuple[str, str, list[CellNote]]:
    """Return a work content's number, its title, and what was repaired.

    Args:
        band: The band.
        before: The number of the work content before it at this level.
        prefix: What its items' numbers begin with, or "".
    """
    text = re.sub(rf"[（(]?[{KEY_MARKS}][)）]?", "", join_text([line.text for line in band.work])).strip()
    notes: list[CellNote] = []
    ancient = _ANCIENT.match(text)
    if ancient:
        return str(_chinese_number(ancient.group(1))), text[ancient.end() :].strip(), notes
    found = _WORK_NUMBER.search(text)
    if prefix and (found is None or f"{int(found.group(1))}.{int(found.group(2))}" != prefix):
        # Among digits a displaced number is told by the numbers of its items: SM3.12 is 3.1 in SM2.
        found = re.search(r"(" + r")\s?[.．]\s?(".join(prefix.split(".")) + ")", text) or found
    if found is None:
        if prefix:
            notes.append(CellNote(kind="repaired", field="work", reason="number taken from its items",
                                  before=text, after=f"{prefix} {text}", page=band.page))  # fmt: skip
        return prefix, text, notes
    number = f"{int(found.group(1))}.{int(found.group(2))}"
    # The words on both sides of a number that is taken out are neighbours again.
    title = (text[: found.start()] + text[found.end() :]).strip() if found.start() else text[found.end() :].strip()
    if found.start():
        notes.append(CellNote(kind="repaired", field="work", reason="item number put back before the words",
                              before=text, after=f"{number} {title}", page=band.page))  # fmt: skip
    if prefix and prefix != number:
        notes.append(CellNote(kind="flagged", field="work", reason=f"its items are numbered {prefix}",
                              before=text, after=text, page=band.page))  # fmt: skip
    elif before and not (follows(number, before) or number == before):
        reason = f"number {number} follows {before}"
        notes.append(CellNote(kind="flagged", field="work", reason=reason, before=text, after=text, page=band.page))
    return number, title, notes


def _function(lines: Sequence[Line]) -> tuple[str, str]:
    """Return a function's number ("" for none) and name."""
    text = re.sub(rf"[（(]?[{KEY_MARKS}][)）]?", "", join_text([line.text for line in lines])).strip()
    text = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", text)
    found = _FUNCTION_NUMBER.match(text)
    if not found:
        # Set vertically, the number can come out on either side of its words.
        last = re.search(r"(\d{1,2})[.．、]$", text)
        return (last.group(1), text[: last.start()].strip()) if last else ("", text.strip())
    number = found.group(1) or str(_chinese_number(found.group(2)))
    return number, text[found.end() :].strip()


def works_of(document: Document) -> list[Work]:
    """Return every work content with its level, number and function, in the order of the standard."""
    out: list[Work] = []
    level: tuple[str, str] | None = None
    heading: tuple[str, str] | None = None
    kind = ""
    before = ""
    functions: dict[str, str] = {}
    current = ("", "")
    for band in bands(document):
        prefix = item_prefix(band)
        fresh = band.level != heading or band.kind != kind or not out
        if fresh:
            level = heading = band.level
            kind, before, functions, current = band.kind, "", {}, ("", "")
        number, title, notes = _named(band, before, prefix)
        found = _function(band.function)
        if found[1]:
            goes_on = not prefix or prefix.startswith(f"{current[0]}.")
            if not found[0] and band.first_on_page and current[0] and goes_on:
                # The rest of a name that a page break parted: the works before it have the whole name too.
                found = (current[0], current[1] + found[1])
                out = [
                    replace(work, function=found[1]) if work.level == level and work.function == current[1] else work
                    for work in out
                ]
            current = found
            functions[found[0]] = found[1]
        major = number.partition(".")[0] if "." in number else ""
        if _ANCIENT.match(join_text([line.text for line in band.work])) and current[0]:
            number = f"{current[0]}.{number}"
        restarts = not fresh and _restarts(number, before)
        if restarts:
            # The numbers start again: another level begins whose heading was lost.
            level, functions, current = None, {}, found if found[1] else ("", "")
            functions[current[0]] = current[1]
            why = f"numbers start again at {number} after {before} without a heading of a level"
            notes.append(CellNote(kind="flagged", field="level", reason=why, page=band.page))
        function = functions.get(major, "") or current[1]
        work = Work(
            band=band, level=level, number=number, title=title, function=function, restarts=restarts, cells=notes
        )
        work.cells.extend(
            [
                CellNote(
                    kind="repaired", field=repair.field, reason=repair.reason, before=repair.text, page=repair.page
                )
                for repair in band.repairs
            ]
        )
        before = number or before
        out.append(work)
    return out


def _restarts(number: str, before: str) -> bool:
    try:
        return [int(n) for n in number.split(".")] <= [int(n) for n in before.split(".")]
    except ValueError:
        return False


def with_lost_levels(works: list[Work], cover: Cover) -> list[Work]:
    """Return works in which levels whose headings were lost have their place, where the list in 1.4 leaves no doubt.

    The runs of work contents stand in the order of the levels: as many runs as levels, and every run that has a
    heading at its place, leave one level for each run that has none.
    """
    order = [level.id for level in level_frames()[cover.frame].levels if level.id in cover.levels]
    out: list[Work] = []
    # Each kind of work (工种) goes through the levels by itself.
    for _, group in itertools.groupby(works, key=lambda work: work.band.kind):
        runs: list[list[Work]] = []
        for work in group:
            last = runs[-1][-1] if runs else None
            if last is None or work.level != last.level or work.restarts:
                runs.append([])
            runs[-1].append(work)
        known = [run[0].level for run in runs]
        if len(runs) == len(order) and all(
            level is None or level[1] == wanted for level, wanted in zip(known, order, strict=True)
        ):
            out += [_placed(work, cover.frame, level) for run, level in zip(runs, order, strict=True) for work in run]
        else:
            out += [work for run in runs for work in run]
    return out


def _placed(work: Work, frame: str, level: str) -> Work:
    if work.level is not None:
        return work
    reason = "heading lost; its place among the levels of 1.4 tells the level"
    cells = [cell for cell in work.cells if cell.field != "level" or cell.kind != "flagged"]
    cells.append(CellNote(kind="repaired", field="level", reason=reason, after=level, page=work.band.page))
    return replace(work, level=(frame, level), cells=cells)
