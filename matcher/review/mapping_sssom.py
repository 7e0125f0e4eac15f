"""Read a mapping set in SSSOM (TSV with its metadata on top), ours or another's. ``matcher.review.sssom`` writes it.

Titles are not read back: SSSOM has one label an end, where a unit has one in each language.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping as Cells
from pathlib import Path
from urllib.parse import unquote

from matcher.errors import InputError
from matcher.readers.cells import plain_cell
from matcher.readers.encoding import decode
from matcher.readers.tables import MAX_CELL, MAX_ROWS, read_bytes
from matcher.review.mapping import NO_LICENCE, RELATION_OF, Item, Mapping, MappingSet, Source, checked

_FACT = re.compile(r"#(\w+): *(.*)$")
_CURIE = re.compile(r'#  *"?([^":]+)"?: *"?([^"]+)"?$')


def read_sssom(path: Path) -> tuple[MappingSet, tuple[str, ...]]:
    """Read a mapping set.

    Raises:
        InputError: It is no such table, or a row cannot be read.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("#")]
    facts = {name: _plain(value) for name, value in (m.groups() for m in map(_FACT.match, head) if m)}
    prefixes = {m.group(1): m.group(2) for line in head if not _FACT.match(line) and (m := _CURIE.match(line))}
    csv.field_size_limit(MAX_CELL)
    reader = csv.DictReader(io.StringIO("\n".join(lines[len(head) :])), delimiter="\t", strict=True)
    wanted = {"subject_id", "predicate_id", "object_id"}
    mappings: list[Mapping] = []
    runs: set[str] = set()
    sources: list[Source] = []
    try:
        if not wanted <= set(reader.fieldnames or ()):
            raise InputError(
                "is no mapping set", where=str(path), expected=", ".join(sorted(wanted)), do="export it again"
            )
        for number, row in enumerate(reader, len(head) + 2):
            if len(mappings) >= MAX_ROWS:
                raise InputError(f"has more than {MAX_ROWS} rows", where=str(path), do="split it")
            cells = {name: plain_cell(value or "") for name, value in row.items() if isinstance(name, str)}
            other = dict(part.partition("=")[::2] for part in cells.get("other", "").split("|"))
            runs |= {other["run"]} if other.get("run") else set()
            if not sources:
                sources = [_source(cells, side) for side in ("subject", "object")]
            mappings.append(_mapping(cells, other, prefixes, f"{path}, line {number}"))
    except csv.Error as error:
        raise InputError(f"cannot be read as a table ({error})", where=str(path), do="export it again") from error
    mappings.sort(key=lambda m: (m.subject.id, m.object.id if m.object else ""))
    sources = sources or [Source(id=""), Source(id="")]
    return MappingSet(
        run=runs.pop() if len(runs) == 1 else "", version=facts.get("mapping_set_version", ""),
        licence=facts.get("license", NO_LICENCE), subjects=sources[0], objects=sources[1], mappings=tuple(mappings),
    ), tuple(notes)  # fmt: skip


def _plain(value: str) -> str:
    try:
        return str(json.loads(value)) if value.startswith('"') else value
    except ValueError:
        return value


def _source(cells: Cells[str, str], side: str) -> Source:
    name = unquote(cells.get(f"{side}_source", "").partition(":")[2])
    return Source(id=name, edition=cells.get(f"{side}_source_version", ""))


def _item(curie: str, prefixes: Cells[str, str]) -> Item:
    prefix, _, local = curie.partition(":")
    return Item(id=unquote(local) or curie, uri=prefixes.get(prefix, f"{prefix}:") + local)


def _mapping(cells: Cells[str, str], other: Cells[str, str], prefixes: Cells[str, str], where: str) -> Mapping:
    predicate, target = cells["predicate_id"], cells["object_id"]
    if predicate not in RELATION_OF:
        raise InputError(f"predicate {predicate[:60]!r}", where=where, expected="a SKOS mapping", do="correct it")
    item = None if target == "sssom:NoTermFound" else _item(target, prefixes)
    denied = cells.get("predicate_modifier") == "Not"
    default = "no_counterpart" if item is None else "reject" if denied else "accept"
    verdict, relation = checked(
        other.get("verdict", default), RELATION_OF[predicate], has_object=item is not None, where=where
    )
    confidence = cells.get("confidence", "")
    try:
        number = float(confidence) if confidence else None
    except ValueError as error:
        raise InputError(f"confidence {confidence[:40]!r}", where=where, expected="a number") from error
    labels = cells.get("reviewer_label", "")
    return Mapping(
        subject=_item(cells["subject_id"], prefixes), object=item, verdict=verdict, relation=relation,
        reviewers=tuple(labels.split("|")) if labels else (), date=cells.get("mapping_date", ""),
        comment=cells.get("comment", ""), confidence=number, blind=other.get("blind") == "True",
        adjudicated=other.get("adjudicated") == "True",
    )  # fmt: skip
