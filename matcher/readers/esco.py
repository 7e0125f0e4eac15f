"""ESCO's CSV files (occupations, skills): a unit for each concept; label, description and other labels."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.encoding import decode
from matcher.readers.options import ReadOptions
from matcher.readers.plain import Entry, plain_result
from matcher.readers.report import ReadResult
from matcher.readers.tables import MAX_CELL, MAX_ROWS, read_bytes
from matcher.schema import ContextLabel, Header, Role, Statement, Unit

ALTERNATIVES = 12
_SENTENCE = re.compile(r"(?<=[a-z)0-9”\"'][.!?])\s+(?=[A-Z“\"])")


def is_esco(first_line: str) -> bool:
    """Return whether a heading line is that of an ESCO file, of the portal's download or of the open dataset."""
    names = {name.strip().strip('"').lower() for name in first_line.split(",")}
    return "preferredlabel" in names and bool(names & {"concepturi", "originuri"})


def _sentences(text: str) -> list[str]:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [part for line in lines for part in _SENTENCE.split(line) if part]


def _unit(row: Mapping[str, str]) -> Unit | None:
    label = " ".join(row.get("preferredlabel", "").split())
    uri = (row.get("concepturi") or row.get("originuri") or "").strip()
    if not label or not uri:
        return None
    kind = (row.get("skilltype") or "").strip().lower()
    role: Role = "knowledge" if kind == "knowledge" else "skill"
    statements = [Statement(role="title", language="en", text=label)]
    statements += [Statement(role=role, language="en", text=text) for text in _sentences(row.get("description", ""))]
    others = [" ".join(name.split()) for name in re.split(r"[\n|]", row.get("altlabels", ""))]
    others = [name for name in dict.fromkeys(others) if name and name != label][:ALTERNATIVES]
    if others:
        statements.append(Statement(role="range", language="en", text="Also called: " + "; ".join(others)))
    group = (row.get("iscogroup") or row.get("iscogroupcode") or "").strip()
    code = (row.get("code") or "").strip() or uri.rstrip("/").rpartition("/")[2]
    return Unit(
        code=re.sub(r"\s+", "_", code),
        occupation_code=group,
        context=(ContextLabel(kind="area", language="en", text=f"ISCO {group}"),) if group else (),
        statements=tuple(dict.fromkeys(statements)),
        remarks=uri,
    )


def read_esco(path: Path, options: ReadOptions) -> ReadResult:
    """Read one ESCO file.

    Raises:
        InputError: It is not a CSV file with ESCO's headings.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    entries: list[Entry] = []
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if not is_esco(",".join(names)):
            raise InputError(
                "lacks ESCO's headings",
                where=str(path),
                expected="conceptUri and preferredLabel",
                do="leave --reader out",
            )
        for cells in reader:
            if len(entries) >= MAX_ROWS:
                raise InputError(f"has more than {MAX_ROWS} rows", where=str(path), do="split it")
            if not any(cell.strip() for cell in cells):
                continue
            unit = _unit(dict(zip(names, cells, strict=False)))
            entries.append(Entry(row=reader.line_num, unit=unit, refused="" if unit else "no label or no address"))
    except csv.Error as error:
        raise InputError(
            f"cannot be read as a table ({error})", where=f"{path}, line {reader.line_num}", do="download it again"
        ) from error
    header = Header(
        id=path.stem, title="ESCO", jurisdiction="EU", publisher="European Commission",
        licence="reuse with attribution (Decision 2011/833/EU)",
    )  # fmt: skip
    return plain_result(entries, path, options, reader="esco", header=header, notes=notes)
