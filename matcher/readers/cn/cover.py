"""What a standard says of itself: occupation, code, edition, kinds of work (工种), the levels it sets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcher.levels import level_frames
from matcher.readers.blocks import Document
from matcher.text.normalize import fold

_CODE = re.compile(r"职业编码\s*[:：]?\s*((?:[1-9]-\d{2}-\d{2}-\d{2}(?:-\d{2,3})?)|(?:X\d(?:-\d{2}){2,4}))")
_BARE_CODE = re.compile(r"(?<![\d-])((?:[1-9]-\d{2}-\d{2}-\d{2})(?:-\d{2,3})?)(?![\d-])")
_EDITION = re.compile(
    r"[（(]\s*((?:19|20)\d{2})\s*年?\s*(?:版|修订版|修订|年版)?\s*[)）]|((?:19|20)\d{2})\s*年\s*(?:版|修订)"
)
_NAME = re.compile(r"1\s*[.]\s*1\s*职业名称\s*[:：]?\s*\n?\s*([^\n]{2,40})")
_KINDS = re.compile(
    r"(?:本职业(?:包含|包括|含|分为)|含)(?:下列|以下|如下)?(?:\d+个|[一二三四五六七八九十]+个)?工种\s*[:：]?\s*([^。\n]{2,200})"
)
# ① marks a footnote, S the digital and L the green occupations of the 2022 classification: no part of the name.
_MARKS = re.compile(r"[①②③④⑤]|(?<=[\u4e00-\u9fff])(?:S/L|L/S|[SL])$|[（(](?:S|L|S/L|L/S)[)）]$|[*★☆]")
_LEVEL_WORD = re.compile(
    r"(?:[一二三四五]级/)?(?:初级工|中级工|高级工|高级技师|技师)|[一二三四五]级|初级|中级|高级|学徒工|特级技师|首席技师"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A standard's identity; every part may be empty."""

    name: str = ""
    code: str = ""
    edition: str = ""
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    frame: str = "cn-skill"


def clean_name(text: str) -> str:
    """Return an occupation's name without the marks of the classification."""
    return _MARKS.sub("", "".join(text.split())).strip()


def level_of(text: str) -> tuple[str, str] | None:
    """Return the level frame and the level id that a heading's words name, or None; numbers of sections say nothing."""
    key = re.sub(r"[（(]续[)）]", "", "".join(text.split())).strip("：:")
    # A page's number is no level: "5" alone means 五级 in no standard.
    if not re.search(r"[级工师]", key):
        return None
    for frame_id in ("cn-skill", "cn-engineering"):
        found = level_frames()[frame_id].find(key)
        if found is not None:
            return frame_id, found.id
    # 三级/高级工、二级/技师 on one heading is no single level; 五级／初级工 with another slash or brackets is one.
    words = re.fullmatch(
        r"([一二三四五])级[/(（]?(初级工|中级工|高级工|高级技师|技师|初级技能|中级技能|高级技能)?[)）]?", fold(key)
    )
    if words:
        return "cn-skill", str("零一二三四五".index(words.group(1)))
    # 初级技能 (国家职业资格五级) of the editions up to 2011.
    old = re.fullmatch(r"(?:初级|中级|高级|技师|高级技师)(?:技能)?[(（](?:国家职业资格)?([一二三四五])级[)）]", key)
    return ("cn-skill", str("零一二三四五".index(old.group(1)))) if old else None


def read_cover(document: Document) -> Cover:
    """Return what the first pages say of the standard."""
    text = document.opening(6)
    code = _CODE.search(text) or _BARE_CODE.search(text)
    edition = _EDITION.search(text)
    name = _NAME.search(text)
    kinds = _KINDS.search(text)
    frame, levels = _levels(text)
    found = clean_name(name.group(1)) if name else ""
    return Cover(
        name=re.split(r"1[.．]2", found)[0] or _title(document),
        code=code.group(1) if code else "",
        edition=next((group for group in edition.groups() if group), "") if edition else "",
        kinds=tuple(clean_name(kind) for kind in re.split(r"[、,，和]", kinds.group(1)) if kind.strip())
        if kinds
        else (),
        levels=levels,
        frame=frame,
    )


def _title(document: Document) -> str:
    """Return the biggest line of the cover that is no title of the series."""
    lines = [line for page in document.pages[:1] for line in page.lines]
    fit = [
        line
        for line in lines
        if re.search(r"[\u4e00-\u9fff]{2}", line.text) and not re.search(r"标准|制定|年版|编码", line.text)
    ]
    return clean_name(max(fit, key=lambda line: line.size).text) if fit else ""


def _levels(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the frame, and the level ids that section 1.4 lists, lowest first."""
    start = re.search(r"(?:职业技能等级|职业等级|专业技术等级)\s*\n?", text)
    listed = re.split(r"。|\n\s*1\s*[.．]\s*5", text[start.end() :], maxsplit=1)[0][:400] if start else ""
    # A line may end inside a level's word.
    listed = "".join(listed.split())
    found = [level for level in map(level_of, _LEVEL_WORD.findall(listed)) if level is not None]
    if not found:
        return "cn-skill", ()
    frame = "cn-skill" if any(name == "cn-skill" for name, _ in found) else "cn-engineering"
    order = [level.id for level in level_frames()[frame].levels]
    return frame, tuple(level for level in order if (frame, level) in found)
