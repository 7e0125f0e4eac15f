"""Runs: TREC files, and the JSONL and CSV files that ``matcher screen`` writes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.encoding import decode
from matcher.readers.tables import read_bytes, read_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Each subject's objects, best first; and each subject's probability of having no counterpart, where given."""

    rankings: Mapping[str, tuple[str, ...]]
    no_counterpart: Mapping[str, float | None]


_Line = tuple[str, str, int, float]


def read_run(path: Path) -> Run:
    """Read a run; its ranks decide, then scores, then ids.

    Raises:
        InputError: The file is no run, or a line cannot be read.
    """
    if path.suffix.lower() in (".csv", ".tsv", ".xlsx"):
        return _run(_table_lines(path), {})
    text, _ = decode(read_bytes(path), where=str(path))
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if lines and lines[0][1].lstrip().startswith("{"):
        none: dict[str, float | None] = {}
        return _run(list(_json_lines(lines, path, none)), none)
    return _run(_trec_lines(lines, path), {})


def _run(lines: Iterable[_Line], no_counterpart: Mapping[str, float | None]) -> Run:
    found: dict[str, list[tuple[int, float, str]]] = {subject: [] for subject in no_counterpart}
    for subject, item, rank, score in lines:
        found.setdefault(subject, []).append((rank, -score, item))
    rankings = {
        subject: tuple(dict.fromkeys(item for _, _, item in sorted(items))) for subject, items in sorted(found.items())
    }
    return Run(rankings=rankings, no_counterpart=dict(no_counterpart))


def _numbers(rank: object, score: object, where: str) -> tuple[int, float]:
    try:
        place, value = int(str(rank)), float(str(score))
    except ValueError as error:
        raise InputError(
            f"rank {str(rank)[:20]!r}, score {str(score)[:20]!r}",
            where=where,
            expected="numbers",
            do="correct the line",
        ) from error
    if not math.isfinite(value):
        raise InputError("the score is not finite", where=where, expected="a number", do="correct the line")
    return place, value


def _trec_lines(lines: Iterable[tuple[int, str]], path: Path) -> Iterator[_Line]:
    for number, line in lines:
        cells = line.split()
        where = f"{path}, line {number}"
        if len(cells) != 6:
            raise InputError(
                f"{len(cells)} columns", where=where, expected="unit Q0 item rank score tag", do="give a TREC run"
            )
        yield (cells[0], cells[2], *_numbers(cells[3], cells[4], where))


def _json_lines(
    lines: Iterable[tuple[int, str]], path: Path, no_counterpart: dict[str, float | None]
) -> Iterator[_Line]:
    for number, line in lines:
        where = f"{path}, line {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                "is not JSON", where=where, expected="a line of `matcher screen`", do="correct it"
            ) from error
        if not isinstance(record, dict) or not isinstance(record.get("subject"), str):
            raise InputError("names no subject", where=where, expected="a line of `matcher screen`", do="correct it")
        if "object" in record:
            yield (record["subject"], str(record["object"]), *_numbers(record.get("rank"), record.get("score"), where))
        else:
            value = record.get("no_counterpart")
            no_counterpart[record["subject"]] = float(value) if isinstance(value, int | float) else None


def _table_lines(path: Path) -> Iterator[_Line]:
    for table in read_tables(path):
        if not table.rows:
            continue
        heading = [cell.strip().lower() for cell in table.rows[0].cells]
        if not {"subject", "object", "rank", "score"} <= set(heading):
            continue
        columns = [heading.index(name) for name in ("subject", "object", "rank", "score")]
        for row in table.rows[1:]:
            if any(cell.strip() for cell in row.cells):
                cells = [row.cells[n].strip() if n < len(row.cells) else "" for n in columns]
                yield (cells[0], cells[1], *_numbers(cells[2], cells[3], f"{path}, row {row.number}"))
        return
    raise InputError("is no run", where=str(path), expected="columns subject, object, rank, score", do="check the file")
