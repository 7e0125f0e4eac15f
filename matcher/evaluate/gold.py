"""Gold pairs: TREC qrels, or the spreadsheets that people keep."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matcher.errors import InputError
from matcher.evaluate.relations import GRADE_OF_RELATION, Relation, read_relation
from matcher.readers.cells import plain_cell
from matcher.readers.columns import heading_key
from matcher.readers.encoding import decode
from matcher.readers.tables import Row, read_bytes, read_tables

_HEADINGS = {
    "subject": ("subject", "subject code", "hk", "unit", "uoc", "hk code", "source", "from", "能力单元", "香港编号"),
    "object": ("object", "object code", "cn", "cn code", "work content", "target", "to", "工作内容编号", "内地编号"),
    "grade": ("grade", "score", "relevance", "等级", "评分", "分数"),
    "relation": ("relation", "match", "关系"),
    "judge": ("judge", "reviewer", "expert", "评审", "专家"),
}
MAX_GRADE = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """Grades by subject and object; a subject with no object was judged to have no counterpart.

    ``relations`` holds every judge's relation of a pair, where the file names any.
    """

    grades: Mapping[str, Mapping[str, int]]
    judges: int = 1
    relations: Mapping[str, Mapping[str, tuple[Relation, ...]]] = field(default_factory=dict)


def read_gold(path: Path) -> Gold:
    """Read gold pairs: TREC qrels (``unit 0 item grade``), CSV / TSV / XLSX with headings, or JSON lines.

    Several judges' grades of a pair are averaged and rounded up at .5.

    Raises:
        InputError: The file is none of them, or a row cannot be read.
    """
    if path.suffix.lower() == ".jsonl":
        return _read_json_lines(path)
    with_text = path.suffix.lower() not in (".xlsx", ".csv", ".tsv") or _looks_like_qrels(path)
    return _read_qrels(path) if with_text else _read_table(path)


def _looks_like_qrels(path: Path) -> bool:
    if path.suffix.lower() == ".xlsx":
        return False
    text, _ = decode(read_bytes(path), where=str(path))
    first = next((line.split() for line in text.splitlines() if line.strip()), [])
    return len(first) == 4 and first[3].lstrip("-").isdigit()


def _read_qrels(path: Path) -> Gold:
    text, _ = decode(read_bytes(path), where=str(path))
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.split()
        if not cells:
            continue
        if len(cells) != 4:
            raise InputError(
                f"{len(cells)} columns", where=f"{path}, line {number}", expected="unit 0 item grade", do="correct it"
            )
        grades.setdefault(cells[0], {})[cells[2]] = _grade(cells[3], f"{path}, line {number}")
    return Gold(grades=grades)


def _grade(text: str, where: str) -> int:
    try:
        value = int(text)
    except ValueError as error:
        raise InputError(f"grade {text[:20]!r}", where=where, expected="a whole number 0-3", do="correct it") from error
    if not -1 <= value <= MAX_GRADE:
        raise InputError(f"grade {value}", where=where, expected="a whole number 0-3", do="correct it")
    return max(0, value)


def _columns(heading: Sequence[str]) -> dict[str, int]:
    keys = {heading_key(name): field for field, names in _HEADINGS.items() for name in names}
    found: dict[str, int] = {}
    for number, cell in enumerate(heading):
        field = keys.get(heading_key(cell))
        if field is not None:
            found.setdefault(field, number)
    return found


def _read_table(path: Path) -> Gold:
    for table in read_tables(path):
        rows = [row for row in table.rows if any(cell.strip() for cell in row.cells)]
        columns = _columns(rows[0].cells) if rows else {}
        if "subject" in columns and "object" in columns and ("grade" in columns or "relation" in columns):
            return _graded(rows[1:], columns, f"{path}{', sheet ' + table.sheet if table.sheet else ''}")
    raise InputError(
        "no gold columns", where=str(path), expected="subject, object and grade (or relation)", do="rename the headings"
    )


def _graded(rows: Sequence[Row], columns: Mapping[str, int], where: str) -> Gold:
    votes = _Votes()
    judges = set()
    for row in rows:
        cells = {field: row.cells[n].strip() if n < len(row.cells) else "" for field, n in columns.items()}
        place = f"{where}, row {row.number}"
        if not cells["subject"]:
            raise InputError("no subject code", where=place, expected="a unit's code", do="fill it in")
        judges.add(cells.get("judge", ""))
        subject, item = plain_cell(cells["subject"]), plain_cell(cells["object"])
        votes.add_subject(subject)
        if not item:
            continue
        text, word = cells.get("grade", ""), cells.get("relation", "")
        relation = read_relation(word, where=place) if word or not text else None
        grade = _grade(text, place) if text else GRADE_OF_RELATION[relation or "none"]
        votes.add(subject, item, grade, relation)
    return votes.gold(judges=max(1, len(judges)))


def _read_json_lines(path: Path) -> Gold:
    """Read lines of subject, object, grade and the judges' relations (``relation``, or ``relation_a`` and so on)."""
    text, _ = decode(read_bytes(path), where=str(path))
    votes = _Votes()
    judges = 1
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError("is not JSON", where=where, expected="a pair and its grade", do="correct it") from error
        found = record if isinstance(record, dict) else {}
        subject, item = found.get("subject", found.get("hk")), found.get("object", found.get("cn"))
        if not isinstance(subject, str) or not isinstance(item, str):
            raise InputError("names no pair", where=where, expected="subject and object", do="correct it")
        words = [found[key] for key in sorted(found) if key == "relation" or key.startswith("relation_")]
        judges = max(judges, len(words))
        votes.add_subject(subject)
        votes.add(subject, item, _grade(str(found.get("grade")), where), None)
        for word in words:
            votes.add_relation(subject, item, read_relation(str(word or ""), where=where))
    return votes.gold(judges=judges)


class _Votes:
    """Collects what each judge says of each pair."""

    def __init__(self) -> None:
        self._grades: dict[str, dict[str, list[int]]] = {}
        self._relations: dict[str, dict[str, list[Relation]]] = {}

    def add_subject(self, subject: str) -> None:
        self._grades.setdefault(subject, {})

    def add(self, subject: str, item: str, grade: int, relation: Relation | None) -> None:
        self._grades[subject].setdefault(item, []).append(grade)
        if relation is not None:
            self.add_relation(subject, item, relation)

    def add_relation(self, subject: str, item: str, relation: Relation) -> None:
        self._relations.setdefault(subject, {}).setdefault(item, []).append(relation)

    def gold(self, *, judges: int) -> Gold:
        # Rounded up at .5: two judges who say 2 and 3 mean 3 (as the development gold was made).
        grades = {
            subject: {item: math.floor(sum(found) / len(found) + 0.5) for item, found in items.items()}
            for subject, items in self._grades.items()
        }
        relations = {s: {item: tuple(found) for item, found in items.items()} for s, items in self._relations.items()}
        return Gold(grades=grades, judges=judges, relations=relations)
