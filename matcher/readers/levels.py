"""The level of a row: found in the right frame, checked against the code; a doubtful level never loses the unit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matcher.levels import level_frames
from matcher.readers.columns import Side

# Old codes carry the level as 7th character, new ones after the L.
_OLD_CODE = re.compile(r"^[A-Z]{6}(\d)\d{2}[A-Z]$")
_NEW_CODE = re.compile(r"^\d{6}L([1-7])$")
_DEFAULT_FRAME = {"HK": "hkqf", "CN": "cn-skill"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFound:
    """A level id (or None), the frame it belongs to where that is not the framework's, and what is doubtful."""

    level: str | None = None
    frame: str | None = None
    notes: tuple[str, ...] = ()


def default_frame(jurisdiction: str) -> str:
    """Return the level frame that a jurisdiction's units use where nothing else is said, or ""."""
    if jurisdiction in _DEFAULT_FRAME:
        return _DEFAULT_FRAME[jurisdiction]
    return next((frame.id for frame in level_frames().values() if frame.jurisdiction == jurisdiction), "")


def level_in_code(code: str) -> str | None:
    """Return the HKQF level that a code carries, or None."""
    found = _OLD_CODE.match(code) or _NEW_CODE.match(code)
    return found.group(1) if found else None


def find_level(text: str, *, frame: str, code: str, side: Side) -> LevelFound:
    """Return a row's level.

    Args:
        text: The level cell.
        frame: The framework's level frame ("" where unknown).
        code: The unit's code.
        side: HK codes carry levels; 初级/中级/高级 alone are the engineering standards' scheme.
    """
    notes: list[str] = []
    level = None
    own_frame = None
    # A number cell of a CSV can read 2.0.
    stripped = re.sub(r"^(\d+)\.0$", r"\1", text.strip())
    known = level_frames()
    if stripped:
        found = known[frame].find(stripped) if frame in known else None
        if found is None and side == "work-contents" and frame == "cn-skill":
            found = known["cn-engineering"].find(stripped)
            own_frame = "cn-engineering" if found else None
        if found is not None:
            level = found.id
        elif frame in known:
            notes.append(f"level {stripped!r} is outside the frame {frame}")
        else:
            level = stripped
            notes.append(f"level {stripped!r} is of an unknown frame")
    else:
        notes.append("level missing")
    coded = level_in_code(code) if frame == "hkqf" else None
    if coded is not None and level is not None and coded != level:
        notes.append(f"level {level} differs from the code's level {coded}")
    return LevelFound(level=level, frame=own_frame, notes=tuple(notes))
