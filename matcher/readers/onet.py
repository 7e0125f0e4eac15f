"""O*NET's text files: occupations with their descriptions, and their task statements; one completes the other."""

from __future__ import annotations

from pathlib import Path

from matcher.errors import InputError
from matcher.readers.encoding import decode
from matcher.readers.options import ReadOptions
from matcher.readers.plain import Entry, plain_result
from matcher.readers.report import ReadResult
from matcher.readers.tables import MAX_ROWS, read_bytes
from matcher.schema import Header, Statement, Unit

_KEY = "O*NET-SOC Code"


def is_onet(first_line: str) -> bool:
    """Return whether a heading line is that of an O*NET text file with occupations or tasks."""
    names = first_line.strip().split("\t")
    return names[0] == _KEY and ("Task" in names or "Description" in names)


def read_onet(path: Path, options: ReadOptions) -> ReadResult:
    """Read Occupation Data or Task Statements; an occupation's tasks become one unit.

    Raises:
        InputError: It is no such file.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    lines = text.splitlines()
    names = lines[0].rstrip("\r").split("\t") if lines else []
    if not names or not is_onet(lines[0]):
        raise InputError(
            "lacks O*NET's headings", where=str(path), expected=f"{_KEY}, Title and Description, or Task",
            do="leave --reader out",
        )  # fmt: skip
    if len(lines) > MAX_ROWS:
        raise InputError(f"has more than {MAX_ROWS} rows", where=str(path), do="split it")
    found: dict[str, list[Statement]] = {}
    rows: dict[str, int] = {}
    refused: list[Entry] = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        cells = dict(zip(names, (cell.strip() for cell in line.split("\t")), strict=False))
        code = cells.get(_KEY, "")
        statements = _statements(cells)
        if not code or not statements:
            refused.append(Entry(row=number, unit=None, refused="no code or no text"))
            continue
        rows.setdefault(code, number)
        found.setdefault(code, []).extend(statements)
    entries = [
        Entry(row=rows[code], unit=Unit(code=code, occupation_code=code, statements=tuple(dict.fromkeys(statements))))
        for code, statements in found.items()
    ]
    header = Header(
        id=path.stem, title="O*NET", jurisdiction="US", publisher="U.S. Department of Labor", licence="CC BY 4.0"
    )
    return plain_result([*entries, *refused], path, options, reader="onet", header=header, notes=notes)


def _statements(cells: dict[str, str]) -> list[Statement]:
    out = []
    if cells.get("Title"):
        out.append(Statement(role="title", language="en", text=cells["Title"]))
    if cells.get("Description"):
        out.append(Statement(role="range", language="en", text=cells["Description"]))
    if cells.get("Task"):
        out.append(Statement(role="skill", language="en", text=cells["Task"]))
    return out
