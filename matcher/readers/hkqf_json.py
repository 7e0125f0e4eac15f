"""The Qualifications Framework's JSON of an industry: HTML fragments to statements, nesting kept; languages by key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.readers.blocks import Line
from matcher.readers.encoding import decode
from matcher.readers.html_tree import element_lines, parse_html
from matcher.readers.levels import level_in_code
from matcher.readers.options import ReadOptions
from matcher.readers.report import Check, ReadResult
from matcher.readers.scs.labels import Field
from matcher.readers.scs.read import collect
from matcher.readers.scs.tables import RawUnit
from matcher.readers.tables import read_bytes
from matcher.schema import LANGUAGES, Language

MAX_UNITS = 100_000
# uocItemDescEng_Competency_1: the language after Desc, the field behind the first underscore, parts numbered.
_ITEM = re.compile(r"^uocItemDesc([A-Za-z]+?)_([A-Za-z]+)(?:_(\d+))?$")
_LANGUAGE: Mapping[str, Language] = {
    "eng": "en", "en": "en",
    "chi": "zh-Hant", "tc": "zh-Hant", "cht": "zh-Hant", "trad": "zh-Hant", "zh": "zh-Hant",
    "sc": "zh-Hans", "chs": "zh-Hans", "simp": "zh-Hans",
}  # fmt: skip
_FIELD: Mapping[str, Field] = {
    "name": "title", "title": "title", "range": "range", "competency": "performance", "performance": "performance",
    "criteria": "assessment", "assessment": "assessment", "remark": "remarks", "remarks": "remarks", "area": "area",
    "functionalarea": "area", "industry": "industry",
}  # fmt: skip
_PLAIN: Mapping[str, tuple[Field, Language | None]] = {
    "uoc_title": ("title", None), "uoc_name": ("title", None), "uoc_title_eng": ("title", "en"),
    "uoc_name_eng": ("title", "en"), "uoc_title_chi": ("title", "zh-Hant"), "uoc_name_chi": ("title", "zh-Hant"),
    "functional_area": ("area", None), "uoc_area": ("area", None), "area_name": ("area", None),
}  # fmt: skip


def unit_records(data: object) -> Iterator[Mapping[str, Any]]:
    """Yield every object with a ``uoc_code``, however deep, in the order of the document; never recursive."""
    stack = [data]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if isinstance(value.get("uoc_code"), str | int):
                yield value
            stack.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            stack.extend(reversed(value))


def fragment_lines(text: str, *, where: str) -> list[Line]:
    """Return the lines of an HTML fragment, or of plain text."""
    if not re.search(r"<[a-zA-Z/!]", text):
        # A text without tags can still write its apostrophes as entities.
        plain = [" ".join(line.split()) for line in unescape(text).splitlines()]
        return [Line(text=line) for line in plain if line]
    return list(element_lines(parse_html(text, where=where)))


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _raw(record: Mapping[str, Any], number: int, where: str) -> RawUnit:
    parts: dict[tuple[Field, int, int], str] = {}
    for key, value in record.items():
        text = _text(value)
        if not text:
            continue
        item = _ITEM.match(key)
        plain = _PLAIN.get(key.lower())
        if item and item.group(2).lower() in _FIELD:
            language = _LANGUAGE.get(item.group(1).lower(), "en")
            parts[_FIELD[item.group(2).lower()], LANGUAGES.index(language), int(item.group(3) or 0)] = text
        elif plain is not None:
            parts.setdefault((plain[0], LANGUAGES.index(plain[1] or "en"), 0), text)
    fields: dict[Field, list[Line]] = {}
    for (field, _, _), text in sorted(parts.items()):
        fields.setdefault(field, []).extend(fragment_lines(text, where=where))
    level = re.sub(r"\D", "", _text(record.get("uoc_level")))[:1]
    code = _text(record.get("uoc_code"))
    # The service keeps the six digits and the level apart; everywhere else they are one code, 105353L1.
    whole = f"{code}L{level}" if re.fullmatch(r"\d{6}", code) and level else code
    fields["code"] = [Line(text=whole)]
    fields["level"] = [Line(text=level)] if level else []
    credit = _text(record.get("uoc_credit"))
    fields["credit"] = [Line(text=credit)] if credit else []
    old = _text(record.get("old_uoc_code"))
    area = "; ".join(line.text for line in fields.pop("area", []))
    return RawUnit(
        page=0,
        row=number,
        fields={field: tuple(lines) for field, lines in fields.items()},
        area=area,
        version=_text(record.get("uoc_version")),
        revision=_text(record.get("uoc_rev")),
        old_code=old,
    )


def read_hkqf_json(path: Path, options: ReadOptions) -> ReadResult:
    """Read one document of the service.

    Raises:
        InputError: It is not JSON, or holds no unit.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "is not JSON", where=str(path), expected="one JSON document", do="download it again"
        ) from error
    raws = []
    for number, record in enumerate(unit_records(data), 1):
        if number > MAX_UNITS:
            raise InputError(f"has more than {MAX_UNITS} units", where=str(path), do="split it")
        raws.append(_raw(record, number, str(path)))
    if not raws:
        raise InputError(
            "holds no unit",
            where=str(path),
            expected="objects with uoc_code",
            do="download the industry's record again",
        )
    result = collect(raws, path, options, reader="hkqf-json", pages=0)
    report = replace(
        result.report, notes=(*notes, *result.report.notes), checks=(*result.report.checks, *_old(raws, path))
    )
    return replace(result, report=report)


def _old(raws: list[RawUnit], path: Path) -> Iterator[Check]:
    """Yield a check for each old code that carries a level."""
    for raw in raws:
        coded = level_in_code(raw.old_code)
        written = raw.fields["level"][0].text if raw.fields["level"] else "none"
        if coded is not None:
            yield Check(
                file=str(path), name=f"{raw.old_code}: level equals the old code's", expected=coded, found=written,
                passed=coded == written,
            )  # fmt: skip
