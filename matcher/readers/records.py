"""Files to records: every row of a spreadsheet, or every JSON line, as our field names with text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.columns import STATEMENT_FIELDS, SYNONYMS, heading_key, is_usable, recognise
from matcher.readers.encoding import decode
from matcher.readers.mapping import ColumnMap
from matcher.readers.tables import MAX_CELL, MAX_ROWS, Row, Table, read_bytes, read_tables

_EXPECTED = "a heading row with columns such as code, level, title_en, performance_en or 编号, 等级, 工作内容, 技能要求"
# Heading rows are looked for this far down: users put a title or a note above the table.
HEADING_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row: where it stands, and its fields."""

    sheet: str
    row: int
    fields: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """All rows of a file, the fields its headings gave, and notes about the file."""

    records: tuple[Record, ...]
    fields: tuple[str, ...]
    notes: tuple[str, ...] = ()


def _mapped_columns(headings: Sequence[str], column_map: ColumnMap) -> dict[int, str]:
    if not column_map.names_columns:
        return recognise(headings)
    by_key = {heading_key(heading): number for number, heading in reversed(list(enumerate(headings)))}
    if _missing(headings, column_map):
        return {}
    found = {by_key[heading_key(heading)]: field for field, wanted in column_map.columns.items() for heading in wanted}
    for field, spellings in column_map.any.items():
        number = next((by_key[key] for key in map(heading_key, spellings) if key in by_key), None)
        if number is not None:
            found.setdefault(number, field)
    return found


def _missing(headings: Sequence[str], column_map: ColumnMap) -> list[str]:
    """Return the headings of the map that a row lacks."""
    present = {heading_key(heading) for heading in headings}
    return [h for wanted in column_map.columns.values() for h in wanted if heading_key(h) not in present]


def _heading(table: Table, column_map: ColumnMap) -> tuple[int, dict[int, str]] | None:
    """Return the position of the heading row (the one that names most fields) and its columns."""
    best: tuple[int, dict[int, str]] | None = None
    for position, row in enumerate(table.rows[:HEADING_ROWS]):
        columns = _mapped_columns(row.cells, column_map)
        filled = [field for field, source in column_map.fill.items() if source in columns.values()]
        if is_usable((*columns.values(), *filled)) and (best is None or len(columns) > len(best[1])):
            best = (position, columns)
    return best


def _is_comment(row: Row, mark: str) -> bool:
    first = next((cell for cell in row.cells if cell.strip()), "")
    return bool(mark) and first.startswith(mark)


def _value(field: str, cell: str, column_map: ColumnMap) -> str:
    table = column_map.values.get(field, {})
    return table.get(cell.strip(), cell)


def _row_fields(cells: Sequence[str], columns: Mapping[int, str], column_map: ColumnMap) -> dict[str, str]:
    fields: dict[str, str] = {}
    for number, field in columns.items():
        cell = _value(field, cells[number], column_map) if number < len(cells) else ""
        if cell.strip():
            fields[field] = _joined(field, fields.get(field), cell)
    return _filled(fields, column_map)


def join_rows(records: Sequence[Record]) -> list[Record]:
    """Join the rows of one unit: rows that share a code, and rows without one below it (merged cells of a workbook).

    Statements stand below one another; of every other field the first that is filled stands. A row that says otherwise
    of such a field is left alone, so that the report lists it as a second unit of that code.
    """
    out: list[Record] = []
    places: dict[str, int] = {}
    for record in records:
        code = record.fields.get("code", "").strip()
        place = places.get(code) if code else len(out) - 1 if out else None
        if place is None or not _agree(out[place], record):
            places.setdefault(code, len(out))
            out.append(record)
            continue
        fields = dict(out[place].fields)
        for field, text in record.fields.items():
            if field.partition("_")[0] in STATEMENT_FIELDS and field in fields:
                old = fields[field].split("\n")
                fields[field] = "\n".join([*old, *(line for line in text.split("\n") if line not in old)])
            else:
                fields.setdefault(field, text)
        out[place] = replace(out[place], fields=fields)
    return out


def _agree(first: Record, second: Record) -> bool:
    return not (first.fault or second.fault) and all(
        first.fields.get(field, text).strip() == text.strip()
        for field, text in second.fields.items()
        if field.partition("_")[0] not in STATEMENT_FIELDS
    )


def _joined(field: str, before: str | None, cell: str) -> str:
    """Return a field's text with one more column of it: statements stay lines of their own."""
    if before is None:
        return cell
    return f"{before}\n{cell}" if field.partition("_")[0] in STATEMENT_FIELDS else f"{before} {cell}"


def _filled(fields: dict[str, str], column_map: ColumnMap) -> dict[str, str]:
    for field, source in column_map.fill.items():
        if not fields.get(field) and fields.get(source):
            fields[field] = fields[source]
    return fields


def records_of_table(path: Path, column_map: ColumnMap) -> Records:
    """Return the records of a spreadsheet: the first sheet with a usable heading row.

    Raises:
        InputError: No sheet has one.
    """
    seen: list[str] = []
    nearest_miss = "every column of the map"
    fewest = sum(map(len, column_map.columns.values()))
    for table in read_tables(path, comment=column_map.comment):
        if column_map.sheet and table.sheet != column_map.sheet:
            seen.append(f"sheet {table.sheet}")
            continue
        rows = tuple(row for row in table.rows if not _is_comment(row, column_map.comment))
        table = Table(sheet=table.sheet, rows=rows, notes=table.notes)
        heading = _heading(table, column_map)
        if heading is None:
            for row in rows[:HEADING_ROWS]:
                missing = _missing(row.cells, column_map)
                if len(missing) < fewest:
                    fewest, nearest_miss = len(missing), f"the column {', '.join(missing)}"
            first = next((row.cells for row in rows if any(cell.strip() for cell in row.cells)), ())
            seen.append(", ".join(cell.strip()[:30] for cell in first[:12] if cell.strip()) or "nothing")
            continue
        position, columns = heading
        found = []
        for row in rows[position + 1 :]:
            fields = _row_fields(row.cells, columns, column_map)
            if any(cell.strip() for cell in row.cells):
                found.append(Record(sheet=table.sheet, row=row.number, fields=fields))
        notes = list(table.notes)
        if column_map.join:
            rows_found = len(found)
            found = join_rows(found)
            notes.append(f"{rows_found} rows make {len(found)} units: rows that share a code are one")
        if table.sheet:
            notes.append(f"read the sheet {table.sheet!r}")
        unused = [c.strip() for n, c in enumerate(rows[position].cells) if n not in columns and c.strip()]
        if unused:
            notes.append(f"columns not used: {', '.join(unused)[:200]}")
        used = dict.fromkeys([*columns.values(), *(f for f in column_map.fill if any(r.fields.get(f) for r in found))])
        return Records(records=tuple(found), fields=tuple(used), notes=tuple(notes))
    wanted = _EXPECTED
    if column_map.columns:
        wanted = "the columns of the map: " + ", ".join(h for headings in column_map.columns.values() for h in headings)
        raise InputError(
            f"lacks {nearest_miss} (found: {'; '.join(seen)[:200] or 'no rows'})",
            where=str(path),
            expected=wanted,
            do="correct the map or the headings",
        )
    if column_map.any:
        texts = [spellings[0] for field, spellings in column_map.any.items() if is_usable([field])]
        wanted = "one of the map's headings for text: " + ", ".join(texts)
    raise InputError(
        f"no usable column (found: {'; '.join(seen)[:200] or 'no rows'})",
        where=str(path),
        expected=wanted,
        do="rename the headings, or give a column map with --map",
    )


def _json_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(map(_json_text, value))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError("a value is no text", expected="texts or lists of texts")
    text = str(value)
    if len(text) > MAX_CELL:
        raise InputError(f"a text is longer than {MAX_CELL} characters", do="check it")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError("a text holds half a character (a lone surrogate)", do="save the file again")
    return text


def _json_fields(value: Mapping[str, object], keys: Mapping[str, str], column_map: ColumnMap) -> dict[str, str]:
    fields: dict[str, str] = {}
    for key, item in value.items():
        field = keys.get(heading_key(key))
        cell = _json_text(item) if field is not None else ""
        if field is not None and cell.strip() and (field not in fields or column_map.columns):
            fields[field] = _joined(field, fields.get(field), _value(field, cell, column_map))
    return fields


def records_of_json_lines(path: Path, column_map: ColumnMap) -> Records:
    """Return the records of JSON lines whose keys are column names; lists are statements.

    Raises:
        InputError: A line is not a JSON object, or no key is known.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    keys = {heading_key(name): field for field, names in reversed(list(SYNONYMS.items())) for name in (field, *names)}
    if column_map.names_columns:
        sections = (column_map.any, column_map.columns)
        keys = {heading_key(h): field for named in sections for field, found in named.items() for h in reversed(found)}
    records = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError("is not JSON", where=where, expected="one JSON object a line", do="correct it") from error
        if not isinstance(value, dict) or number > MAX_ROWS:
            raise InputError("is not a JSON object", where=where, expected="one JSON object a line", do="correct it")
        try:
            fields = _json_fields(value, keys, column_map)
        except InputError as error:
            records.append(Record(sheet="", row=number, fields={}, fault=error.what))
        else:
            records.append(Record(sheet="", row=number, fields=_filled(fields, column_map)))
    used = tuple(dict.fromkeys(field for record in records for field in record.fields))
    if not is_usable(used):
        raise InputError("no usable key", where=str(path), expected=_EXPECTED, do="rename the keys, or use --map")
    return Records(records=tuple(records), fields=used, notes=notes)
