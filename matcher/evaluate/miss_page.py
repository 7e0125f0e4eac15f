"""The worst misses on the report's page: the unit, the counterpart it should have found, and what stood first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from matcher.evaluate.misses import Miss
from matcher.evaluate.words import WORDS, DisplayLanguage
from matcher.schema import AlignedPair, Framework, Language, Role, Unit

_ORDER: tuple[Role, ...] = ("range", "knowledge", "skill", "attitude", "outcome")
_COLOURS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MissTexts:
    """The texts of both sides, and the aligned statements of (subject, object) pairs; all may be empty."""

    subjects: Framework | None = None
    objects: Framework | None = None
    alignments: Mapping[tuple[str, str], tuple[AlignedPair, ...]] = field(default_factory=dict)


def _by_id(framework: Framework | None) -> Mapping[str, Unit]:
    return dict(zip(framework.unit_ids(), framework.units, strict=True)) if framework is not None else {}


def _tag(language: Language, framework: Framework | None) -> str:
    region = framework.header.jurisdiction if framework is not None else ""
    return f"{language}-{region}" if language.startswith("zh") and region in ("HK", "CN") else language


def _span(text: str, language: Language, framework: Framework | None) -> str:
    return f'<span lang="{_tag(language, framework)}">{escape(text)}</span>'


def _heading(unit: Unit | None, unit_id: str, framework: Framework | None, language: DisplayLanguage) -> str:
    if unit is None:
        return f"<h3><code>{escape(unit_id)}</code></h3>"
    titles = [s for s in unit.statements if s.role == "title"]
    titles.sort(key=lambda s: (s.language == "en") != (language == "en"))
    shown = " / ".join(_span(s.text, s.language, framework) for s in titles) or escape(unit_id)
    place = dict.fromkeys(c.text for c in unit.context if c.kind in ("occupation", "function", "industry", "area"))
    context = " · ".join(_span(text, _context_language(unit, text), framework) for text in place)
    return f'<h3>{shown}</h3><p class="soft"><code>{escape(unit_id)}</code> · {context}</p>'


def _context_language(unit: Unit, text: str) -> Language:
    return next(c.language for c in unit.context if c.text == text)


def _statements(
    unit: Unit | None, framework: Framework | None, marks: Mapping[int, Sequence[int]], words: Mapping[str, str]
) -> str:
    """Return the marked statements, and the others folded away; all of them where none is marked."""
    if unit is None:
        return ""
    rows = sorted(
        (i for i, s in enumerate(unit.statements) if s.role in _ORDER),
        key=lambda i: (min(marks[i]) if i in marks else len(unit.statements), _ORDER.index(unit.statements[i].role), i),
    )
    spoken = {unit.statements[i].language for i in marks} or set(unit.languages)
    marked, others = [], []
    for index in rows:
        s = unit.statements[index]
        text = _span(s.text, s.language, framework)
        if index in marks:
            badges = "".join(f'<span class="badge">{number}</span>' for number in marks[index])
            marked.append(f'<li class="marked n{marks[index][0] % _COLOURS}">{badges}{text}</li>')
        elif s.language in spoken:
            others.append(f'<li class="plain">{text}</li>')
    if not marked:
        said = f'<p class="soft">{words["unmarked"]}</p>' if others else ""
        return f"{said}<ul>{''.join(others)}</ul>"
    rest = (
        f"<details><summary>{words['other_statements']}</summary><ul>{''.join(others)}</ul></details>" if others else ""
    )
    return f"<ul>{''.join(marked)}</ul>{rest}"


def _marks(*alignments: Sequence[AlignedPair]) -> tuple[dict[int, list[int]], list[dict[int, list[int]]]]:
    """Return the numbers at the unit's statements, and those at the statements of each object.

    A statement of the unit keeps its number in every object.
    """
    numbers: dict[int, int] = {}
    sides = []
    for pairs in alignments:
        side: dict[int, list[int]] = {}
        for pair in pairs:
            number = numbers.setdefault(pair.subject_index, len(numbers) + 1)
            side.setdefault(pair.object_index, []).append(number)
        sides.append(side)
    return {index: [number] for index, number in numbers.items()}, sides


def miss_section(misses: Sequence[Miss], texts: MissTexts, language: DisplayLanguage) -> str:
    """Return the section with the worst misses, both texts side by side."""
    words = WORDS[language]
    subjects, objects = _by_id(texts.subjects), _by_id(texts.objects)
    out = []
    for miss in misses:
        found = [texts.alignments.get((miss.subject, item), ()) for item in (miss.counterpart, miss.first)]
        own, (of_counterpart, of_first) = _marks(*found)
        subject = subjects.get(miss.subject)
        rank = words["at_rank"].format(rank=miss.rank) if miss.rank is not None else words["not_found"]
        cards = [
            f'<div class="card"><p class="tag">{words["unit"]} · nDCG@10 {miss.ndcg:.2f}</p>'
            f"{_heading(subject, miss.subject, texts.subjects, language)}"
            f"{_statements(subject, texts.subjects, own, words)}</div>"
        ]
        for item, marks, tag, kind in (
            (miss.counterpart, of_counterpart, f"{words['counterpart'].format(grade=miss.grade)} · {rank}", "good"),
            (miss.first, of_first, words["first"].format(grade=miss.first_grade), "bad"),
        ):
            unit = objects.get(item)
            body = (
                f"{_heading(unit, item, texts.objects, language)}{_statements(unit, texts.objects, marks, words)}"
                if item
                else f"<p>{words['no_answer']}</p>"
            )
            cards.append(f'<div class="card"><p class="tag {kind}">{tag}</p>{body}</div>')
        out.append(f'<article class="miss"><div class="two">{"".join(cards)}</div></article>')
    body = "".join(out) or f"<p>{words['misses_none']}</p>"
    return f'<section><h2>{words["misses"]}</h2><p class="soft">{words["misses_note"]}</p>{body}</section>'
