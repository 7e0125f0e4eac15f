"""Headings, guide and messages of a work list, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from matcher.review.words import Shown
from matcher.store import Verdict

# What a list asks for: a reviewer's own verdicts, or an adjudicator's on what reviewers see differently.
Purpose = Literal["review", "adjudicate"]
ID_HEADING = "matcher:id"
HEADINGS: Mapping[Shown, Mapping[str, str]] = {
    "en": {
        "unit": "Unit",
        "unit_title": "Unit title",
        "unit_level": "Unit level",
        "candidate": "Candidate",
        "candidate_title": "Candidate title",
        "candidate_level": "Candidate level",
        "candidate_context": "Occupation · function",
        "matched": "Statements that match",
        "rank": "Rank",
        "score": "Score",
        "confidence": "Confidence",
        "relation": "Suggested relation",
        "about": "Seen differently",
        "said": "What the reviewers said",
        "verdict": "Your verdict",
        "your_relation": "Your relation",
        "comment": "Your comment",
    },
    "zh": {
        "unit": "能力单元",
        "unit_title": "单元名称",
        "unit_level": "单元级别",
        "candidate": "候选",
        "candidate_title": "候选名称",
        "candidate_level": "候选级别",
        "candidate_context": "职业 · 职业功能",
        "matched": "对应的要求",
        "rank": "名次",
        "score": "分值",
        "confidence": "置信度",
        "relation": "建议关系",
        "about": "分歧所在",
        "said": "各评审人的意见",
        "verdict": "您的结论",
        "your_relation": "您判断的关系",
        "comment": "您的意见",
    },
}
SHEETS: Mapping[Shown, tuple[str, str]] = {"en": ("Review", "Read me"), "zh": ("评审", "说明")}
NAME_LABEL: Mapping[Shown, str] = {"en": "Your name:", "zh": "评审人姓名："}
PROGRESS: Mapping[Shown, str] = {"en": "Rows with a verdict:", "zh": "已填结论的行数："}
# What reviewers see differently, by ``matcher.review.settle.Kind``.
ABOUT: Mapping[Shown, Mapping[str, str]] = {
    "en": {"verdict": "verdict", "relation": "relation", "no counterpart": "whether anything is comparable"},
    "zh": {"verdict": "结论", "relation": "关系", "no counterpart": "是否有可比内容"},
}
CHOOSE: Mapping[Shown, str] = {
    "en": "Choose from the list, or leave the cell empty.",
    "zh": "请从列表中选择，或留空。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What the guide's sheet says: before the words to choose from, their meanings, and after them."""

    title: str
    before: tuple[str, ...]
    verdicts: Mapping[Verdict, str]
    after: tuple[str, ...]


RELATIONS_HEADING: Mapping[Shown, str] = {
    "en": "Relation, where you accept:",
    "zh": "接受时请选择关系：",
}
_HANDLING: Mapping[Shown, str] = {
    "en": "Filter and change widths as you like. To sort, first take the protection off (Review > Unprotect Sheet, no "
    "password). Rows may be sorted, hidden or deleted; each keeps its own hidden id. Do not copy rows.",
    "zh": "可以筛选、调整列宽。如需排序，请先撤销工作表保护（审阅 > 撤销工作表保护，无密码）。"
    "行可以排序、隐藏或删除，每行有自己的隐藏编号；请勿复制行。",
}
GUIDES: Mapping[Purpose, Mapping[Shown, Guide]] = {
    "review": {
        "en": Guide(
            title="Which candidates are comparable?",
            before=(
                "Each shaded row is a unit. The rows under it are its candidates from the other framework, with the "
                "statements that match. The list is indicative: it compares texts and decides nothing about "
                "qualifications.",
                "In the yellow columns choose a verdict for as many candidates as you can:",
            ),
            verdicts={
                "accept": "The candidate is comparable with the unit.",
                "partly": "A part of it is.",
                "reject": "It is not.",
                "unsure": "Someone else should look; say why in the comment.",
                "no_counterpart": "In the shaded row: nothing in the other framework is comparable, in the list or "
                "beyond it.",
            },
            after=(
                _HANDLING["en"],
                "A row left empty says nothing, and is no rejection. Save the file and send it back: nothing else is "
                "needed.",
            ),
        ),
        "zh": Guide(
            title="哪些候选是可比的？",
            before=(
                "每个有底色的行是一个能力单元，下面各行是另一框架中的候选，并列出对应的要求。"
                "本清单仅供参考，只比较文字，不对任何资历作出决定。",
                "请在黄色列中为候选选择结论：",
            ),
            verdicts={
                "accept": "候选与该单元可比。",
                "partly": "有一部分可比。",
                "reject": "不可比。",
                "unsure": "需要他人再看，请在意见中说明原因。",
                "no_counterpart": "在有底色的单元行中选择：另一框架中没有可比的内容，无论是否列出。",
            },
            after=(_HANDLING["zh"], "留空的行不表示任何结论，也不表示不接受。保存文件并交回即可。"),
        ),
    },
    "adjudicate": {
        "en": Guide(
            title="What holds where reviewers differ?",
            before=(
                "Each shaded row is a unit. The rows under it are the candidates that its reviewers see differently, "
                "with the statements that match and what each reviewer said. Their own verdicts stay in the store "
                "whatever you choose.",
                "In the yellow columns choose what holds:",
            ),
            verdicts={
                "accept": "The candidate is comparable with the unit.",
                "partly": "A part of it is.",
                "reject": "It is not.",
                "no_counterpart": "In the shaded row: nothing in the other framework is comparable. Where one reviewer "
                "says so and another accepts a candidate, choose this, or a verdict for each candidate under it.",
            },
            after=(
                _HANDLING["en"],
                "A row left empty stays open. Save the file and send it back: nothing else is needed.",
            ),
        ),
        "zh": Guide(
            title="评审人意见不一，以何为准？",
            before=(
                "每个有底色的行是一个能力单元，下面各行是评审人看法不同的候选，并列出对应的要求及各评审人的意见。"
                "无论您如何选择，评审人原来的结论都会保留。",
                "请在黄色列中选择以何为准：",
            ),
            verdicts={
                "accept": "候选与该单元可比。",
                "partly": "有一部分可比。",
                "reject": "不可比。",
                "no_counterpart": "在有底色的单元行中选择：另一框架中没有可比的内容。"
                "如有评审人认为无对应、另有评审人接受某候选，请选择此项，或为其下的候选逐一选择结论。",
            },
            after=(_HANDLING["zh"], "留空的行仍待裁定。保存文件并交回即可。"),
        ),
    },
}
