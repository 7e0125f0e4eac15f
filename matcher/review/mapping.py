"""Settled decisions as one set of mappings: what every exchange format writes, and what reading it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args
from urllib.parse import quote, unquote

from matcher.errors import InputError
from matcher.export.rows import clean
from matcher.review.run import Run
from matcher.review.settle import Outcome, Settled
from matcher.schema import LANGUAGES, Header, Language, Unit
from matcher.store import RELATIONS, VERDICTS, Relation, Verdict

# SKOS mapping properties (https://www.w3.org/TR/skos-reference/#mapping); "" is some mapping of no named kind.
PREDICATES: dict[Relation, str] = {
    "exact": "skos:exactMatch", "close": "skos:closeMatch", "broad": "skos:broadMatch", "narrow": "skos:narrowMatch",
    "related": "skos:relatedMatch", "": "skos:mappingRelation",
}  # fmt: skip
RELATION_OF = {predicate: relation for relation, predicate in PREDICATES.items()}
NO_LICENCE = "https://w3id.org/sssom/license/unspecified"
_URN = "urn:competency-framework:"
_CUT = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A framework that one side of a set is from."""

    id: str
    edition: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A unit in a set: its id in the run, its address, and its first title in each language."""

    id: str
    uri: str
    labels: tuple[tuple[Language, str], ...] = ()

    @property
    def label(self) -> str:
        """Return the title in the first language that has one, else the id."""
        return self.labels[0][1] if self.labels else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One settled pair; ``object`` is None where the unit has no counterpart. ``date`` is the last decision's day."""

    subject: Item
    object: Item | None
    verdict: Verdict
    relation: Relation = ""
    reviewers: tuple[str, ...] = ()
    date: str = ""
    comment: str = ""
    confidence: float | None = None
    blind: bool = False
    adjudicated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSet:
    """All mappings of one run, sorted by subject and object."""

    run: str
    version: str
    licence: str
    subjects: Source
    objects: Source
    mappings: tuple[Mapping, ...]


def unit_uri(framework: str, unit_id: str) -> str:
    """Return the address of a unit that nobody has published under one of its own."""
    return f"{_URN}{quote(framework, safe='')}:{quote(unit_id, safe='')}"


def id_of_uri(uri: str) -> str:
    """Return the id in an address of ``unit_uri``, or ""."""
    return unquote(uri.rpartition(":")[2]) if uri.startswith(_URN) else ""


def make_set(outcome: Outcome, run: Run, *, version: str, licence: str = NO_LICENCE) -> MappingSet:
    """Return what is settled on one run. Conflicts and candidates on which nobody is decisive are left out."""
    units = {result.subject_id: result for result in run.results}
    subjects, objects = run.query.subjects.header, run.query.objects.header

    def mapping(settled: Settled) -> Mapping:
        result = units[settled.subject]
        candidate = next((s for s in result.suggestions if s.object_id == settled.object), None)
        return Mapping(
            subject=_item(result.subject, settled.subject, subjects),
            object=None if candidate is None else _item(candidate.object, settled.object, objects),
            verdict=settled.verdict,
            relation=settled.relation,
            reviewers=tuple(clean(name) for name in dict.fromkeys(d.reviewer for d in settled.decisions)),
            date=max(d.decided_at for d in settled.decisions)[:10],
            comment=clean(" / ".join(filter(None, (d.comment for d in settled.decisions)))).replace("\r\n", "\n"),
            confidence=None if candidate is None else candidate.confidence,
            blind=all(d.blind for d in settled.decisions),
            adjudicated=settled.adjudicated,
        )

    found = sorted((s for s in outcome.settled if s.run == run.id), key=lambda s: (s.subject, s.object))
    return MappingSet(
        run=run.id, version=version, licence=licence, subjects=_source(subjects), objects=_source(objects),
        mappings=tuple(map(mapping, found)),
    )  # fmt: skip


def _source(header: Header) -> Source:
    return Source(id=clean(header.id), edition=clean(header.edition), title=clean(header.title))


def _item(unit: Unit, unit_id: str, header: Header) -> Item:
    titles: dict[Language, str] = {}
    for s in unit.statements:
        if s.role == "title" and s.text.strip():
            titles.setdefault(s.language, clean(s.text).strip())
    # The ESCO reader keeps a concept's own address.
    own = unit.remarks if unit.remarks.startswith("http://data.europa.eu/esco/") and " " not in unit.remarks else ""
    return Item(
        id=clean(unit_id),
        uri=own or unit_uri(header.id, unit_id),
        labels=tuple((language, titles[language]) for language in LANGUAGES if language in titles),
    )


def join_names(names: tuple[str, ...]) -> str:
    """Return names in one cell; ``split_names`` gives them back."""
    return _CUT.join(name.replace("\\", "\\\\").replace(_CUT, "\\p") for name in names)


def split_names(cell: str) -> tuple[str, ...]:
    """Return the names of a cell that ``join_names`` made."""
    if not cell:
        return ()
    parts = (part.replace("\\\\", "\0").replace("\\p", _CUT).replace("\0", "\\") for part in cell.split(_CUT))
    return tuple(parts)


def checked(verdict: str, relation: str, *, has_object: bool, where: str) -> tuple[Verdict, Relation]:
    """Return a verdict and a relation read from a file.

    Raises:
        InputError: They are unknown, or do not fit a pair or a unit without counterpart.
    """
    said = next((v for v in VERDICTS if v == verdict and v not in ("undo", "unsure")), None)
    kind = next((r for r in get_args(Relation) if r == relation), None)
    if said is None or kind is None or (said == "no_counterpart") == has_object:
        raise InputError(
            f"verdict {verdict[:40]!r} with relation {relation[:40]!r}", where=where,
            expected=f"accept, partly or reject with {', '.join(filter(None, RELATIONS))}, or no_counterpart alone",
            do="correct it",
        )  # fmt: skip
    return said, kind
