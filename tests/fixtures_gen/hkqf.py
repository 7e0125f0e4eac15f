"""The Qualifications Framework's JSON of an industry: records with HTML fragments, one document a language."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from html import escape
from typing import Any

from matcher.schema import Language, Statement, Unit
from tests.fixtures_gen.content import Source, units

_SUFFIX: dict[Language, str] = {"en": "Eng", "zh-Hant": "Chi", "zh-Hans": "Sc"}
_BLOCKS = {
    "en": ("Knowledge", "Application"),
    "zh-Hant": ("相關知識", "應用及程序"),
    "zh-Hans": ("相关知识", "应用及程序"),
}
_OPENING = {
    "en": "The integrated outcome requirements of this unit of competency are:",
    "zh-Hant": "此能力單元的綜合成效要求為：",
    "zh-Hans": "此能力单元的综合成效要求为：",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    """One document a language, and the truth about their units joined."""

    documents: dict[Language, str]
    truth: tuple[Unit, ...]


def _list(texts: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def _record(
    source: Source, language: Language, rng: random.Random, areas: list[str]
) -> tuple[list[dict[str, Any]], list[Statement]]:
    suffix = _SUFFIX[language]
    knowledge, skills = list(source.of("knowledge", language)), list(source.of("skill", language))
    attitude, outcomes = list(source.of("attitude", language)), list(source.of("outcome", language))
    truth = [
        Statement(role="title", language=language, text=source.of("title", language)[0]),
        Statement(role="range", language=language, text=source.of("range", language)[0]),
        *(Statement(role="knowledge", language=language, text=text) for text in knowledge),
    ]
    heads = _BLOCKS[language]
    nested = ""
    if len(skills) > 3:
        # A list in a list: the lead and its parts are one statement.
        lead, parts = skills[0].rstrip(".。"), skills[1:3]
        end, joint = (":", "; ") if language == "en" else ("：", "；")
        whole = lead + end + (" " if language == "en" else "") + joint.join(parts)
        nested = f"<ul><li>{escape(lead)}{end}{_list(parts)}</li>"
        nested += "".join(f"<li>{escape(text)}</li>" for text in skills[3:]) + "</ul>"
        skills = [whole, *skills[3:]]
    truth += [Statement(role="skill", language=language, text=text) for text in skills]
    one = f"<p>6.1 {heads[0]}</p>{_list(knowledge)}<p>6.2 {heads[1]}</p>{nested or _list(skills)}"
    two = ""
    if attitude:
        name = {"en": "Professional Attitude", "zh-Hant": "專業態度", "zh-Hans": "专业态度"}[language]
        two = f"<div><strong>6.3 {name}</strong></div>{_list(attitude)}"
        truth += [Statement(role="attitude", language=language, text=text) for text in attitude]
    truth += [Statement(role="outcome", language=language, text=text) for text in outcomes]
    code, level = source.code.partition("L")[0], source.level
    record = {
        "uoc_code": code,
        "old_uoc_code": f"ZZAGEN{level}{rng.randint(0, 99):02d}A",
        "uoc_version": "1",
        "uoc_rev": "0",
        "uoc_level": int(level),
        "uoc_credit": f"{source.credit:g}",
        f"uocItemDesc{suffix}_Name": escape(truth[0].text),
        f"uocItemDesc{suffix}_Range": f"<p>{escape(truth[1].text)}</p>",
        f"uocItemDesc{suffix}_Competency_1": one,
        f"uocItemDesc{suffix}_Competency_2": two,
        f"uocItemDesc{suffix}_Criteria": f"<p>{_OPENING[language]}</p>{_list(outcomes)}",
    }
    return [{**record, "functional_area": area} for area in areas], truth


def make_industry(seed: int, *, count: int, languages: tuple[Language, ...]) -> Industry:
    """Return the documents of an industry; some units are listed in two areas."""
    rng = random.Random(f"industry-{seed}")
    sources = [source for source in units(seed, 2 * count, languages) if "L" in source.code][:count]
    listings = [["Area A", "Area B"] if rng.random() < 0.4 else ["Area A"] for _ in sources]
    documents: dict[Language, str] = {}
    truth: dict[str, list[Statement]] = {}
    for language in languages:
        records: list[dict[str, Any]] = []
        own = random.Random(f"industry-{seed}-old")
        for source, areas in zip(sources, listings, strict=True):
            made, statements = _record(source, language, own, areas)
            records += made
            truth.setdefault(source.code, []).extend(statements)
        documents[language] = json.dumps({"status": "ok", "data": {"scs": {"units": records}}}, ensure_ascii=False)
    made_units = [
        Unit(code=s.code, version="1", revision="0", level=s.level, credit=s.credit, statements=tuple(truth[s.code]))
        for s in sources
    ]
    return Industry(documents=documents, truth=tuple(made_units))
