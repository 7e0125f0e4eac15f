"""``--map``: which column of a user's sheet is which field, and other spellings of values; a file, or a shipped map."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.columns import SYNONYMS
from matcher.readers.encoding import decode
from matcher.readers.tables import read_bytes
from matcher.resources import read_text, resource

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
_SECTIONS = ("columns", "any", "values", "fill", "header", "comment", "sheet", "join")
_SHIPPED = "maps"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """A user's column map.

    ``columns`` is our field -> their heading(s), several joined by a space, all of them needed; ``any`` is our field ->
    spellings of one heading, of which the first that a sheet has is read and none is needed; ``values`` is field ->
    their value -> ours; ``fill`` is field -> the field it is filled from where its cell is empty; ``comment`` starts a
    line to pass over; ``join`` makes one unit of the rows that share a code (a sheet with a row a criterion).
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    any: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    sheet: str = ""
    join: bool = False

    @property
    def names_columns(self) -> bool:
        """Whether only the columns that the map names are read."""
        return bool(self.columns or self.any)


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


def shipped_maps() -> tuple[str, ...]:
    """Return the names of the maps that the package ships, for ``--map NAME``."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in resource(_SHIPPED).iterdir()))


def _map_text(path: Path) -> str:
    """Return the text of a map: a file, or a shipped map by its name.

    Raises:
        InputError: It is neither.
    """
    if len(path.parts) == 1 and not path.suffix and not path.exists():
        if path.name not in shipped_maps():
            raise InputError(
                f"there is no map {path.name!r}", where="--map", expected=f"FILE.toml, or {', '.join(shipped_maps())}",
                do="name one of these, or a file",
            )  # fmt: skip
        return read_text(_SHIPPED, f"{path.name}.toml")
    return decode(read_bytes(path), where=str(path))[0]


def _headings(data: Mapping[str, object], section: str, where: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, headings in _table(data, section, where).items():
        listed = headings if isinstance(headings, list) else [headings]
        found[_known(name, tuple(SYNONYMS), f"{where} [{section}]")] = tuple(
            _text(heading, f"{where} [{section}] {name}") for heading in listed
        )
    return found


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise InputError("is neither true nor false", where=where, expected="true or false", do="correct the map")
    return value


def read_map(path: Path) -> ColumnMap:
    """Read a column map: a file, or a shipped map by its name.

    Raises:
        InputError: There is no such map, it is not TOML, or it names a field or section that does not exist.
    """
    where = str(path)
    text = _map_text(path)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"is not TOML ({error})", where=where, do="correct the map; see corpora/README.md") from error
    for section in data:
        _known(section, _SECTIONS, where)
    fields = tuple(SYNONYMS)
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
        columns=_headings(data, "columns", where),
        any=_headings(data, "any", where),
        values=values,
        fill=fill,
        header=header,
        comment=_text(data.get("comment", ""), f"{where} comment"),
        sheet=_text(data.get("sheet", ""), f"{where} sheet"),
        join=_flag(data.get("join", False), f"{where} join"),
    )
