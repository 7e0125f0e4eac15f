"""The canonical framework file: JSON Lines, a header line and a line a unit (described in ``corpora/README.md``)."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from matcher.artefact import write_atomic
from matcher.errors import InputError
from matcher.resources import read_text
from matcher.schema import ContextLabel, Framework, FunctionWeight, Header, Statement, StoredUnits, Unit

FORMAT = "competency-framework"
FORMAT_VERSION = 1
# Units of a stored framework that are kept once they were read: about 2 KB each.
_UNITS_KEPT = 16_384


@lru_cache(maxsize=2)
def _validator(definition: str) -> Any:
    import jsonschema_rs

    schema = json.loads(read_text("framework.schema.json"))
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]})


def check_record(record: object, definition: str, *, where: str) -> dict[str, Any]:
    """Return a parsed line that fits the JSON Schema.

    Args:
        record: The parsed JSON value.
        definition: "header" or "unit".
        where: File and line, for the message.

    Raises:
        InputError: It does not fit.
    """
    try:
        # Half a character (a lone surrogate) cannot be written again; a float above 10^308 is no credit.
        json.dumps(record, ensure_ascii=False).encode()
        fault = next(iter(_validator(definition).iter_errors(record)), None)
    except (ValueError, OverflowError, RecursionError) as error:
        raise InputError("holds a value that no file can hold", where=where, do="correct the line") from error
    if fault is not None:
        place = "/".join(str(part) for part in fault.instance_path) or "the line"
        raise InputError(
            f"{place}: {fault.message[:160]}",
            where=where,
            expected=f"a {definition} as corpora/README.md describes it",
            do="correct the line",
        )
    if not isinstance(record, dict):
        raise InputError("is not an object", where=where, expected=f"a {definition}", do="correct the line")
    return record


def unit_from_record(record: Mapping[str, Any]) -> Unit:
    """Return the unit of a checked record."""
    credit = record.get("credit")
    return Unit(
        code=record["code"],
        version=record.get("version", ""),
        revision=record.get("revision", ""),
        level=record.get("level") or None,
        frame=record.get("frame") or None,
        credit=None if credit is None else float(credit),
        occupation_code=record.get("occupation_code", ""),
        context=tuple(ContextLabel(**label) for label in record.get("context", ())),
        statements=tuple(Statement(**statement) for statement in record["statements"]),
        remarks=record.get("remarks", ""),
        notes=tuple(record.get("notes", ())),
    )


def header_from_record(record: Mapping[str, Any]) -> Header:
    """Return the header of a checked record."""
    other = ("format", "format_version", "languages", "weights")
    fields = {key: value for key, value in record.items() if key not in other}
    return Header(
        **fields,
        languages=tuple(record.get("languages", ())),
        weights=tuple(map(_weight, record.get("weights", ()))),
    )


def _weight(record: Mapping[str, Any]) -> FunctionWeight:
    figures = {part: None if record.get(part) is None else float(record[part]) for part in ("theory", "skill")}
    return FunctionWeight(**{**record, **figures})


def _unit_record(unit: Unit) -> dict[str, Any]:
    record: dict[str, Any] = {
        "code": unit.code,
        "version": unit.version,
        "revision": unit.revision,
        "level": unit.level,
        "frame": unit.frame,
        "credit": unit.credit,
        "occupation_code": unit.occupation_code,
        "context": [{"kind": c.kind, "language": c.language, "text": c.text} for c in unit.context],
        "statements": [{"role": s.role, "language": s.language, "text": s.text} for s in unit.statements],
        "remarks": unit.remarks,
        "notes": list(unit.notes),
    }
    return {key: value for key, value in record.items() if key in ("code", "statements") or value not in ("", None, [])}


def framework_to_bytes(framework: Framework) -> bytes:
    """Return the canonical file's bytes; reading them gives the same framework again."""
    head = framework.header
    header: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "id": head.id,
        "title": head.title,
        "jurisdiction": head.jurisdiction,
        "publisher": head.publisher,
        "edition": head.edition,
        "level_frame": head.level_frame,
        "languages": list(head.languages),
        "licence": head.licence,
        "source": head.source,
        "retrieved": head.retrieved,
    }
    if head.weights:
        # Left out where there are none, so that files of earlier versions stay as they are, to the byte.
        header["weights"] = [
            {key: value for key, value in asdict(weight).items() if value not in ("", None)} for weight in head.weights
        ]
    lines = [header, *map(_unit_record, framework.units)]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    # A lone surrogate (a damaged source) cannot be UTF-8: it is kept as the replacement character.
    return text.encode("utf-8", errors="replace")


def is_canonical(first_line: str) -> bool:
    """Return whether a file's first line is the canonical header."""
    try:
        record = json.loads(first_line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and record.get("format") == FORMAT


def parse_lines(data: bytes, *, where: str) -> tuple[Header, list[tuple[int, Any]]]:
    """Return the header and each further line's number and parsed value.

    Raises:
        InputError: The bytes are not UTF-8, the header does not fit, or a line is not JSON.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError("is not UTF-8", where=f"{where}, line {line}", expected="UTF-8", do="save it again") from error
    records = []
    for number, content in enumerate(text.split("\n"), 1):
        if content.strip():
            try:
                records.append((number, json.loads(content)))
            except (ValueError, RecursionError) as error:
                raise InputError(
                    "is not JSON", where=f"{where}, line {number}", expected="one JSON object", do="correct the line"
                ) from error
    if not records:
        raise InputError("is empty", where=where, expected="a header line and a line a unit", do="check the file")
    number, first = records[0]
    if isinstance(first, dict) and first.get("format_version") not in (None, FORMAT_VERSION):
        raise InputError(
            f"has format version {first.get('format_version')}",
            where=where,
            expected=str(FORMAT_VERSION),
            do="use a matching version of the program",
        )
    header = header_from_record(check_record(first, "header", where=f"{where}, line {number}"))
    return header, records[1:]


def framework_from_bytes(data: bytes, *, where: str) -> Framework:
    """Return the framework of a canonical file that this program wrote; any fault is an error.

    Raises:
        InputError: A line does not fit.
    """
    header, records = parse_lines(data, where=where)
    units = [unit_from_record(check_record(record, "unit", where=f"{where}, line {n}")) for n, record in records]
    return Framework(header=header, units=tuple(units))


def line_starts(data: bytes) -> list[int]:
    """Return where each line of a canonical file starts, and its end: the header first, then the units."""
    starts = [0]
    while (end := data.find(b"\n", starts[-1])) >= 0:
        starts.append(end + 1)
    return starts


def stored_framework(path: Path, starts: Sequence[int], ids: tuple[str, ...]) -> Framework:
    """Return the framework of a canonical file that this program wrote; its units are read when they are asked for.

    Args:
        path: The file; it must stay as it is.
        starts: What ``line_starts`` gave for it.
        ids: The ids of its units.

    Raises:
        InputError: The header does not fit (a unit that does not is an error when it is read).
    """
    # A map of the file, not the file: a search reads a few of its units.
    with path.open("rb") as handle:
        data = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)

    def line(number: int) -> Any:
        try:
            return json.loads(data[starts[number] : starts[number + 1]])
        except (ValueError, RecursionError) as error:
            raise InputError("is not JSON", where=f"{path}, line {number + 1}", do="build the index again") from error

    @lru_cache(maxsize=_UNITS_KEPT)
    def read(number: int) -> Unit:
        return unit_from_record(check_record(line(number + 1), "unit", where=f"{path}, line {number + 2}"))

    header = header_from_record(check_record(line(0), "header", where=f"{path}, line 1"))
    return Framework(header=header, units=StoredUnits(ids, read))


def write_framework(framework: Framework, path: Path) -> None:
    """Write the canonical file, whole or not at all."""
    write_atomic(path, framework_to_bytes(framework))
