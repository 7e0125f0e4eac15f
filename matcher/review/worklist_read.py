"""Read a work list that came back: what was entered, by the hidden ids, whatever else was done to the sheet."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.export.workbook import MAX_CELL
from matcher.readers.tables import Row, Table, read_tables
from matcher.review.run import Run, unpack_run
from matcher.review.sheet_words import HEADINGS, ID_HEADING, NAME_LABEL, Purpose
from matcher.review.words import VERDICT_WORDS, Shown, parse_relation, parse_verdict
from matcher.review.worklist_book import FILL_COLUMNS, FORMAT, FORMAT_VERSION, HIDDEN_SHEET, checksum, digest
from matcher.store import Relation, Verdict
from matcher.text.normalize import fold

# A run unpacked: far above the whole of Hong Kong with ten candidates a unit.
MAX_RUN_BYTES = 1_000_000_000
_HEAD_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row with a verdict; ``row`` is its number in the sheet as it came back."""

    row: int
    id: str
    subject: str
    object: str
    verdict: Verdict
    relation: Relation
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A list that came back.

    ``faults`` are rows that say something that cannot be kept as it stands: nothing is imported while there are any.
    ``edited`` are changes to the machine's cells and ``notes`` other things seen; neither changes what is kept.
    """

    list_id: str
    purpose: Purpose
    run: Run
    payload: bytes
    reviewer: str
    blind: bool
    rows: int
    missing: int
    entries: tuple[Entry, ...]
    faults: tuple[str, ...]
    edited: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manifest:
    head: Mapping[str, Any]
    rows: Mapping[str, tuple[str, str, tuple[str, ...]]]
    payload: bytes
    run: Run


def read_worklist(path: Path) -> Returned:
    """Read a work list.

    Raises:
        InputError: The file is no work list, or its headings or its hidden sheet cannot be used.
    """
    tables = {table.sheet: table for table in read_tables(path, formulas=True)}
    if HIDDEN_SHEET not in tables:
        raise InputError(
            "is no work list of this program", where=str(path), expected="a workbook that `matcher worklist` wrote",
            do="send back the file itself: saved as .xlsx, not copied into another workbook",
        )  # fmt: skip
    manifest = _manifest(tables[HIDDEN_SHEET], f"{path}, hidden sheet")
    for table in tables.values():
        for position, row in enumerate(table.rows[:_HEAD_ROWS]):
            if ID_HEADING in row.cells:
                where = f"{path}, sheet {table.sheet}"
                columns = _columns(row, f"{where}, row {row.number}")
                return _returned(table.rows[position + 1 :], columns, manifest, where, _name(tables))
    raise InputError(
        f"the heading {ID_HEADING!r} is missing", where=str(path), expected="the heading row as it was sent",
        do="undo the change of the heading row, or fill in a fresh copy of the list",
    )  # fmt: skip


def _manifest(table: Table, where: str) -> _Manifest:
    records = [tuple(cell for cell in row.cells) for row in table.rows if row.cells]
    damaged = InputError(
        "was changed or damaged",
        where=where,
        expected="the sheet as it was sent",
        do="fill in a fresh copy of the list",
    )
    try:
        head = json.loads(records[0][1])
        if head.get("format") != FORMAT or head.get("version") != FORMAT_VERSION:
            raise InputError(
                f"is of format version {head.get('version')}", where=where, expected=str(FORMAT_VERSION),
                do="use the version of the program that wrote the list",
            )  # fmt: skip
        if records[-1] != ("sum", checksum(records[:-1])):
            raise damaged
        rows: dict[str, tuple[str, str, tuple[str, ...]]] = {}
        for record in records:
            if record[0] == "row":
                subject, object_id = json.loads(record[2])
                rows[record[1]] = (str(subject), str(object_id), tuple(record[3].split()))
        packed = base64.b64decode("".join(record[1] for record in records if record[0] == "run"), validate=True)
        unpacker = zlib.decompressobj()
        payload = unpacker.decompress(packed, MAX_RUN_BYTES)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise damaged
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, binascii.Error, zlib.error) as error:
        raise damaged from error
    run = unpack_run(payload, where=where)
    if run.id != head.get("run"):
        raise damaged
    return _Manifest(head=head, rows=rows, payload=payload, run=run)


def _heading_keys() -> dict[str, str]:
    return {_heading(word): name for words in HEADINGS.values() for name, word in words.items()}


def _heading(text: str) -> str:
    return " ".join(fold(text).split())


def _columns(row: Row, where: str) -> dict[str, int]:
    """Return where each column is, wherever it was moved to."""
    known = {**_heading_keys(), _heading(ID_HEADING): "id"}
    found: dict[str, int] = {}
    for number, text in enumerate(row.cells):
        name = known.get(_heading(text))
        if name in found:
            raise InputError(f"the heading {text!r} is there twice", where=where, do="remove the column you added")
        if name is not None:
            found[name] = number
    for name in FILL_COLUMNS:
        if name not in found:
            wanted = " or ".join(repr(words[name]) for words in HEADINGS.values())
            raise InputError("a heading was changed or removed", where=where, expected=wanted, do="write it again")
    return found


def _name(tables: Mapping[str, Table]) -> str:
    """Return the name written on the guide's sheet beside its label, or ""."""
    labels = {_heading(label) for label in NAME_LABEL.values()}
    for table in tables.values():
        for row in table.rows[:_HEAD_ROWS]:
            if len(row.cells) > 1 and _heading(row.cells[0]) in labels:
                return row.cells[1].strip()
    return ""


def _returned(
    rows: Sequence[Row], columns: Mapping[str, int], manifest: _Manifest, where: str, written: str
) -> Returned:
    seen: dict[str, Entry | None] = {}
    first: dict[str, int] = {}
    faults: list[str] = []
    edited: list[str] = []
    notes: list[str] = []
    for row in rows:
        place = f"{where}, row {row.number}"
        row_id = _cell(row, columns["id"])
        said = tuple(_cell(row, columns[name]) for name in FILL_COLUMNS)
        if row_id not in manifest.rows:
            if any(said):
                faults.append(
                    f"{place}: the row is not one of the list's; write the verdict in the candidate's own row"
                )
            elif any(cell.strip() for cell in row.cells):
                notes.append(f"{place}: a row that is not one of the list's was passed over")
            continue
        subject, object_id, digests = manifest.rows[row_id]
        edited += _edits(row, columns, manifest.head["columns"], digests, place)
        entry = _entry(row.number, row_id, (subject, object_id), said, place)
        if isinstance(entry, str):
            faults.append(entry)
            continue
        before = seen.get(row_id)
        if before and entry and _said(before) != _said(entry):
            faults.append(f"{place}: a copy of row {before.row} with another verdict, relation or comment; keep one")
        if row_id in first:
            notes.append(f"{place}: a copy of row {first[row_id]}")
        first.setdefault(row_id, row.number)
        seen[row_id] = before or entry
    entries = tuple(entry for entry in seen.values() if entry is not None)
    found = {entry.subject for entry in entries if entry.verdict in ("accept", "partly")}
    notes += [
        f"{where}, row {entry.row}: no counterpart, yet a candidate of {entry.subject} is accepted"
        for entry in entries
        if entry.verdict == "no_counterpart" and entry.subject in found
    ]
    return Returned(
        list_id=str(manifest.head["list"]),
        purpose="adjudicate" if manifest.head.get("purpose") == "adjudicate" else "review",
        run=manifest.run,
        payload=manifest.payload,
        reviewer=str(manifest.head["reviewer"]) or written,
        blind=bool(manifest.head["options"]["blind"]),
        rows=len(manifest.rows),
        missing=len(manifest.rows.keys() - first.keys()),
        entries=entries,
        faults=tuple(faults),
        edited=tuple(edited),
        notes=tuple(notes),
    )


def _cell(row: Row, column: int) -> str:
    return row.cells[column].strip() if column < len(row.cells) else ""


def _said(entry: Entry) -> tuple[str, str, str]:
    return (entry.verdict, entry.relation, entry.comment)


def _edits(
    row: Row, columns: Mapping[str, int], names: Sequence[str], digests: Sequence[str], place: str
) -> Iterator[str]:
    for name, wanted in zip(names, digests, strict=True):
        if name not in columns:
            continue
        text = _cell(row, columns[name])
        if digest(text) != wanted and digest(_number(text)) != wanted:
            yield f"{place}, column {name}: the text was changed to {text[:60]!r}; the change is not kept"


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _entry(number: int, row_id: str, pair: tuple[str, str], said: Sequence[str], place: str) -> Entry | str | None:
    """Return what a row says, None where it says nothing, or what is wrong with it."""
    verdict_text, relation_text, comment = said
    if not any(said):
        return None
    words: Mapping[Shown, Mapping[Verdict, str]] = VERDICT_WORDS
    choices = ", ".join(f"{en} / {words['zh'][verdict]}" for verdict, en in words["en"].items())
    if not verdict_text:
        return f"{place}: a relation or comment without a verdict; choose one (Unsure keeps the comment)"
    verdict = parse_verdict(verdict_text)
    if verdict is None:
        return f"{place}, column verdict: {verdict_text[:40]!r}; expected one of {choices}"
    if (verdict == "no_counterpart") != (pair[1] == ""):
        if pair[1]:
            return f"{place}, column verdict: no counterpart is said in the unit's own (shaded) row"
        return f"{place}, column verdict: the unit's own (shaded) row takes No counterpart only"
    relation: Relation | None = parse_relation(relation_text) if relation_text else ""
    if relation is None:
        return f"{place}, column relation: {relation_text[:40]!r}; expected exact, close, broad, narrow or related"
    if len(comment) > MAX_CELL:
        return f"{place}, column comment: {len(comment)} characters; expected at most {MAX_CELL}"
    return Entry(
        row=number, id=row_id, subject=pair[0], object=pair[1], verdict=verdict, relation=relation, comment=comment
    )
