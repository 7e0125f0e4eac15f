"""A cell's text to statements: lines, item marks, the language and the role of each line."""

from __future__ import annotations

import re
from typing import Literal

from matcher.schema import OTHER_SCRIPT, Language, Role, Statement
from matcher.text.normalize import fold, simplify

# Marks that can stand before an item. A digit glued to a word (MD5, SM3, 3D打印) is no mark.
# A measure is none either (1.5 mm, 2.4 GHz, 1.5米): the words behind the number tell.
MEASURE = (
    r"(?!\s*(?:[munk]?m|c?m2|m3|kg|m?g|m?l|kv|ma|kw|[kmg]?hz|bar|psi|k?pa|mpa|in|inch(?:es)?|ft|feet|%|°"
    r"|hours?|minutes?|days?|years?|metres?|litres?|tonnes?)\b|\s*[米克升吨倍伏安瓦天年度寸万亿元毫厘千公小分]|\s*[%°])"
)
_MARK = re.compile(
    r"^\s*(?:[•●▪■◆◦‣∙·*–—\-]\s+|[•●▪■◆◦‣∙]|\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,4})[).]\s+|\(?\d{1,2}、\s*"
    r"|(?:learning )?(?:outcome|element)s?\s+\d{1,2}(?:\s*[:.)\-–]\s*|\s+)"
    rf"|\d{{1,2}}(?:\.\d{{1,2}}){{1,3}}{MEASURE}(?:[.、]?\s+|[.、]?(?=[\u4e00-\u9fff]))|[①-⑳]\s*|（\d{{1,2}}）\s*)",
    re.IGNORECASE,
)
# P1, P2 … K1, K2 …: how national occupational standards number criteria and knowledge.
_LETTERED = re.compile(r"^\s*([A-Z])(\d{1,2})[.)]?\s+(?=\S)")
_BOILERPLATE = re.compile(
    r"^(?:the integrated outcome requirements? of this (?:unit of competency|uoc|unit) (?:are|is)(?: as follows)?"
    r"|此(?:项)?能力单元的综合成效要求(?:为|是|如下)?|(?:performance|assessment) (?:requirements?|criteria)"
    # National occupational standards, and lists of learning outcomes.
    r"|you must be able to|you need to know and understand|(?:the )?learners? will be able to"
    r"|(?:knowledge and understanding|learning outcomes?))\s*[:.]?$"
)
# How a performance line says what it is (domain.md: knowledge first, then application, sometimes attitude).
_KNOWLEDGE = re.compile(
    r"^(?:know|understand|recogni[sz]e|be familiar with|familiar with|aware of|be aware of|"
    r"knowledge of|(?:能够?)?(?:认识|了解|明白|懂得|知道|熟悉|掌握|理解)|知识)"
)
_ATTITUDE = re.compile(
    r"professional attitude|professionalism|without having to be reminded|work ethics|"
    r"^(?:act|work|behave) with integrity|^(?:自觉|恪守|遵守职业道德|专业态度|抱持|秉持)"
)


def is_boilerplate(line: str) -> bool:
    """Return whether a line only opens the genre's list ("The integrated outcome requirements … are:")."""
    return _BOILERPLATE.match(fold(line).strip()) is not None


def _without_lettered_marks(lines: list[str]) -> list[str]:
    """Return lines without marks such as P1, P2 …, where the cell numbers its lines so: two at least, from 1 on."""
    found = [(place, mark) for place, line in enumerate(lines) if (mark := _LETTERED.match(line))]
    letters = {mark.group(1) for _, mark in found}
    if (
        len(found) < 2
        or len(letters) > 1
        or [int(mark.group(2)) for _, mark in found] != list(range(1, len(found) + 1))
    ):
        return lines
    ends = {place: mark.end() for place, mark in found}
    return [line[ends.get(place, 0) :] for place, line in enumerate(lines)]


def split_cell(cell: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a cell's statements without item marks, and the boilerplate lines that were left out."""
    kept: list[str] = []
    dropped: list[str] = []
    for raw in _without_lettered_marks(re.split(r"\r\n|\r|\n|\u2028|_x000D_", cell)):
        line = _MARK.sub("", raw).strip()
        if not re.search(r"\w", line):
            continue
        (dropped if is_boilerplate(line) else kept).append(line)
    return tuple(kept), tuple(dropped)


def _of_another_script(character: str) -> bool:
    """Return whether a character is a letter that is neither Latin nor Chinese (Thai, Hangul, Cyrillic, kana …)."""
    # Beyond the Latin extensions and outside what Chinese text is made of (ideographs and fullwidth letters).
    return (
        character > "\u024f"
        and character.isalpha()
        and not ("\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or character >= "\uff00")
        and character not in "〇々〻"
        and not "\u1e00" <= character <= "\u1eff"
    )


def language_of(text: str, *, chinese: Language) -> Language:
    """Return "en", the Chinese tag, or "und" where most letters are of another script, by the characters of a text."""
    han = sum("\u3400" <= character <= "\u9fff" for character in text)
    latin = sum(character.isascii() and character.isalpha() for character in text)
    if han * 5 + latin < sum(map(_of_another_script, text)):
        return OTHER_SCRIPT
    # One Chinese character says about as much as five Latin letters.
    return "en" if han * 5 < latin or (han == 0 and latin > 0) else chinese


def chinese_script(texts: list[str]) -> Language:
    """Return the Chinese tag of texts: Traditional where conversion changes more than one character in fifty."""
    joined = "".join(texts)
    simplified = simplify(joined)
    # hk2s changes characters one for one but for a few phrases: a length that differs is change enough.
    if len(joined) != len(simplified):
        return "zh-Hant"
    changed = sum(a != b for a, b in zip(joined, simplified, strict=True))
    han = sum("\u3400" <= character <= "\u9fff" for character in joined)
    return "zh-Hant" if changed * 50 > max(1, han) else "zh-Hans"


def performance_role(line: str) -> Role:
    """Return the role that a performance line's wording gives it; "skill" where nothing else is said."""
    folded = fold(line).strip()
    if _KNOWLEDGE.match(folded):
        return "knowledge"
    return "attitude" if _ATTITUDE.search(folded) else "skill"


def make_statements(
    lines: tuple[str, ...], role: Role | Literal["performance"], language: Language
) -> tuple[Statement, ...]:
    """Return statements of one role and language; "performance" lines get the role their wording gives."""
    return tuple(
        Statement(role=performance_role(line) if role == "performance" else role, language=language, text=line)
        for line in lines
    )
