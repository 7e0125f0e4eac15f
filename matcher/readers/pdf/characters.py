"""Code points that PDF files use for others: radicals for words, compatibility forms, spaces, and what is not seen."""

from __future__ import annotations

import unicodedata

# Fonts with one glyph for the radical and the word (⼯ and 工) often tell the radical. The Kangxi radicals have
# compatibility mappings (Unicode, NFKC); of the supplement those that are words of today's texts follow
# EquivalentUnifiedIdeograph.txt of the Unicode Character Database.
_SUPPLEMENT = dict(
    zip(
        "⺠⺟⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻳",
        "民母虎西见角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龟",
        strict=True,
    )
)
SPACES = frozenset((9, 10, 13, 32, 0xA0, 0x3000, 0x202F, 0x205F, *range(0x2000, 0x200B)))
# Zero width, marks of direction, joiners, byte order: nothing that is seen.
INVISIBLE = frozenset((*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF))


def plain(code: int) -> str:
    """Return the character that a code point stands for in running text."""
    character = chr(code)
    if 0x2F00 <= code <= 0x2FD5 or 0xF900 <= code <= 0xFAFF:
        return unicodedata.normalize("NFKC", character)
    return _SUPPLEMENT.get(character, character)
