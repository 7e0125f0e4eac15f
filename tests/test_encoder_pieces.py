"""Quick cutting gives the ids of the tokenizer itself, and the sums are exact."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.encode.pieces import FEW, UNKNOWN, Cutter, cut_all, make_cutter
from matcher.encode.static import Rest, StaticEncoder, load_embedded
from matcher.readers import read_framework
from matcher.text.normalize import normal_form

ROOT = Path(__file__).resolve().parents[1]

WORDS = st.sampled_from(
    [
        "replace",
        "the",
        "gearbox-oil",
        "iso9001",
        "更换变速箱油",
        "制动器",
        "检查",
        "龘",
        "3.5%",
        "、",
        "。",
        "“abc”",
        "β",
        "é",
        "Ａ",
        "㐀",
        " ",
        "\u3000",
    ]
)


@cache
def encoder() -> StaticEncoder:
    return load_embedded()


@cache
def cutter() -> Cutter:
    return make_cutter(encoder().tokenizer)


def known(rows: list[list[int]]) -> list[list[int]]:
    return [[i for i in row if i != UNKNOWN] for row in rows]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(WORDS, st.text(max_size=6), st.text("一二三四五汽车修理工发型abc09 .-", max_size=12)), max_size=12
    )
)
def test_any_text_is_cut_as_the_tokenizer_cuts_it(parts: list[str]) -> None:
    texts = ["".join(parts), " ".join(parts)]
    assert known(cutter().cut(texts)) == known(cut_all(encoder().tokenizer, texts))


def test_the_samples_are_cut_as_the_tokenizer_cuts_them() -> None:
    texts = []
    for name, place in (("hk", "HK"), ("cn", "CN")):
        for unit in read_framework(ROOT / f"corpora/samples/{name}.jsonl").framework.units:
            texts += [normal_form(s.text, language=s.language, jurisdiction=place) for s in unit.statements]
    assert len(texts) > 1_000
    assert known(cutter().cut(texts)) == known(cut_all(encoder().tokenizer, texts))


def test_many_texts_get_the_vectors_that_each_alone_gets() -> None:
    texts = [f"text {n} 更换第{n}号零件" for n in range(FEW)] + ["", "word " * 700]
    fresh = load_embedded()
    alone = np.concatenate([fresh.encode([text]) for text in texts])
    assert not fresh.cutters
    assert np.array_equal(fresh.encode(texts), alone)
    assert fresh.cutters


def test_a_full_store_of_tokens_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.encode.pieces._KEPT", 1)
    small = make_cutter(encoder().tokenizer)
    assert small.cut(["one two"]) == small.cut(["one two"]) == cut_all(encoder().tokenizer, ["one two"])
    small.cut(["three"])
    assert set(small.kept) == {"three"}


def test_sums_do_not_overflow_on_long_texts() -> None:
    # 600 pieces of the largest row: 600 * 127 = 76,200 in int8 columns and 600 * (15 - 8) = 4,200 steps in int4 ones,
    # beyond what int16 holds (32,767).
    rest = Rest(packed=np.full((2, 1), 0xFF, np.uint8), scales=np.ones(2, np.float32))
    big = StaticEncoder(
        name="big", fingerprint="", table=np.full((2, 2), 127, np.int8), tokenizer=encoder().tokenizer, rest=rest
    )
    sums = big._sums(np.ones((1, 600), np.int64))
    assert sums.tolist() == [[76_200.0, 76_200.0, 4_200.0, 4_200.0]]
