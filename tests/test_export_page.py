"""The page to read: marks and links on both sides, languages, hostile text, nothing fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest

from matcher.export import render_results
from matcher.readers import read_framework
from matcher.resources import read_text
from matcher.schema import AlignedPair, ContextLabel, Header, Query, Statement, Suggestion, Unit, UnitResult

GOLDEN = Path(__file__).resolve().parent / "golden"
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)></style>&amp;"
VOID = {"meta", "img", "br", "link", "input"}
# Badge numbers go by role and then by place: knowledge (statement 3) is 1, the skill (statement 4) is 2.
PAIRS = (
    AlignedPair(subject_index=4, object_index=1, similarity=0.75),
    AlignedPair(subject_index=3, object_index=2, similarity=0.5),
)


class _Reader(HTMLParser):
    """Collects tags, attributes and text; tells where the nesting is broken."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _query() -> Query:
    hk, cn = read_framework(GOLDEN / "hk.jsonl").framework, read_framework(GOLDEN / "cn.jsonl").framework
    return Query(subjects=hk, objects=cn, encoder="test")


def _suggestion(query: Query, *, rank: int = 1, pairs: tuple[AlignedPair, ...] = PAIRS) -> Suggestion:
    subject, target = query.subjects.units[0], query.objects.units[0]
    return Suggestion(
        subject_id=subject.code,
        object_id=target.code,
        rank=rank,
        score=1.0 / rank,
        subject=subject,
        object=target,
        alignment=pairs,
    )


def _page(query: Query, *suggestions: Suggestion, language: Literal["en", "zh", "auto"] = "en") -> str:
    subject = query.subjects.units[0]
    result = UnitResult(subject_id=subject.code, subject=subject, suggestions=suggestions)
    return render_results([result], query=query, format="html", language=language).decode()


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_a_statement_keeps_its_number_on_both_sides_and_links_both_ways() -> None:
    query = _query()
    second = _suggestion(query, rank=2, pairs=PAIRS[:1])
    reader = _read(_page(query, _suggestion(query), second))
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    links = [str(attrs["href"]) for tag, attrs in reader.tags if tag == "a"]
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in links} <= set(ids)
    # From the unit: statement 1 to candidate 1, statement 2 to candidates 1 and 2. Back: one link a pair.
    assert links == ["#u1-c1-s1", "#u1-c1-s2", "#u1-c2-s2", "#u1-s2", "#u1-s1", "#u1-s2"]


def test_statements_without_a_comparable_one_look_different() -> None:
    query = _query()
    page = _page(query, _suggestion(query))
    assert '<li class="rest"><span lang="en">Keep the bench tidy</span></li>' in page
    assert '<li class="rest"><span lang="zh-Hans-CN">能更换气门芯</span></li>' in page
    # Neither the range nor the other language was compared: nothing says that they have no counterpart.
    assert '<li class="plain"><span lang="en">In a workshop.</span></li>' in page
    assert '<li class="plain"><span lang="zh-Hant-HK">在水中找出穿孔</span></li>' in page


def test_no_pair_is_lost_when_there_are_many() -> None:
    query = _query()
    texts = tuple(Statement(role="skill", language="en", text=f"Do thing {n}") for n in range(20))
    subject, target = (
        replace(query.subjects.units[0], statements=texts),
        replace(query.objects.units[0], statements=texts),
    )
    pairs = tuple(AlignedPair(subject_index=n, object_index=n, similarity=0.5) for n in range(20))
    suggestion = replace(_suggestion(query), subject=subject, object=target, alignment=pairs)
    result = UnitResult(subject_id="ZZGLD201A", subject=subject, suggestions=(suggestion,))
    page = render_results([result], query=query, format="html", language="en").decode()
    assert page.count('class="sim"') == 20
    assert 'class="rest"' not in page


@pytest.mark.parametrize(("language", "words", "tag"), [("en", "Candidates", "en"), ("zh", "候选", "zh-Hans-CN")])
def test_labels_and_levels_by_language(language: Literal["en", "zh"], words: str, tag: str) -> None:
    query = _query()
    page = _page(query, _suggestion(query), language=language)
    assert f'<html lang="{tag}">' in page
    assert words in page
    assert ("五级/初级工" in page) == (language == "zh")
    assert ("Level 5 (junior)" in page) == (language == "en")


def test_auto_follows_the_units_languages() -> None:
    query = _query()
    assert '<html lang="en">' in _page(query, _suggestion(query), language="auto")
    unit = Unit(code="ZZGLD201A", statements=(Statement(role="title", language="zh-Hant", text="修補"),))
    chinese = replace(query, subjects=replace(query.subjects, units=(unit,)))
    assert '<html lang="zh-Hans-CN">' in _page(chinese, language="auto")


def test_the_footer_says_what_it_is() -> None:
    query = _query()
    for language, word in (("en", "indicative"), ("zh", "仅供参考")):
        page = _page(query, _suggestion(query), language="en" if language == "en" else "zh")
        assert word in page.partition("<footer>")[2]


def test_hostile_text_stays_text_wherever_it_stands() -> None:
    query = _query()
    statements = tuple(
        Statement(role=role, language="zh-Hans", text=HOSTILE) for role in ("title", "range", "knowledge", "skill")
    )
    unit = Unit(
        code=HOSTILE,
        level=HOSTILE,
        context=tuple(
            ContextLabel(kind=kind, language="zh-Hans", text=HOSTILE)
            for kind in ("industry", "area", "occupation", "function")
        ),
        statements=statements,
    )
    header = Header(id=HOSTILE, title=HOSTILE, jurisdiction=HOSTILE, level_frame=HOSTILE)
    side = replace(query.subjects, header=header, units=(unit,))
    hostile = Query(subjects=side, objects=side, encoder=HOSTILE)
    suggestion = Suggestion(
        subject_id=HOSTILE, object_id=HOSTILE, rank=1, score=0.5, subject=unit, object=unit, relation=HOSTILE,
        alignment=(AlignedPair(subject_index=3, object_index=3, similarity=0.5),),
    )  # fmt: skip
    result = UnitResult(subject_id=HOSTILE, subject=unit, suggestions=(suggestion,))
    reader = _read(render_results([result], query=hostile, format="html", language="zh").decode())
    assert not {tag for tag, _ in reader.tags} & {"script", "img", "link", "iframe", "form", "object"}
    assert not [name for _, attrs in reader.tags for name in attrs if name.startswith("on") or name == "src"]
    assert "".join(reader.text).count(HOSTILE) > 10


def test_nothing_is_fetched_and_the_policy_says_so() -> None:
    query = _query()
    page = _page(query, _suggestion(query))
    assert "default-src 'none'" in page
    assert not re.search(r"(?:https?:)?//|url\(|@import|@font-face", page.replace("</", "<"))


def test_the_style_has_dark_print_and_both_chinese_fonts() -> None:
    style = read_text("html", "page.css")
    for part in ("prefers-color-scheme:dark", "@media print", ":lang(zh-Hant)", ":lang(zh-Hans)", "HK", "SC"):
        assert part in style


def test_groups_show_their_units_and_a_unit_without_candidates_says_so() -> None:
    query = _query()
    member = _suggestion(query)
    group = replace(member, object_id="ZZ-OCC", alignment=(), members=(member,))
    page = _page(query, group)
    assert 'id="u1-c1-m1-s1"' in page
    assert '<a href="#u1-c1-m1-s1">1.1</a>' in page
    assert "There is no candidate for this unit." in _page(query)
