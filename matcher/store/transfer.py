"""A whole store as JSON lines, out and in again without loss."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from matcher.artefact import atomic_path
from matcher.errors import InputError
from matcher.store.database import Store
from matcher.store.decision import Decision

_FORMAT = "competency-matcher decisions"
_VERSION = 1
_TYPES: dict[str, tuple[type, ...]] = {
    "rank": (int, type(None)),
    "score": (float, int, type(None)),
    "confidence": (float, int, type(None)),
    "blind": (bool,),
}
_FIELDS = tuple(field.name for field in fields(Decision))
# A line may hold a whole run: every candidate shown for every unit of a framework.
MAX_LINE = 1 << 30


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=True, sort_keys=True, separators=(",", ":")) + "\n"


def export_jsonl(store: Store, path: Path) -> int:
    """Write every run and every decision, in order; return the number of decisions.

    Raises:
        InputError: The store cannot be read or the file cannot be written.
    """
    runs, decisions = store.runs(), store.log()
    with atomic_path(path) as temporary, temporary.open("w", encoding="ascii", newline="\n") as handle:
        handle.write(_line({"format": _FORMAT, "version": _VERSION}))
        for run_id in runs:
            payload = base64.b64encode(store.run(run_id)).decode("ascii")
            handle.write(_line({"run": {"id": run_id, "payload": payload}}))
        for decision in decisions:
            handle.write(_line({"decision": asdict(decision)}))
    return len(decisions)


def import_jsonl(store: Store, path: Path) -> int:
    """Read what ``export_jsonl`` wrote; return how many decisions were new. All of them are kept, or none.

    Raises:
        InputError: The file is not such an export or is damaged, or the store cannot be written.
    """
    runs: list[tuple[str, bytes]] = []
    decisions: list[Decision] = []
    for number, record in _records(path):
        where = f"{path}, line {number}"
        if number == 1:
            if record.get("format") != _FORMAT or record.get("version") != _VERSION:
                raise InputError("is no export of decisions", where=where, expected="`matcher decisions export`")
        elif isinstance(record.get("run"), dict):
            runs.append(_run(record["run"], where))
        elif isinstance(record.get("decision"), dict):
            decisions.append(_decision(record["decision"], where))
        else:
            raise InputError("is neither a run nor a decision", where=where, do="export the decisions again")
    return store.append(decisions, runs=dict(runs))


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        with path.open("rb") as handle:
            while line := handle.readline(MAX_LINE):
                number += 1
                record = json.loads(line)
                if not line.endswith(b"\n") or not isinstance(record, dict):
                    raise InputError(
                        "the line is not whole", where=f"{path}, line {number}", do="export the decisions again"
                    )
                yield number, record
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path), do="check the name") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            "is no JSON", where=f"{path}, line {number}", expected="`matcher decisions export`", do="export again"
        ) from error
    if number == 0:
        raise InputError("is empty", where=str(path), expected="`matcher decisions export`", do="export again")


def _run(record: dict[str, Any], where: str) -> tuple[str, bytes]:
    try:
        return str(record["id"]), base64.b64decode(record["payload"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise InputError("the run is damaged", where=where, do="export the decisions again") from error


def _decision(record: dict[str, Any], where: str) -> Decision:
    if set(record) != set(_FIELDS):
        odd = sorted(set(record) ^ set(_FIELDS))
        raise InputError(f"fields missing or unknown: {', '.join(odd)}", where=where, do="export the decisions again")
    for name, value in record.items():
        if type(value) not in _TYPES.get(name, (str,)):
            raise InputError(f"{name} is {value!r}"[:120], where=where, do="export the decisions again")
    return Decision(**record)
