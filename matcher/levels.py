"""Level frames as data: which levels a framework has, in which order, in which words."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from matcher.resources import read_text
from matcher.schema import Language
from matcher.text.normalize import fold


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
    """The levels of one qualifications framework, lowest first, with the source that names them."""

    id: str
    title: str
    jurisdiction: str
    source: str
    levels: tuple[Level, ...]

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


def _key(text: str) -> str:
    return "".join(fold(text).split())


def _frame(frame_id: str, entry: dict[str, object]) -> LevelFrame:
    rows = entry.get("levels")
    if not isinstance(rows, list):
        count = int(str(entry["count"]))
        rows = [{"id": str(n), "en": f"Level {n}", "aliases": [f"L{n}"]} for n in range(1, count + 1)]
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
        jurisdiction=str(entry["jurisdiction"]),
        source=str(entry["source"]),
        levels=levels,
    )


@lru_cache(maxsize=1)
def level_frames() -> dict[str, LevelFrame]:
    """Return every level frame of ``matcher/data/levels.toml`` by id."""
    data = tomllib.loads(read_text("levels.toml"))
    return {frame_id: _frame(frame_id, entry) for frame_id, entry in data["frames"].items()}


@lru_cache(maxsize=64)
def comparable_levels(frame_id: str, level_id: str | None, other_id: str) -> tuple[Level, ...]:
    """Return the levels of another frame that a table sets beside a level, lowest first; () where none was read.

    Tables hold both ways; in one frame a level stands beside itself. Every table is indicative.
    """
    frames = level_frames()
    if level_id is None or frame_id not in frames or other_id not in frames:
        return ()
    if frame_id == other_id:
        found = frames[frame_id].level(level_id)
        return (found,) if found else ()
    pair, wanted = [frame_id, other_id], []
    for table in tomllib.loads(read_text("levels.toml"))["tables"]:
        if table["frames"] == pair:
            wanted += [row[1] for row in table["rows"] if row[0] == level_id]
        elif table["frames"] == pair[::-1]:
            wanted += [row[0] for row in table["rows"] if row[1] == level_id]
    return tuple(level for level in frames[other_id].levels if level.id in wanted)


def level_label(frame_id: str, level_id: str | None, *preferred: Language) -> str:
    """Return a level's words for display, the id where the frame does not know it, "" where there is none."""
    if level_id is None:
        return ""
    frame = level_frames().get(frame_id)
    level = frame.level(level_id) if frame else None
    return level.label(*preferred) if level else level_id
