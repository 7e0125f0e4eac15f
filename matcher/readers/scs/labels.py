"""The labels of a unit's table in both languages, in any order, numbered or not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from matcher.readers.columns import heading_key

Field = Literal["title", "code", "level", "credit", "performance", "range", "assessment", "remarks", "area", "industry"]

# Field -> labels, folded and simplified when compared. Editions and industries differ in wording and order.
LABELS: Mapping[Field, tuple[str, ...]] = {
    "title": (
        "title", "name", "unit title", "unit name", "uoc title", "title of unit",
        "名称", "能力单元名称", "单元名称", "标题",
    ),
    "code": ("code", "uoc code", "unit code", "编号", "能力单元编号", "单元编号", "代号"),
    "level": ("level", "qf level", "级别", "资历级别", "资历架构级别"),
    "credit": ("credit", "credits", "credit value", "qf credit", "学分", "学分值", "资历学分"),
    "performance": (
        "competency", "competencies", "competence", "performance requirement", "performance requirements",
        "performance criteria", "能力", "表现要求", "能力要求", "工作表现要求",
    ),
    "range": ("range", "range of application", "range of applications", "scope of application", "应用范围",
              "适用范围", "范围"),
    "assessment": (
        "assessment criteria", "assessment criterion", "assessment guideline", "assessment guidelines",
        "评核指引", "评核准则", "评核要求", "评估指引", "评估准则",
    ),
    "remarks": ("remark", "remarks", "note", "notes", "备注", "附注"),
    "area": ("functional area", "functional areas", "area", "职能范畴", "职能范围", "职能范围名称", "主要职能"),
    "industry": ("industry", "sector", "行业"),
}  # fmt: skip
_NUMBER = re.compile(r"^\s*[(（]?\d{1,2}[)）.、]?\s*")


def _keys() -> dict[str, Field]:
    return {heading_key(label): field for field, labels in LABELS.items() for label in labels}


def field_of(label: str) -> Field | None:
    """Return the field that a label names, in either language or both ("4. 級別 Level"), or None."""
    text = _NUMBER.sub("", " ".join(label.split()))
    # "(cont'd)" and "（續）" on a following page.
    text = re.sub(r"[(（]\s*(?:cont(?:'d|inued|\.)?|續|续)\s*[)）]", "", text, flags=re.IGNORECASE)
    keys = _keys()
    known = keys.get(heading_key(text))
    if known is not None:
        return known
    chinese = "".join(re.findall(r"[\u3400-\u9fff]+", text))
    latin = re.sub(r"[\u3400-\u9fff]+", " ", text)
    halves = {keys.get(heading_key(chinese)), keys.get(heading_key(latin))} - {None}
    return halves.pop() if chinese and latin.strip() and len(halves) == 1 else None
