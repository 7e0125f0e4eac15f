"""A candidate's evidence in words: relation, coverage each way, levels and what is local law; shared by all outputs."""

from __future__ import annotations

from typing import Literal

from matcher.levels import level_frames, level_label
from matcher.schema import Coverage, LevelEvidence, Suggestion

Shown = Literal["en", "zh"]
# Below this confidence a relation would say more than is known: outputs for people leave it out.
SURE_ENOUGH = 0.2

_RELATIONS = {
    "en": {
        "exact": "exact",
        "close": "close",
        "broad": "broad (the candidate covers more)",
        "narrow": "narrow (it covers a part)",
        "related": "related",
    },
    "zh": {
        "exact": "一致",
        "close": "相近",
        "broad": "较宽（候选涵盖更多）",
        "narrow": "较窄（只涵盖一部分）",
        "related": "相关",
    },
}
_WORDS = {
    "en": {
        "covers": "covers {0:.0%} of the unit; the unit covers {1:.0%} of it",
        "law": "local law left out: {0} of the unit, {1} of the candidate",
        "fits": "level as expected ({0})",
        "above": "{1} above the lowest comparable level ({0})",
        "below": "{1} below the lowest comparable level ({0})",
        "over": "{1} above the comparable levels ({0})",
        "under": "{1} below the comparable levels ({0})",
        "unknown": "no table sets these levels side by side",
        "demand": "wording {0:.1f} : {1:.1f} of 5",
        "cues": "cues: {0} | {1}",
    },
    "zh": {
        "covers": "涵盖本单元的 {0:.0%}；本单元涵盖其 {1:.0%}",
        "law": "不计本地法规：本单元 {0} 条，候选 {1} 条",
        "fits": "级别相符（{0}）",
        "above": "高于最低可比级别 {1} 级（{0}）",
        "below": "低于最低可比级别 {1} 级（{0}）",
        "over": "高于可比级别 {1} 级（{0}）",
        "under": "低于可比级别 {1} 级（{0}）",
        "unknown": "没有对照这些级别的表",
        "demand": "文字要求 {0:.1f} : {1:.1f}（满分 5）",
        "cues": "用词：{0} | {1}",
    },
}  # fmt: skip


def relation_words(suggestion: Suggestion, shown: Shown) -> str:
    """Return the relation in words, "" where there is none or the candidate is too unlikely for one."""
    if suggestion.relation is None or (suggestion.confidence is not None and suggestion.confidence < SURE_ENOUGH):
        return ""
    return _RELATIONS[shown].get(suggestion.relation, suggestion.relation)


def coverage_words(coverage: Coverage | None, shown: Shown) -> str:
    """Return how much of each side the other covers, and how many statements of local law were left out."""
    if coverage is None:
        return ""
    words = _WORDS[shown]
    line = words["covers"].format(coverage.subject, coverage.object)
    if coverage.subject_law or coverage.object_law:
        line += "; " + words["law"].format(len(coverage.subject_law), len(coverage.object_law))
    return line


def level_words_of(evidence: LevelEvidence | None, frame: str, shown: Shown, *, cues: bool = False) -> str:
    """Return the level evidence: the gap to the lowest comparable level, and what the wording tells.

    Args:
        evidence: The evidence.
        frame: The candidate's level frame.
        shown: The language.
        cues: Also name the cue words.
    """
    if evidence is None:
        return ""
    words = _WORDS[shown]
    beside = " / ".join(
        level_label(frame, level, "en" if shown == "en" else "zh-Hans") for level in evidence.comparable
    )
    if evidence.gap is None:
        parts = [words["unknown"]]
    elif evidence.gap == 0 or (evidence.outside == 0 and evidence.gap > 0):
        parts = [words["fits"].format(beside)]
    else:
        known = level_frames().get(frame)
        names = ("above", "below") if known is None or known.cumulative else ("over", "under")
        parts = [words[names[evidence.gap < 0]].format(beside, abs(evidence.gap))]
    parts.append(words["demand"].format(evidence.subject_demand, evidence.object_demand))
    if cues and (evidence.subject_cues or evidence.object_cues):
        listed = [", ".join(found) or "–" for found in (evidence.subject_cues, evidence.object_cues)]
        parts.append(words["cues"].format(*listed))
    return " · ".join(parts)


def left_over(suggestion: Suggestion, *, subject: bool) -> tuple[list[int], list[int]]:
    """Return the numbers of a side's statements without a counterpart: work and knowledge first, then local law.

    Args:
        suggestion: An explained candidate.
        subject: The unit's side, else the candidate's.
    """
    unit = suggestion.subject if subject else suggestion.object
    used = {p.subject_index if subject else p.object_index for p in suggestion.alignment}
    spoken = {unit.statements[number].language for number in used} or set(unit.languages)
    rest = [
        number
        for number, s in enumerate(unit.statements)
        if number not in used and s.language in spoken and s.role not in ("title", "range")
    ]
    coverage = suggestion.coverage
    law = set((coverage.subject_law if subject else coverage.object_law) if coverage else ())
    return [n for n in rest if n not in law], [n for n in rest if n in law]
