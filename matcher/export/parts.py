"""The pieces that pages draw a unit from: titles, context, level, statements with their numbers and marks.

Every text from outside is escaped here, and carries its language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from matcher.export.rows import DisplayLanguage, clean, languages_for, level_words
from matcher.schema import ContextKind, Framework, Language, Query, Role, Unit

ORDER: tuple[Role, ...] = ("title", "range", "knowledge", "skill", "attitude", "outcome")
COLOURS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What every part of one unit's section needs: words, languages, and the numbers of the unit's statements."""

    query: Query
    display: DisplayLanguage
    words: Mapping[str, str]
    section: str
    numbers: Mapping[int, int]
    best: float


def language_tag(language: Language, framework: Framework) -> str:
    """Return the BCP 47 tag with the region: it chooses the glyphs, and the script does not tell the jurisdiction."""
    region = framework.header.jurisdiction
    return f"{language}-{region}" if language.startswith("zh") and region in ("HK", "CN") else language


def span(text: str, language: Language, framework: Framework) -> str:
    """Return a text, escaped, with its language."""
    return f'<span lang="{language_tag(language, framework)}">{escape(clean(text))}</span>'


def titles(unit: Unit, framework: Framework, display: DisplayLanguage) -> str:
    """Return a unit's titles, the reader's language first, the others small below it."""
    order = languages_for(display, framework)
    found = sorted((s for s in unit.statements if s.role == "title"), key=lambda s: order.index(s.language))
    first, *others = [span(s.text, s.language, framework) for s in found] or [escape(clean(unit.code))]
    return first + "".join(f'<small class="also">{other}</small>' for other in others)


def context(unit: Unit, framework: Framework, display: DisplayLanguage, *kinds: ContextKind) -> str:
    """Return where a unit stands, by kind, in every language it has."""
    parts = []
    for kind in kinds:
        texts = {c.text: c for language in languages_for(display, framework) for c in unit.context
                 if c.kind == kind and c.language == language}  # fmt: skip
        if texts:
            parts.append(" / ".join(span(c.text, c.language, framework) for c in texts.values()))
    return " · ".join(parts)


def level(framework: Framework, unit: Unit, display: DisplayLanguage) -> str:
    """Return a unit's level in words, or nothing."""
    words = level_words(framework, unit, display)
    return f'<span class="level">{escape(clean(words))}</span>' if words else ""


def statement_list(
    view: View, framework: Framework, unit: Unit, keep: Iterable[int], marks: Mapping[int, str], *, bare: str = "rest"
) -> str:
    """Return statements by role; ``marks`` holds what follows a matched one, ``bare`` is the class of the others."""
    wanted = frozenset(keep)
    out = []
    for role in ORDER:
        items = []
        for index, s in enumerate(unit.statements):
            text = span(s.text, s.language, framework)
            if s.role != role or index not in wanted:
                continue
            if index in marks:
                number = view.numbers[index]
                items.append(
                    f'<li id="{view.section}-s{number}" class="marked n{number % COLOURS}">'
                    f'<span class="badge">{number}</span>{text}{marks[index]}</li>'
                )
            elif role != "title":  # the heading has it
                # The range is not compared where there is anything else, so it is not shown as left over.
                items.append(f'<li class="{"plain" if role == "range" else bare}">{text}</li>')
        if items:
            out.append(f'<p class="role">{view.words[role]}</p><ul>{"".join(items)}</ul>')
    return "".join(out)


def fold(summary: str, body: str, *, opened: bool = False) -> str:
    """Return a body that unfolds under its summary; nothing where there is no body."""
    return f"<details{' open' * opened}><summary>{summary}</summary>{body}</details>" if body else ""
