"""A run: the candidates that reviewers are shown, packed so that the store can keep them for good."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from matcher.artefact import sha256_of_bytes
from matcher.compare.group import group_unit
from matcher.errors import InputError
from matcher.readers.canonical import framework_from_bytes, framework_to_bytes
from matcher.schema import (
    AlignedPair,
    Coverage,
    Framework,
    LevelEvidence,
    Query,
    Suggestion,
    TermLink,
    Unit,
    UnitResult,
)

_FORMAT = "competency-matcher run"
_VERSION = 1
# Fields that are kept in another form than as themselves.
_PACKED = ("subject_id", "object_id", "subject", "object", "alignment", "members", "level", "coverage", "signals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What reviewers are shown. ``id`` is made from the content: the same candidates are the same run.

    The frameworks of ``query`` hold the units that occur in the results and no others, so the ids are those of the
    results, not of ``Framework.unit_ids``.
    """

    id: str
    query: Query
    results: tuple[UnitResult, ...]

    def find(self, subject_id: str, object_id: str) -> Suggestion | None:
        """Return a candidate of a unit."""
        for result in self.results:
            if result.subject_id == subject_id:
                return next((s for s in result.suggestions if s.object_id == object_id), None)
        return None


def edition_of(framework: Framework, unit: Unit) -> str:
    """Return which text a decision was made on: framework, edition, the unit's version and revision."""
    header = framework.header
    parts = (header.id, header.edition, unit.version and f"v{unit.version}", unit.revision and f"r{unit.revision}")
    return " ".join(filter(None, parts))


def pack_run(results: Iterable[UnitResult], query: Query) -> tuple[str, bytes]:
    """Return a run's id and its bytes: JSON lines in a fixed form, the same for the same candidates.

    Raises:
        InputError: A group of candidates has no name to show.
    """
    kept = tuple(results)
    subjects = {result.subject_id: result.subject for result in kept}
    objects = {s.object_id: s.object for result in kept for top in result.suggestions for s in (top, *top.members)}
    nameless = sorted(unit_id for unit_id, unit in objects.items() if not unit.statements)
    if nameless:
        raise InputError(
            "has no name to show a reviewer", where=f"candidate {nameless[0]}", do="screen again without --group"
        )
    head = {
        "format": _FORMAT,
        "version": _VERSION,
        "encoder": query.encoder,
        "subjects": sorted(subjects),
        "objects": sorted(objects),
    }
    lines = [json.dumps(head, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")]
    for framework, units in ((query.subjects, subjects), (query.objects, objects)):
        part = Framework(header=framework.header, units=tuple(units[unit_id] for unit_id in sorted(units)))
        lines += framework_to_bytes(part).rstrip(b"\n").split(b"\n")
    lines += [result_line(result) for result in kept]
    payload = b"\n".join(lines) + b"\n"
    return sha256_of_bytes(payload)[:16], payload


def result_line(result: UnitResult) -> bytes:
    """Return a result as one line of JSON, without its line feed; units are named by their ids."""
    plain = {f.name: getattr(result, f.name) for f in fields(result) if f.name not in ("subject", "suggestions")}
    record = {**plain, "suggestions": [_suggestion_record(s) for s in result.suggestions]}
    return json.dumps(record, sort_keys=True).encode()


def _suggestion_record(suggestion: Suggestion) -> dict[str, Any]:
    plain = {f.name: getattr(suggestion, f.name) for f in fields(suggestion) if f.name not in _PACKED}
    return {
        **plain,
        "object": suggestion.object_id,
        "alignment": [
            [p.subject_index, p.object_index, p.similarity, [[t.subject, t.object, t.similarity] for t in p.terms]]
            for p in suggestion.alignment
        ],
        "level": None if suggestion.level is None else asdict(suggestion.level),
        "coverage": None if suggestion.coverage is None else asdict(suggestion.coverage),
        "signals": [list(signal) for signal in suggestion.signals],
        "members": [_suggestion_record(member) for member in suggestion.members],
    }


def unpack_run(payload: bytes, *, where: str = "the run") -> Run:
    """Return the run of bytes that ``pack_run`` made.

    Raises:
        InputError: The bytes are damaged or of another version.
    """
    lines = payload.removesuffix(b"\n").split(b"\n")
    try:
        head = json.loads(lines[0])
        if head.get("format") != _FORMAT or head.get("version") != _VERSION:
            raise InputError(
                f"is of format {head.get('format')!r}, version {head.get('version')}", where=where,
                expected=f"{_FORMAT}, version {_VERSION}", do="screen again",
            )  # fmt: skip
        second = 2 + len(head["subjects"])
        third = second + 1 + len(head["objects"])
        left = framework_from_bytes(b"\n".join(lines[1:second]), where=f"{where}, subjects")
        right = framework_from_bytes(b"\n".join(lines[second:third]), where=f"{where}, objects")
        subjects = dict(zip(head["subjects"], left.units, strict=True))
        objects = dict(zip(head["objects"], right.units, strict=True))
        results = tuple(results_of(lines[third:], subjects, objects))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise InputError("is damaged", where=where, do="restore the last backup, or screen again") from error
    query = Query(subjects=left, objects=right, encoder=str(head["encoder"]))
    return Run(id=sha256_of_bytes(payload)[:16], query=query, results=results)


def results_of(
    lines: Iterable[bytes], subjects: Mapping[str, Unit], objects: Mapping[str, Unit]
) -> Iterator[UnitResult]:
    """Yield the results of lines that ``result_line`` made; the mappings give each unit (not those of groups)."""
    for line in lines:
        record = json.loads(line)
        subject_id = record["subject_id"]
        subject = subjects[subject_id]
        found = tuple(_suggestion(s, subject_id, subject, objects) for s in record.pop("suggestions"))
        yield UnitResult(**record, subject=subject, suggestions=found)


def _tuples(record: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}


def _suggestion(record: dict[str, Any], subject_id: str, subject: Unit, objects: Mapping[str, Unit]) -> Suggestion:
    object_id = record.pop("object")
    pairs = tuple(
        AlignedPair(
            subject_index=i, object_index=j, similarity=similarity,
            terms=tuple(TermLink(subject=a, object=b, similarity=value) for a, b, value in terms),
        )
        for i, j, similarity, terms in record.pop("alignment")
    )  # fmt: skip
    level, coverage, signals = (record.pop(name) for name in ("level", "coverage", "signals"))
    members = tuple(_suggestion(m, subject_id, subject, objects) for m in record.pop("members"))
    # A group that stands in no framework is made again from its best member.
    grouped = object_id not in objects and members
    unit = group_unit(object_id, members[0].object) if grouped else objects[object_id]
    if any(p.subject_index >= len(subject.statements) or p.object_index >= len(unit.statements) for p in pairs):
        raise ValueError("a pair points outside its unit")
    return Suggestion(
        **record, subject_id=subject_id, object_id=object_id, subject=subject, object=unit, alignment=pairs,
        members=members, signals=tuple((name, value) for name, value in signals),
        level=None if level is None else LevelEvidence(**_tuples(level)),
        coverage=None if coverage is None else Coverage(**_tuples(coverage)),
    )  # fmt: skip
