"""Which heading means which field; headings are compared folded, without spaces, brackets and marks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from matcher.text.normalize import fold

Side = Literal["units", "work-contents"]

# Our field -> headings. A field's own name always works. Fields ending in _en / _zh hold one language; the plain ones
# are told by each cell's characters.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "code": ("id", "编号", "unit code", "uoc code", "能力单元编号", "單元編號"),
    "version": ("版本", "uoc version"),
    "revision": ("修订", "修订版", "uoc revision"),
    "level": ("级别", "资历级别", "qf level", "等级", "职业技能等级"),
    "credit": ("学分", "credits", "credit value"),
    "industry": ("trade", "行业", "sector"),
    "industry_en": (),
    "industry_zh": (),
    "area": ("functional area", "职能范畴", "范畴"),
    "area_en": (),
    "area_zh": (),
    "title": ("name", "unit title", "unit name", "名称", "标题", "能力单元名称"),
    "title_en": ("name_en", "title (english)", "english title"),
    "title_zh": ("name_zh", "title (chinese)", "chinese title", "中文名称"),
    "range": ("应用范围", "适用范围"),
    "range_en": (),
    "range_zh": (),
    "performance": (
        "competency",
        "competence",
        "performance requirement",
        "performance requirements",
        "performance criteria",
        "能力",
        "表现要求",
    ),
    "performance_en": ("competency_en",),
    "performance_zh": ("competency_zh",),
    "assessment": ("assessment criteria", "assessment criterion", "评核指引", "评核要求"),
    "assessment_en": (),
    "assessment_zh": (),
    "remarks": ("remark", "备注"),
    "occupation_code": ("职业编码", "occupation code", "occ_code", "职业代码"),
    "occupation": ("职业", "职业名称", "工种"),
    "function": ("职业功能", "occupational function"),
    "work": ("工作内容", "work content"),
    "skills": ("技能要求", "专业能力要求", "skill requirements", "skill"),
    "skills_en": ("skill_en",),
    "skills_zh": ("skill_zh",),
    "knowledge": ("相关知识要求", "相关知识", "knowledge requirements"),
    "knowledge_en": (),
    "knowledge_zh": (),
}
LANGUAGE_FREE = ("industry", "area", "title", "range", "performance", "assessment")
# Fields that only the Mainland's standards have; skills, knowledge and occupation stand in sheets of any country.
_WORK_FIELDS = ("occupation_code", "function", "work")
# Fields whose cells hold several statements.
STATEMENT_FIELDS = ("performance", "assessment", "skills", "knowledge")
TEXT_FIELDS = tuple(
    field
    for field in SYNONYMS
    if field.partition("_")[0] in ("title", "range", "performance", "assessment", "work", "skills", "knowledge")
)


def heading_key(heading: str) -> str:
    """Return a heading in the form that is compared."""
    return re.sub(r"[\s_\-:*()/.]+", "", fold(heading))


def _synonym_keys() -> dict[str, str]:
    keys: dict[str, str] = {}
    for field, names in SYNONYMS.items():
        for name in (field, *names):
            keys.setdefault(heading_key(name), field)
    return keys


def recognise(headings: Sequence[str]) -> dict[int, str]:
    """Return column number to field for every heading that is known; the first of two equal columns counts."""
    keys = _synonym_keys()
    found: dict[int, str] = {}
    for number, heading in enumerate(headings):
        field = keys.get(heading_key(heading)) or _of_two_languages(heading, keys)
        if field is not None and field not in found.values():
            found[number] = field
    return found


def _of_two_languages(heading: str, keys: Mapping[str, str]) -> str | None:
    """Return the field of a heading in both languages (編號 Code), where neither half says otherwise."""
    chinese = "".join(re.findall(r"[\u3400-\u9fff]+", heading))
    latin = re.sub(r"[\u3400-\u9fff]+", " ", heading)
    halves = {keys.get(heading_key(chinese)), keys.get(heading_key(latin))} - {None}
    return halves.pop() if chinese and latin.strip() and len(halves) == 1 else None


def is_usable(fields: Sequence[str]) -> bool:
    """Return whether a row of these fields can make a unit: at least one field with text."""
    return any(field in TEXT_FIELDS for field in fields)


def side_of(fields: Sequence[str]) -> Side:
    """Return which shape the fields have: units of competency, or work contents (工作内容) of an occupation."""
    return "work-contents" if any(field in _WORK_FIELDS for field in fields) else "units"
