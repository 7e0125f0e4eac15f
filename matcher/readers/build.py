"""Rows of fields to units: HK units of competency and Mainland work contents alike."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from matcher.readers.columns import LANGUAGE_FREE, Side
from matcher.readers.levels import find_level
from matcher.readers.statements import language_of, make_statements, split_cell
from matcher.schema import ContextKind, ContextLabel, Language, Role, Statement, Unit
from matcher.text.normalize import fold

_CREDIT = re.compile(r"^\s*(\d{1,3}(?:\.\d+)?)(?![\d.\-–~/])\s*(.*)$", re.DOTALL)
_FieldRole = Role | Literal["performance"]
_UNIT_FIELDS: tuple[tuple[str, _FieldRole], ...] = (
    ("title", "title"),
    ("range", "range"),
    ("performance", "performance"),
    ("assessment", "outcome"),
)
_WORK_FIELDS: tuple[tuple[str, _FieldRole], ...] = (("work", "title"), ("skills", "skill"), ("knowledge", "knowledge"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A unit from a row, or why there is none; what was repaired on the way."""

    unit: Unit | None
    refused: str = ""
    repairs: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What holds for every row of a file; ``levelled`` is False for lists that give no levels at all (ESCO)."""

    side: Side
    frame: str
    chinese: Language
    levelled: bool = True


def derived_code(fields: Mapping[str, str]) -> str:
    """Return a code for a work content that has none: occupation and level, then a hash of what identifies it.

    The same row has the same code wherever it stands in the file.
    """
    named = ("level", "function", "work", "title", "title_en", "title_zh")
    parts = [" ".join(fold(fields[name]).split()) for name in named if fields.get(name)]
    occupation = fields.get("occupation_code") or fields.get("occupation", "")
    key = "\x1f".join([" ".join(fold(occupation).split()), *parts])
    digest = hashlib.sha256(key.encode("utf-8", errors="replace")).hexdigest()[:8]
    prefix = [re.sub(r"\s+", "", part) for part in (occupation, fields.get("level", "")) if part.strip()]
    return "-".join([*(prefix or ["unit"]), digest])


def _lines(cell: str, field: str, repairs: list[tuple[str, str, str]]) -> tuple[str, ...]:
    kept, dropped = split_cell(cell)
    repairs.extend((f"{field}: opening line left out", line, "") for line in dropped)
    return kept


def _language(field: str, cell: str, chinese: Language) -> Language:
    if field.endswith("_en"):
        return "en"
    return chinese if field.endswith("_zh") else language_of(cell, chinese=chinese)


def _field_statements(
    field: str, cell: str, role: _FieldRole, shape: Shape, repairs: list[tuple[str, str, str]]
) -> list[Statement]:
    """Return the statements of one cell; a title or a range is one statement, line breaks or not."""
    whole = role in ("title", "range")
    lines = tuple(line for line in [" ".join(cell.split())] if line) if whole else _lines(cell, field, repairs)
    out: list[Statement] = []
    for line in lines:
        out.extend(make_statements((line,), role, _language(field, line, shape.chinese)))
    return out


def _statements(fields: Mapping[str, str], shape: Shape, repairs: list[tuple[str, str, str]]) -> tuple[Statement, ...]:
    out: list[Statement] = []
    for base, role in (*_UNIT_FIELDS, *_WORK_FIELDS):
        for field in (base, f"{base}_en", f"{base}_zh"):
            out.extend(_field_statements(field, fields.get(field, ""), role, shape, repairs))
    # The same statement twice in a unit says nothing more; the first stands.
    return tuple(dict.fromkeys(out))


def _context(fields: Mapping[str, str], shape: Shape) -> tuple[ContextLabel, ...]:
    kinds: dict[str, ContextKind] = {
        "industry": "industry",
        "industry_en": "industry",
        "industry_zh": "industry",
        "area": "area",
        "area_en": "area",
        "area_zh": "area",
        "occupation": "occupation",
        "function": "function",
    }
    out = []
    for field, kind in kinds.items():
        cell = fields.get(field, "")
        # One unit can sit in several areas: the area is a set.
        parts = re.split(r"[;；\n]", cell) if kind in ("area", "industry") else [cell]
        for part in parts:
            text = " ".join(part.split())
            if text:
                out.append(ContextLabel(kind=kind, language=_language(field, text, shape.chinese), text=text))
    return tuple(dict.fromkeys(out))


def credit_of(cell: str, repairs: list[tuple[str, str, str]], notes: list[str]) -> float | None:
    """Return a credit cell's number ("3 (for reference only)" is 3); what was left out goes to the two lists."""
    text = cell.strip()
    if not text:
        return None
    found = _CREDIT.match(text)
    if found is None:
        notes.append(f"credit {text!r} is not a number")
        return None
    if found.group(2):
        repairs.append(("credit: number taken", text, found.group(1)))
        notes.append(f"credit as written: {text}")
    return float(found.group(1))


def build_unit(fields: Mapping[str, str], shape: Shape) -> Built:
    """Return the unit of one row.

    Args:
        fields: Our field names to cell texts.
        shape: What holds for every row of the file.
    """
    repairs: list[tuple[str, str, str]] = []
    notes: list[str] = []
    statements = _statements(fields, shape, repairs)
    if not statements:
        return Built(unit=None, refused="no text: neither a title nor a statement")
    code = fields.get("code", "").strip()
    if not code:
        # However a sheet spells a level (五级, 五级/初级工), the code carries the level itself.
        level = find_level(fields.get("level", ""), frame=shape.frame, code="", side=shape.side).level
        code = derived_code({**fields, "level": level or fields.get("level", "")})
    if re.search(r"\s", code):
        tidy = re.sub(r"\s+", "_", code)
        repairs.append(("code: spaces replaced", code, tidy))
        code = tidy
    found = find_level(fields.get("level", ""), frame=shape.frame, code=code, side=shape.side)
    credit = credit_of(fields.get("credit", ""), repairs, notes)
    return Built(
        unit=Unit(
            code=code,
            version="".join(fields.get("version", "").split()),
            revision="".join(fields.get("revision", "").split()),
            level=found.level,
            frame=found.frame,
            credit=credit,
            occupation_code=fields.get("occupation_code", "").strip(),
            context=_context(fields, shape),
            statements=statements,
            remarks=fields.get("remarks", "").strip(),
            notes=(*(found.notes if shape.levelled else ()), *notes),
        ),
        repairs=tuple(repairs),
    )


def chinese_cells(fields: Mapping[str, str]) -> list[str]:
    """Return the cells by which a file's Chinese script is told."""
    wanted = ("work", "skills", "knowledge", "function", "occupation", *LANGUAGE_FREE)
    return [cell for field, cell in fields.items() if field in wanted or field.endswith("_zh")]
