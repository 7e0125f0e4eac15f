"""The words of the papers, in English, Traditional Chinese (Hong Kong) and Simplified Chinese, or in two of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from matcher.levels import level_label
from matcher.outcomes.statements import twin
from matcher.papers.blocks import Line, Text, Tone
from matcher.resources import read_text
from matcher.schema import ContextKind, Framework, Language, Unit

PaperLanguage = Literal["en", "zh-Hant", "zh-Hans", "bilingual"]
PAPER_LANGUAGES: tuple[PaperLanguage, ...] = get_args(PaperLanguage)
_REGIONS: Mapping[Language, str] = {"en": "", "zh-Hant": "HK", "zh-Hans": "CN"}


@lru_cache(maxsize=1)
def all_words() -> dict[str, dict[str, str]]:
    """Return every text of the papers by key and language."""
    return tomllib.loads(read_text("papers", "words.toml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The languages a paper is written in, first the leading one."""

    languages: tuple[Language, ...]

    @property
    def leading(self) -> Language:
        """The first language."""
        return self.languages[0]

    def one(self, key: str, *values: object) -> str:
        """Return a text in the leading language."""
        return all_words()[key][self.leading].format(*values)

    def verdict(self, verdict: str) -> str:
        """Return a verdict's words."""
        return self.one("no_counterpart_verdict" if verdict == "no_counterpart" else verdict)

    def each(self, key: str, *values: object, strong: bool = False, tone: Tone = "") -> tuple[Line, ...]:
        """Return a text in every language, a line each."""
        return tuple(
            (Text(text=all_words()[key][language].format(*values), language=language, region=_REGIONS[language],
                  strong=strong, tone=tone),)
            for language in self.languages
        )  # fmt: skip

    def joined(self, key: str, *values: object, strong: bool = False, tone: Tone = "") -> Line:
        """Return a text in every language on one line."""
        parts: list[Text] = []
        for (text,) in self.each(key, *values, strong=strong, tone=tone):
            parts += [plain(" ", text.language)] if parts else []
            parts.append(text)
        return tuple(parts)


def words_for(language: PaperLanguage, framework: Framework) -> Words:
    """Return the words of a paper; in two languages the Chinese is that of the source side's place."""
    if language != "bilingual":
        return Words(languages=(language,))
    chinese: Language = "zh-Hans" if framework.header.jurisdiction == "CN" else "zh-Hant"
    return Words(languages=("en", chinese))


def plain(text: str, language: Language, *, tone: Tone = "", strong: bool = False) -> Text:
    """Return a run of our own text."""
    return Text(text=text, language=language, region=_REGIONS[language], tone=tone, strong=strong)


def own(text: str, language: Language, framework: Framework, *, tone: Tone = "", strong: bool = False) -> Text:
    """Return a run of a framework's text: its place chooses the glyphs."""
    region = framework.header.jurisdiction
    chosen = region if language != "en" and region in ("HK", "CN") else _REGIONS[language]
    return Text(text=text, language=language, region=chosen, tone=tone, strong=strong)


def shown_languages(unit: Unit, words: Words) -> tuple[Language, ...]:
    """Return the languages to show a unit in: those of the paper that it has (Chinese in either script), else all."""
    found: list[Language] = []
    for wanted in words.languages:
        fitting = [language for language in unit.languages if language == wanted]
        fitting += [language for language in unit.languages if language[:2] == wanted[:2]]
        found += fitting[:1]
    return tuple(dict.fromkeys(found)) or unit.languages


def titles(unit: Unit, framework: Framework, words: Words, *, strong: bool = False) -> tuple[Line, ...]:
    """Return a unit's title, a line a language."""
    lines = []
    for language in shown_languages(unit, words):
        text = next((s.text for s in unit.statements if s.role == "title" and s.language == language), "")
        lines += [(own(text, language, framework, strong=strong),)] if text else []
    if not lines:
        title = next((s for s in unit.statements if s.role == "title"), None)
        language = title.language if title else "en"
        lines = [(own(title.text if title else unit.code, language, framework, strong=strong),)]
    return tuple(lines)


def context(unit: Unit, framework: Framework, words: Words, *kinds: ContextKind) -> tuple[Line, ...]:
    """Return where a unit stands, a line a language."""
    lines = []
    for language in shown_languages(unit, words):
        parts = [c.text for kind in kinds for c in unit.context if c.kind == kind and c.language == language]
        lines += [(own(" · ".join(dict.fromkeys(parts)), language, framework),)] if parts else []
    return tuple(lines)


def level_line(framework: Framework, level: str | None, frame: str, words: Words) -> Line:
    """Return a level's words; in a paper of two languages in both."""
    texts = dict.fromkeys(level_label(frame, level, *_preferred(language, framework)) for language in words.languages)
    return tuple(
        own(("" if number == 0 else " ") + text, language, framework)
        for number, (text, language) in enumerate(zip(texts, words.languages, strict=False))
    )


def _preferred(language: Language, framework: Framework) -> tuple[Language, ...]:
    # A level's name keeps the script of its place: 五级 in the Mainland, 第五級 in Hong Kong.
    if language == "en":
        return ("en",)
    return ("zh-Hans",) if framework.header.jurisdiction == "CN" else (language,)


def statement_lines(
    unit: Unit, number: int, framework: Framework, words: Words, *, badge: int = 0, tone: Tone = ""
) -> tuple[Line, ...]:
    """Return a statement: in the paper's languages where it has twins there, else as it is."""
    lines: list[Line] = []
    for language in shown_languages(unit, words):
        same = twin(unit, number, language)
        if same is not None:
            s = unit.statements[same]
            text = own(s.text, s.language, framework, tone=tone)
            lines.append((text,) if lines or not badge else (_badge(badge, text),))
    if not lines:
        s = unit.statements[number]
        text = own(s.text, s.language, framework, tone=tone)
        lines = [(_badge(badge, text) if badge else text,)]
    return tuple(lines)


def _badge(number: int, text: Text) -> Text:
    return Text(text=text.text, language=text.language, region=text.region, tone=text.tone, badge=number)


def comma(parts: Sequence[str]) -> str:
    """Return a list of codes."""
    return ", ".join(parts)
