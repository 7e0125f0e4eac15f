"""The interface languages of the page, and which of them a reader gets."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, get_args

from matcher.export.rows import DisplayLanguage
from matcher.resources import read_text

InterfaceLanguage = Literal["en", "zh-Hans", "zh-Hant"]
INTERFACE_LANGUAGES: tuple[InterfaceLanguage, ...] = get_args(InterfaceLanguage)
# What browsers send in Accept-Language, besides the tags themselves.
_REGIONS: Mapping[str, InterfaceLanguage] = {
    "en": "en",
    "zh": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-hans": "zh-Hans",
    "zh-hk": "zh-Hant",
    "zh-tw": "zh-Hant",
    "zh-mo": "zh-Hant",
    "zh-hant": "zh-Hant",
}


@lru_cache(maxsize=1)
def all_words() -> dict[str, dict[str, str]]:
    """Return the words of the page by interface language."""
    return tomllib.loads(read_text("serve", "words.toml"))


def named(tag: str) -> InterfaceLanguage | None:
    """Return the interface language that a tag (``zh-HK``, ``zh_Hant``) means, or None."""
    parts = tag.strip().lower().replace("_", "-").split("-")
    for length in (2, 1):
        found = _REGIONS.get("-".join(parts[:length]))
        if found is not None:
            return found
    return None


def choose(asked: str, kept: str, accepted: str) -> InterfaceLanguage:
    """Return the language of the page.

    Args:
        asked: What the address asks for (``?lang=``), or "".
        kept: What the cookie has, or "".
        accepted: The browser's ``Accept-Language`` header, most wanted first, or "".
    """
    wanted = [asked, kept, *(part.partition(";")[0] for part in accepted[:200].split(","))]
    return next((found for tag in wanted if (found := named(tag)) is not None), "en")


def display_of(language: InterfaceLanguage) -> DisplayLanguage:
    """Return the language that texts of the frameworks are preferred in."""
    return "en" if language == "en" else "zh"
