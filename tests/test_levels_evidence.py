"""Level tables, level cues, local law, and the words of the lexical side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matcher.compare.align import compare
from matcher.compare.coverage import coverage
from matcher.compare.levels import level_evidence, level_gap
from matcher.encode import load_encoder
from matcher.levels import comparable_levels
from matcher.schema import ContextLabel, Framework, Header, Language, Statement, Unit
from matcher.search.affinity import make_affinity
from matcher.search.index import build_index
from matcher.search.lexical import bm25, make_lexicon, soft_coverage
from matcher.search.retrieve import make_space
from matcher.search.view import View, make_view
from matcher.text.demand import demand, level_cues
from matcher.text.law import is_local_law
from matcher.text.terms import content_words

HK = Framework(header=Header(id="hk", jurisdiction="HK", level_frame="hkqf"))
CN = Framework(header=Header(id="cn", jurisdiction="CN", level_frame="cn-skill"))


def _unit(code: str, *texts: str, level: str | None = None, language: Language = "en", industry: str = "") -> Unit:
    title, *body = texts
    statements = [Statement(role="title", language=language, text=title)]
    statements += [Statement(role="skill", language=language, text=text) for text in body]
    context = (ContextLabel(kind="industry", language=language, text=industry),) if industry else ()
    return Unit(code=code, level=level, statements=tuple(statements), context=context)


def _view(*units: Unit, jurisdiction: str = "HK") -> View:
    framework = Framework(header=Header(id="x", jurisdiction=jurisdiction), units=units)
    return make_view(build_index(framework, load_encoder()))


def test_tables_hold_both_ways_and_say_when_nothing_was_read() -> None:
    assert [level.id for level in comparable_levels("hkqf", "3", "cn-skill")] == ["4", "3"]  # 四级 below 三级
    assert [level.id for level in comparable_levels("cn-skill", "4", "hkqf")] == ["2", "3"]
    assert [level.id for level in comparable_levels("hkqf", "3", "hkqf")] == ["3"]
    assert comparable_levels("hkqf", "3", "scqf") == ()  # a report that was not read
    assert comparable_levels("hkqf", None, "cn-skill") == ()
    assert comparable_levels("hkqf", "3", "nowhere") == ()


@pytest.mark.parametrize(
    ("hk", "cn", "gap", "outside"),
    [
        ("3", "4", 0, 0),  # 四级 is the lowest level beside QF 3
        ("3", "3", 1, 0),  # 三级 stands beside it too: within, one above the lowest
        ("3", "1", 3, 2),  # 一级 is two above 三级, the highest beside it
        ("3", "5", -1, 1),  # 五级 is below
    ],
)
def test_the_gap_counts_from_the_lowest_comparable_level(hk: str, cn: str, gap: int, outside: int) -> None:
    found = level_gap(_unit("A", "a", level=hk), HK, _unit("B", "b", level=cn), CN)
    assert found is not None
    assert found[:2] == (gap, outside)


def test_a_missing_level_is_no_gap() -> None:
    assert level_gap(_unit("A", "a"), HK, _unit("B", "b", level="4"), CN) is None
    evidence = level_evidence(_unit("A", "a"), HK, _unit("B", "b", level="4"), CN, languages=("en",))
    assert evidence.gap is None
    assert evidence.comparable == ()


def test_cues_in_two_languages_and_scripts() -> None:
    low = _unit("A", "Tidy up", "Sweep the floor under supervision as instructed")
    high = _unit("B", "Plan", "Formulate the budget and strategy")
    assert {band for band, _ in level_cues(low, ("en",))} == {1}
    assert demand(level_cues(low, ("en",))) < 2.5 < demand(level_cues(high, ("en",)))
    assert level_cues(low, ("zh-Hant",)) == ()
    chinese = _unit("C", "管理", "制訂培訓計劃並指導下屬", language="zh-Hant")
    assert [word for _, word in level_cues(chinese, ("zh-Hant",))] == ["培训", "指导", "制订"]
    # 在师傅指导下 is being guided, not guiding.
    guided = _unit("D", "协助", "能在师傅指导下协助安装", language="zh-Hans")
    assert {band for band, _ in level_cues(guided, ("zh-Hans",))} == {1}
    # No cue: the middle. Two cues of band 1 against the middle that weighs two: (2 * 2.5 + 2) / 4 = 1.75.
    assert demand(()) == 2.5
    assert demand(((1, "a"), (1, "b"))) == 1.75


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Know the Food Business Regulation (Cap. 132X)", "en", True),
        ("Hold a valid licence for the work", "en", True),
        ("Regulate the flame by eye", "en", False),
        ("《中华人民共和国安全生产法》相关知识", "zh-Hans", True),
        ("認識《職業安全及健康條例》", "zh-Hant", True),
        ("能用手法清洗零件", "zh-Hans", False),
        ("安全生产知识", "zh-Hans", False),
    ],
)
def test_local_law(text: str, language: Language, expected: bool) -> None:
    assert is_local_law(Statement(role="knowledge", language=language, text=text)) is expected


def test_coverage_leaves_local_law_out() -> None:
    left = _view(_unit("A", "Mend tyres", "Patch the inner tube", "Follow the Road Traffic Ordinance"))
    right = _view(_unit("B", "Mend tyres", "Patch the inner tube"))
    (compared,) = compare(left, 0, right, np.array([0]))
    found = coverage(compared)
    assert found.subject_law == (2,)
    assert found.object_law == ()


def test_content_words_drop_grammar_and_keep_trade_words() -> None:
    assert content_words("be able to mend a tube with the patch", "en") == ["mend", "tube", "patch"]
    assert content_words("能够使用 补胎 工具", "zh-Hans") == ["补胎", "工具"]


def test_bm25_finds_the_unit_that_shares_rare_words() -> None:
    left = _view(_unit("A", "补胎", "用胶片修补内胎", language="zh-Hans"), jurisdiction="CN")
    right = _view(
        _unit("B", "洗发", "为顾客洗发", language="zh-Hans"),
        _unit("C", "补胎", "用胶片修补内胎", language="zh-Hans"),
        _unit("D", "烫发", "为顾客烫发", language="zh-Hans"),
        jurisdiction="CN",
    )
    lexicon = make_lexicon(left, right, rows=[0])
    assert int(np.argmax(bm25(lexicon, 0))) == 1
    forward, backward = soft_coverage(lexicon, 0, np.array([0, 1, 2]))
    # The same words on both sides are covered in full.
    assert forward[1] == pytest.approx(1.0)
    assert backward[1] == pytest.approx(1.0)
    assert forward[0] < 0.9


def test_words_that_one_side_lacks_break_nothing() -> None:
    left = _view(_unit("A", "。。。"), _unit("B", "tyre"))
    right = _view(_unit("C", "!!!"))
    lexicon = make_lexicon(left, right, rows=[0, 1])
    assert bm25(lexicon, 0).tolist() == [0.0]
    assert [part.tolist() for part in soft_coverage(lexicon, 1, np.array([0]))] == [[0.0], [0.0]]


def test_fellows_of_an_industry_pull_and_a_unit_does_not_pull_itself() -> None:
    left = _view(
        _unit("A", "Wash hair", industry="Hair"),
        _unit("B", "Cut hair", industry="Hair"),
        _unit("C", "Weld steel", industry="Metal"),
    )
    right = _view(_unit("D", "Hair washing and cutting", industry="one"), _unit("E", "Steel welding", industry="two"))
    affinity = make_affinity(make_space(left, right), left, right, rows=[0, 1, 2])
    pull = affinity.of(0)
    assert pull[0] > pull[1]
    # The only unit of its industry has no fellows.
    assert affinity.of(2).tolist() == [0.0, 0.0]


def test_a_level_outside_the_table_says_so() -> None:
    unknown = replace(CN, header=replace(CN.header, level_frame="cn-engineering"))
    assert level_gap(_unit("A", "a", level="3"), HK, _unit("B", "b", level="初级"), unknown) is None
