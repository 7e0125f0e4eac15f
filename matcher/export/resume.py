"""A screening that can be broken off: units that are done are kept beside the output until the last one is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from matcher.artefact import atomic_path
from matcher.errors import InputError
from matcher.schema import UnitResult

# Units written between two flushes to the disk: what a power cut costs at most.
FLUSH = 64


def partial_path(path: Path) -> Path:
    """Return where the finished units of a screening are kept while it runs."""
    return path.with_name(path.name + ".partial")


def write_resumable(
    unit_ids: Sequence[str],
    screen: Callable[[Sequence[str]], Iterable[UnitResult]],
    lines: Callable[[UnitResult], str],
    path: Path,
    fingerprint: str,
) -> int:
    """Write one JSON-lines file, taking up where an earlier run with the same fingerprint stopped.

    Args:
        unit_ids: Every unit, in the order of the output.
        screen: From unit ids to their results, in that order.
        lines: A result's lines, ending in a line feed.
        path: The output, replaced whole when all units are done: the same bytes as in one go.
        fingerprint: What the results depend on.

    Returns:
        How many units were already done.

    Raises:
        InputError: The partial file is of another screening, or a file cannot be written.
    """
    partial = partial_path(path)
    done = _done(partial, unit_ids, fingerprint)
    try:
        with partial.open("a", encoding="utf-8", newline="\n") as handle:
            if not done and handle.tell() == 0:
                handle.write(json.dumps({"fingerprint": fingerprint}) + "\n")
            for number, result in enumerate(screen(unit_ids[done:]) if done < len(unit_ids) else (), 1):
                # One line a unit: a line that is not whole was not finished.
                handle.write(json.dumps({"unit": result.subject_id, "lines": lines(result)}) + "\n")
                if number % FLUSH == 0:
                    handle.flush()
                    os.fsync(handle.fileno())
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror})", where=str(partial), do="free some space; what is done is kept"
        ) from error
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", errors="replace", newline="") as out:
        for _, text in _records(partial):
            out.write(text)
    partial.unlink()
    return done


def _done(partial: Path, unit_ids: Sequence[str], fingerprint: str) -> int:
    """Return how many units the partial file holds, after cutting off a line that was not finished.

    Raises:
        InputError: It is of another screening.
    """
    if not partial.exists() or partial.stat().st_size == 0:
        return 0
    foreign = InputError(
        "is of another screening (other files, options or version)",
        where=str(partial),
        do="remove it, or choose another output",
    )
    with partial.open("rb+") as handle:
        try:
            head = json.loads(handle.readline())
        except ValueError as error:
            raise foreign from error
        if not isinstance(head, dict) or head.get("fingerprint") != fingerprint:
            raise foreign
        end, count = handle.tell(), 0
        while line := handle.readline():
            try:
                record = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                record = None
            if record is None:
                break
            if count >= len(unit_ids) or record.get("unit") != unit_ids[count]:
                raise foreign
            end, count = handle.tell(), count + 1
        handle.truncate(end)
    return count


def _records(partial: Path) -> Iterator[tuple[str, str]]:
    with partial.open("r", encoding="utf-8") as handle:
        handle.readline()
        for line in handle:
            record = json.loads(line)
            yield str(record["unit"]), str(record["lines"])
