"""Gold pairs: TREC qrels, or the spreadsheets that people keep."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import InputError
from matcher.readers.columns import heading_key
from matcher.readers.encoding import decode
from matcher.readers.tables import Row, read_bytes, read_tables

# What a relation alone says of the grade (evaluation/gold/guidelines.md): exact and close are the same piece of work,
# broad and narrow overlap substantially, related is worth showing.
GRADE_OF_RELATION = {"exact": 3, "close": 3, "broad": 2, "narrow": 2, "related": 1, "none": 0, "nomatch": 0}
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
    """Grades by subject and object; a subject with no object was judged to have no counterpart."""

    grades: Mapping[str, Mapping[str, int]]
    judges: int = 1


def read_gold(path: Path) -> Gold:
    """Read gold pairs: TREC qrels (``unit 0 item grade``), or CSV / TSV / XLSX with headings.

    Several judges' grades of a pair are averaged and rounded up at .5.

    Raises:
        InputError: The file is neither, or a row cannot be read.
    """
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


def _relation_grade(text: str, where: str) -> int:
    key = heading_key(text).removeprefix("skos").removesuffix("match") or "none"
    if key not in GRADE_OF_RELATION:
        raise InputError(f"relation {text[:20]!r}", where=where, expected=", ".join(GRADE_OF_RELATION), do="correct it")
    return GRADE_OF_RELATION[key]


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
    votes: dict[str, dict[str, list[int]]] = {}
    judges = set()
    for row in rows:
        cells = {field: row.cells[n].strip() if n < len(row.cells) else "" for field, n in columns.items()}
        place = f"{where}, row {row.number}"
        if not cells["subject"]:
            raise InputError("no subject code", where=place, expected="a unit's code", do="fill it in")
        judges.add(cells.get("judge", ""))
        items = votes.setdefault(cells["subject"], {})
        if not cells["object"]:
            continue
        text = cells.get("grade", "")
        grade = _grade(text, place) if text else _relation_grade(cells.get("relation", ""), place)
        items.setdefault(cells["object"], []).append(grade)
    # Rounded up at .5: two judges who say 2 and 3 mean 3 (as the development gold was made).
    grades = {
        subject: {item: math.floor(sum(found) / len(found) + 0.5) for item, found in items.items()}
        for subject, items in votes.items()
    }
    return Gold(grades=grades, judges=max(1, len(judges)))
