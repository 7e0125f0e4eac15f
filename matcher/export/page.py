"""A page to read: the unit on the left, its candidates on the right, the matched statements marked on both sides.

One self-contained file: no script, nothing fetched. Every text from outside is escaped. A statement of the unit keeps
its number and colour in every candidate, so that the eye finds it again; the numbers are links both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from matcher.export.evidence import Shown, coverage_words, left_over, level_words_of, relation_words
from matcher.export.level_view import level_basis
from matcher.export.parts import COLOURS, ORDER
from matcher.export.parts import View as _View
from matcher.export.parts import context as _context
from matcher.export.parts import fold as _fold
from matcher.export.parts import level as _level
from matcher.export.parts import span as _span
from matcher.export.parts import statement_list as _list
from matcher.export.parts import titles as _titles
from matcher.export.rows import DisplayLanguage, clean, resolve
from matcher.resources import read_text
from matcher.schema import AlignedPair, ContextKind, Query, Suggestion, UnitResult

_WORDS = {
    "en": {
        "heading": "Candidates for expert review",
        "comparable": "Comparable statements",
        "unit": "Unit",
        "candidate": "Candidate",
        "similarity": "similarity",
        "more": "More comparable statements",
        "none": "No statement stands out as comparable.",
        "empty": "There is no candidate for this unit.",
        "rest": "The candidate's statements without a comparable one",
        "left": "The unit's statements without a comparable one here",
        "legend": "A number marks a statement that has a comparable one; behind it, the candidates where. "
        "A dashed line marks one that has none in the candidates shown.",
        "other": "Statements in the other language",
        "score": "Score",
        "confidence": "Confidence",
        "members": "Best units of this group",
        "set": "in the 90% set",
        "no_counterpart": "probability that there is no counterpart",
        "law": "local law",
        "parts": "What the score is made of",
        "topic": "topic",
        "level": "level",
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
        "unit": "本单元",
        "candidate": "候选",
        "similarity": "相似度",
        "more": "其余可比的要求",
        "none": "没有明显可比的要求。",
        "empty": "该单元没有候选。",
        "rest": "候选中没有可比对象的要求",
        "left": "本单元在此候选中没有可比对象的要求",
        "legend": "带编号的要求有可比的要求，其后是所在候选的名次；虚线表示在所列候选中没有可比的要求。",
        "other": "另一语言的要求",
        "score": "分值",
        "confidence": "置信度",
        "members": "本组最接近的单元",
        "set": "在 90% 集合内",
        "no_counterpart": "没有对应的概率",
        "law": "本地法规",
        "parts": "分值的组成",
        "topic": "内容",
        "level": "级别",
        "footer": "候选仅供参考，由专家评审。文字与级别的比较不构成任何认可。",
        "title": "名称",
        "range": "应用范围",
        "knowledge": "知识",
        "skill": "技能",
        "attitude": "态度",
        "outcome": "评核",
    },
}
# This many statement pairs a candidate are open at once; the others unfold.
_PAIRS = 8


def _leaves(suggestions: Sequence[Suggestion]) -> Iterator[Suggestion]:
    """Yield the suggestions that carry alignments: the members where candidates are groups."""
    for suggestion in suggestions:
        yield from suggestion.members or (suggestion,)


def _pair(view: _View, s: Suggestion, pair: AlignedPair, anchor: str) -> str:
    number = view.numbers[pair.subject_index]
    left, right = s.subject.statements[pair.subject_index], s.object.statements[pair.object_index]
    links = " ".join(
        f"<i>{escape(clean(link.subject))} ↔ {escape(clean(link.object))} {link.similarity:.2f}</i>"
        for link in pair.terms
    )
    return (
        f'<div class="pair n{number % COLOURS}" id="{anchor}-s{number}"><div>'
        f'<a href="#{view.section}-s{number}"><span class="badge">{number}</span></a>'
        f'{_span(left.text, left.language, view.query.subjects)}</div><div class="sim">{pair.similarity:.2f}</div>'
        f"<div>{_span(right.text, right.language, view.query.objects)}"
        f"{f'<small class=links>{links}</small>' if links else ''}</div></div>"
    )


def _evidence(view: _View, s: Suggestion, anchor: str) -> str:
    """Return the matched pairs, best first, and what is left over on both sides in the languages of the pairs."""
    words, sides = view.words, []
    for subject, unit, framework, key in (
        (False, s.object, view.query.objects, "rest"),
        (True, s.subject, view.query.subjects, "left"),
    ):
        rest, law = left_over(s, subject=subject)
        sides.append(_fold(words[key], _list(view, framework, unit, rest, {})))
        sides.append(_fold(f"{words[key]}: {words['law']}", _list(view, framework, unit, law, {})))
    if not s.alignment:
        return f'<p class="soft">{words["none"]}</p>{"".join(sides)}'
    pairs = [_pair(view, s, pair, anchor) for pair in s.alignment]
    head = f"<span>{words['unit']}</span><span>{words['similarity']}</span><span>{words['candidate']}</span>"
    return (
        f'<p class="role">{words["comparable"]}</p><div class="pair cols">{head}</div>{"".join(pairs[:_PAIRS])}'
        f"{_fold(words['more'], ''.join(pairs[_PAIRS:]))}{''.join(sides)}"
    )


def _parts(view: _View, s: Suggestion) -> str:
    """Return what the score is made of: the topic's part and the level's, and each signal's."""
    if s.topic is None or s.level_part is None:
        return ""
    head = f"{view.words['parts']}: {view.words['topic']} {s.topic:.2f} · {view.words['level']} {s.level_part:+.2f}"
    rows = "".join(f"<li>{escape(name)} {value:+.2f}</li>" for name, value in s.signals)
    return _fold(head, f'<ul class="signals">{rows}</ul>')


def _candidate(view: _View, s: Suggestion, anchor: str, rank: str) -> str:
    words, framework = view.words, view.query.objects
    shown: Shown = "en" if view.display == "en" else "zh"
    share = max(0.0, min(1.0, s.score / view.best)) if view.best > 0 else 0.0
    # A group is an occupation: its title says so already.
    kinds: tuple[ContextKind, ...] = () if s.members else ("occupation", "function")
    place = _context(s.object, framework, view.display, *kinds)
    if not place and not s.members:
        place = _context(s.object, framework, view.display, "industry", "area")
    facts = [f"<code>{escape(clean(s.object_id))}</code>", f"{words['score']} <b>{s.score:.3f}</b>"]
    if s.confidence is not None:
        facts.append(f"{words['confidence']} <b>{s.confidence:.0%}</b>")
    facts += [f"<b>{escape(clean(text))}</b>" for text in filter(None, [relation_words(s, shown)])]
    facts += [words["set"]] if s.in_set else []
    source = s.members[0] if s.members else s
    level = level_words_of(source.level, framework.frame_of(source.object), shown, cues=True)
    lines = [escape(clean(text)) for text in (coverage_words(s.coverage, shown), level) if text]
    parts = "".join(f'<p class="soft evidence">{line}</p>' for line in lines) + _parts(view, s)
    members = "".join(_candidate(view, m, f"{anchor}-m{n}", f"{rank}.{n}") for n, m in enumerate(s.members, 1))
    body = f'<p class="role">{words["members"]}</p>{members}' if s.members else _evidence(view, s, anchor)
    return (
        f'<article class="card" id="{anchor}"><div class="head"><span class="rank">{rank}</span>'
        f"<h3>{_titles(s.object, framework, view.display)}</h3>{_level(framework, s.object, view.display)}</div>"
        f'<p class="soft">{place}</p><p class="soft facts">{" · ".join(facts)} '
        f'<span class="score"><i style="width:{share:.0%}"></i></span></p>{parts}{body}</article>'
    )


def _marks(suggestions: Sequence[Suggestion], section: str, numbers: Mapping[int, int]) -> dict[int, str]:
    """Return, for each matched statement of the unit, links to the candidates that have a comparable one."""
    links: dict[int, list[str]] = {}
    for place, top in enumerate(suggestions, 1):
        for inner, leaf in enumerate(_leaves((top,)), 1):
            anchor = f"{section}-c{place}" + (f"-m{inner}" if top.members else "")
            label = f"{top.rank}.{inner}" if top.members else f"{top.rank}"
            for pair in leaf.alignment:
                target = f"{anchor}-s{numbers[pair.subject_index]}"
                links.setdefault(pair.subject_index, []).append(f'<a href="#{target}">{label}</a>')
    return {index: f'<span class="where">→ {" ".join(found)}</span>' for index, found in links.items()}


def _section(result: UnitResult, place: int, query: Query, display: DisplayLanguage) -> str:
    unit, framework, section = result.subject, query.subjects, f"u{place}"
    found = {p.subject_index for leaf in _leaves(result.suggestions) for p in leaf.alignment}
    # Numbered in the order of the page, which goes by role.
    matched = sorted(found, key=lambda index: (ORDER.index(unit.statements[index].role), index))
    view = _View(
        query=query,
        display=display,
        words=_WORDS["en" if display == "en" else "zh"],
        section=section,
        numbers={index: number for number, index in enumerate(matched, 1)},
        best=max((s.score for s in result.suggestions), default=0.0),
    )
    marks = _marks(result.suggestions, section, view.numbers)
    spoken = {unit.statements[index].language for index in matched} or set(unit.languages)
    main = [i for i, s in enumerate(unit.statements) if s.language in spoken]
    other = [i for i, s in enumerate(unit.statements) if s.language not in spoken]
    # The other language unfolds at once for a reader whose language it is.
    known = any((unit.statements[i].language == "en") == (display == "en") for i in other)
    context = _context(unit, framework, display, "industry", "area", "occupation", "function")
    candidates = "".join(
        _candidate(view, s, f"{section}-c{n}", str(s.rank)) for n, s in enumerate(result.suggestions, 1)
    )
    none = ""
    if result.no_counterpart is not None:
        none = f'<p class="soft">{view.words["no_counterpart"]} <b>{result.no_counterpart:.0%}</b></p>'
    empty = f"<p>{view.words['empty']}</p>"
    return (
        f'<section class="unit" id="{section}"><div class="card subject"><p class="soft">'
        f"<code>{escape(clean(result.subject_id))}</code>{' · ' + context if context else ''}</p>"
        f"<h2>{_titles(unit, framework, display)}</h2>{_level(framework, unit, display)}{none}"
        f'<p class="soft legend">{view.words["legend"]}</p>{_list(view, framework, unit, main, marks)}'
        f"{_fold(view.words['other'], _list(view, framework, unit, other, {}, bare='plain'), opened=known)}</div>"
        f"<div>{candidates or empty}</div></section>"
    )


def render_page(results: Iterable[UnitResult], query: Query, display: DisplayLanguage) -> Iterator[str]:
    """Yield the page's parts: head, a section a unit, foot."""
    shown = resolve(display, query)
    words = _WORDS[shown]
    tag = "en" if shown == "en" else "zh-Hans-CN"
    names = " → ".join(f.header.title or f.header.id for f in (query.subjects, query.objects))
    about = escape(clean(f"{names} · {query.encoder}"))
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    yield (
        f'<!doctype html>\n<html lang="{tag}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(words['heading'])}</title><style>{read_text('html', 'page.css')}</style></head><body>"
        f'<header><h1>{words["heading"]}</h1><p class="soft">{about}</p></header><main>\n'
    )
    for place, result in enumerate(results, 1):
        yield _section(result, place, query, shown) + "\n"
    basis = escape(level_basis(query.subjects, query.objects, shown))
    yield f"</main><footer>{words['footer']} {basis}</footer></body></html>\n"
