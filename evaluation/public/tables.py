"""Readers of the public sets: MELO's four files, the typed O*NET to ESCO crosswalk, ESCO's occupations."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import InputError
from matcher.evaluate import Gold
from matcher.readers.tables import read_bytes

# MELO's annotations are binary; 2 is the lowest grade that counts as relevant here.
_RELEVANT = 2
RELATIONS = ("exact", "close", "broad", "narrow")
_TYPES = {
    "exactMatch": "exact",
    # The counterpart is an ISCO group, not an ESCO occupation: an exact match one level up.
    "exactISCO": "exact",
    "closeMatch": "close",
    "broadMatch": "broad",
    "narrowMatch": "narrow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Melo:
    """Queries and corpus elements (surface forms), each as (id, text), and which elements answer which query."""

    queries: tuple[tuple[str, str], ...]
    elements: tuple[tuple[str, str], ...]
    gold: Gold


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One row of the crosswalk: an O*NET occupation, an ESCO concept, and the relation of the first to the second."""

    code: str
    title: str
    description: str
    uri: str
    label: str
    concept: str
    relation: str
    is_group: bool

    @property
    def major_group(self) -> str:
        """The O*NET-SOC major group: the two digits before the hyphen."""
        return self.code[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupation:
    """One ESCO occupation: its code (ISCO group and place below it), its label and its alternative labels."""

    uri: str
    code: str
    label: str
    others: tuple[str, ...]
    description: str


def _lines(path: Path, columns: int) -> list[list[str]]:
    rows = []
    for number, line in enumerate(read_bytes(path).decode("utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != columns:
            raise InputError(
                f"{len(cells)} columns", where=f"{path}, line {number}", expected=str(columns), do="check the file"
            )
        rows.append(cells)
    return rows


def read_melo(folder: Path) -> Melo:
    """Read a MELO set (https://github.com/Avature/melo-benchmark): queries, corpus elements, annotations.

    Raises:
        InputError: A file is missing or a line has other columns.
    """
    grades: dict[str, dict[str, int]] = {}
    for query, _, element, relevant in _lines(folder / "annotations.tsv", 4):
        if relevant != "0":
            grades.setdefault(query, {})[element] = _RELEVANT
    return Melo(
        queries=tuple((name, text) for name, text in _lines(folder / "queries.tsv", 2)),
        elements=tuple((name, text) for name, text in _lines(folder / "corpus_elements.tsv", 2)),
        gold=Gold(grades=grades),
    )


def _rows(path: Path) -> list[list[str]]:
    csv.field_size_limit(1_000_000)
    return list(csv.reader(read_bytes(path).decode("utf-8-sig").splitlines(keepends=True)))


def _columns(path: Path, heading: Sequence[str], names: Sequence[str]) -> list[int]:
    missing = [name for name in names if name not in heading]
    if missing:
        raise InputError(f"no column {missing[0]!r}", where=str(path), expected=", ".join(names), do="check the file")
    return [list(heading).index(name) for name in names]


def read_crosswalk(path: Path) -> tuple[Mapping, ...]:
    """Read the ESCO Secretariat's typed crosswalk; lines about the project stand before its heading row.

    Raises:
        InputError: There is no heading row, or a type of match is unknown.
    """
    rows = _rows(path)
    start = next((n for n, row in enumerate(rows) if "Type of Match" in row), None)
    if start is None:
        raise InputError("no heading row", where=str(path), expected="a column 'Type of Match'", do="check the file")
    names = ("O*NET Id", "O*NET Title", "O*NET Description", "ESCO or ISCO URI", "ESCO or ISCO Title",
             "ESCO or ISCO Description", "Type of Match")  # fmt: skip
    places = _columns(path, rows[start], names)
    found = []
    for number, row in enumerate(rows[start + 1 :], start + 2):
        if not any(row):
            continue
        code, title, description, uri, label, concept, kind = (row[place] for place in places)
        if kind not in _TYPES:
            raise InputError(
                f"type {kind!r}", where=f"{path}, row {number}", expected=", ".join(_TYPES), do="check the file"
            )
        found.append(
            Mapping(
                code=code,
                title=title,
                description=description,
                uri=uri,
                label=label,
                concept=concept,
                relation=_TYPES[kind],
                is_group=kind == "exactISCO",
            )
        )
    return tuple(found)


def read_occupations(path: Path) -> dict[str, Occupation]:
    """Read ESCO's occupations by URI (the CSV files of the Tabiya open dataset).

    Raises:
        InputError: A column is missing.
    """
    rows = _rows(path)
    names = ("ORIGINURI", "CODE", "PREFERREDLABEL", "ALTLABELS", "DESCRIPTION")
    places = _columns(path, rows[0], names)
    found = {}
    for row in rows[1:]:
        uri, code, label, others, description = (row[place] for place in places)
        found[uri] = Occupation(
            uri=uri,
            code=code,
            label=label,
            others=tuple(line.strip() for line in others.splitlines() if line.strip()),
            description=description,
        )
    return found
