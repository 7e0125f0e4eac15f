"""Level frames and tables as people read them: records for JSON, words in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from matcher.levels import (
    Level,
    LevelFrame,
    LevelSource,
    LevelTable,
    level_frames,
    level_tables,
    table_kind,
    tables_of,
)
from matcher.schema import Framework

Shown = Literal["en", "zh"]
# What a pair of frames is where the data holds nothing of it.
UNKNOWN = "unknown"
KINDS = {
    "en": {
        "published": "published table",
        "unread": "known, not read: an empty table",
        "none-found": "none found: an empty table",
        "assumption": "this project's assumption, not a table of the frameworks",
        UNKNOWN: "no table is known here: an empty table",
    },
    "zh": {
        "published": "已发布的对照表",
        "unread": "已知但未读到：空表",
        "none-found": "未找到：空表",
        "assumption": "本项目的假定，并非两个框架的对照表",
        UNKNOWN: "此处未知有对照表：空表",
    },
}
STANDING = {
    "en": "Every study says that a comparison of levels gives no qualification an automatic standing elsewhere. "
    "What is shown here is indicative, for experts.",
    "zh": "各项研究均写明：级别的比较不会使任何资历在别处自动取得地位。以上内容仅供专家参考。",
}
SEPARATE = {
    "en": "No table is made from two others: only what one source sets side by side is shown.",
    "zh": "不由两张对照表推算第三张：只显示同一来源并列的级别。",
}


def level_basis(subjects: Framework, objects: Framework, shown: Shown) -> str:
    """Return on what the levels of two frameworks are compared, in a sentence; "" where one side has no levels.

    A published table is named, the project's assumption is called one, and what was not read is said to be empty.
    """
    left, right = (level_frames().get(side.header.level_frame) for side in (subjects, objects))
    levelled = all(any(unit.level for unit in side.units) for side in (subjects, objects))
    if left is None or right is None or left.id == right.id or not levelled:
        return ""
    kind = table_kind(left.id, right.id)
    names = f"{left.names[0]} - {right.names[0]}"
    words = KINDS[shown][kind or UNKNOWN]
    if kind == "published":
        source = next(table.source for table in tables_of(left.id, right.id) if table.kind == kind)
        year = source.year if source else ""
        return f"Levels, {names}: {words}, {year}." if shown == "en" else f"级别（{names}）：{words}，{year}。"
    return f"Levels, {names}: {words}." if shown == "en" else f"级别（{names}）：{words}。"


def level_words(level: Level) -> dict[str, str]:
    """Return a level's words in English and in Chinese."""
    return {"id": level.id, "en": level.label("en"), "zh": level.label("zh-Hans")}


def source_record(source: LevelSource | None) -> dict[str, str] | None:
    """Return a source as a record: title, publisher, year, passage."""
    if source is None:
        return None
    return {"title": source.title, "publisher": source.publisher, "year": source.year, "passage": source.passage}


def frame_record(frame: LevelFrame) -> dict[str, Any]:
    """Return a frame with its levels, lowest first, and its source."""
    return {
        "id": frame.id,
        "title": {"en": frame.title, "zh": frame.title_zh},
        "jurisdiction": frame.jurisdiction,
        "levels": [level_words(level) for level in frame.levels],
        "source": source_record(frame.source),
    }


def table_record(table: LevelTable, left: LevelFrame, right: LevelFrame) -> dict[str, Any]:
    """Return a table as two of its frames see it: lines of the source, what it has no agreement on, notes, source."""
    own, other = table.frames.index(left.id), table.frames.index(right.id)
    return {
        "kind": table.kind,
        "rows": [{"from": list(row[own]), "to": list(row[other])} for row in table.rows],
        "no_agreement": [
            {"frame": frame, "level": level} for frame, level in table.no_agreement if frame in (left.id, right.id)
        ],
        "note": {"en": table.note, "zh": table.note_zh},
        "source": source_record(table.source),
    }


def comparison_record(left: LevelFrame, right: LevelFrame, level: Level | None = None) -> dict[str, Any]:
    """Return what is known of two frames side by side; with a level, what every table sets beside it.

    A pair that the data does not hold is said to be unknown, with an empty table.
    """
    tables = tables_of(left.id, right.id) if left.id != right.id else ()
    records = [table_record(table, left, right) for table in tables]
    if not records:
        records = [{"kind": UNKNOWN, "rows": [], "no_agreement": [], "note": {"en": "", "zh": ""}, "source": None}]
    for record in records:
        if level is not None:
            beside = {found for row in record["rows"] if level.id in row["from"] for found in row["to"]}
            record["beside"] = [level_words(found) for found in right.levels if found.id in beside]
    return {
        "from": left.id,
        "to": right.id,
        "level": level_words(level) if level else None,
        "tables": records,
        "standing": STANDING,
    }


def overview_record() -> dict[str, Any]:
    """Return every frame and every table."""
    frames = level_frames()
    return {
        "frames": [frame_record(frame) for frame in frames.values()],
        "tables": [
            {
                "frames": list(table.frames),
                "kind": table.kind,
                "rows": [list(map(list, row)) for row in table.rows],
                "no_agreement": [list(pair) for pair in table.no_agreement],
                "note": {"en": table.note, "zh": table.note_zh},
                "source": source_record(table.source),
            }
            for table in level_tables()
        ],
        "standing": STANDING,
    }


def named_levels(frame: LevelFrame, ids: Sequence[str], shown: Shown) -> str:
    """Return the words of some levels of a frame, in the order given."""
    language: Literal["en", "zh-Hans"] = "en" if shown == "en" else "zh-Hans"
    known = (frame.level(level_id) for level_id in ids)
    return " / ".join(level.label(language) for level in known if level is not None)
