"""Write results in one of the formats, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TextIO

from matcher.artefact import atomic_path
from matcher.errors import InputError
from matcher.export.page import render_page
from matcher.export.rows import COLUMNS, DisplayLanguage, clean, context, level_words, resolve, rows, safe_cell, titles
from matcher.export.workbook import write_workbook
from matcher.schema import Framework, Query, Suggestion, Unit, UnitResult

Format = Literal["jsonl", "json", "csv", "xlsx", "trec", "html"]


def _jsonl(results: Iterable[UnitResult]) -> Iterator[str]:
    for result in results:
        for s in result.suggestions:
            record = {
                "subject": s.subject_id,
                "object": s.object_id,
                "rank": s.rank,
                "score": s.score,
                "confidence": s.confidence,
                "relation": s.relation,
                "in_set": s.in_set,
            }
            yield json.dumps(record, ensure_ascii=False) + "\n"
        none = {"subject": result.subject_id, "no_counterpart": result.no_counterpart}
        yield json.dumps(none, ensure_ascii=False) + "\n"


def _trec(results: Iterable[UnitResult]) -> Iterator[str]:
    for result in results:
        for s in result.suggestions:
            for name in (s.subject_id, s.object_id):
                if not name or any(character.isspace() for character in name):
                    raise InputError(f"the id {name!r} has spaces", where="TREC form", do="use another format")
            yield f"{s.subject_id} Q0 {s.object_id} {s.rank} {s.score:.6f} matcher\n"


def _csv(results: Iterable[UnitResult], query: Query, language: DisplayLanguage) -> Iterator[str]:
    for cells in rows(results, query, language):
        yield _csv_line(safe_cell(cell) for cell in cells)


def _csv_line(cells: Iterable[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(list(cells))
    return buffer.getvalue()


def text_head(form: str) -> str:
    """Return what stands before the first row of a format."""
    # The BOM makes Excel read Chinese as UTF-8.
    return "\ufeff" + _csv_line(COLUMNS) if form == "csv" else ""


def text_of(
    results: Iterable[UnitResult], *, query: Query, form: Literal["jsonl", "csv", "trec"], language: DisplayLanguage
) -> Iterator[str]:
    """Yield the rows of results in a format that has a row a candidate, without ``text_head``; language resolved."""
    if form == "jsonl":
        return _jsonl(results)
    return _trec(results) if form == "trec" else _csv(results, query, language)


def _unit_record(unit: Unit, unit_id: str, framework: Framework, language: DisplayLanguage) -> dict[str, Any]:
    return {
        "id": unit_id,
        "code": unit.code,
        "title": titles(unit),
        "level": unit.level,
        "level_words": level_words(framework, unit, language),
        "industry": context(unit, "industry"),
        "area": context(unit, "area"),
        "occupation": context(unit, "occupation"),
        "function": context(unit, "function"),
        "statements": [{"role": s.role, "language": s.language, "text": s.text} for s in unit.statements],
    }


def _suggestion_record(s: Suggestion, query: Query, language: DisplayLanguage) -> dict[str, Any]:
    return {
        "rank": s.rank,
        "score": s.score,
        "confidence": s.confidence,
        "relation": s.relation,
        "in_set": s.in_set,
        "topic": s.topic,
        "level_part": s.level_part,
        "level": asdict(s.level) if s.level else None,
        "coverage": asdict(s.coverage) if s.coverage else None,
        "signals": dict(s.signals),
        "object": _unit_record(s.object, s.object_id, query.objects, language),
        "matched": [
            {
                "subject": s.subject.statements[p.subject_index].text,
                "object": s.object.statements[p.object_index].text,
                "similarity": p.similarity,
                "terms": [asdict(link) for link in p.terms],
            }
            for p in s.alignment
        ],
        "members": [_suggestion_record(member, query, language) for member in s.members],
    }


def _json(results: Iterable[UnitResult], query: Query, language: DisplayLanguage) -> Iterator[str]:
    records = [
        {
            "subject": _unit_record(r.subject, r.subject_id, query.subjects, language),
            "no_counterpart": r.no_counterpart,
            "candidates": [_suggestion_record(s, query, language) for s in r.suggestions],
        }
        for r in results
    ]
    whole = {"encoder": query.encoder, "note": "candidates for expert review; indicative only", "units": records}
    yield clean(json.dumps(whole, ensure_ascii=False, indent=2)) + "\n"


def _text(
    results: Iterable[UnitResult], query: Query, kind: Literal["jsonl", "json", "csv", "trec", "html"],
    language: DisplayLanguage,
) -> Iterator[str]:  # fmt: skip
    if kind == "jsonl" or kind == "csv" or kind == "trec":
        return text_of(results, query=query, form=kind, language=language)
    return _json(results, query, language) if kind == "json" else render_page(results, query, language)


def _stream(parts: Iterator[str], handle: TextIO) -> None:
    for part in parts:
        handle.write(part)


def write_results(
    results: Iterable[UnitResult],
    *,
    query: Query,
    format: Format,  # noqa: A002 (the word users know)
    path: Path,
    language: DisplayLanguage = "auto",
) -> None:
    """Write results to a file; an existing file is replaced only by a whole new one.

    Raises:
        InputError: The file cannot be written.
    """
    language = resolve(language, query)
    with atomic_path(path) as temporary:
        if format == "xlsx":
            write_workbook(results, query, language, temporary)
            return
        with temporary.open("w", encoding="utf-8", errors="replace", newline="") as handle:
            handle.write(text_head(format))
            _stream(_text(results, query, format, language), handle)


def render_results(
    results: Iterable[UnitResult],
    *,
    query: Query,
    format: Format,  # noqa: A002 (the word users know)
    language: DisplayLanguage = "auto",
) -> bytes:
    """Return results as bytes, for standard output."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"results.{format}"
        write_results(results, query=query, format=format, path=path, language=language)
        return path.read_bytes()
