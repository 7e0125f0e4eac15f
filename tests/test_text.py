"""The normal form: worked examples, idempotence, and what must survive it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.text.normalize import fold, mainland_terms, normal_form, strip_opening
from matcher.text.segment import words


@given(st.text(max_size=80))
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＣＮＣ機床", "cnc机床"),  # full width, Traditional
        ("頭髮發現", "头发发现"),  # 髮 and 發 both become 发
        ("裏面", "里面"),  # the Hong Kong variant
        ("乾隆乾燥", "乾隆干燥"),  # a phrase that keeps its character
        ("ß\u0301", "s\u015b"),  # ss + acute: composed by the last NFKC, else folding twice would differ
    ],
)
def test_fold_examples(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("6.1 能夠拆卸波箱", "zh-Hant", "拆卸变速箱"),
        ("• Be able to sweep the floor", "en", "sweep the floor"),
        ("能用紫外线消毒柜", "zh-Hans", "用紫外线消毒柜"),
        ("能力評估", "zh-Hant", "能力评估"),  # 能 is not split off 能力
        ("性能测试", "zh-Hans", "性能测试"),  # nor out of the middle of a word
        ("MD5校验", "zh-Hans", "md5校验"),  # digits in a name are no item number
        ("3D打印", "zh-Hans", "3d打印"),
        ("能够", "zh-Hans", "能够"),  # never the whole statement
    ],
)
def test_normal_form_examples(text: str, language: str, expected: str) -> None:
    assert normal_form(text, language=language, jurisdiction="HK") == expected  # type: ignore[arg-type]


def test_vocabulary_is_switched_by_jurisdiction_not_by_script() -> None:
    # Hong Kong wording in simplified characters (the official sc pages) still is Hong Kong wording.
    assert normal_form("清洁波箱", language="zh-Hans", jurisdiction="HK") == "清洁变速箱"
    assert normal_form("清洁波箱", language="zh-Hans", jurisdiction="CN") == "清洁波箱"


def test_longest_term_wins_and_replacing_twice_changes_nothing() -> None:
    once = mainland_terms(fold("冷氣機的冷氣"))
    assert once == "空调的空调"
    assert mainland_terms(once) == once


@given(st.text(max_size=60))
def test_strip_opening_keeps_something(text: str) -> None:
    folded = fold(text)
    assert bool(strip_opening(folded, "en")) == bool(folded.strip())


def test_jieba_is_private_and_cuts_folded_text() -> None:
    assert words(fold("機電設備安裝 MD5")) == ["机电设备", "安装", "md5"]
