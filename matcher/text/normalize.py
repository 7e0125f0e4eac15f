"""The normal form that texts are compared in (the raw text is kept for display); the home of OpenCC.

Steps: NFKC, Hong Kong Traditional to Simplified, casefold, NFKC; item marks and genre openings stripped; Hong Kong
trade vocabulary to the Mainland's. Hong Kong text goes to the Mainland's form, never the other way: the script change
is many-to-one (髮/發 → 发).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from functools import lru_cache

import opencc

from matcher.resources import read_text
from matcher.schema import Language

# Raised when this module changes what it returns; tables changed in ``matcher/data`` show in the fingerprint.
NORMAL_FORM_VERSION = 1


@lru_cache(maxsize=1)
def _hong_kong_to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("hk2s")


def simplify(text: str) -> str:
    """Convert Traditional characters with Hong Kong variants to Simplified (OpenCC ``hk2s``), to a fixed point.

    OpenCC works on phrases: one pass can leave a phrase that a second pass would still change.
    """
    for _ in range(4):
        converted: str = _hong_kong_to_simplified().convert(text)
        if converted == text:
            break
        text = converted
    return text


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """Fold width, script and case: NFKC, Traditional to Simplified, casefold, NFKC.

    ``casefold(NFKC(x))`` alone is not idempotent (``ß`` and U+0301): the last NFKC makes it so.
    """
    if text.isascii():
        return text.casefold()
    simplified = simplify(unicodedata.normalize("NFKC", text))
    return unicodedata.normalize("NFKC", simplified.casefold())


@lru_cache(maxsize=1)
def _openings() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads(read_text("boilerplate.toml"))
    mark = data["markers"]["pattern"]
    return {
        language: re.compile(rf"(?:\s|{mark}|(?:{'|'.join(patterns)}))+")
        for language, patterns in data["openings"].items()
    }


def strip_opening(folded: str, language: Language) -> str:
    """Strip item marks and genre openings ("be able to", 能够) from a folded statement; never the whole of it."""
    pattern = _openings()["en" if language == "en" else "zh"]
    found = pattern.match(folded)
    rest = folded[found.end() :] if found else folded
    return rest.strip() or folded.strip()


@lru_cache(maxsize=1)
def _terms() -> tuple[dict[str, str], dict[str, tuple[int, ...]]]:
    """Return the Hong Kong → Mainland table and, by first character, the lengths to try, longest first."""
    table = {}
    for line in read_text("hk_mainland_terms.tsv").splitlines():
        if line and not line.startswith("#"):
            hong_kong, mainland = line.split("\t")
            table[hong_kong] = mainland
    lengths: dict[str, set[int]] = {}
    for term in table:
        lengths.setdefault(term[0], set()).add(len(term))
    return table, {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


def mainland_terms(folded: str) -> str:
    """Replace Hong Kong trade words by the Mainland's in folded text, longest match first, left to right."""
    table, lengths = _terms()
    out: list[str] = []
    position = 0
    while position < len(folded):
        for length in lengths.get(folded[position], ()):
            found = table.get(folded[position : position + length])
            if found is not None:
                out.append(found)
                position += length
                break
        else:
            out.append(folded[position])
            position += 1
    return "".join(out)


@lru_cache(maxsize=1)
def normal_form_fingerprint() -> str:
    """Return a hash of the normal form's rules and tables: part of every index manifest."""
    parts = [
        str(NORMAL_FORM_VERSION),
        *map(
            read_text, ("boilerplate.toml", "hk_mainland_terms.tsv", "genre.tsv", "stopwords.toml", "level_cues.toml")
        ),
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def normal_form(text: str, *, language: Language, jurisdiction: str) -> str:
    """Return the normal form of one statement or label.

    Args:
        text: Raw text.
        language: Its language.
        jurisdiction: Where its framework is from ("HK" switches the trade vocabulary; the script never does).
    """
    folded = strip_opening(fold(text), language)
    if jurisdiction == "HK" and language != "en":
        folded = mainland_terms(folded)
    return " ".join(folded.split())
