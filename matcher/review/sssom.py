"""Decisions as an SSSOM mapping set (https://mapping-commons.github.io/sssom/), a TSV file with its metadata on top."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from matcher import __version__
from matcher.export.rows import clean, safe_cell, titles
from matcher.review.run import Run
from matcher.review.settle import Outcome, Settled
from matcher.schema import Header, Suggestion, UnitResult

COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "object_label",
    "mapping_justification",
    "reviewer_id",
    "reviewer_label",
    "confidence",
    "mapping_date",
    "subject_source",
    "subject_source_version",
    "object_source",
    "object_source_version",
    "mapping_tool",
    "mapping_tool_version",
    "comment",
    "other",
)
# What the specification writes where no licence was given.
NO_LICENCE = "https://w3id.org/sssom/license/unspecified"
_PREDICATES = {
    "exact": "skos:exactMatch",
    "close": "skos:closeMatch",
    "broad": "skos:broadMatch",
    "narrow": "skos:narrowMatch",
    "related": "skos:relatedMatch",
    # Some mapping, nothing said of its kind: the property above the five.
    "": "skos:mappingRelation",
}
_FIXED = {
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sssom": "https://w3id.org/sssom/",
    "reviewer": "urn:competency-matcher:reviewer:",
    "framework": "urn:competency-framework:",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    subject_prefix: str
    object_prefix: str
    labels: Mapping[str, UnitResult]
    run: Run


def _prefix(header: Header) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", header.id) or "framework-without-id"
    return f"f-{name}" if name in _FIXED or not name[0].isalpha() else name


def _local(text: str) -> str:
    return quote(text, safe="")


def mapping_set(outcome: Outcome, runs: Mapping[str, Run], *, version: str, licence: str = NO_LICENCE) -> str:
    """Return the mapping set of what is settled.

    A rejected candidate is a row with the modifier ``Not``; a unit without counterpart has the object
    ``sssom:NoTermFound``. Conflicts and candidates on which nobody is decisive have no row.

    Args:
        outcome: What the decisions come to.
        runs: The runs by id: labels, editions and confidences.
        version: The mapping set's version.
        licence: The URL of the set's licence.
    """
    sources = {run_id: _sources(run) for run_id, run in runs.items()}
    curies = dict(_FIXED)
    for found in sources.values():
        for prefix in (found.subject_prefix, found.object_prefix):
            curies[prefix] = f"urn:competency-framework:{prefix}:"
    rows = [_row(settled, sources[settled.run]) for settled in outcome.settled]
    return _text(rows, curies, sorted(runs), version=version, licence=licence)


def _sources(run: Run) -> _Sources:
    return _Sources(
        subject_prefix=_prefix(run.query.subjects.header),
        object_prefix=_prefix(run.query.objects.header),
        labels={result.subject_id: result for result in run.results},
        run=run,
    )


def candidate_set(run: Run, *, licence: str = NO_LICENCE) -> str:
    """Return the candidates of a run that nobody has reviewed yet as a mapping set.

    Args:
        run: The run.
        licence: The URL of the set's licence.
    """
    found = _sources(run)
    curies = dict(_FIXED)
    for prefix in (found.subject_prefix, found.object_prefix):
        curies[prefix] = f"urn:competency-framework:{prefix}:"
    rows = []
    for result in run.results:
        for s in result.suggestions:
            row = _ends(found, result, s, s.object_id)
            row["predicate_id"] = _PREDICATES.get(s.relation or "", _PREDICATES[""])
            row["mapping_justification"] = "semapv:SemanticSimilarityThresholdMatching"
            row["other"] = f"rank={s.rank}|score={s.score}"
            rows.append(row)
    return _text(rows, curies, [run.id], version=run.id, licence=licence)


def _ends(found: _Sources, result: UnitResult, candidate: Suggestion | None, object_id: str) -> dict[str, str]:
    subjects, objects = found.run.query.subjects, found.run.query.objects
    row = {
        "subject_id": f"{found.subject_prefix}:{_local(result.subject_id)}",
        "subject_label": titles(result.subject),
        "subject_source": f"framework:{_local(subjects.header.id)}",
        "subject_source_version": subjects.header.edition,
        "object_source": f"framework:{_local(objects.header.id)}",
        "object_source_version": objects.header.edition,
        "object_id": f"{found.object_prefix}:{_local(object_id)}" if object_id else "sssom:NoTermFound",
        "mapping_tool": "Competency Matcher",
        "mapping_tool_version": __version__,
    }
    if candidate is not None:
        row["object_label"] = titles(candidate.object)
        if candidate.confidence is not None:
            row["confidence"] = f"{candidate.confidence:.6g}"
    return row


def _row(settled: Settled, found: _Sources) -> dict[str, str]:
    result = found.labels[settled.subject]
    candidate = next((s for s in result.suggestions if s.object_id == settled.object), None)
    row = _ends(found, result, candidate, settled.object)
    row["predicate_id"] = _PREDICATES[settled.relation]
    row["predicate_modifier"] = "Not" if settled.verdict == "reject" else ""
    row["mapping_justification"] = "semapv:MappingReview"
    names = list(dict.fromkeys(d.reviewer for d in settled.decisions))
    row["reviewer_id"] = "|".join(f"reviewer:{_local(name)}" for name in names)
    row["reviewer_label"] = "|".join(name.replace("|", "/") for name in names)
    row["mapping_date"] = max(d.decided_at for d in settled.decisions)[:10]
    row["comment"] = " / ".join(filter(None, (d.comment for d in settled.decisions)))
    blind = all(d.blind for d in settled.decisions)
    row["other"] = f"verdict={settled.verdict}|run={settled.run}|blind={blind}|adjudicated={settled.adjudicated}"
    return row


def _text(
    rows: Iterable[Mapping[str, str]], curies: Mapping[str, str], runs: Sequence[str], *, version: str, licence: str
) -> str:
    head = {
        # Where sssom-py too puts sets that nobody has published under an address of their own.
        "mapping_set_id": f"https://w3id.org/sssom/mappings/{'-'.join(map(_local, runs)) or 'empty'}",
        "mapping_set_version": version,
        "mapping_set_title": "Comparable units of competency",
        "mapping_set_description": "Indicative comparisons of texts; no decision on any qualification.",
        "license": licence,
    }
    buffer = io.StringIO()
    # A JSON string is a YAML string too.
    for key, value in head.items():
        buffer.write(f"#{key}: {json.dumps(value)}\n")
    buffer.write("#curie_map:\n")
    for prefix, expansion in sorted(curies.items()):
        buffer.write(f"#  {json.dumps(prefix)}: {json.dumps(expansion)}\n")
    writer = csv.DictWriter(buffer, COLUMNS, delimiter="\t", lineterminator="\n", restval="")
    writer.writeheader()
    for row in rows:
        # A row is a line: readers of TSV disagree on quoted line ends.
        writer.writerow({key: safe_cell(" ".join(clean(value).split())) for key, value in row.items()})
    return buffer.getvalue()
