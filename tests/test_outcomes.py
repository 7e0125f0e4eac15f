"""Coverage: a worked example to the last digit, weights, rules, lists of units, levels, the merged draft."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.errors import InputError
from matcher.outcomes.candidates import candidate_links
from matcher.outcomes.cover import Covered, cover
from matcher.outcomes.draft import make_draft
from matcher.outcomes.level_table import level_table_source
from matcher.outcomes.level_view import cues, domain_of, domains, higher
from matcher.outcomes.measure import apply_rules
from matcher.outcomes.model import Link, Refusal, Review, Side
from matcher.outcomes.rules import Counting, read_counting
from matcher.outcomes.scope import Selection, choose
from matcher.outcomes.statements import counted, place, twin
from matcher.outcomes.unit_list import read_unit_list
from matcher.schema import (
    AlignedPair,
    ContextLabel,
    Framework,
    FunctionWeight,
    Header,
    LevelEvidence,
    Statement,
    Suggestion,
    Unit,
    UnitResult,
)

LAW = "明白《職業安全及健康條例》對僱主的規定"


def hk_unit(code: str, level: str, credit: float | None, statements: int, *, law: bool = False) -> Unit:
    """Return a unit with so many statements of work, and perhaps one of local law."""
    texts = [Statement(role="title", language="zh-Hant", text=f"單元{code}")]
    texts += [Statement(role="skill", language="zh-Hant", text=f"能夠完成工序{code}{n}") for n in range(statements)]
    texts += [Statement(role="knowledge", language="zh-Hant", text=LAW)] if law else []
    return Unit(code=code, level=level, credit=credit, statements=tuple(texts))


def cn_work(code: str, level: str, function: str, statements: int) -> Unit:
    """Return a work content with so many statements."""
    labels = (("occupation", "样本工"), ("function", function))
    texts = [Statement(role="title", language="zh-Hans", text=f"工作{code}")]
    texts += [Statement(role="skill", language="zh-Hans", text=f"能完成{code}{n}") for n in range(statements)]
    return Unit(
        code=code,
        level=level,
        context=tuple(ContextLabel(kind=kind, language="zh-Hans", text=text) for kind, text in labels),  # type: ignore[arg-type]
        statements=tuple(texts),
    )


def weight(level: str, function: str, skill: float) -> FunctionWeight:
    return FunctionWeight(level=level, function=function, skill=skill, occupation="样本工")


HK = Framework(
    header=Header(id="zz-hk", title="Sample", jurisdiction="HK", edition="1", level_frame="hkqf"),
    units=(
        hk_unit("ZZA101A", "1", 3.0, 4, law=True),
        hk_unit("ZZA202A", "2", 6.0, 5),
        hk_unit("ZZA203A", "2", None, 2),
        hk_unit("ZZA304A", "3", 9.0, 3),
    ),
)
WEIGHTS = (weight("5", "甲", 40), weight("5", "乙", 60), weight("4", "甲", 70), weight("4", "乙", 30))
CN = Framework(
    header=Header(id="zz-cn", jurisdiction="CN", edition="2026", level_frame="cn-skill", weights=WEIGHTS),
    units=(
        cn_work("ZZ-4-1.1", "4", "甲", 3),
        cn_work("ZZ-4-2.1", "4", "乙", 4),
        cn_work("ZZ-5-1.1", "5", "甲", 4),
        cn_work("ZZ-5-1.2", "5", "甲", 2),
        cn_work("ZZ-5-2.1", "5", "乙", 5),
        cn_work("ZZ-3-1.1", "3", "甲", 5),
    ),
)


def pairs(*numbers: tuple[int, int]) -> tuple[AlignedPair, ...]:
    """Return aligned statements by their place among the units' own; number 0 of a unit is its title."""
    return tuple(AlignedPair(subject_index=a + 1, object_index=b + 1, similarity=0.5) for a, b in numbers)


LINKS = (
    Link(source="ZZA101A", target="ZZ-5-1.1", basis="decided", source_whole=True, target_whole=True, verdict="accept",
         relation="close", reviewers=("Chan",), evidence=pairs((0, 0), (1, 1))),
    Link(source="ZZA202A", target="ZZ-5-2.1", basis="decided", verdict="partly", reviewers=("Chan",),
         evidence=pairs((0, 0), (1, 1), (2, 2))),
    Link(source="ZZA202A", target="ZZ-4-1.1", basis="candidate", confidence=0.8, evidence=pairs((2, 0), (3, 1))),
    Link(source="ZZA304A", target="ZZ-4-2.1", basis="decided", target_whole=True, verdict="accept", relation="narrow",
         reviewers=("Li",), evidence=pairs((0, 3))),
)  # fmt: skip


def both(cn: Framework = CN, level: str = "四级") -> tuple[Side, Side]:
    source, _ = choose(HK, Selection(), where="hk")
    target, _ = choose(cn, Selection(occupation="样本工", level=level), where="cn")
    return source, target


def worked(counting: Counting | None = None, links: Sequence[Link] = LINKS, cn: Framework = CN) -> Covered:
    return cover(*both(cn), links, counting or read_counting())


def test_a_worked_example_to_the_last_digit() -> None:
    """Units: A101 whole by decision; A202 3 of 5 decided, 4 of 5 with the candidate; A203 nothing; A304 1 of 3."""
    covered = worked()
    source, target = covered.source, covered.target
    assert [item.cover.share for item in source.items] == [1, Fraction(4, 5), 0, Fraction(1, 3)]
    assert [item.cover.reviewed for item in source.items] == [1, Fraction(3, 5), 0, Fraction(1, 3)]
    # Whole from .75 on: A101 and (with the candidate alone) A202.
    assert [item.whole for item in source.items] == [True, True, False, False]
    assert [item.whole_reviewed for item in source.items] == [True, False, False, False]
    # Credits 3 + 6 + 9 = 18, A203 names none. Whole 3 + 6; by share 3 + 4/5 6 + 1/3 9 = 10.8; decided 3 + 3.6 + 3.
    assert source.credits is not None
    assert source.hours is not None
    amount = source.credits
    assert [amount.total, amount.whole, amount.share] == [18, 9, Fraction(54, 5)]
    assert [amount.whole_reviewed, amount.share_reviewed] == [3, Fraction(48, 5)]
    assert [source.hours.total, source.hours.whole, source.hours.share] == [180, 90, 108]
    assert source.without_credit == 1
    # Statements that count: 4 + 5 + 2 + 3; the one of local law is a class of its own.
    assert source.statements.total == 14
    assert [len(item.law) for item in source.items] == [1, 0, 0, 0]
    # Level 5: 甲 is the mean of 1 and 0, 乙 3/5: .4 x 1/2 + .6 x 3/5 = .56. Level 4: 甲 2/3, 乙 1 by decision:
    # .7 x 2/3 + .3 x 1 = 23/30. The mean of the levels is (14/25 + 23/30) / 2 = 199/300 = .66333…
    assert [level.cover.share for level in target.levels] == [Fraction(14, 25), Fraction(23, 30)]
    assert target.weight.share == Fraction(199, 300)
    # Without the candidate 甲 of level 4 has nothing: (.56 + .3) / 2 = .43.
    assert target.weight.reviewed == Fraction(43, 100)
    assert [level.weights.weighing for level in target.levels] == ["table", "table"]
    assert target.credits is None
    assert target.notes == ()
    # Lower levels are covered by a higher one; 三级 lies above what was asked for.
    assert [item.id for item in target.items][:3] == ["ZZ-5-1.1", "ZZ-5-1.2", "ZZ-5-2.1"]
    assert "ZZ-3-1.1" not in target.side.units


def test_the_reverse_has_the_sides_exchanged() -> None:
    source, target = both()
    turned = [
        replace(link, source=link.target, target=link.source, source_whole=link.target_whole,
                target_whole=link.source_whole,
                evidence=tuple(replace(p, subject_index=p.object_index, object_index=p.subject_index)
                               for p in link.evidence))
        for link in LINKS
    ]  # fmt: skip
    ours, theirs = worked(), cover(target, source, turned, read_counting())
    assert theirs.source.weight == ours.target.weight
    assert theirs.target.credits == ours.source.credits
    # The rule finds the side that names credits.
    assert [result.side for result in apply_rules(theirs)] == ["target"]
    assert apply_rules(theirs)[0].have == apply_rules(ours)[0].have


def test_the_shipped_rule_takes_the_lower() -> None:
    """60 % of 18 credits are 10.8, less than 72; whole units have 9."""
    (result,) = apply_rules(worked())
    assert [result.have, result.need, result.total] == [9, Fraction(54, 5), 18]
    assert result.met is False


def rules_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_rules_are_data(tmp_path: Path) -> None:
    """By share there are exactly 10.8 of 10.8: met, but only with the candidate (9.6 decided); 24 hours are not 72."""
    text = """
    [[rules]]
    id = "share"
    count = "share"
    share = 0.6
    [[rules]]
    id = "reviewed"
    count = "share"
    share = 0.6
    reviewed = true
    [[rules]]
    id = "higher"
    of = "hours"
    share = 0.5
    amount = 72
    take = "higher"
    [[rules]]
    id = "weight"
    of = "weight"
    share = 0.6
    """
    counting = read_counting(rules_file(tmp_path, text))
    share, reviewed, higher_, weighed = apply_rules(worked(counting))
    assert (share.met, share.candidates) == (True, True)
    assert (reviewed.met, reviewed.have) == (False, Fraction(48, 5))
    assert [higher_.need, higher_.have, higher_.met] == [90, 90, True]  # half of 180 is more than 72
    assert (weighed.side, weighed.have, weighed.met) == ("target", Fraction(199, 3), True)
    assert counting.whole == read_counting().whole  # what the file leaves out stays


def test_a_rule_on_no_credits_says_so_and_divides_nothing() -> None:
    source, target = both()
    bare = replace(source, units={i: replace(unit, credit=None) for i, unit in source.units.items()})
    (result,) = apply_rules(cover(bare, target, LINKS, read_counting()))
    assert (result.met, result.reason) == (None, "no credits")
    zero = replace(source, units={i: replace(unit, credit=0.0) for i, unit in source.units.items()})
    (result,) = apply_rules(cover(zero, target, LINKS, read_counting()))
    assert (result.met, result.reason) == (None, "no credits")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rules]]\nid='a'", "neither a share nor an amount"),
        ("[[rules]]\nid='a'\nshare=1.5", "rule 1, share: is 1.5"),
        ("[[rules]]\nid='a'\nshare='x'", "is no number"),
        ("[[rules]]\nid='a'\nshare=0.5\nof='money'", "is 'money'"),
        ("[[rules]]\nid='a'\nshare=0.5\nsize=3", "'size' is not known"),
        ("rules=3", "is no list of rules"),
        ("[covered]\nwhole=0", "covered.whole"),
        ("[covered]\naccept={exact='all'}", "covered.accept.exact"),
        ("[weights]\nsum='guess'", "weights.sum"),
        ("[hours]\nhkqf=-1", "hours.hkqf"),
        ("[hours]\nelsewhere=1", "'elsewhere' is not known"),
        ("[surprise]\na=1", "'surprise' is not known"),
        ("a = ", "is no TOML"),
        ("[covered]\nwhole=nan", "is no number"),
    ],
)
def test_bad_rules_are_refused_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_counting(rules_file(tmp_path, text))
    assert said in str(caught.value)
    assert "rules.toml" in str(caught.value)


def with_weights(*rows: FunctionWeight) -> Framework:
    return replace(CN, header=replace(CN.header, weights=rows))


def test_weights_that_do_not_sum_to_100_are_kept_in_proportion_or_refused(tmp_path: Path) -> None:
    odd = with_weights(weight("5", "甲", 40), weight("5", "乙", 40), WEIGHTS[2], WEIGHTS[3])
    kept = worked(cn=odd).target
    assert [(note.key, note.values) for note in kept.notes] == [("note_odd_kept", ("五级/初级工", "80"))]
    # 40 and 40 of 80: a half each.
    assert kept.levels[0].cover.share == Fraction(1, 2) * Fraction(1, 2) + Fraction(1, 2) * Fraction(3, 5)
    counting = read_counting(rules_file(tmp_path, "[weights]\nsum='refuse'"))
    refused = worked(counting, cn=odd).target
    assert [note.key for note in refused.notes] == ["note_odd_refused"]
    assert refused.levels[0].weights.weighing == "alike"
    assert refused.levels[1].weights.weighing == "table"


def test_missing_and_idle_weights_are_counted() -> None:
    some = worked(cn=with_weights(weight("5", "甲", 100), WEIGHTS[2], WEIGHTS[3])).target
    assert [(note.key, note.values) for note in some.notes] == [("note_some_weights", ("五级/初级工", 1, 2))]
    none = worked(cn=with_weights()).target
    assert [note.key for note in none.notes] == ["note_no_weights"]
    assert {level.weights.weighing for level in none.levels} == {"alike"}
    idle = with_weights(weight("5", "甲", 30), weight("5", "乙", 60), weight("5", "丙", 10), WEIGHTS[2], WEIGHTS[3])
    noted = worked(cn=idle).target
    assert [(note.key, note.values) for note in noted.notes] == [("note_idle_weights", ("五级/初级工", 1, "丙"))]
    # 30 and 60 of 90.
    assert [f.function.weight for f in noted.levels[0].functions] == [Fraction(1, 3), Fraction(2, 3)]
    assert worked(cn=with_weights(*(weight(level, f, 0) for level in "54" for f in "甲乙"))).target.weight.share > 0


def test_the_top_level_alone(tmp_path: Path) -> None:
    counting = read_counting(rules_file(tmp_path, "[weights]\nlevels='top'"))
    assert worked(counting).target.weight.share == Fraction(23, 30)


links_of_both = st.lists(
    st.tuples(
        st.sampled_from([u.code for u in HK.units]),
        st.sampled_from([u.code for u in CN.units[:5]]),
        st.sampled_from(["decided", "candidate"]),
        st.booleans(),
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), max_size=3),
    ),
    max_size=8,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=60, deadline=None)
@given(links_of_both, st.randoms())
def test_shares_stay_in_bounds_grow_with_links_and_forget_the_order(
    rows: list[tuple[str, str, str, bool, list[tuple[int, int]]]], order: random.Random
) -> None:
    links = [
        Link(source=one, target=other, basis=basis, source_whole=whole and basis == "decided", evidence=pairs(*found))  # type: ignore[arg-type]
        for one, other, basis, whole, found in rows
    ]
    covered = worked(links=links)
    for side in (covered.source, covered.target):
        for part in (*(item.cover for item in side.items), side.weight, *(level.cover for level in side.levels)):
            assert 0 <= part.reviewed <= part.share <= 1
        for item in side.items:
            assert set(item.covered) | set(item.left) == set(item.statements.content)
            assert not set(item.covered) & set(item.left)
            assert not set(item.law) & set(item.statements.content)
    shuffled = list(links)
    order.shuffle(shuffled)
    assert worked(links=shuffled) == covered
    fewer = worked(links=links[:-1])
    assert fewer.target.weight.share <= covered.target.weight.share
    assert fewer.source.statements.share <= covered.source.statements.share
    # The draft is the union: every statement that counts, and every one of local law, stands in it.
    lines = {(line.side, line.unit, line.statement) for item in make_draft(covered) for line in item.lines}
    for name, side in (("source", covered.source), ("target", covered.target)):
        for item in side.items:
            assert {(name, item.id, n) for n in (*item.statements.content, *item.law)} <= lines


def test_a_list_of_units_with_credits_and_sets(tmp_path: Path) -> None:
    path = tmp_path / "course.csv"
    path.write_text(
        "課程 Course,能力單元編號 Code,學分 Credits\n甲,zza101a,2\n甲,ZZA202A,x\n甲,ZZA101A,9\n"
        "甲,ZZA999A,1\n乙,ZZA304A,\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="names 2 sets"):
        read_unit_list(path)
    listed = read_unit_list(path, chosen="甲")
    side, notes = choose(HK, Selection(listed=listed), where="hk")
    assert side.ids == ("ZZA101A", "ZZA202A")
    # The list's credit stands before the framework's; what is no number does not.
    assert [side.credit_of(i) for i in side.ids] == [2.0, 6.0]
    assert [note.key for note in notes] == ["note_bad_credits", "note_unknown", "note_doubled"]
    with pytest.raises(InputError, match="has no set"):
        read_unit_list(path, chosen="丙")
    plain = tmp_path / "codes.txt"
    plain.write_text("ZZA304A\n\nZZA101A\n", encoding="utf-8")
    side, notes = choose(HK, Selection(listed=read_unit_list(plain)), where="hk")
    assert (side.ids, side.name, notes) == (("ZZA304A", "ZZA101A"), "codes", ())
    foreign = tmp_path / "foreign.csv"
    foreign.write_text("Code\nAAA\n", encoding="utf-8")
    with pytest.raises(InputError, match="names no unit of the framework"):
        choose(HK, Selection(listed=read_unit_list(foreign)), where="hk")


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="expected 样本工"):
        choose(CN, Selection(occupation="厨师"), where="cn")
    with pytest.raises(InputError, match="五级"):
        choose(CN, Selection(occupation="样本工", level="一级"), where="cn")
    with pytest.raises(InputError, match="whose units name their industry"):
        choose(CN, Selection(industry="Beauty"), where="cn")


def test_twins_and_places() -> None:
    unit = Unit(
        code="ZZ1",
        statements=(
            Statement(role="title", language="en", text="Wash"),
            Statement(role="knowledge", language="en", text="Know soap"),
            Statement(role="skill", language="en", text="Rinse"),
            Statement(role="title", language="zh-Hant", text="洗"),
            Statement(role="knowledge", language="zh-Hant", text="認識梘液"),
            Statement(role="skill", language="zh-Hant", text="沖洗"),
            Statement(role="skill", language="zh-Hant", text="抹乾"),
        ),
    )
    assert counted(unit, ("zh-Hans",)).content == (4, 5, 6)
    assert counted(unit, ("en",)).content == (1, 2)
    assert (twin(unit, 4, "en"), twin(unit, 4, "zh-Hant")) == (1, 4)
    assert twin(unit, 5, "en") is None  # two skills here, one there: nothing tells which is which
    assert [place(unit, n) for n in (4, 5, 6)] == [1, 2, 3]


def test_candidates_count_only_where_nobody_has_decided() -> None:
    _, target = both()
    review = Review(
        reviewed=frozenset({"ZZA101A"}),
        refusals=(Refusal(source="ZZA202A", target="ZZ-5-1.1", reviewers=("Chan",)),),
    )

    def result(code: str, *found: tuple[str, float | None]) -> UnitResult:
        unit = next(u for u in HK.units if u.code == code)
        return UnitResult(
            subject_id=code,
            subject=unit,
            suggestions=tuple(
                Suggestion(subject_id=code, object_id=other, rank=rank, score=1.0, subject=unit,
                           object=CN.units[0], confidence=confidence)
                for rank, (other, confidence) in enumerate(found, 1)
            ),
        )  # fmt: skip

    results = (
        result("ZZA101A", ("ZZ-5-1.1", 0.9)),
        result("ZZA202A", ("ZZ-5-1.1", 0.9), ("ZZ-3-1.1", 0.9), ("ZZ-5-2.1", 0.6), ("ZZ-4-1.1", 0.4)),
        result("ZZA304A", ("ZZ-4-1.1", None), ("ZZ-4-2.1", None)),
    )
    links, notes = candidate_links(results, target, review, read_counting())
    # 101 is decided; of 202 one is refused, one outside the level, one too unlikely; of 304 only the first counts.
    assert [(link.source, link.target) for link in links] == [("ZZA202A", "ZZ-5-2.1"), ("ZZA304A", "ZZ-4-1.1")]
    assert [note.key for note in notes] == ["note_no_confidence"]


def level(gap: int, outside: int) -> LevelEvidence:
    return LevelEvidence(gap=gap, outside=outside, comparable=("5",))


def test_the_higher_of_two_statements() -> None:
    """The table first, the cues where it says nothing; against each other they are unclear."""
    unit = Unit(
        code="ZZ1",
        statements=(
            Statement(role="skill", language="en", text="Assist the stylist under supervision"),
            Statement(role="skill", language="en", text="Formulate a colour policy"),
            Statement(role="skill", language="en", text="Sweep the floor"),
        ),
    )
    low, high, plain = (cues(unit, (n,)) for n in range(3))
    assert [cue.band for cue in low] == [1, 1]
    assert {cue.domain for cue in low} == {"autonomy"}
    assert plain == ()
    assert higher(level(0, 0), low, high) == "target"
    assert higher(level(0, 0), plain, low) == "source"  # no cue stands in the middle, above "assist"
    assert higher(level(0, 0), plain, plain) == "alike"
    assert higher(level(-1, 1), plain, plain) == "source"
    assert higher(level(2, 1), plain, plain) == "target"
    assert higher(level(1, 0), plain, plain) == "alike"  # inside the range that the table gives
    assert higher(level(-1, 1), low, high) == "unclear"
    assert higher(None, high, low) == "source"


def test_a_table_of_levels_names_what_it_rests_on() -> None:
    source, assumed = level_table_source("cn-skill", "hkqf")
    assert source
    assert assumed
    source, assumed = level_table_source("hkqf", "nzqcf")
    assert "978-0-473-45112-7" in source
    assert not assumed
    assert level_table_source("hkqf", "eqf") == ("", False)  # known, but its table was not read


def test_every_cue_has_one_of_the_four_domains() -> None:
    assert [domain.id for domain in domains()] == ["knowledge", "communication", "autonomy", "processes"]
    expected = {"diagnose": "knowledge", "brief": "communication", "supervise": "autonomy", "routine": "processes",
                "判断": "knowledge", "编写": "communication", "指导": "autonomy", "选用": "processes"}  # fmt: skip
    assert {word: domain_of(word) for word in expected} == expected


def test_the_draft_marks_and_groups() -> None:
    """A101: two pairs, two alone on each side, its law; levels as the table expects and no cues: alike."""
    items = make_draft(worked())
    first = items[0]
    assert (first.source, first.targets, first.basis) == ("ZZA101A", ("ZZ-5-1.1",), "decided")
    assert [(line.side, line.statement, line.mark, line.group) for line in first.lines] == [
        ("source", 1, "alike", 1), ("target", 1, "alike", 1),
        ("source", 2, "alike", 2), ("target", 2, "alike", 2),
        ("source", 3, "only", 0), ("source", 4, "only", 0),
        ("target", 3, "only", 0), ("target", 4, "only", 0),
        ("source", 5, "law", 0),
    ]  # fmt: skip
    assert [(item.source, item.targets, item.basis) for item in items[1:]] == [
        ("ZZA202A", ("ZZ-4-1.1", "ZZ-5-2.1"), "candidate"),
        ("ZZA203A", (), None),
        ("ZZA304A", ("ZZ-4-2.1",), "decided"),
        ("", ("ZZ-5-1.2",), None),
    ]
