"""2 基本要求: professional ethics and basic knowledge, which hold for every level of the standard."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcher.readers.blocks import Document
from matcher.readers.cn.heads import compact, running_heads
from matcher.readers.cn.tables import section_of
from matcher.readers.text_lines import join_text

_PART = re.compile(r"^2\s*[.．]\s*([12])\s*(职业道德|基础知识)\s*$")
_NUMBERED = re.compile(r"^(2(?:\s*[.．]\s*\d{1,2}){2,3})\s*(.*)$")
_ITEM = re.compile(r"^(?:[（(]\s*(\d{1,2})\s*[)）]|(\d{1,2})[)）.、](?!\d)|[①-⑳])\s*(.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Basics:
    """One part of the basic requirements: its number, name, page and items."""

    number: str
    name: str
    page: int
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    heading: bool
    parts: list[str]
    children: list[str]


def read_basics(document: Document) -> list[Basics]:
    """Return the parts 2.1 and 2.2; a heading (2.2.1 安全知识) with items under it is no item itself."""
    heads = running_heads(document)
    out: list[Basics] = []
    inside = False
    part: tuple[str, str, int] | None = None
    items: list[_Open] = []

    def close() -> None:
        nonlocal part
        if part is not None:
            kept = [join_text(item.parts) for item in items if not (item.heading and item.children)]
            texts = tuple(dict.fromkeys(text.rstrip("。；;") for text in kept if re.search(r"\w", text)))
            if texts:
                out.append(Basics(number=part[0], name=part[1], page=part[2], items=texts))
        part = None
        items.clear()

    for page in document.pages:
        for line in page.lines:
            text = line.text.strip()
            if compact(text) in heads or re.fullmatch(r"[-—\s]*\d{1,3}[-—\s]*", text) or _is_contents(text):
                continue
            section = section_of(text)
            if section:
                close()
                inside = section == "2"
                continue
            found = _PART.match(text)
            if found and (inside or section == ""):
                close()
                inside = True
                part = (f"2.{found.group(1)}", found.group(2), page.number)
            elif inside and part is not None:
                _take(text, items)
    close()
    return out


def _is_contents(text: str) -> bool:
    """Return whether a line stands in the table of contents: dots that lead to a page number."""
    return re.search(r"(?:\.{4,}|…{2,}|·{4,})\s*\d*\s*$", text) is not None


def _take(text: str, items: list[_Open]) -> None:
    heading = _NUMBERED.match(text)
    if heading:
        items.append(_Open(heading=True, parts=[heading.group(2)], children=[]))
        return
    item = _ITEM.match(text)
    if item:
        parent = next((one for one in reversed(items) if one.heading), None)
        if parent is not None:
            parent.children.append(text)
        items.append(_Open(heading=False, parts=[item.group(3)], children=[]))
    elif items:
        items[-1].parts.append(text)
