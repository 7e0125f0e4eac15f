"""SCS books: a two-column table a unit, with labels, marks, blocks and boilerplate drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from matcher.readers.statements import performance_role
from matcher.schema import Language, Role, Statement, Unit
from tests.fixtures_gen.content import Source, truth_unit, units
from tests.fixtures_gen.model import Block, Break, Doc, Para, Spot, Tab

_LABELS: dict[str, dict[str, tuple[str, ...]]] = {
    "title": {"en": ("Title", "Name", "Unit Title"), "zh": ("名稱", "能力單元名稱")},
    "code": {"en": ("Code", "UoC Code"), "zh": ("編號",)},
    "level": {"en": ("Level", "QF Level"), "zh": ("級別", "資歷級別")},
    "credit": {"en": ("Credit", "Credit Value"), "zh": ("學分",)},
    "performance": {
        "en": ("Competency", "Performance Requirements", "Performance Requirement"),
        "zh": ("能力", "表現要求"),
    },
    "range": {"en": ("Range", "Range of Application"), "zh": ("應用範圍", "適用範圍")},
    "assessment": {"en": ("Assessment Criteria", "Assessment Guidelines"), "zh": ("評核指引", "評核準則")},
    "remarks": {"en": ("Remark", "Remarks"), "zh": ("備註",)},
}
_ORDERS = (
    ("title", "code", "level", "credit", "performance", "range", "assessment", "remarks"),
    ("title", "code", "range", "level", "credit", "performance", "assessment", "remarks"),
    ("code", "title", "level", "credit", "range", "performance", "assessment", "remarks"),
)
_BLOCKS: dict[Role, dict[str, tuple[str, ...]]] = {
    "knowledge": {"en": ("Knowledge in the Subject Area", "Knowledge"), "zh": ("相關知識", "專業知識")},
    "skill": {"en": ("Applications and Processes", "Application"), "zh": ("應用及程序", "實務技能")},
    "attitude": {"en": ("Professional Attitude", "Exhibit professionalism"), "zh": ("專業態度", "專業處理")},
}
_BULLETS = ("◆", "•", "■", "–", "●")
_OPENING = {
    "en": "The integrated outcome requirements of this unit of competency are:",
    "zh-Hant": "此能力單元的綜合成效要求為：",
    "zh-Hans": "此能力单元的综合成效要求为：",
}
_FRONT = {
    "en": ("Specification of Competency Standards", "for the ZZ Sample Industry", "Contents",
           "Chapter 1 Qualifications Framework", "Functional Map", "List of Units of Competency"),
    "zh-Hant": ("能力標準說明", "ZZ 樣本行業", "目錄", "第一章 資歷架構", "職能圖", "能力單元一覽表"),
    "zh-Hans": ("能力标准说明", "ZZ 样本行业", "目录", "第一章 资历架构", "职能图", "能力单元一览表"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book to typeset and the truth about its units."""

    doc: Doc
    truth: tuple[Unit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    languages: tuple[Language, ...]
    labels: dict[str, str]
    order: tuple[str, ...]
    numbered: bool
    blocks: bool
    nested: bool
    specific: bool
    bullet: str
    boilerplate: bool
    lettered: bool
    width: float
    size: float
    reference_only: bool
    unit_pages: bool


def _simplified(text: str) -> str:
    from matcher.text.normalize import simplify

    return simplify(text)


def _style(rng: random.Random, languages: tuple[Language, ...]) -> _Style:
    labels = {}
    for field, names in _LABELS.items():
        parts = []
        for language in sorted(languages, key=lambda tag: tag == "en"):
            name = rng.choice(names["en" if language == "en" else "zh"])
            parts.append(_simplified(name) if language == "zh-Hans" else name)
        labels[field] = " ".join(parts)
    return _Style(
        languages=languages,
        labels=labels,
        order=rng.choice(_ORDERS),
        numbered=rng.random() < 0.7,
        blocks=rng.random() < 0.6,
        nested=rng.random() < 0.5,
        specific=rng.random() < 0.5,
        bullet=rng.choice(_BULLETS),
        boilerplate=rng.random() < 0.8,
        lettered=rng.random() < 0.5,
        width=rng.uniform(0.2, 0.32),
        size=rng.choice((9.0, 10.0, 10.5)),
        reference_only=rng.random() < 0.5,
        unit_pages=rng.random() < 0.5,
    )


def _block_name(role: Role, language: Language, style: _Style, rng: random.Random, title: str) -> tuple[str, bool]:
    """Return a block's heading, and whether it says something of its own (a statement then)."""
    if style.specific and role != "attitude":
        if language == "en":
            return (f"Knowledge of: {title}" if role == "knowledge" else f"Perform: {title}"), True
        name = f"{title}的相關知識" if role == "knowledge" else f"執行{title}"
        return (_simplified(name) if language == "zh-Hans" else name), True
    name = rng.choice(_BLOCKS[role]["en" if language == "en" else "zh"])
    return (_simplified(name) if language == "zh-Hans" else name), False


def _performance(
    source: Source, language: Language, style: _Style, rng: random.Random, prefix: str
) -> tuple[list[Para], list[Statement]]:
    paras: list[Para] = []
    truth: list[Statement] = []
    title = source.of("title", language)[0]
    number = 0
    for role in ("knowledge", "skill", "attitude"):
        texts = source.of(role, language)
        if not texts:
            continue
        if style.blocks:
            number += 1
            heading, own = _block_name(role, language, style, rng, title)
            paras.append(Para(text=heading, number=f"{prefix}.{number}", size=style.size, bold=rng.random() < 0.3))
            if own:
                truth.append(Statement(role=role, language=language, text=heading))
        items = list(texts)
        while items:
            text = items.pop(0)
            if not style.blocks:
                number += 1
                paras.append(Para(text=text, number=f"{prefix}.{number}", size=style.size))
                # Without blocks nothing but the wording says what a line is.
                truth.append(Statement(role=performance_role(text), language=language, text=text))
                continue
            nested = [items.pop(0) for _ in range(2)] if style.nested and len(items) > 2 and rng.random() < 0.4 else []
            end = "" if not nested else (", such as:" if language == "en" else "，例如：")
            lead = text.rstrip(".。；") + end if nested else text
            paras.append(Para(text=lead, number=style.bullet, indent=10, size=style.size))
            paras += [
                Para(text=part, number="–" if style.bullet != "–" else "•", indent=26, size=style.size)
                for part in nested
            ]
            joint = "; " if language == "en" else "；"
            whole = f"{lead} {joint.join(nested)}" if language == "en" and nested else lead + joint.join(nested)
            truth.append(Statement(role=role, language=language, text=whole))
    return paras, truth


def _assessment(source: Source, language: Language, style: _Style) -> tuple[list[Para], list[Statement]]:
    texts = source.of("outcome", language)
    paras = [Para(text=_OPENING[language], size=style.size)] if style.boilerplate else []
    marks = ("(i)", "(ii)", "(iii)") if style.lettered else (style.bullet,) * 3
    paras += [Para(text=text, number=mark, size=style.size) for text, mark in zip(texts, marks, strict=False)]
    return paras, [Statement(role="outcome", language=language, text=text) for text in texts]


def _unit_table(source: Source, style: _Style, rng: random.Random) -> tuple[Tab, list[Statement]]:
    truth: list[Statement] = []
    rows = []
    for position, field in enumerate(style.order, 1):
        cell: list[Para] = []
        for language in style.languages:
            if field == "title":
                text = source.of("title", language)[0]
                cell.append(Para(text=text, size=style.size))
                truth.append(Statement(role="title", language=language, text=text))
            elif field == "range":
                text = source.of("range", language)[0]
                cell.append(Para(text=text, size=style.size))
                truth.append(Statement(role="range", language=language, text=text))
            elif field == "performance":
                paras, made = _performance(source, language, style, rng, str(position if style.numbered else 6))
                cell += paras
                truth += made
            elif field == "assessment":
                paras, made = _assessment(source, language, style)
                cell += paras
                truth += made
        if field == "code":
            cell.append(Para(text=source.code, size=style.size))
        elif field == "level":
            cell.append(Para(text=source.level, size=style.size))
        elif field == "credit":
            said = " (for reference only)" if style.languages[0] == "en" else "（僅供參考）"
            said = _simplified(said) if style.languages[0] == "zh-Hans" else said
            cell.append(Para(text=f"{source.credit:g}" + (said if style.reference_only else ""), size=style.size))
        elif field == "remarks":
            cell.append(Para(text="", size=style.size))
        label = f"{position}. {style.labels[field]}" if style.numbered else style.labels[field]
        rows.append((Spot(paras=(Para(text=label, size=style.size, bold=True),)), Spot(paras=tuple(cell))))
    return Tab(widths=(style.width, 1 - style.width), rows=tuple(rows)), truth


def _front_matter(language: Language, sources: Sequence[Source]) -> list[Block]:
    words = _FRONT[language]
    blocks: list[Block] = [
        Para(text=words[0], size=20, center=True),
        Para(text=words[1], size=14, center=True),
        Break(),
    ]
    blocks += [
        Para(text=words[2], size=14),
        Para(text=words[3] + " ......... 3"),
        Para(text=words[5] + " ......... 5"),
        Break(),
    ]
    blocks.append(Para(text=words[5], size=14))
    listed = tuple(
        (
            Spot(paras=(Para(text=source.code, size=9),)),
            Spot(paras=(Para(text=source.of("title", language)[0], size=9),)),
            Spot(paras=(Para(text=source.level, size=9),)),
            Spot(paras=(Para(text=f"{source.credit:g}", size=9),)),
        )
        for source in sources
    )
    blocks.append(Tab(widths=(0.2, 0.6, 0.1, 0.1), rows=listed))
    blocks.append(Break())
    return blocks


def make_book(seed: int, *, count: int, languages: tuple[Language, ...]) -> Book:
    """Return a book of ``count`` units in the given languages, every layout detail drawn from the seed."""
    rng = random.Random(f"book-{seed}-{languages}")
    style = _style(rng, languages)
    sources = units(seed, count, languages)
    blocks: list[Block] = _front_matter(languages[0], sources)
    truth = []
    for source in sources:
        table, statements = _unit_table(source, style, rng)
        heading = {"en": "Unit of Competency", "zh-Hant": "能力單元", "zh-Hans": "能力单元"}[languages[0]]
        blocks += [Para(text=heading, size=12, bold=True, center=True), table]
        if style.unit_pages:
            blocks.append(Break())
        truth.append(truth_unit(source, statements))
    language = "zh-Hans" if "zh-Hans" in languages else "zh-Hant" if "zh-Hant" in languages else "en"
    doc = Doc(blocks=tuple(blocks), running_head=_FRONT[languages[0]][0], language=language, seed=seed)
    return Book(doc=doc, truth=tuple(truth))
