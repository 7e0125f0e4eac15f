"""Mappings as SKOS in Turtle: both sides as concepts, each accepted pair as a SKOS mapping between them.

Beside it each pair stands once more as an ``sssom:Mapping`` (https://mapping-commons.github.io/sssom/) with who said
so, when and how: SKOS itself has no place for that, and none for "these two are not comparable".
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Nodes
from pathlib import Path

from matcher.artefact import sha256_of_bytes
from matcher.errors import InputError
from matcher.readers.encoding import decode
from matcher.readers.tables import read_bytes
from matcher.review.mapping import PREDICATES, RELATION_OF, Item, Mapping, MappingSet, Source, checked, id_of_uri
from matcher.review.turtle import XSD, Iri, Literal, Node, by_subject, iri, literal, parse
from matcher.schema import LANGUAGES, Language

SKOS = "http://www.w3.org/2004/02/skos/core#"
SSSOM = "https://w3id.org/sssom/"
DCT = "http://purl.org/dc/terms/"
_OWN = "urn:competency-matcher:"
_PREFIXES = {"dct": DCT, "mc": f"{_OWN}term:", "skos": SKOS, "sssom": SSSOM, "xsd": XSD}
NOT_FOUND = f"{SSSOM}NoTermFound"


def _scheme(source: Source) -> str:
    return f"urn:competency-framework:{iri(source.id)[1:-1].replace(':', '%3A')}"


def write_skos(found: MappingSet) -> str:
    """Return the set as Turtle, sorted: the same set gives the same text."""
    lines = [f"@prefix {name}: {iri(address)} ." for name, address in sorted(_PREFIXES.items())]
    lines.append("")
    for source in dict.fromkeys((found.subjects, found.objects)):
        lines += _block(_scheme(source), "skos:ConceptScheme", _scheme_facts(source))
    items: dict[str, tuple[Item, Source]] = {}
    for m in found.mappings:
        items[m.subject.uri] = (m.subject, found.subjects)
        if m.object is not None:
            items[m.object.uri] = (m.object, found.objects)
    links: dict[str, list[tuple[str, str]]] = {}
    for m in found.mappings:
        if m.object is not None and m.verdict != "reject":
            links.setdefault(m.subject.uri, []).append((PREDICATES[m.relation], iri(m.object.uri)))
    for uri, (item, source) in sorted(items.items()):
        facts = [("skos:inScheme", iri(_scheme(source))), ("skos:notation", literal(item.id))]
        facts += [("skos:prefLabel", literal(text, language=language)) for language, text in item.labels]
        lines += _block(uri, "skos:Concept", [*facts, *sorted(links.get(uri, []))])
    about = [
        ("dct:title", literal("Comparable units of competency", language="en")),
        ("dct:license", literal(found.licence)), ("mc:run", literal(found.run)),
        ("mc:subjects", iri(_scheme(found.subjects))), ("mc:objects", iri(_scheme(found.objects))),
        ("sssom:mapping_set_version", literal(found.version)),
        *(("sssom:mappings", iri(_address(found, m))) for m in found.mappings),
    ]  # fmt: skip
    lines += _block(f"{_OWN}set:{iri(found.run)[1:-1]}", "sssom:MappingSet", about)
    for m in found.mappings:
        lines += _block(_address(found, m), "sssom:Mapping", _facts(m))
    return "\n".join(lines)


def _block(subject: str, kind: str, facts: list[tuple[str, str]]) -> Iterator[str]:
    yield f"{iri(subject)} a {kind}" + (" ;" if facts else " .")
    for number, (predicate, value) in enumerate(facts, 1):
        yield f"    {predicate} {value} {'.' if number == len(facts) else ';'}"
    yield ""


def _scheme_facts(source: Source) -> list[tuple[str, str]]:
    return [
        ("dct:identifier", literal(source.id)), ("dct:title", literal(source.title)),
        ("dct:hasVersion", literal(source.edition)),
    ]  # fmt: skip


def _address(found: MappingSet, m: Mapping) -> str:
    ends = "\x1f".join((found.run, m.subject.uri, m.object.uri if m.object else "")).encode("utf-8", "replace")
    return f"{_OWN}mapping:{sha256_of_bytes(ends)[:32]}"


def _facts(m: Mapping) -> list[tuple[str, str]]:
    facts = [
        ("sssom:subject_id", iri(m.subject.uri)), ("sssom:predicate_id", PREDICATES[m.relation]),
        ("sssom:object_id", iri(m.object.uri if m.object else NOT_FOUND)), ("mc:verdict", literal(m.verdict)),
        ("sssom:mapping_date", literal(m.date, datatype="xsd:date")), ("sssom:comment", literal(m.comment)),
        ("mc:blind", "true" if m.blind else "false"), ("mc:adjudicated", "true" if m.adjudicated else "false"),
    ]  # fmt: skip
    facts += [("sssom:predicate_modifier", literal("Not"))] if m.verdict == "reject" else []
    # The place in the list is part of it: triples have no order.
    facts += [("sssom:reviewer_label", literal(f"{n}: {name}")) for n, name in enumerate(m.reviewers, 1)]
    if m.confidence is not None:
        facts.append(("sssom:confidence", literal(repr(m.confidence), datatype="xsd:double")))
    return facts


def read_skos(path: Path) -> tuple[MappingSet, tuple[str, ...]]:
    """Read what ``write_skos`` wrote, or concepts with SKOS mappings from elsewhere.

    Raises:
        InputError: It is no Turtle that this program reads, or holds no mapping.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    nodes = by_subject(parse(text, where=str(path)))
    kinds = {subject: {n.value for n in facts.get(_TYPE, [])} for subject, facts in nodes.items()}
    sets = [subject for subject in nodes if f"{SSSOM}MappingSet" in kinds[subject]]
    if len(sets) > 1:
        raise InputError(f"holds {len(sets)} mapping sets", where=str(path), expected="one", do="split it")
    about = nodes[sets[0]] if sets else {}
    own = [s for s in nodes if f"{SSSOM}Mapping" in kinds[s]]
    mappings = [_mapping(nodes, nodes[s], f"{path}, {s}") for s in own] if own else list(_plain(nodes))
    if not mappings and not sets:
        raise InputError("holds no mapping", where=str(path), expected="SKOS mappings", do="check the file")
    sources = [_source(nodes, _one(about, f"{_OWN}term:{side}")) for side in ("subjects", "objects")]
    mappings.sort(key=lambda m: (m.subject.id, m.object.id if m.object else ""))
    return MappingSet(
        run=_one(about, f"{_OWN}term:run"), version=_one(about, f"{SSSOM}mapping_set_version"),
        licence=_one(about, f"{DCT}license"), subjects=sources[0], objects=sources[1], mappings=tuple(mappings),
    ), tuple(notes)  # fmt: skip


_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def _one(facts: Nodes[str, list[Node]], predicate: str) -> str:
    found = facts.get(predicate, [])
    return found[0].value if found else ""


def _source(nodes: Nodes[str, dict[str, list[Node]]], scheme: str) -> Source:
    facts = nodes.get(scheme, {})
    return Source(
        id=_one(facts, f"{DCT}identifier") or scheme, edition=_one(facts, f"{DCT}hasVersion"),
        title=_one(facts, f"{DCT}title"),
    )  # fmt: skip


def _item(nodes: Nodes[str, dict[str, list[Node]]], uri: str) -> Item:
    facts = nodes.get(uri, {})
    titles: dict[Language, str] = {}
    for node in facts.get(f"{SKOS}prefLabel", []):
        language = next((x for x in LANGUAGES if isinstance(node, Literal) and x == (node.language or "en")), None)
        if language is not None:
            titles.setdefault(language, node.value)
    unit_id = _one(facts, f"{SKOS}notation") or id_of_uri(uri) or uri.rstrip("/").rpartition("/")[2]
    return Item(id=unit_id, uri=uri, labels=tuple((x, titles[x]) for x in LANGUAGES if x in titles))


def _mapping(nodes: Nodes[str, dict[str, list[Node]]], facts: Nodes[str, list[Node]], where: str) -> Mapping:
    subject, target = _one(facts, f"{SSSOM}subject_id"), _one(facts, f"{SSSOM}object_id")
    predicate = _one(facts, f"{SSSOM}predicate_id").replace(SKOS, "skos:")
    item = None if target == NOT_FOUND else _item(nodes, target)
    denied = _one(facts, f"{SSSOM}predicate_modifier") == "Not"
    default = "no_counterpart" if item is None else "reject" if denied else "accept"
    if predicate not in RELATION_OF or not subject:
        raise InputError(f"predicate {predicate[:60]!r}", where=where, expected="a SKOS mapping", do="correct it")
    verdict, relation = checked(
        _one(facts, f"{_OWN}term:verdict") or default, RELATION_OF[predicate], has_object=item is not None, where=where
    )
    names = [n.value.partition(": ") for n in facts.get(f"{SSSOM}reviewer_label", [])]
    ordered = sorted(names, key=lambda n: int(n[0]) if n[0].isdecimal() else 0)
    confidence = _one(facts, f"{SSSOM}confidence")
    try:
        number = float(confidence) if confidence else None
    except ValueError as error:
        raise InputError(
            f"confidence {confidence[:40]!r}", where=where, expected="a number", do="correct it"
        ) from error
    return Mapping(
        subject=_item(nodes, subject), object=item, verdict=verdict, relation=relation,
        reviewers=tuple(name if number_.isdecimal() else number_ for number_, _, name in ordered),
        date=_one(facts, f"{SSSOM}mapping_date"), comment=_one(facts, f"{SSSOM}comment"), confidence=number,
        blind=_one(facts, f"{_OWN}term:blind") == "true", adjudicated=_one(facts, f"{_OWN}term:adjudicated") == "true",
    )  # fmt: skip


def _plain(nodes: Nodes[str, dict[str, list[Node]]]) -> Iterator[Mapping]:
    """Yield the SKOS mappings of a file that says nothing of who made them."""
    for subject, facts in nodes.items():
        for relation, predicate in PREDICATES.items():
            for node in facts.get(predicate.replace("skos:", SKOS), []):
                if isinstance(node, Iri):
                    yield Mapping(
                        subject=_item(nodes, subject),
                        object=_item(nodes, node.value),
                        verdict="accept",
                        relation=relation,
                    )
