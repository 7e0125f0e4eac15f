"""The small data the package cannot run without, read from ``matcher/data``."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def resource(*parts: str) -> Traversable:
    """Return a file or folder of ``matcher/data``."""
    return files("matcher").joinpath("data", *parts)


def read_text(*parts: str) -> str:
    """Return a data file's text (UTF-8)."""
    return resource(*parts).read_text(encoding="utf-8")
