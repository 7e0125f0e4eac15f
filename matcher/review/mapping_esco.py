"""Mappings as a mapping table in CSV, as countries give theirs to ESCO (EURES): a head of facts, then a row a pair.

Columns 1 to 5 are the table's own; what follows keeps the rest of a decision and is empty in tables from elsewhere.
The published tables differ in their headings (URI or ID, capitals): reading goes by the words.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping as Cells
from pathlib import Path

from matcher.errors import InputError
from matcher.export.rows import safe_cell
from matcher.readers.cells import plain_cell
from matcher.readers.encoding import decode
from matcher.readers.tables import MAX_CELL, MAX_ROWS, read_bytes
from matcher.review.mapping import (
    PREDICATES,
    RELATION_OF,
    Item,
    Mapping,
    MappingSet,
    Source,
    checked,
    id_of_uri,
    join_names,
    split_names,
)
from matcher.schema import LANGUAGES, Language
from matcher.store import Relation, Verdict

_FACTS = (
    "Mapping table", "Run", "Version", "Licence", "Classification 1", "Classification 1 version",
    "Classification 1 title", "Classification 2", "Classification 2 version", "Classification 2 title",
)  # fmt: skip
_TITLE = "Comparable units of competency (indicative; no decision on any qualification)"
COLUMNS = (
    "Classification 1 URI", "Classification 1 PrefLabel", "Mapping relation", "Classification 2 URI",
    "Classification 2 PrefLabel", "Classification 1 ID", "Classification 2 ID",
    *(f"Classification {n} PrefLabel {language}" for n in (1, 2) for language in LANGUAGES),
    "Verdict", "Reviewers", "Date", "Comment", "Confidence", "Blind", "Adjudicated",
)  # fmt: skip
_NONE = "no relation"


def write_table(found: MappingSet) -> bytes:
    """Return the table as CSV; the mark at the beginning makes Excel read Chinese as UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    facts = (_TITLE, found.run, found.version, found.licence, found.subjects.id, found.subjects.edition,
             found.subjects.title, found.objects.id, found.objects.edition, found.objects.title)  # fmt: skip
    for name, value in zip(_FACTS, facts, strict=True):
        writer.writerow((name, safe_cell(value)))
    writer.writerow(())
    writer.writerow(COLUMNS)
    for m in found.mappings:
        writer.writerow([safe_cell(cell) for cell in _cells(m)])
    return buffer.getvalue().encode("utf-8-sig", "replace")


def _cells(m: Mapping) -> tuple[str, ...]:
    relation = PREDICATES[m.relation] if m.object is not None and m.verdict != "reject" else _NONE
    target = m.object or Item(id="", uri="")
    labels = [dict(item.labels).get(language, "") for item in (m.subject, target) for language in LANGUAGES]
    # A rejected pair may carry the relation it was not: kept behind the verdict.
    verdict = f"{m.verdict} ({m.relation})" if m.verdict == "reject" and m.relation else m.verdict
    return (
        m.subject.uri, m.subject.label, relation, target.uri, target.label, m.subject.id, target.id, *labels, verdict,
        join_names(m.reviewers), m.date, m.comment, "" if m.confidence is None else repr(m.confidence),
        "yes" if m.blind else "no", "yes" if m.adjudicated else "no",
    )  # fmt: skip


def _heading(cell: str) -> str:
    name = re.sub(r"\s+", " ", cell.strip().casefold()).replace("prefered label", "preflabel")
    return name.replace("preferred label", "preflabel").replace(" url", " uri")


def read_table(path: Path) -> tuple[MappingSet, tuple[str, ...]]:
    """Read a mapping table, ours or another's; return it and notes on rows that were left out.

    Raises:
        InputError: It is no mapping table, or a row cannot be read.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    csv.field_size_limit(MAX_CELL)
    heading = next((line for line in text.splitlines() if "mapping relation" in line.casefold()), "")
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    facts: dict[str, str] = {}
    names: list[str] = []
    mappings: list[Mapping] = []
    left_out = 0
    try:
        for cells in reader:
            where = f"{path}, line {reader.line_num}"
            if len(mappings) >= MAX_ROWS:
                raise InputError(f"has more than {MAX_ROWS} rows", where=str(path), do="split it")
            if not names:
                headings = [_heading(cell) for cell in cells]
                if "mapping relation" in headings:
                    names = headings
                elif len(cells) > 1:
                    facts.setdefault(cells[0].strip(), plain_cell(cells[1]))
                continue
            if any(cell.strip() for cell in cells):
                row = dict(zip(names, map(plain_cell, cells), strict=False))
                mapping = _mapping(row, where)
                left_out += mapping is None
                mappings += [] if mapping is None else [mapping]
    except csv.Error as error:
        where = f"{path}, line {reader.line_num}"
        raise InputError(f"cannot be read as a table ({error})", where=where, do="save it again as CSV") from error
    if not names:
        expected = "a row of headings with Classification 1 URI and Mapping relation"
        raise InputError("is no mapping table", where=str(path), expected=expected, do="check the file")
    if left_out:
        notes = (*notes, f"{left_out} rows without an end on the first side left out")
    sides = [
        Source(id=facts.get(f"Classification {n}", ""), edition=facts.get(f"Classification {n} version", ""),
               title=facts.get(f"Classification {n} title", ""))
        for n in (1, 2)
    ]  # fmt: skip
    return MappingSet(
        run=facts.get("Run", ""), version=facts.get("Version", ""), licence=facts.get("Licence", ""),
        subjects=sides[0], objects=sides[1], mappings=tuple(mappings),
    ), tuple(notes)  # fmt: skip


def _item(row: Cells[str, str], n: int) -> Item | None:
    uri = row.get(f"classification {n} uri", "").strip()
    unit_id = row.get(f"classification {n} id", "").strip() or id_of_uri(uri) or uri.rstrip("/").rpartition("/")[2]
    if not unit_id:
        return None
    labels: list[tuple[Language, str]] = []
    for language in LANGUAGES:
        text = row.get(f"classification {n} preflabel {language.casefold()}", "")
        labels += [(language, text)] if text else []
    label = row.get(f"classification {n} preflabel", "").strip()
    if not labels and label and label != unit_id:
        labels = [("en", label)]
    return Item(id=unit_id, uri=uri or unit_id, labels=tuple(labels))


def _mapping(row: Cells[str, str], where: str) -> Mapping | None:
    subject, target = _item(row, 1), _item(row, 2)
    if subject is None:
        return None
    predicate = row.get("mapping relation", "").strip()
    predicate = predicate if ":" in predicate or predicate == _NONE else f"skos:{predicate}"
    said, _, kept = row.get("verdict", "").strip().removesuffix(")").partition(" (")
    if predicate not in RELATION_OF and predicate != _NONE:
        raise InputError(
            f"mapping relation {predicate[:60]!r}", where=where, expected=", ".join((*PREDICATES.values(), _NONE)),
            do="correct it",
        )  # fmt: skip
    relation = RELATION_OF.get(predicate, kept) if said != "reject" else kept
    verdict = said or ("accept" if target is not None and predicate != _NONE else "no_counterpart")
    if not said and predicate == _NONE:
        target = None
    checked_pair: tuple[Verdict, Relation] = checked(verdict, relation, has_object=target is not None, where=where)
    confidence = row.get("confidence", "")
    try:
        number = float(confidence) if confidence else None
    except ValueError as error:
        raise InputError(
            f"confidence {confidence[:40]!r}", where=where, expected="a number", do="correct it"
        ) from error
    return Mapping(
        subject=subject, object=target, verdict=checked_pair[0], relation=checked_pair[1],
        reviewers=split_names(row.get("reviewers", "")), date=row.get("date", ""), comment=row.get("comment", ""),
        confidence=number, blind=row.get("blind") == "yes", adjudicated=row.get("adjudicated") == "yes",
    )  # fmt: skip
