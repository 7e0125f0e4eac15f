"""How to read: what the user said on the command line, and how that overrides what a file says of itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from matcher.errors import InputError
from matcher.levels import level_frames
from matcher.readers.levels import default_frame
from matcher.readers.mapping import HEADER_FIELDS, ColumnMap
from matcher.schema import LANGUAGES, Header, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read: a reader by name, a column map, strictness, and header fields that the user gave (None: not given).

    ``keep_going`` lists a file that cannot be read in the report, in place of ending there.
    """

    reader: str | None = None
    map_file: Path | None = None
    strict: bool = False
    keep_going: bool = False
    id: str | None = None
    title: str | None = None
    jurisdiction: str | None = None
    publisher: str | None = None
    edition: str | None = None
    level_frame: str | None = None
    licence: str | None = None
    source: str | None = None
    retrieved: str | None = None


def overridden(header: Header, options: ReadOptions, column_map: ColumnMap | None = None) -> Header:
    """Return a header in which the user's words come first, then the map's, then the file's.

    Raises:
        InputError: The level frame is not known.
    """
    said = column_map.header if column_map is not None else {}
    fields = {name: getattr(options, name) or said.get(name) for name in HEADER_FIELDS}
    given = {name: value for name, value in fields.items() if value}
    frame = given.get("level_frame")
    if frame is not None and frame not in level_frames():
        raise InputError(
            f"the level frame {frame!r} is not known",
            where="--level-frame",
            expected=", ".join(level_frames()),
            do="choose one of them",
        )
    return Header(
        **{name: given.get(name, getattr(header, name)) for name in HEADER_FIELDS},
        languages=header.languages,
        weights=header.weights,
    )


def with_languages(header: Header, units: tuple[Unit, ...]) -> Header:
    """Return a header with the languages that the units have."""
    present = {language for unit in units for language in unit.languages}
    return replace(header, languages=tuple(language for language in LANGUAGES if language in present))


def frame_for(header: Header) -> str:
    """Return the header's level frame, else that of its jurisdiction."""
    return header.level_frame or default_frame(header.jurisdiction)
