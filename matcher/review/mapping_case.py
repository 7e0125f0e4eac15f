"""Mappings as associations of a 1EdTech CASE 1.1 package (CFDocument, CFItems, CFAssociations) in JSON.

CASE names two relations that fit: ``exactMatchOf`` and ``isRelatedTo``; the finer one stands in the association's
``extensions``. A pair that was rejected is ``ext:isNotRelatedTo``; a unit without counterpart has no association and
stands in the document's extensions.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping as Record
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.readers.encoding import decode
from matcher.readers.tables import MAX_ROWS, read_bytes
from matcher.review.mapping import Item, Mapping, MappingSet, Source, checked, id_of_uri
from matcher.schema import LANGUAGES, Language

# Association types of the CASE 1.1 information model; an implementation's own begin with "ext:".
KNOWN_TYPES = (
    "isChildOf", "isPeerOf", "isPartOf", "exactMatchOf", "precedes", "isRelatedTo", "replacedBy", "exemplar",
    "hasSkillLevel", "isTranslationOf",
)  # fmt: skip
NOT_RELATED = "ext:isNotRelatedTo"
_EXTENSION = "competencyMatcher"
_URN = "urn:competency-matcher:"
# A set without any decision has no day of its own.
_EPOCH = "1970-01-01"
_TITLE = "Comparable units of competency"


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, _URN + "\x1f".join(parts)))


def write_case(found: MappingSet) -> str:
    """Return the set as a CASE package; the same set gives the same text."""
    last = max((m.date for m in found.mappings if m.date), default=_EPOCH) + "T00:00:00Z"
    items: dict[str, tuple[Item, Source]] = {}
    for m in found.mappings:
        items[m.subject.uri] = (m.subject, found.subjects)
        if m.object is not None:
            items[m.object.uri] = (m.object, found.objects)
    document = _uuid("set", found.run)
    package = {
        "CFDocument": {
            "identifier": document,
            "uri": f"urn:uuid:{document}",
            "caseVersion": "1.1",
            "creator": "Competency Matcher",
            "title": _TITLE,
            "description": "Indicative comparisons of texts; no decision on any qualification.",
            "lastChangeDateTime": last,
            "version": found.version,
            "extensions": {_EXTENSION: _document(found)},
        },
        "CFItems": [_cf_item(item, source, document, last) for _, (item, source) in sorted(items.items())],
        "CFAssociations": [_association(found, m, document) for m in found.mappings if m.object is not None],
    }
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def _document(found: MappingSet) -> dict[str, Any]:
    sides = {
        side: {"id": source.id, "edition": source.edition, "title": source.title}
        for side, source in (("subjects", found.subjects), ("objects", found.objects))
    }
    none = [{"subject": m.subject.uri, **_said(m)} for m in found.mappings if m.object is None]
    return {"run": found.run, "licence": found.licence, **sides, "noCounterpart": none}


def _said(m: Mapping) -> dict[str, Any]:
    return {
        "verdict": m.verdict, "relation": m.relation, "reviewers": list(m.reviewers), "date": m.date,
        "comment": m.comment, "confidence": m.confidence, "blind": m.blind, "adjudicated": m.adjudicated,
    }  # fmt: skip


def _cf_item(item: Item, source: Source, document: str, last: str) -> dict[str, Any]:
    identifier = _uuid("item", item.uri)
    return {
        "identifier": identifier,
        "uri": item.uri,
        "fullStatement": item.label,
        "humanCodingScheme": item.id,
        "CFItemType": "Unit of competency",
        "CFDocumentURI": {
            "title": _TITLE,
            "identifier": document,
            "uri": f"urn:uuid:{document}",
        },
        "lastChangeDateTime": last,
        "extensions": {_EXTENSION: {"framework": source.id, "labels": dict(item.labels)}},
    }


def _link(item: Item) -> dict[str, str]:
    return {"title": item.label, "identifier": _uuid("item", item.uri), "uri": item.uri}


def _association(found: MappingSet, m: Mapping, document: str) -> dict[str, Any]:
    target = m.object or m.subject
    identifier = _uuid("association", found.run, m.subject.uri, target.uri)
    kind = NOT_RELATED if m.verdict == "reject" else "exactMatchOf" if m.relation == "exact" else "isRelatedTo"
    return {
        "identifier": identifier,
        "uri": f"urn:uuid:{identifier}",
        "associationType": kind,
        "originNodeURI": _link(m.subject),
        "destinationNodeURI": _link(target),
        "CFDocumentURI": {
            "title": _TITLE,
            "identifier": document,
            "uri": f"urn:uuid:{document}",
        },
        "lastChangeDateTime": (m.date or _EPOCH) + "T00:00:00Z",
        **({"notes": m.comment} if m.comment else {}),
        "extensions": {_EXTENSION: _said(m)},
    }


def read_case_mappings(path: Path) -> tuple[MappingSet, tuple[str, ...]]:
    """Read the mappings of a CASE package, ours or another's; return them and notes on associations left out.

    Associations of other known types (isChildOf …) are no mappings; those of types that CASE does not know are not
    guessed at. Both are counted by type in the notes.

    Raises:
        InputError: It is no CASE package, or an association cannot be read.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("is not JSON", where=str(path), expected="a CASE package", do="export it again") from error
    package = data.get("CFPackage", data) if isinstance(data, dict) else None
    listed = package.get("CFAssociations") if isinstance(package, dict) else None
    if not isinstance(package, dict) or not isinstance(listed, list) or len(listed) > MAX_ROWS:
        raise InputError("holds no CFAssociations", where=str(path), expected="a CASE package", do="export it again")
    items = _items(package.get("CFItems"))
    document = package.get("CFDocument")
    own = _own(document)
    skipped: Counter[str] = Counter()
    mappings = []
    for number, link in enumerate(listed, 1):
        where = f"{path}, CFAssociations {number}"
        kind = link.get("associationType") if isinstance(link, dict) else None
        if not isinstance(kind, str):
            raise InputError("has no association type", where=where, expected="associationType", do="correct it")
        if kind not in ("exactMatchOf", "isRelatedTo", NOT_RELATED):
            skipped[f"{kind[:60]}{'' if kind in KNOWN_TYPES else ' (not of CASE)'}"] += 1
            continue
        said = _own(link)
        relation = "exact" if kind == "exactMatchOf" else "related" if kind == "isRelatedTo" else ""
        plain = {"verdict": "reject" if kind == NOT_RELATED else "accept", "relation": relation}
        ends = [_end(link, name, items, where) for name in ("originNodeURI", "destinationNodeURI")]
        mappings.append(_mapping(ends[0], ends[1], said or plain, where))
    by_uri = {item.uri: item for item in items.values()}
    for record in own.get("noCounterpart") or []:
        subject = by_uri.get(str(record.get("subject"))) if isinstance(record, dict) else None
        if subject is None:
            raise InputError("noCounterpart names no item", where=str(path), do="export it again")
        mappings.append(_mapping(subject, None, record, f"{path}, noCounterpart"))
    mappings.sort(key=lambda m: (m.subject.id, m.object.id if m.object else ""))
    version = document.get("version") if isinstance(document, dict) else ""
    found = MappingSet(
        run=str(own.get("run", "")), version=str(version or ""), licence=str(own.get("licence", "")),
        subjects=_source(own.get("subjects")), objects=_source(own.get("objects")), mappings=tuple(mappings),
    )  # fmt: skip
    told = tuple(f"{count} associations of type {kind} left out" for kind, count in sorted(skipped.items()))
    return found, (*notes, *told)


def _own(record: object) -> dict[str, Any]:
    extensions = record.get("extensions") if isinstance(record, dict) else None
    found = extensions.get(_EXTENSION) if isinstance(extensions, dict) else None
    return found if isinstance(found, dict) else {}


def _source(record: object) -> Source:
    found = record if isinstance(record, dict) else {}
    return Source(**{name: str(found.get(name, "")) for name in ("id", "edition", "title")})


def _items(listed: object) -> dict[str, Item]:
    out: dict[str, Item] = {}
    for record in listed if isinstance(listed, list) else []:
        if not isinstance(record, dict) or not isinstance(record.get("identifier"), str):
            continue
        labels = _own(record).get("labels")
        titles: list[tuple[Language, str]] = []
        for language in LANGUAGES:
            text = labels.get(language) if isinstance(labels, dict) else None
            titles += [(language, text)] if isinstance(text, str) else []
        statement = record.get("fullStatement")
        if not isinstance(labels, dict) and isinstance(statement, str) and statement:
            titles = [("en", statement)]
        uri = str(record.get("uri") or f"urn:uuid:{record['identifier']}")
        code = str(record.get("humanCodingScheme") or "") or id_of_uri(uri) or record["identifier"]
        out[record["identifier"]] = Item(id=code, uri=uri, labels=tuple(titles))
    return out


def _end(link: Record[str, Any], name: str, items: Record[str, Item], where: str) -> Item:
    end = link.get(name)
    identifier = end.get("identifier") if isinstance(end, dict) else None
    if not isinstance(end, dict) or not isinstance(identifier, str):
        raise InputError(
            f"{name} has no identifier", where=where, expected="title, identifier and uri", do="correct it"
        )
    uri = str(end.get("uri") or f"urn:uuid:{identifier}")
    return items.get(identifier) or Item(id=id_of_uri(uri) or identifier, uri=uri)


def _mapping(subject: Item, target: Item | None, said: Record[str, Any], where: str) -> Mapping:
    verdict, relation = checked(
        str(said.get("verdict", "")), str(said.get("relation", "")), has_object=target is not None, where=where
    )
    confidence, reviewers = said.get("confidence"), said.get("reviewers")
    number = isinstance(confidence, int | float) and not isinstance(confidence, bool)
    return Mapping(
        subject=subject, object=target, verdict=verdict, relation=relation,
        reviewers=tuple(map(str, reviewers)) if isinstance(reviewers, list) else (), date=str(said.get("date", "")),
        comment=str(said.get("comment", "")), confidence=float(confidence) if number else None,  # type: ignore[arg-type]
        blind=said.get("blind") is True, adjudicated=said.get("adjudicated") is True,
    )  # fmt: skip
