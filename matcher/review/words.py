"""The words that reviewers choose from, in English and Chinese, and what a typed word means."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from matcher.store import RELATIONS, Relation, Verdict
from matcher.text.normalize import fold

Shown = Literal["en", "zh"]
VERDICT_WORDS: Mapping[Shown, Mapping[Verdict, str]] = {
    "en": {
        "accept": "Accept",
        "partly": "Partly",
        "reject": "Reject",
        "unsure": "Unsure",
        "no_counterpart": "No counterpart",
    },
    "zh": {"accept": "接受", "partly": "部分对应", "reject": "不接受", "unsure": "不确定", "no_counterpart": "无对应"},
}
RELATION_WORDS: Mapping[Shown, Mapping[Relation, str]] = {
    "en": {
        "exact": "exact: the same work",
        "close": "close: nearly the same work",
        "broad": "broad: the candidate covers more",
        "narrow": "narrow: the candidate covers less",
        "related": "related: near but other work",
    },
    "zh": {
        "exact": "相同：同一项工作",
        "close": "相近：大致相同的工作",
        "broad": "较宽：候选范围更大",
        "narrow": "较窄：候选范围更小",
        "related": "相关：有关而非同一工作",
    },
}
# What people also write. Only whole words: a mistyped one is asked about, never guessed.
_MORE_VERDICTS: Mapping[Verdict, tuple[str, ...]] = {
    "accept": ("accepted", "a", "yes", "接纳", "同意", "是"),
    "partly": ("partial", "partially", "in part", "p", "部分", "部分接受", "部分接纳"),
    "reject": ("rejected", "r", "no", "拒绝", "否决", "不接纳", "不同意", "否"),
    "unsure": ("not sure", "u", "不肯定", "存疑", "未能确定"),
    "no_counterpart": ("none", "no match", "n", "没有对应", "无对应项"),
}


def _key(text: str) -> str:
    return " ".join(fold(text).replace("_", " ").split())


@lru_cache(maxsize=1)
def _verdicts() -> dict[str, Verdict]:
    known: dict[str, Verdict] = {}
    for words in VERDICT_WORDS.values():
        for verdict, word in words.items():
            known[_key(word)] = known[_key(verdict)] = verdict
    for verdict, others in _MORE_VERDICTS.items():
        known.update({_key(word): verdict for word in others})
    return known


@lru_cache(maxsize=1)
def _relations() -> dict[str, Relation]:
    known: dict[str, Relation] = {}
    for relation in RELATIONS[:-1]:
        for form in (relation, f"{relation} match", f"{relation}match", f"skos:{relation}match"):
            known[_key(form)] = relation
    for words in RELATION_WORDS.values():
        for relation, word in words.items():
            known[_key(word)] = relation
            known[_key(word.replace("：", ":").partition(":")[0])] = relation
    return known


def parse_verdict(text: str) -> Verdict | None:
    """Return the verdict that a cell's text means in either language and script, or None."""
    return _verdicts().get(_key(text))


def parse_relation(text: str) -> Relation | None:
    """Return the relation that a cell's text means in either language and script, or None."""
    return _relations().get(_key(text))
