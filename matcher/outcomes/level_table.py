"""What a report says that a comparison of two level frames rests on."""

from __future__ import annotations

from matcher.levels import tables_of


def level_table_source(frame_id: str, other_id: str) -> tuple[str, bool]:
    """Return the source of the table that sets two frames beside each other, and whether it is only assumed.

    The source is "" where no table with rows was read.
    """
    for table in tables_of(frame_id, other_id):
        if table.rows and table.source is not None:
            parts = (table.source.title, table.source.publisher, table.source.year)
            return ", ".join(part for part in parts if part), table.kind == "assumption"
    return "", False
