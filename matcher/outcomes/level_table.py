"""What a table of levels rests on, in words."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from matcher.resources import read_text

# Marks of a table that the project assumes until a published one is read.
_ASSUMED = ("assumed", "assumption")


def level_table_source(frame_id: str, other_id: str) -> tuple[str, bool]:
    """Return the source of the table with rows that sets two frames beside each other, and whether it is only assumed.

    The source is "" where no table with rows was read.
    """
    for table in tomllib.loads(read_text("levels.toml"))["tables"]:
        if table.get("rows") and {frame_id, other_id} <= set(table["frames"]):
            assumed = table.get("kind", table.get("note")) in _ASSUMED
            return _words(table["source"]), assumed
    return "", False


def _words(source: str | Mapping[str, Any]) -> str:
    """Return a source as one line: a sentence, or a record of title, publisher, year and passage."""
    if isinstance(source, str):
        return source
    return ", ".join(str(source[name]) for name in ("title", "publisher", "year", "passage") if source.get(name))
