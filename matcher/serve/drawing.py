"""What the templates are given: one unit beside one candidate, and the rows of the overview."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from matcher.export.evidence import Shown, coverage_words, level_words_of, relation_words
from matcher.export.parts import ORDER, View, context, fold, level, statement_list, titles
from matcher.export.rows import DisplayLanguage, clean, languages_for, level_words
from matcher.schema import ContextKind, Framework, Suggestion, Unit, UnitResult
from matcher.serve.board import STATES, Standing, seen_mark
from matcher.serve.catalogue import Catalogue, Entry, level_name
from matcher.serve.words import InterfaceLanguage, display_of
from matcher.store import RELATIONS
from matcher.text.normalize import fold as folded

ROWS = 50
_PLACES: tuple[ContextKind, ...] = ("industry", "area", "occupation", "function")
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the overview is narrowed to; "" is everything. ``page`` counts from 1."""

    q: str = ""
    area: str = ""
    level: str = ""
    state: str = ""
    triage: str = ""
    page: int = 1

    def address(self, page: int) -> str:
        """Return the overview's address with these filters, on a page."""
        fields = {"q": self.q, "area": self.area, "level": self.level, "state": self.state, "triage": self.triage}
        kept = {name: value for name, value in fields.items() if value}
        return "/?" + urlencode({**kept, "page": page}) if kept or page > 1 else "/"


def unit_address(unit_id: str, candidate: str = "", *, saved: str = "") -> str:
    """Return a unit's address; ids may hold any character, a slash too, so that they are not part of the path."""
    fields = {"id": unit_id, "c": candidate, "saved": saved}
    return "/unit?" + urlencode({name: value for name, value in fields.items() if value}, quote_via=quote)


def _matches(filters: Filters, entry: Entry, standing: Standing, wanted: Sequence[str]) -> bool:
    if filters.area and entry.area != filters.area:
        return False
    if filters.level and entry.level != filters.level:
        return False
    if filters.triage and entry.triage != filters.triage:
        return False
    if filters.state == "conflict" and not standing.conflict:
        return False
    if filters.state in STATES and standing.state != filters.state:
        return False
    return all(word in entry.found for word in wanted)


def draw_overview(
    catalogue: Catalogue, standings: Sequence[Standing], filters: Filters, language: InterfaceLanguage
) -> dict[str, Any]:
    """Return what the overview's template needs: the rows of one page, and the filters with their counts."""
    display = display_of(language)
    wanted = folded(filters.q).split()
    found = [
        (entry, standing)
        for entry, standing in zip(catalogue.entries, standings, strict=True)
        if _matches(filters, entry, standing, wanted)
    ]
    pages = max(1, math.ceil(len(found) / ROWS))
    page = min(max(1, filters.page), pages)
    states: dict[str, int] = dict.fromkeys(STATES, 0)
    areas: dict[str, list[int]] = {}
    for entry, standing in zip(catalogue.entries, standings, strict=True):
        states[standing.state] += 1
        counts = areas.setdefault(entry.area, [0, 0])
        counts[0] += standing.state == "decided"
        counts[1] += 1
    if not catalogue.blind:
        states["conflict"] = sum(standing.conflict for standing in standings)
    sides = (catalogue.query.subjects.header, catalogue.query.objects.header)
    shown = found[(page - 1) * ROWS : page * ROWS]
    return {
        "about": clean(f"{' → '.join(side.title or side.id for side in sides)} · {catalogue.run}"),
        "rows": [_row(catalogue, entry, standing, display) for entry, standing in shown],
        "q": filters.q,
        "area": filters.area,
        "level": filters.level,
        "state": filters.state,
        "triage": filters.triage,
        "triages": catalogue.triages(),
        "filtered": bool(filters.q or filters.area or filters.level or filters.state or filters.triage),
        "areas": [(name, done, count) for name, (done, count) in areas.items() if name],
        "levels": [(id_, level_name(catalogue, id_, chinese=display == "zh")) for id_ in catalogue.levels()],
        "states": list(states.items()),
        "page": page,
        "pages": pages,
        "found": len(found),
        "previous_page": filters.address(page - 1) if page > 1 else "",
        "next_page": filters.address(page + 1) if page < pages else "",
        "here": filters.address(page),
    }


def _row(catalogue: Catalogue, entry: Entry, standing: Standing, display: DisplayLanguage) -> dict[str, Any]:
    result, query = catalogue.results[entry.position], catalogue.query
    first = next(iter(result.suggestions), None)
    verdicts: dict[str, int] = {}
    for d in standing.mine:
        verdicts[d.verdict] = verdicts.get(d.verdict, 0) + 1
    return {
        "id": clean(entry.unit_id),
        "address": unit_address(entry.unit_id),
        "state": standing.state,
        "conflict": standing.conflict and not catalogue.blind,
        "titles": Markup(titles(result.subject, query.subjects, display)),  # noqa: S704
        "area": clean(entry.area),
        "level": clean(level_words(query.subjects, result.subject, display)),
        "triage": entry.triage,
        "best": "" if first is None else clean(first.object.title(*languages_for(display, query.objects))),
        "confidence": None if first is None or first.confidence is None else f"{first.confidence:.0%}",
        "mine": list(verdicts.items()),
        "others": ", ".join(sorted({clean(d.reviewer) for d in standing.others})),
    }


def draw_unit(
    catalogue: Catalogue, result: UnitResult, standing: Standing, chosen: str, language: InterfaceLanguage, words: Words
) -> dict[str, Any]:
    """Return what the unit's template needs: the unit, the chosen candidate with marks on both sides, the list."""
    query, display = catalogue.query, display_of(language)
    candidates = catalogue.candidates(result)
    place = next((n for n, s in enumerate(candidates) if s.object_id == chosen), 0)
    s = candidates[place] if candidates else None
    others = () if catalogue.blind else standing.of_others(s.object_id if s else "")
    mine = standing.of(s.object_id) if s else None
    seen = Sides(query_subjects=query.subjects, query_objects=query.objects, display=display, words=words)
    left, left_also = _side(catalogue, seen, result.subject, s, subject=True)
    drawn: dict[str, Any] = {
        "unit_id": clean(result.subject_id),
        "context": Markup(context(result.subject, query.subjects, display, *_PLACES)),  # noqa: S704
        "titles": Markup(titles(result.subject, query.subjects, display)),  # noqa: S704
        "level": Markup(level(query.subjects, result.subject, display)),  # noqa: S704
        "statements": left,
        "also": left_also,
        "state": standing.state,
        "conflict": standing.conflict and not catalogue.blind,
        "none": standing.of(""),
        "none_others": () if catalogue.blind else standing.of_others(""),
        "none_likely": "" if catalogue.blind or result.no_counterpart is None else f"{result.no_counterpart:.0%}",
        "chosen": s.object_id if s else "",
        "verdict": mine.verdict if mine else "",
        "relation": mine.relation if mine else "",
        "comment": mine.comment if mine else "",
        "relations": [name for name in RELATIONS if name],
        "others": others,
        "seen": seen_mark(standing.of_others(s.object_id) if s else ()),
        "seen_none": seen_mark(standing.of_others("")),
        "candidates": _listed(catalogue, candidates, place, standing, display, words),
    }
    return drawn | (_drawn_object(catalogue, s, place, seen) if s else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What both sides of a unit's page are drawn with."""

    query_subjects: Framework
    query_objects: Framework
    display: DisplayLanguage
    words: Words


def _drawn_object(catalogue: Catalogue, s: Suggestion, place: int, sides: Sides) -> dict[str, Any]:
    objects, display, words = sides.query_objects, sides.display, sides.words
    right, right_also = _side(catalogue, sides, s.object, s, subject=False)
    facts = [f"{len(s.alignment)} {words['comparable']}"]
    if not catalogue.blind:
        facts.append(f"{words['score']} {s.score:.3f}")
        facts += [f"{words['confidence']} {s.confidence:.0%}"] if s.confidence is not None else []
        facts += [clean(text) for text in [relation_words(s, _shown(display))] if text]
        facts += [words["in_set"]] if s.in_set else []
    return {
        "shown_rank": place + 1 if catalogue.blind else s.rank,
        "object_titles": Markup(titles(s.object, objects, display)),  # noqa: S704
        "object_level": Markup(level(objects, s.object, display)),  # noqa: S704
        "object_context": Markup(context(s.object, objects, display, *_PLACES)),  # noqa: S704
        "object_statements": right,
        "object_also": right_also,
        "facts": facts,
        "evidence": [] if catalogue.blind else _evidence_lines(s, sides),
        "pairs": len(s.alignment),
    }


def _shown(display: DisplayLanguage) -> Shown:
    return "en" if display == "en" else "zh"


def _evidence_lines(s: Suggestion, sides: Sides) -> list[tuple[str, str]]:
    """Return coverage each way and level evidence in words, each under its name, where the candidate has them."""
    shown = _shown(sides.display)
    level_line = level_words_of(s.level, sides.query_objects.frame_of(s.object), shown, cues=True)
    lines = ((sides.words["coverage"], coverage_words(s.coverage, shown)), (sides.words["level"], level_line))
    return [(name, clean(line)) for name, line in lines if line]


def _side(
    catalogue: Catalogue, sides: Sides, unit: Unit, s: Suggestion | None, *, subject: bool
) -> tuple[Markup, Markup]:
    """Return a side's statements in the language compared, numbered where matched, and those in its other languages."""
    framework = sides.query_subjects if subject else sides.query_objects
    pairs = s.alignment if s is not None else ()
    # Numbered in the order of the unit's page, which goes by role; the candidate's side has the same numbers.
    ranked = sorted(
        pairs, key=lambda p: (ORDER.index(s.subject.statements[p.subject_index].role) if s else 0, p.subject_index)
    )
    mine, other = ("u", "c") if subject else ("c", "u")
    numbers = {(p.subject_index if subject else p.object_index): n for n, p in enumerate(ranked, 1)}
    marks = {
        (p.subject_index if subject else p.object_index): (
            f'<span class="where"><a href="#{other}-s{n}">{"→" if subject else "←"}<span class="hidden"> {n}</span></a>'
            + ("" if catalogue.blind else f'<span class="sim">{p.similarity:.2f}</span>')
            + "</span>"
        )
        for n, p in enumerate(ranked, 1)
    }
    view = View(
        query=catalogue.query, display=sides.display, words=sides.words, section=mine, numbers=numbers, best=0.0
    )
    spoken = {unit.statements[index].language for index in numbers} or set(unit.languages)
    main = [i for i, x in enumerate(unit.statements) if x.language in spoken]
    rest = [i for i, x in enumerate(unit.statements) if x.language not in spoken]
    # The other language unfolds at once for a reader whose language it is.
    known = any((unit.statements[i].language == "en") == (sides.display == "en") for i in rest)
    also = fold(sides.words["also"], statement_list(view, framework, unit, rest, {}, bare="plain"), opened=known)
    shown = statement_list(view, framework, unit, main, marks, bare="rest" if pairs else "plain")
    return Markup(shown), Markup(also)  # noqa: S704


def _key(number: int, place: int) -> str:
    return {place + 1: "j", place - 1: "k"}.get(number, "")


def _listed(
    catalogue: Catalogue,
    candidates: Sequence[Suggestion],
    place: int,
    standing: Standing,
    display: DisplayLanguage,
    words: Words,
) -> list[dict[str, Any]]:
    objects = catalogue.query.objects
    out = []
    for number, s in enumerate(candidates):
        mine = standing.of(s.object_id)
        sure = "" if catalogue.blind or s.confidence is None else f"{s.confidence:.0%}"
        facts = [sure, f"{len(s.alignment)}\u00a0{words['matched']}"]
        out.append(
            {
                "address": unit_address(s.subject_id, s.object_id),
                "chosen": number == place,
                "key": _key(number, place),
                "rank": number + 1 if catalogue.blind else s.rank,
                "title": clean(s.object.title(*languages_for(display, objects))),
                "level": clean(level_words(objects, s.object, display)),
                "facts": clean(" · ".join(filter(None, facts))),
                "verdict": mine.verdict if mine else "",
                "others": () if catalogue.blind else standing.of_others(s.object_id),
            }
        )
    return out
