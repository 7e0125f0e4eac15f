"""The readers by name, and which of them a file is for: told by its content, never by its name alone."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from matcher.errors import InputError
from matcher.readers.canonical import is_canonical
from matcher.readers.esco import is_esco
from matcher.readers.onet import is_onet
from matcher.readers.options import ReadOptions
from matcher.readers.report import ReadResult
from matcher.readers.tables import check_size

HEAD_BYTES = 65536
# A key near the beginning of a JSON document -> its reader.
_KEYS = ((b'"uoc_code"', "hkqf-json"), (b'"CFDocument"', "case"), (b'"CFItems"', "case"), (b'"CFPackage"', "case"))
Form = Literal["pdf", "docx", "html", "json", "text", "archive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One reader: its name, what it reads, and the function (imported when it is first used).

    ``isolated`` readers run in a process of their own, under caps on memory and time: their parsers are C code or
    their input nests without end. The files of a reader of ``parts`` complete each other: units of one code are joined
    (an industry's English and Chinese documents, occupations and their tasks).
    """

    name: str
    reads: str
    module: str
    function: str
    isolated: bool = False
    parts: bool = False

    def load(self) -> Callable[[Path, ReadOptions], ReadResult]:
        """Return the reading function."""
        found: Callable[[Path, ReadOptions], ReadResult] = getattr(importlib.import_module(self.module), self.function)
        return found


READERS: tuple[Reader, ...] = (
    Reader(name="canonical", reads="framework file (.jsonl)", module="matcher.readers.rows", function="read_canonical"),
    Reader(name="json-lines", reads="JSON lines", module="matcher.readers.rows", function="read_json_lines"),
    Reader(name="table", reads="CSV, TSV or XLSX", module="matcher.readers.rows", function="read_table"),
    Reader(
        name="document",
        reads="PDF, DOCX or HTML of either side, told by its text",
        module="matcher.readers.document",
        function="read_document",
        isolated=True,
    ),
    Reader(
        name="hkqf-json",
        reads="the Qualifications Framework's JSON of an industry",
        module="matcher.readers.hkqf_json",
        function="read_hkqf_json",
        isolated=True,
        parts=True,
    ),
    Reader(name="esco", reads="ESCO CSV (occupations, skills)", module="matcher.readers.esco", function="read_esco"),
    Reader(name="onet", reads="O*NET text files", module="matcher.readers.onet", function="read_onet", parts=True),
    Reader(name="case", reads="1EdTech CASE JSON", module="matcher.readers.case", function="read_case", isolated=True),
    Reader(
        name="scs",
        reads="Specification of Competency Standards (PDF, DOCX, HTML)",
        module="matcher.readers.document",
        function="read_scs",
        isolated=True,
    ),
    Reader(
        name="cn-standard",
        reads="国家职业标准 (PDF, DOCX, HTML)",
        module="matcher.readers.document",
        function="read_cn_standard",
        isolated=True,
    ),
)


def reader_names() -> tuple[str, ...]:
    """Return the names of all readers."""
    return tuple(reader.name for reader in READERS)


def reader_named(name: str) -> Reader:
    """Return a reader by its name.

    Raises:
        InputError: There is none of that name.
    """
    for reader in READERS:
        if reader.name == name:
            return reader
    raise InputError(
        f"there is no reader {name!r}", where="--reader", expected=", ".join(reader_names()), do="name one of these"
    )


def choose_reader(path: Path, name: str | None) -> Reader:
    """Return the reader that the user named, else the one that the file's content asks for.

    Raises:
        InputError: The file cannot be opened, or no reader has that name.
    """
    check_size(path)
    if name is not None:
        return reader_named(name)
    try:
        with path.open("rb") as handle:
            head = handle.read(HEAD_BYTES)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), do="check its permissions") from error
    return reader_named(_told(path, head))


def form_of(head: bytes) -> Form:
    """Return what kind of file the first bytes say it is."""
    # A PDF may have up to a kilobyte of anything in front of its header (ISO 32000-1, annex H).
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head[:4] == b"PK\x03\x04":
        return "docx" if b"word/" in head else "archive"
    text = _text(head).lstrip()
    if text[:1] == "<" and any(mark in text[:4096].lower() for mark in ("<html", "<!doctype html", "<table", "<body")):
        return "html"
    return "json" if text[:1] in ("{", "[") else "text"


def _text(head: bytes) -> str:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return head.decode(encoding, errors="replace")


def _told(path: Path, head: bytes) -> str:
    form = form_of(head)
    if form == "docx" or (form == "archive" and path.suffix.lower() in (".docx", ".docm")):
        return "document"
    if form in ("pdf", "html"):
        return "document"
    if form == "archive":
        return "table"
    first = next((line for line in _text(head).split("\n") if line.strip()), "")
    if is_canonical(first):
        return "canonical"
    if form == "json":
        found = next((name for key, name in _KEYS if key in head), None)
        if found is not None:
            return found
    if is_esco(first):
        return "esco"
    if is_onet(first):
        return "onet"
    return "json-lines" if first.lstrip().startswith("{") else "table"
