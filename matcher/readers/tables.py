"""CSV, TSV and XLSX files as rows of text; every file is hostile until its caps are checked."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import InputError

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
    except OSError as error:
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


def decode(data: bytes, *, where: str) -> tuple[str, tuple[str, ...]]:
    """Return a text file's text, and a note where it was not UTF-8.

    UTF-8 with or without BOM, UTF-16 with BOM (Excel's "Unicode text"), else GB18030 (Chinese Windows).

    Raises:
        InputError: It is none of them, or mixes encodings.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), ("decoded as UTF-16",)
        except UnicodeDecodeError as error:
            raise InputError("is damaged UTF-16", where=where, do="save the file as UTF-8") from error
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as second:
            other = data[: second.start].count(b"\n") + 1
            raise InputError(
                f"is neither UTF-8 (fails at line {line}) nor GB18030 (fails at line {other})",
                where=where,
                expected="one encoding throughout",
                do="save the file as UTF-8",
            ) from second
    # Mixed files decode as GB18030 by accident: their UTF-8 lines turn into rare characters.
    utf8_lines = sum(_is_utf8_chinese(part) for part in data.split(b"\n"))
    if utf8_lines:
        raise InputError(
            f"mixes encodings (line {line} is not UTF-8, {utf8_lines} other lines are)",
            where=where,
            expected="one encoding throughout",
            do="save the file as UTF-8",
        )
    return text, ("decoded as GB18030 (it is not UTF-8)",)


def _is_utf8_chinese(line: bytes) -> bool:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # Three bytes a Chinese character: a GB18030 line of several characters is almost never valid UTF-8.
    return sum("\u4e00" <= character <= "\u9fff" for character in text) >= 2


def _delimiter(path: Path, text: str) -> str:
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    head = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return max(",\t;", key=lambda mark: (head.count(mark), mark == ","))


def _text_table(path: Path) -> Table:
    text, notes = decode(read_bytes(path), where=str(path))
    delimiter = _delimiter(path, text)
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
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
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise InputError("is not an XLSX workbook", where=str(path), do="save it as .xlsx or .csv")


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _xlsx_tables(path: Path) -> Iterator[Table]:
    # Excel work is openpyxl's; it is imported where a workbook is read.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_archive(path)
    # openpyxl lets the errors of zip, XML and number parsing through: all of them mean a damaged workbook.
    damaged = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, OSError,
               AttributeError, IndexError, EOFError, NotImplementedError)  # fmt: skip
    try:
        with path.open("rb") as handle:
            book = load_workbook(handle, read_only=True, data_only=True)
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                rows = [
                    _checked_row(number, tuple(map(_cell_text, cells)), f"{path}, sheet {sheet.title}")
                    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1)
                ]
                yield Table(sheet=sheet.title, rows=tuple(rows))
    except damaged as error:
        raise InputError(
            f"is a damaged workbook ({type(error).__name__})", where=str(path), do="open and save it in Excel again"
        ) from error


def read_tables(path: Path) -> Iterator[Table]:
    """Yield the sheets of a spreadsheet, or a text file as one sheet.

    Raises:
        InputError: The file cannot be read, is damaged, or is over a cap.
    """
    check_size(path)
    with path.open("rb") as handle:
        magic = handle.read(4)
    if magic == b"PK\x03\x04":
        yield from _xlsx_tables(path)
    elif magic == b"\xd0\xcf\x11\xe0":
        raise InputError("is an old .xls or a protected workbook", where=str(path), do="save it as .xlsx or .csv")
    elif magic == b"%PDF":
        raise InputError("is a PDF", where=str(path), expected="JSONL, CSV, TSV or XLSX", do="use a spreadsheet of it")
    else:
        yield _text_table(path)
