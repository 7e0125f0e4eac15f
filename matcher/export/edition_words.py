"""Changes between two editions in words, English and Chinese, for terminal, workbook and page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from matcher.export.rows import languages_for, level_words
from matcher.schema import Framework, Unit
from matcher.schema.edition import CHANGE_KINDS, Change, ChangeKind, EditionDiff, Fact

Shown = Literal["en", "zh"]
KIND_WORDS: Mapping[Shown, Mapping[ChangeKind, str]] = {
    "en": {
        "unchanged": "unchanged", "reworded": "reworded", "renumbered": "renumbered", "split": "split",
        "merged": "merged", "regrouped": "regrouped", "retired": "retired", "new": "new",
    },
    "zh": {
        "unchanged": "未变", "reworded": "改写", "renumbered": "改编号", "split": "拆分", "merged": "合并",
        "regrouped": "重组", "retired": "取消", "new": "新增",
    },
}  # fmt: skip
_FACTS: Mapping[Shown, Mapping[str, str]] = {
    "en": {
        "level": "level {old} → {new}", "credit": "credit {old} → {new}", "context": "stands elsewhere: {old} → {new}",
        "form": "spaces or punctuation only differ", "role": "role of a statement {old} → {new}",
        "named": "the new edition names the old code {old}", "reused": "the code {old} now stands for other work",
    },
    "zh": {
        "level": "级别 {old} → {new}", "credit": "学分 {old} → {new}", "context": "所属不同：{old} → {new}",
        "form": "仅空格或标点不同", "role": "一项要求的类别 {old} → {new}",
        "named": "新版注明旧编号 {old}", "reused": "编号 {old} 现用于另一项工作",
    },
}  # fmt: skip
_COUNTS: Mapping[Shown, tuple[str, ...]] = {
    "en": ("{n} statements the same", "{n} reworded", "{n} in other words", "{n} gone", "{n} added"),
    "zh": ("{n} 项相同", "{n} 项改写", "{n} 项换了说法", "{n} 项删去", "{n} 项新增"),
}
_SHARE: Mapping[Shown, str] = {
    "en": "{old} → {new}: {a:.0%} of the old unit's statements, {b:.0%} of the new unit's",
    "zh": "{old} → {new}：占旧单元的 {a:.0%}，占新单元的 {b:.0%}",
}
HEADINGS: Mapping[Shown, tuple[str, ...]] = {
    "en": ("Change", "Old", "Title (old)", "New", "Title (new)", "Review again", "Reasons"),
    "zh": ("变化", "旧编号", "旧名称", "新编号", "新名称", "须再评审", "依据"),
}
YES_NO: Mapping[Shown, tuple[str, str]] = {"en": ("yes", "no"), "zh": ("是", "否")}
FOOTER: Mapping[Shown, str] = {
    "en": "Found by comparing texts; for expert review. What changed between editions is for their publisher to say.",
    "zh": "由文字比较得出，供专家评审；版本之间的变化以发布机构为准。",
}


def fact_words(fact: Fact, shown: Shown) -> str:
    """Return a fact in words."""
    return _FACTS[shown][fact.kind].format(old=fact.old or "–", new=fact.new or "–")


def reasons(change: Change, shown: Shown) -> tuple[str, ...]:
    """Return why a change is what it is: how many statements moved and how, which shares, what else differs."""
    how = [sum(move.how == name for move in change.moves) for name in ("same", "words", "meaning")]
    numbers = [*how, len(change.lost), len(change.added)]
    parts = [text.format(n=n) for text, n in zip(_COUNTS[shown], numbers, strict=True) if n]
    lines = [("、" if shown == "zh" else ", ").join(parts)] if parts and change.kind not in ("retired", "new") else []
    if change.kind in ("split", "merged", "regrouped"):
        lines += [
            _SHARE[shown].format(old=link.old_id, new=link.new_id, a=link.of_old, b=link.of_new)
            for link in change.links
        ]
    return (*lines, *dict.fromkeys(fact_words(fact, shown) for fact in change.facts))


def counts(diff: EditionDiff) -> dict[ChangeKind, int]:
    """Return how many changes there are of each kind."""
    return {kind: sum(change.kind == kind for change in diff.changes) for kind in CHANGE_KINDS}


def units_by_id(framework: Framework) -> dict[str, Unit]:
    """Return a framework's units by their ids."""
    return dict(zip(framework.unit_ids(), framework.units, strict=True))


def title_of(framework: Framework, unit: Unit, shown: Shown) -> str:
    """Return a unit's title in the reader's language, with its level."""
    level = level_words(framework, unit, shown)
    return unit.title(*languages_for(shown, framework)) + (f" ({level})" if level else "")
