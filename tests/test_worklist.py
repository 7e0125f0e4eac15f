"""Work lists on their way out: rows, dealing, blind lists, words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import InputError
from matcher.review.run import Run
from matcher.review.words import RELATION_WORDS, VERDICT_WORDS, parse_relation, parse_verdict
from matcher.review.worklist import deal, list_paths
from matcher.review.worklist_book import digest
from tests.sheets import Sheet, a_list


def test_a_blind_list_shows_no_score_and_another_order(packed: tuple[Run, bytes], tmp_path: Path) -> None:
    open_list, blind = a_list(packed, tmp_path / "a.xlsx"), a_list(packed, tmp_path / "b.xlsx", blind=True, seed=3)
    headings = Sheet(tmp_path / "b.xlsx").column
    assert not {"Rank", "Score", "Confidence", "Suggested relation"} & headings.keys()
    assert {"Rank", "Score"} <= Sheet(tmp_path / "a.xlsx").column.keys()
    assert sorted((r.subject, r.object) for r in blind.rows) == sorted((r.subject, r.object) for r in open_list.rows)
    assert [r.object for r in blind.rows] != [r.object for r in open_list.rows]
    other = a_list(packed, tmp_path / "c.xlsx", blind=True, seed=4)
    assert [r.object for r in blind.rows] != [r.object for r in other.rows]


def test_the_same_list_has_the_same_bytes(packed: tuple[Run, bytes], tmp_path: Path) -> None:
    a_list(packed, tmp_path / "a.xlsx")
    a_list(packed, tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@given(
    st.lists(st.text("abc123", min_size=1, max_size=5), unique=True, max_size=30),
    st.integers(1, 5),
    st.floats(0, 1),
    st.integers(0, 9),
)
def test_dealing_leaves_no_unit_out_and_shares_what_it_says(
    subjects: list[str], count: int, overlap: float, seed: int
) -> None:
    names = [f"r{n}" for n in range(count)]
    dealt = deal(subjects, names, overlap=overlap, seed=seed)
    everyone = set.intersection(*(set(units) for units in dealt.values()))
    assert set().union(*dealt.values()) == set(subjects)
    if count > 1:
        # ceil(overlap * n), computed without floats' last digit.
        assert overlap * len(subjects) - 1e-6 <= len(everyone) < overlap * len(subjects) + 1
        own = [len(units) - len(everyone) for units in dealt.values()]
        assert max(own) - min(own) <= 1
    for units in dealt.values():
        assert list(units) == [s for s in subjects if s in units]


def test_dealing_by_hand() -> None:
    dealt = deal(["A", "B", "C", "D", "E"], ["x", "y"], overlap=0.2, seed=0)
    # ceil(0.2 * 5) = 1 unit for both; the other four are dealt two and two.
    assert sorted(map(len, dealt.values())) == [3, 3]
    for names, share in ((["x", "x"], 0.5), (["x", " "], 0.5), (["x"], 1.5), (["x"], float("nan"))):
        with pytest.raises(InputError):
            deal(["A"], names, overlap=share, seed=0)


def test_file_names_of_reviewers_are_confined() -> None:
    assert list_paths(Path("out/list.xlsx"), ["../李 四"]) == (Path("out/list-李-四.xlsx"),)
    with pytest.raises(InputError, match="one file name"):
        list_paths(Path("list.xlsx"), ["a b", "A-b"])


def test_words_in_both_languages_and_scripts() -> None:
    assert parse_verdict(" ACCEPT ") == parse_verdict("接受") == parse_verdict("接納") == "accept"
    assert parse_verdict("無對應") == parse_verdict("no_counterpart") == "no_counterpart"
    assert parse_verdict("部分對應") == "partly"
    assert parse_verdict("accep") is None
    assert parse_relation("skos:closeMatch") == parse_relation("相近") == parse_relation("close") == "close"
    assert parse_relation(RELATION_WORDS["zh"]["broad"]) == "broad"
    for shown in ("en", "zh"):
        # A drop-down is one text in which a comma parts the choices; Excel takes 255 characters.
        for words in (list(VERDICT_WORDS[shown].values()), list(RELATION_WORDS[shown].values())):
            assert not any("," in word for word in words)
            assert len(",".join(words)) <= 253


def test_spaces_do_not_count_as_an_edit() -> None:
    assert digest("a\n  b") == digest(" a b ")
    assert digest(0.25) == digest("0.25")
    assert digest("a b") != digest("ab")
