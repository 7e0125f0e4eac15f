"""CSV, TSV and XLSX files as rows of text; every file is hostile until its caps are checked."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.columns import recognise
from matcher.readers.encoding import decode

# Caps on files from outside. A workbook of a whole industry has under 5 MB and 20,000 rows.
MAX_BYTES = 200_000_000
MAX_CELL = 1_000_000
MAX_ROWS = 500_000
MAX_COLUMNS = 500
MAX_XLSX_ENTRIES = 2_000
MAX_XLSX_UNPACKED = 1_000_000_000
MAX_XLSX_RATIO = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its number as a spreadsheet shows it, and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A sheet, or a text file as one sheet (name "")."""

    sheet: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def check_size(path: Path) -> int:
    """Return a file's size.

    Raises:
        InputError: It is missing, not a file, empty, or larger than any framework.
    """
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise InputError("cannot be opened (no such file)", where=str(path), do="check the name") from error
    if not path.is_file():
        raise InputError("is not a file", where=str(path), expected="a file", do="name a file in it")
    if size == 0:
        raise InputError("is empty", where=str(path), expected="a heading row and rows", do="check the file")
    if size > MAX_BYTES:
        raise InputError(
            f"has {size // 1_000_000} MB",
            where=str(path),
            expected=f"at most {MAX_BYTES // 1_000_000} MB",
            do="split it",
        )
    return size


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes after ``check_size``.

    Raises:
        InputError: It cannot be read.
    """
    check_size(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), do="check its permissions") from error


def _delimiter(path: Path, text: str) -> str:
    """Return the separator that makes the most known headings of one of the first lines, else the most frequent."""
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    lines = [line for line in text[:100_000].splitlines()[:20] if line.strip()]
    return max(
        ",\t;",
        key=lambda mark: (
            max((len(recognise(line.split(mark))) for line in lines), default=0),
            max((line.count(mark) for line in lines), default=0),
            mark == ",",
        ),
    )


def _text_table(path: Path, *, comment: str) -> Table:
    text, notes = decode(read_bytes(path), where=str(path))
    if comment:
        # Emptied, not dropped: rows keep their numbers, and a quotation mark in a comment opens no cell.
        text = "\n".join("" if line.lstrip().startswith(comment) else line for line in text.split("\n"))
    delimiter = _delimiter(path, text)
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    number = 1
    try:
        for cells in reader:
            rows.append(_checked_row(number, tuple(cells), str(path)))
            number = len(rows) + 1
    except csv.Error as error:
        raise InputError(
            f"cannot be read as a table ({error})",
            where=f"{path}, row {number}",
            expected=f"cells of at most {MAX_CELL} characters",
            do="check the quotation marks in this row",
        ) from error
    return Table(sheet="", rows=tuple(rows), notes=notes)


def _checked_row(number: int, cells: tuple[str, ...], where: str) -> Row:
    # A format without text is no content.
    while cells and not cells[-1]:
        cells = cells[:-1]
    if not cells:
        return Row(number=number, cells=())
    if number > MAX_ROWS or len(cells) > MAX_COLUMNS:
        raise InputError(
            f"has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns", where=f"{where}, row {number}", do="split it"
        )
    if any(len(cell) > MAX_CELL for cell in cells):
        raise InputError(
            "a cell is too long",
            where=f"{where}, row {number}",
            expected=f"at most {MAX_CELL} characters",
            do="check it",
        )
    return Row(number=number, cells=cells)


def _check_archive(path: Path) -> None:
    """Refuse a workbook whose zip could exhaust the machine, before anything unpacks it."""
    size = check_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError("is not an XLSX workbook", where=str(path), do="save it as .xlsx or .csv") from error
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > MAX_XLSX_ENTRIES
        or unpacked > MAX_XLSX_UNPACKED
        or unpacked > MAX_XLSX_RATIO * max(size, 100_000)
    ):
        raise InputError(
            f"unpacks to {unpacked // 1_000_000} MB in {len(entries)} parts",
            where=str(path),
            expected=f"at most {MAX_XLSX_UNPACKED // 1_000_000} MB and {MAX_XLSX_RATIO} times its size",
            do="save it as CSV",
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise InputError("is an encrypted workbook", where=str(path), do="save it without a password")
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise InputError("is not an XLSX workbook", where=str(path), do="save it as .xlsx or .csv")


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _sheets(path: Path, *, formulas: bool) -> Iterator[tuple[str, Iterator[tuple[object, ...]]]]:
    """Yield each sheet's name and rows: stored values, or the formulas themselves."""
    # Excel work is openpyxl's; it is imported where a workbook is read.
    from openpyxl import load_workbook

    with path.open("rb") as handle, warnings.catch_warnings():
        # openpyxl's remarks on styles and extensions say nothing about the cells.
        warnings.simplefilter("ignore")
        book = load_workbook(handle, read_only=True, data_only=not formulas)
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            yield sheet.title, sheet.iter_rows(values_only=True)


def macro_notes(path: Path) -> tuple[str, ...]:
    """Return a note where an Office file holds macros, else nothing."""
    with zipfile.ZipFile(path) as archive:
        held = any(name.lower().endswith("vbaproject.bin") for name in archive.namelist())
    return ("holds macros: they were not run, only the text was read",) if held else ()


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                data = archive.read(name)
                if b"<f>" in data or b"<f " in data:
                    return True
    return False


def _uncounted(path: Path, tables: list[Table]) -> dict[str, str]:
    """Return, by sheet, a note on formula cells that hold no stored value."""
    notes = {}
    for (name, rows), table in zip(_sheets(path, formulas=True), tables, strict=True):
        places = [
            f"row {number}"
            for number, cells in enumerate(rows, 1)
            for column, value in enumerate(cells)
            if isinstance(value, str) and value.startswith("=") and not _stored(table, number, column)
        ]
        if places:
            notes[name] = f"{len(places)} formula cells have no stored value (first: {places[0]}); save in Excel"
    return notes


def _stored(table: Table, number: int, column: int) -> str:
    cells = table.rows[number - 1].cells if number <= len(table.rows) else ()
    return cells[column] if column < len(cells) else ""


def _read_sheets(path: Path, *, formulas: bool) -> list[Table]:
    tables = []
    for name, found in _sheets(path, formulas=formulas):
        where = f"{path}, sheet {name}"
        rows = [_checked_row(number, tuple(map(_cell_text, cells)), where) for number, cells in enumerate(found, 1)]
        while rows and not rows[-1].cells:
            rows.pop()
        tables.append(Table(sheet=name, rows=tuple(rows)))
    notes = _uncounted(path, tables) if not formulas and _has_formulas(path) else {}
    macros = macro_notes(path)
    return [
        replace(table, notes=(*macros, *([notes[table.sheet]] if table.sheet in notes else []))) for table in tables
    ]


def _xlsx_tables(path: Path, *, formulas: bool) -> list[Table]:
    from openpyxl.utils.exceptions import InvalidFileException

    _check_archive(path)
    # openpyxl lets the errors of zip, XML and number parsing through: all of them mean a damaged workbook.
    damaged = (InvalidFileException, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, SyntaxError,
               OSError, AttributeError, IndexError, EOFError, NotImplementedError)  # fmt: skip
    try:
        return _read_sheets(path, formulas=formulas)
    except damaged as error:
        raise InputError(
            f"is a damaged workbook ({type(error).__name__})", where=str(path), do="open and save it in Excel again"
        ) from error


def read_tables(path: Path, *, comment: str = "", formulas: bool = False) -> Iterator[Table]:
    """Yield the sheets of a spreadsheet, or a text file as one sheet.

    Args:
        path: The file.
        comment: Lines of a text file that begin with this are empty rows.
        formulas: Give the formulas of a workbook themselves, not their stored values.

    Raises:
        InputError: The file cannot be read, is damaged, or is over a cap.
    """
    check_size(path)
    with path.open("rb") as handle:
        magic = handle.read(4)
    if magic == b"PK\x03\x04":
        yield from _xlsx_tables(path, formulas=formulas)
    elif magic == b"\xd0\xcf\x11\xe0":
        raise InputError("is an old .xls or a protected workbook", where=str(path), do="save it as .xlsx or .csv")
    elif magic == b"%PDF":
        raise InputError("is a PDF", where=str(path), expected="JSONL, CSV, TSV or XLSX", do="use a spreadsheet of it")
    else:
        yield _text_table(path, comment=comment)
