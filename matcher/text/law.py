"""Statements that are about the law of one place: ordinances, licences, 安全生产法. They never match by content."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache

from matcher.resources import read_text
from matcher.schema import Statement
from matcher.text.normalize import fold


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads(read_text("local_law.toml"))
    return {family: re.compile(data[family]["pattern"]) for family in ("en", "zh")}


@lru_cache(maxsize=100_000)
def is_local_law(statement: Statement) -> bool:
    """Say whether a statement is tied to the law of its place."""
    pattern = _patterns()["en" if statement.language == "en" else "zh"]
    return pattern.search(fold(statement.text)) is not None
