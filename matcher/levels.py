"""Level frames and the tables that compare them, as data: which levels a framework has, and what a source said of them.

A table that was not read is empty and says so; no table is made from two others.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

from matcher.resources import read_text
from matcher.schema import Language
from matcher.text.normalize import fold

TableKind = Literal["published", "unread", "none-found", "assumption"]
_KINDS = get_args(TableKind)
# The Chinese of a frame that is given by its number of levels; ours, for pages in Chinese.
_NUMBERED = (("en", "Level {n}"), ("zh-Hant", "第{n}級"), ("zh-Hans", "第{n}级"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSource:
    """What a frame or a table rests on."""

    title: str
    publisher: str
    year: str
    passage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level: its id, its words by language, other spellings; ``rank`` 1 is the lowest."""

    id: str
    rank: int
    words: tuple[tuple[Language, str], ...]
    aliases: tuple[str, ...] = ()

    def label(self, *preferred: Language) -> str:
        """Return the level's words in the first preferred language that has them."""
        words = dict(self.words)
        for language in (*preferred, "en", "zh-Hans", "zh-Hant"):
            if language in words:
                return words[language]
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFrame:
    """The levels of one qualifications framework, lowest first, with the source that names them.

    ``names`` are what people call it; in a ``cumulative`` frame a higher level lists additions only.
    """

    id: str
    title: str
    title_zh: str
    jurisdiction: str
    names: tuple[str, ...]
    source: LevelSource
    levels: tuple[Level, ...]
    cumulative: bool = False

    def level(self, level_id: str) -> Level | None:
        """Return the level with this id, or None."""
        return next((level for level in self.levels if level.id == level_id), None)

    def find(self, text: str) -> Level | None:
        """Return the level that a cell's text names (id, words or alias; folded, spaces dropped), or None."""
        key = _key(text)
        for level in self.levels:
            if key in {_key(level.id), *(_key(word) for _, word in level.words), *map(_key, level.aliases)}:
                return level
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTable:
    """Comparable levels as one source sets them side by side.

    A row holds the level ids of each frame in ``frames``, in that order, as one line of the source; ``no_agreement``
    are (frame, level) that the source names as without a comparable one. Only published tables and the project's
    assumptions have rows.
    """

    frames: tuple[str, ...]
    kind: TableKind
    source: LevelSource | None
    rows: tuple[tuple[tuple[str, ...], ...], ...] = ()
    no_agreement: tuple[tuple[str, str], ...] = ()
    note: str = ""
    note_zh: str = ""

    def beside(self, frame_id: str, level_id: str, other_id: str) -> tuple[str, ...]:
        """Return the ids of the other frame's levels that stand in a line with a level."""
        own, other = self.frames.index(frame_id), self.frames.index(other_id)
        return tuple(found for row in self.rows if level_id in row[own] for found in row[other])


def _key(text: str) -> str:
    return "".join(fold(text).split())


def _source(entry: Mapping[str, Any]) -> LevelSource:
    return LevelSource(
        title=str(entry["title"]),
        publisher=str(entry["publisher"]),
        year=str(entry["year"]),
        passage=str(entry["passage"]),
    )


def _numbered(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the levels of a frame that is given by their number; sheets write 4, L4, Level 4, SCQF 4, SCQF level 4."""
    spellings = ["L{n}", *entry.get("aliases", ())]
    for name in entry["names"]:
        spellings += [name + " {n}", name + " level {n}"]
    return [
        {
            "id": str(n),
            "aliases": [spelling.format(n=n) for spelling in spellings],
            **{language: words.format(n=n) for language, words in _NUMBERED},
        }
        for n in range(1, int(entry["count"]) + 1)
    ]


def _frame(frame_id: str, entry: Mapping[str, Any]) -> LevelFrame:
    rows = entry["levels"] if "levels" in entry else _numbered(entry)
    levels = tuple(
        Level(
            id=row["id"],
            rank=rank,
            words=tuple((language, row[language]) for language in ("en", "zh-Hant", "zh-Hans") if language in row),
            aliases=tuple(row["aliases"]),
        )
        for rank, row in enumerate(rows, 1)
    )
    return LevelFrame(
        id=frame_id,
        title=str(entry["title"]),
        title_zh=str(entry["title_zh"]),
        jurisdiction=str(entry["jurisdiction"]),
        names=tuple(entry["names"]),
        source=_source(entry["source"]),
        levels=levels,
        cumulative=bool(entry.get("cumulative", False)),
    )


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return tomllib.loads(read_text("levels.toml"))


@lru_cache(maxsize=1)
def level_frames() -> dict[str, LevelFrame]:
    """Return every level frame of ``matcher/data/levels.toml`` by id."""
    return {frame_id: _frame(frame_id, entry) for frame_id, entry in _data()["frames"].items()}


@lru_cache(maxsize=1)
def level_tables() -> tuple[LevelTable, ...]:
    """Return every table of ``matcher/data/levels.toml``, in the file's order."""
    return tuple(
        LevelTable(
            frames=tuple(entry["frames"]),
            kind=next(kind for kind in _KINDS if kind == entry["kind"]),
            source=_source(entry["source"]) if "source" in entry else None,
            rows=tuple(tuple(map(tuple, row)) for row in entry.get("rows", ())),
            no_agreement=tuple((frame, level) for frame, level in entry.get("no_agreement", ())),
            note=entry["note"],
            note_zh=entry["note_zh"],
        )
        for entry in _data()["tables"]
    )


def tables_of(frame_id: str, other_id: str) -> tuple[LevelTable, ...]:
    """Return what is known of two frames side by side, in either order: published, unread, looked for, assumed."""
    return tuple(table for table in level_tables() if frame_id in table.frames and other_id in table.frames)


def find_frame(name: str) -> LevelFrame | None:
    """Return the frame that a word names (its id or one of its names, folded), or None."""
    key = _key(name)
    return next((frame for frame in level_frames().values() if key in map(_key, (frame.id, *frame.names))), None)


@lru_cache(maxsize=256)
def comparable_levels(frame_id: str, level_id: str | None, other_id: str) -> tuple[Level, ...]:
    """Return the levels of another frame that a table sets beside a level, lowest first; () where none was read.

    Tables hold both ways; in one frame a level stands beside itself. Every table is indicative, the project's
    assumptions among them (``table_kind`` tells which).
    """
    frames = level_frames()
    if level_id is None or frame_id not in frames or other_id not in frames:
        return ()
    if frame_id == other_id:
        found = frames[frame_id].level(level_id)
        return (found,) if found else ()
    wanted = {found for table in tables_of(frame_id, other_id) for found in table.beside(frame_id, level_id, other_id)}
    return tuple(level for level in frames[other_id].levels if level.id in wanted)


def table_kind(frame_id: str, other_id: str) -> TableKind | None:
    """Return where comparable levels of two frames come from: published, an assumption, or why there are none.

    None where the two are one frame, or nothing is known of them.
    """
    kinds = [table.kind for table in tables_of(frame_id, other_id)] if frame_id != other_id else []
    order: Sequence[TableKind] = ("published", "assumption", "unread", "none-found")
    return next((kind for kind in order if kind in kinds), None)


def level_label(frame_id: str, level_id: str | None, *preferred: Language) -> str:
    """Return a level's words for display, the id where the frame does not know it, "" where there is none."""
    if level_id is None:
        return ""
    frame = level_frames().get(frame_id)
    level = frame.level(level_id) if frame else None
    return level.label(*preferred) if level else level_id
