"""Runs: TREC files, and the JSONL, CSV and XLSX files that ``matcher screen`` writes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import InputError
from matcher.evaluate.relations import Relation, read_relation
from matcher.readers.cells import plain_cell, plain_workbook_text
from matcher.readers.columns import heading_key
from matcher.readers.encoding import decode
from matcher.readers.tables import Table, read_bytes, read_tables

# The headings of our own tables, in both languages (`matcher.export`); a test reads every format back.
_HEADINGS = {
    "subject": ("subject", "unit", "能力单元"),
    "object": ("object", "candidate", "候选"),
    "rank": ("rank", "名次"),
    "score": ("score", "分值"),
    "confidence": ("confidence", "置信度"),
    "relation": ("relation", "关系"),
    "in_set": ("in_set", "在集合内"),
    "no_counterpart": ("no_counterpart", "无对应", "无可比对象"),
}
_NEEDED = ("subject", "object", "rank", "score")
_TRUE, _FALSE = ("true", "1", "yes", "y", "是"), ("false", "0", "no", "n", "否")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One candidate of a subject; what a run does not say is None."""

    object: str
    rank: int
    score: float
    confidence: float | None = None
    relation: Relation | None = None
    in_set: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Each subject's candidates, best first; and each subject's probability of having no counterpart, where given."""

    answers: Mapping[str, tuple[Answer, ...]]
    no_counterpart: Mapping[str, float | None]

    @property
    def rankings(self) -> dict[str, tuple[str, ...]]:
        """Each subject's objects, best first."""
        return {subject: tuple(answer.object for answer in found) for subject, found in self.answers.items()}


_Line = tuple[str, Answer]


def read_run(path: Path) -> Run:
    """Read a run; its ranks decide, then scores, then ids.

    Raises:
        InputError: The file is no run, or a line cannot be read.
    """
    none: dict[str, float | None] = {}
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".xlsx"):
        return _run(list(_table_lines(path, none)), none)
    text, _ = decode(read_bytes(path), where=str(path))
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if lines and lines[0][1].lstrip().startswith("{"):
        return _run(list(_json_lines(lines, path, none)), none)
    return _run(_trec_lines(lines, path), {})


def _run(lines: Iterable[_Line], no_counterpart: Mapping[str, float | None]) -> Run:
    found: dict[str, list[Answer]] = {subject: [] for subject in no_counterpart}
    for subject, answer in lines:
        found.setdefault(subject, []).append(answer)
    answers = {}
    for subject, items in sorted(found.items()):
        first: dict[str, Answer] = {}
        for answer in sorted(items, key=lambda a: (a.rank, -a.score, a.object)):
            first.setdefault(answer.object, answer)
        answers[subject] = tuple(first.values())
    return Run(answers=answers, no_counterpart=dict(no_counterpart))


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


def _probability(value: object, name: str, where: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= 1.0:
        raise InputError(
            f"{name} {str(value)[:20]!r}", where=where, expected="a number from 0 to 1", do="correct the line"
        )
    return number


def _flag(value: object, where: str) -> bool | None:
    key = str(value).strip().lower() if value is not None else ""
    if key in ("", "-"):
        return None
    if key not in (*_TRUE, *_FALSE):
        raise InputError(f"in_set {key[:20]!r}", where=where, expected="true or false", do="correct the line")
    return key in _TRUE


def _answer(cells: Mapping[str, object], where: str) -> Answer:
    rank, score = _numbers(cells.get("rank"), cells.get("score"), where)
    relation = cells.get("relation")
    return Answer(
        object=str(cells.get("object")),
        rank=rank,
        score=score,
        confidence=_probability(cells.get("confidence"), "confidence", where),
        relation=read_relation(str(relation), where=where) if relation not in (None, "") else None,
        in_set=_flag(cells.get("in_set"), where),
    )


def _trec_lines(lines: Iterable[tuple[int, str]], path: Path) -> Iterator[_Line]:
    for number, line in lines:
        cells = line.split()
        where = f"{path}, line {number}"
        if len(cells) != 6:
            raise InputError(
                f"{len(cells)} columns", where=where, expected="unit Q0 item rank score tag", do="give a TREC run"
            )
        rank, score = _numbers(cells[3], cells[4], where)
        yield cells[0], Answer(object=cells[2], rank=rank, score=score)


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
            yield record["subject"], _answer(record, where)
        else:
            value = _probability(record.get("no_counterpart"), "no_counterpart", where)
            no_counterpart[record["subject"]] = value


def _columns(heading: Sequence[str]) -> dict[str, int]:
    keys = {heading_key(name): field for field, names in _HEADINGS.items() for name in names}
    found: dict[str, int] = {}
    for number, cell in enumerate(heading):
        field = keys.get(heading_key(cell))
        if field is not None:
            found.setdefault(field, number)
    return found


def _table_lines(path: Path, no_counterpart: dict[str, float | None]) -> Iterator[_Line]:
    plain = plain_workbook_text if path.suffix.lower() == ".xlsx" else plain_cell
    for table in read_tables(path):
        columns = _columns(table.rows[0].cells) if table.rows else {}
        if set(_NEEDED) <= set(columns):
            for where, cells in _cells(table, columns, path):
                subject = plain(cells["subject"])
                if cells.get("no_counterpart"):
                    no_counterpart[subject] = _probability(cells["no_counterpart"], "no_counterpart", where)
                if cells["object"] or not cells.get("no_counterpart"):
                    yield subject, _answer({**cells, "object": plain(cells["object"])}, where)
            return
    raise InputError("is no run", where=str(path), expected="columns subject, object, rank, score", do="check the file")


def _cells(table: Table, columns: Mapping[str, int], path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for row in table.rows[1:]:
        if any(cell.strip() for cell in row.cells):
            cells = {f: row.cells[n].strip() if n < len(row.cells) else "" for f, n in columns.items()}
            yield f"{path}, row {row.number}", cells
