"""Mappings from a file as decisions in the store, on the candidates of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matcher.artefact import sha256_of_bytes
from matcher.errors import InputError
from matcher.review.mapping import Mapping, MappingSet
from matcher.review.mapping_case import read_case_mappings
from matcher.review.mapping_esco import read_table
from matcher.review.mapping_skos import read_skos
from matcher.review.mapping_sssom import read_sssom
from matcher.review.run import Run, edition_of
from matcher.review.settle import ADJUDICATION
from matcher.store import Decision, Store, now
from matcher.store.decision import MAX_COMMENT

Reader = Callable[[Path], tuple[MappingSet, tuple[str, ...]]]
# By the file's ending; the name stands in each decision as its source.
READERS: dict[str, tuple[str, Reader]] = {
    ".csv": ("esco-table", read_table),
    ".ttl": ("skos", read_skos),
    ".json": ("case", read_case_mappings),
    ".tsv": ("sssom", read_sssom),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedMappings:
    """What became of a file's mappings; ``unknown`` are pairs that the run does not show."""

    kept: int
    already: int
    unknown: tuple[str, ...]


def import_mappings(store: Store, found: MappingSet, run: Run, *, source: str, reviewer: str = "") -> ImportedMappings:
    """Keep each mapping as a decision of each of its reviewers, all of them or none.

    Args:
        store: The store; it holds the run.
        found: The mappings.
        run: The run whose candidates they are about.
        source: Where they are from, in a word.
        reviewer: Whose they are where the file names nobody.

    Raises:
        InputError: A mapping names no reviewer, no pair is of the run, or the store cannot be written.
    """
    units = {result.subject_id: result for result in run.results}
    rows: list[Decision] = []
    unknown = []
    for m in found.mappings:
        target = m.object.id if m.object else ""
        if m.subject.id not in units or (target and run.find(m.subject.id, target) is None):
            unknown.append(f"{m.subject.id} – {target or 'the unit'}")
            continue
        names = m.reviewers or ((reviewer,) if reviewer else ())
        if not names:
            raise InputError(
                "names no reviewer", where=f"{m.subject.id} – {target or 'the unit'}",
                expected="who decided it", do="give --reviewer NAME",
            )  # fmt: skip
        rows += [_decision(m, name, run, source) for name in names]
    if not rows:
        raise InputError(
            f"none of the {len(found.mappings)} mappings is about a candidate of run {run.id}",
            expected="units and candidates of that run", do="name another run with --run",
        )  # fmt: skip
    # Their time is that of the first import: a row that is there already stays as it is.
    there = {d.id for d in store.log(run=run.id)}
    fresh = {row.id: row for row in rows if row.id not in there}
    store.append(fresh.values())
    return ImportedMappings(kept=len(fresh), already=len(rows) - len(fresh), unknown=tuple(unknown))


def _decision(m: Mapping, name: str, run: Run, source: str) -> Decision:
    target = m.object.id if m.object else ""
    result = next(r for r in run.results if r.subject_id == m.subject.id)
    candidate = run.find(m.subject.id, target)
    parts = (run.id, m.subject.id, target, name, m.verdict, m.relation, m.date, m.comment, source)
    return Decision(
        id=sha256_of_bytes("\x1f".join(parts).encode("utf-8", "replace"))[:32],
        run=run.id,
        subject=m.subject.id,
        object=target,
        verdict=m.verdict,
        relation=m.relation,
        comment=m.comment.replace("\x00", "\ufffd")[:MAX_COMMENT],
        reviewer=name,
        decided_at=f"{m.date}T00:00:00.000000Z" if m.date else now(),
        subject_edition=edition_of(run.query.subjects, result.subject),
        object_edition=edition_of(run.query.objects, candidate.object) if candidate else "",
        confidence=m.confidence,
        blind=m.blind,
        source=ADJUDICATION if m.adjudicated else source,
    )
