"""A page to read: the unit on the left, its candidates on the right, the matched statements side by side.

One self-contained file: no script, nothing fetched. Every text from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from matcher.export.rows import DisplayLanguage, clean, context, level_words, resolve
from matcher.resources import read_text
from matcher.schema import AlignedPair, Query, Role, Suggestion, Unit, UnitResult

_WORDS = {
    "en": {
        "heading": "Candidates for expert review",
        "comparable": "Comparable statements",
        "none": "No statement stands out as comparable.",
        "rest": "The candidate's other statements",
        "unmatched": "Statements marked with a number have a comparable statement in the first candidate.",
        "score": "Score",
        "members": "Best units of this group",
        "footer": "Candidates are indicative and for expert review. Comparing texts and levels decides nothing.",
        "title": "Title",
        "range": "Range",
        "knowledge": "Knowledge",
        "skill": "Skills",
        "attitude": "Attitude",
        "outcome": "Assessment",
    },
    "zh": {
        "heading": "供专家评审的候选对应",
        "comparable": "可比的要求",
        "none": "没有明显可比的要求。",
        "rest": "候选的其他要求",
        "unmatched": "带编号的要求在第一个候选中有可比的要求。",
        "score": "分值",
        "members": "本组最接近的单元",
        "footer": "候选仅供参考，由专家评审。文字与级别的比较不构成任何认可。",
        "title": "名称",
        "range": "应用范围",
        "knowledge": "知识",
        "skill": "技能",
        "attitude": "态度",
        "outcome": "评核",
    },
}
_ORDER: tuple[Role, ...] = ("range", "knowledge", "skill", "attitude", "outcome")
# The page shows this many statement pairs a candidate.
_PAIRS = 8


def _span(text: str, language: str) -> str:
    return f'<span lang="{language}">{escape(clean(text))}</span>'


def _titles(unit: Unit) -> str:
    found = [_span(s.text, s.language) for s in unit.statements if s.role == "title"]
    return " · ".join(found) or escape(unit.code)


def _tint(number: int) -> str:
    return f"n{number % 6}"


def _statement_list(unit: Unit, marks: Mapping[int, int], words: Mapping[str, str], *, skip: frozenset[int]) -> str:
    out = []
    for role in _ORDER:
        items = []
        for index, statement in enumerate(unit.statements):
            if statement.role != role or index in skip:
                continue
            number = marks.get(index)
            badge = f'<span class="badge">{number}</span>' if number else ""
            style = f' class="{_tint(number)}"' if number else ' class="rest"'
            items.append(f"<li{style}>{badge}{_span(statement.text, statement.language)}</li>")
        if items:
            out.append(f'<p class="role">{words[role]}</p><ul>{"".join(items)}</ul>')
    return "".join(out)


def _pairs(suggestion: Suggestion, words: Mapping[str, str]) -> str:
    if not suggestion.alignment:
        return f'<p class="soft">{words["none"]}</p>'
    rows = []
    for number, pair in enumerate(suggestion.alignment[:_PAIRS], 1):
        left = suggestion.subject.statements[pair.subject_index]
        right = suggestion.object.statements[pair.object_index]
        rows.append(
            f'<div class="pair {_tint(number)}"><div><span class="badge">{number}</span>'
            f'{_span(left.text, left.language)}</div><div class="sim">{pair.similarity:.2f}</div>'
            f"<div>{_span(right.text, right.language)}</div></div>"
        )
    return f'<p class="role">{words["comparable"]}</p>{"".join(rows)}'


def _candidate(s: Suggestion, query: Query, display: DisplayLanguage, words: Mapping[str, str], best: float) -> str:
    share = max(0.0, min(1.0, s.score / best)) if best > 0 else 0.0
    place = " · ".join(filter(None, (context(s.object, "occupation"), context(s.object, "function"))))
    level = level_words(query.objects, s.object, display)
    used = frozenset(pair.object_index for pair in s.alignment[:_PAIRS])
    rest = _statement_list(s.object, {}, words, skip=used)
    details = f"<details><summary>{words['rest']}</summary>{rest}</details>" if rest else ""
    members = "".join(_candidate(m, query, display, words, best) for m in s.members)
    body = f'<p class="role">{words["members"]}</p>{members}' if s.members else _pairs(s, words) + details
    return (
        f'<article class="card"><div class="head"><span class="rank">{s.rank}</span><h3>{_titles(s.object)}</h3>'
        f"{f'<span class=level>{escape(level)}</span>' if level else ''}</div>"
        f'<p class="soft" lang="zh-Hans">{escape(clean(place))}</p>'
        f'<p class="soft">{escape(s.object_id)} · {words["score"]} {s.score:.3f} '
        f'<span class="score"><i style="width:{share:.0%}"></i></span></p>{body}</article>'
    )


def _first_pairs(result: UnitResult) -> tuple[AlignedPair, ...]:
    if not result.suggestions:
        return ()
    first = result.suggestions[0]
    return (first.members[0] if first.members else first).alignment


def _unit(result: UnitResult, query: Query, display: DisplayLanguage, words: Mapping[str, str]) -> str:
    unit = result.subject
    marks = {pair.subject_index: number for number, pair in enumerate(_first_pairs(result)[:_PAIRS], 1)}
    level = level_words(query.subjects, unit, display)
    place = " · ".join(filter(None, (context(unit, "industry"), context(unit, "area"))))
    best = max((s.score for s in result.suggestions), default=0.0)
    candidates = "".join(_candidate(s, query, display, words, best) for s in result.suggestions)
    return (
        f'<section class="unit"><div class="card subject"><p class="soft">{escape(result.subject_id)}'
        f"{' · ' + escape(clean(place)) if place else ''}</p><h2>{_titles(unit)}</h2>"
        f'{f"<span class=level>{escape(level)}</span>" if level else ""}<p class="soft">{words["unmatched"]}</p>'
        f"{_statement_list(unit, marks, words, skip=frozenset())}</div><div>{candidates}</div></section>"
    )


def render_page(results: Iterable[UnitResult], query: Query, display: DisplayLanguage) -> Iterator[str]:
    """Yield the page's parts: head, a section a unit, foot."""
    shown = resolve(display, query)
    words = _WORDS[shown]
    tag = "en" if shown == "en" else "zh-Hans"
    names = " → ".join(f.header.title or f.header.id for f in (query.subjects, query.objects))
    yield (
        f'<!doctype html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(words['heading'])}</title><style>{read_text('html', 'page.css')}</style></head><body>"
        f'<header><h1>{words["heading"]}</h1><p class="soft">{escape(clean(names))} · {escape(query.encoder)}</p>'
        "</header><main>\n"
    )
    for result in results:
        yield _unit(result, query, display, words) + "\n"
    yield f"</main><footer>{words['footer']}</footer></body></html>\n"
