"""``--map FILE.toml``: which column of a user's sheet is which field, and other spellings of values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.columns import SYNONYMS
from matcher.readers.encoding import decode
from matcher.readers.tables import read_bytes

HEADER_FIELDS = (
    "id",
    "title",
    "jurisdiction",
    "publisher",
    "edition",
    "level_frame",
    "licence",
    "source",
    "retrieved",
)
_SECTIONS = ("columns", "values", "fill", "header", "comment", "sheet")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """A user's column map.

    ``columns`` is our field -> their heading(s), several joined by a space; ``values`` is field -> their value -> ours;
    ``fill`` is field -> the field it is filled from where its cell is empty; ``comment`` starts a line to pass over.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    sheet: str = ""


def _known(name: str, allowed: tuple[str, ...], where: str) -> str:
    if name not in allowed:
        raise InputError(f"{name!r} is not known", where=where, expected=", ".join(allowed), do="correct the map")
    return name


def _text(value: object, where: str) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise InputError("is not a text", where=where, expected="a text in quotation marks", do="correct the map")
    return str(value)


def _table(data: Mapping[str, object], section: str, where: str) -> Mapping[str, object]:
    value = data.get(section, {})
    if not isinstance(value, dict):
        raise InputError(f"{section} is not a table", where=where, expected=f"[{section}]", do="correct the map")
    return value


def read_map(path: Path) -> ColumnMap:
    """Read a column map.

    Raises:
        InputError: The file is not TOML, or names a field or section that does not exist.
    """
    where = str(path)
    text, _ = decode(read_bytes(path), where=where)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"is not TOML ({error})", where=where, do="correct the map; see corpora/README.md") from error
    for section in data:
        _known(section, _SECTIONS, where)
    fields = tuple(SYNONYMS)
    columns = {}
    for name, headings in _table(data, "columns", where).items():
        listed = headings if isinstance(headings, list) else [headings]
        columns[_known(name, fields, f"{where} [columns]")] = tuple(
            _text(h, f"{where} [columns] {name}") for h in listed
        )
    values = {}
    for name, table in _table(data, "values", where).items():
        place = f"{where} [values.{_known(name, fields, f'{where} [values]')}]"
        if not isinstance(table, dict):
            raise InputError("is not a table", where=place, expected="their value = our value", do="correct the map")
        values[name] = {theirs: _text(ours, place) for theirs, ours in table.items()}
    fill = {
        _known(name, fields, f"{where} [fill]"): _known(_text(source, where), fields, f"{where} [fill]")
        for name, source in _table(data, "fill", where).items()
    }
    header = {
        _known(name, HEADER_FIELDS, f"{where} [header]"): _text(value, f"{where} [header]")
        for name, value in _table(data, "header", where).items()
    }
    return ColumnMap(
        columns=columns,
        values=values,
        fill=fill,
        header=header,
        comment=_text(data.get("comment", ""), f"{where} comment"),
        sheet=_text(data.get("sheet", ""), f"{where} sheet"),
    )
