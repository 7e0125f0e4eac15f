"""The Reconciliation Service API 0.2 (https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/).

What OpenRefine and other clients ask of a framework: which of its units a name in a table may be. Units are the
entities; their occupation (or industry) is their type. Properties refine a query: they become the context, level and
statements of what is looked for. Nothing here reads or writes decisions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcher import __version__
from matcher.errors import InputError
from matcher.export.rows import clean, context, languages_for, level_words, titles
from matcher.levels import level_frames
from matcher.schema import LANGUAGES, ContextKind, ContextLabel, Framework, Statement, Suggestion, Unit
from matcher.text.normalize import fold

VERSIONS = ("0.1", "0.2")
MAX_QUERIES = 200
MAX_TEXT = 4_000
MAX_LIMIT = 100
DEFAULT_LIMIT = 5
PAGE = 20
UNIT_TYPE = {"id": "unit", "name": "Unit of competency"}
_KINDS: tuple[ContextKind, ...] = ("occupation", "industry", "area", "function")
# Property id to its name; the context kinds, level and statements shape the query, all of them can be fetched.
PROPERTIES: Mapping[str, str] = {
    "occupation": "Occupation", "industry": "Industry", "area": "Area", "function": "Function (职业功能)",
    "level": "Level", "statement": "Statements", "code": "Code", "title": "Titles", "credit": "Credit",
}  # fmt: skip
# What looks for candidates: a unit made of a query, and how many are wanted.
Search = Callable[[Unit, int], Sequence[Suggestion]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One reconciliation query, checked."""

    text: str
    types: tuple[str, ...] = ()
    strict: str = "any"
    limit: int = DEFAULT_LIMIT
    properties: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A framework that can be asked. Make one with ``make_service``."""

    framework: Framework
    units: Mapping[str, Unit]
    types: Mapping[str, tuple[dict[str, str], ...]]
    named: Mapping[str, tuple[str, ...]]
    search: Search


def make_service(framework: Framework, search: Search) -> Service:
    """Return a service over the units of a framework."""
    units = dict(zip(framework.unit_ids(), framework.units, strict=True))
    named: dict[str, list[str]] = {}
    for unit_id, unit in units.items():
        names = [unit_id, unit.code, *(s.text for s in unit.statements if s.role == "title")]
        for name in dict.fromkeys(map(_key, names)):
            named.setdefault(name, []).append(unit_id)
    return Service(
        framework=framework, units=units, types={unit_id: _types(unit) for unit_id, unit in units.items()},
        named={name: tuple(found) for name, found in named.items()}, search=search,
    )  # fmt: skip


def _key(text: str) -> str:
    return " ".join(fold(text).split())


def _types(unit: Unit) -> tuple[dict[str, str], ...]:
    for kind in _KINDS[:3]:
        labels = unit.labels(kind)
        if labels:
            name = clean(labels[0])
            return UNIT_TYPE, {"id": f"{kind}:{name}", "name": name}
    return (UNIT_TYPE,)


def manifest(service: Service, base: str) -> dict[str, Any]:
    """Return the service manifest.

    Args:
        service: The service.
        base: The endpoint's address, without a slash at its end.
    """
    header = service.framework.header
    paths = {name: {"service_url": base, "service_path": f"/suggest/{name}"} for name in ("entity", "type", "property")}
    return {
        "versions": list(VERSIONS),
        "name": clean(f"{header.title or header.id} {header.edition} (comparable units, indicative)"),
        "identifierSpace": f"{base}/view?id=",
        "schemaSpace": f"{base}/properties#",
        "serviceVersion": __version__,
        "view": {"url": f"{base}/view?id={{{{id}}}}"},
        "preview": {"url": f"{base}/preview?id={{{{id}}}}", "width": 430, "height": 300},
        "defaultTypes": [UNIT_TYPE],
        "suggest": paths,
        "extend": {"propose_properties": {"service_url": base, "service_path": "/properties"}, "property_settings": []},
    }


def parse_queries(text: str) -> dict[str, Query]:
    """Return the queries of a batch.

    Raises:
        InputError: It is not a JSON object of queries as the specification has them, or holds too many.
    """
    batch = _json(text, "queries")
    if not batch or len(batch) > MAX_QUERIES:
        what, expected = f"{len(batch)} queries", f"1 to {MAX_QUERIES}"
        raise InputError(what, where="queries", expected=expected, do="send fewer at a time")
    return {name: _query(record, f"queries, {name[:40]}") for name, record in batch.items()}


def parse_query(text: str) -> Query:
    """Return a single query: a JSON object, or just the name to look for (as API 0.1 has it).

    Raises:
        InputError: It is no query.
    """
    if not text.lstrip().startswith("{"):
        return _query({"query": text}, "query")
    return _query(_json(text, "query"), "query")


def _json(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("is not JSON", where=where, expected="a JSON object") from error
    if not isinstance(found, dict):
        raise InputError(f"is a {type(found).__name__}", where=where, expected="a JSON object")
    return found


def _text(value: object, where: str) -> str:
    """Return a property value as text: a string, a number, a truth value, or an entity by its name."""
    if isinstance(value, dict):
        value = value.get("name") or value.get("id")
    value = str(value).lower() if isinstance(value, bool) else value
    if not isinstance(value, str | int | float):
        raise InputError(f"{str(value)[:40]!r} is no value", where=where, expected="a string, a number or an entity")
    text = clean(str(value))
    if len(text) > MAX_TEXT:
        raise InputError(f"has {len(text)} characters", where=where, expected=f"at most {MAX_TEXT}")
    return text.strip()


def _query(record: object, where: str) -> Query:
    if not isinstance(record, dict):
        raise InputError("is no query", where=where, expected="a JSON object")
    text = _text(record.get("query") or "", where)
    listed = record.get("properties") or []
    if not isinstance(listed, list) or len(listed) > 50:
        raise InputError("properties is no short list", where=where, expected="a list of pid and v")
    properties: dict[str, tuple[str, ...]] = {}
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("pid"), str) or "v" not in entry:
            raise InputError("a property without pid or v", where=where, expected="pid and v")
        values = entry["v"] if isinstance(entry["v"], list) else [entry["v"]]
        texts = tuple(filter(None, (_text(value, f"{where}, {entry['pid'][:40]}") for value in values[:50])))
        properties[entry["pid"]] = (*properties.get(entry["pid"], ()), *texts)
    if not text and not any(properties.values()):
        raise InputError("has neither a query nor properties", where=where, expected="one of them")
    types = record.get("type") or []
    types = [types] if isinstance(types, str | dict) else types
    if not isinstance(types, list):
        raise InputError("type is no type", where=where, expected="an id or a list of ids")
    ids = [t.get("id") if isinstance(t, dict) else t for t in types]
    limit = record.get("limit", DEFAULT_LIMIT)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not limit >= 1:
        raise InputError(f"limit {str(limit)[:20]}", where=where, expected=f"1 to {MAX_LIMIT}")
    strict = record.get("type_strict") or "any"
    if strict not in ("any", "all", "should"):
        raise InputError(f"type_strict {str(strict)[:20]!r}", where=where, expected="any, all or should")
    return Query(
        text=text, types=tuple(str(i) for i in ids if i), strict=strict, limit=int(min(limit, MAX_LIMIT)),
        properties=tuple(properties.items()),
    )  # fmt: skip


def answer(service: Service, query: Query) -> dict[str, Any]:
    """Return the candidates of one query, best first.

    ``match`` is true only where the name or code is that of exactly one unit. The score is what the matcher ranks by:
    it compares the candidates of one query and has no unit. The confidence stands among the features; it was
    calibrated on whole units, and says less of a bare name.
    """
    wanted = [t for t in query.types if t != UNIT_TYPE["id"]]
    narrowed = bool(wanted) and query.strict != "should"
    pool = [i for i in service.units if not narrowed or _fits(service, i, wanted, every=query.strict == "all")]
    keep = frozenset(pool)
    same = [i for i in service.named.get(_key(query.text), ()) if i in keep] if query.text else []
    unit = _as_unit(service, query)
    # Filtered afterwards: the search ranks all units anyway.
    depth = len(service.units) if narrowed else query.limit + len(same)
    found = [s for s in service.search(unit, depth) if s.object_id in keep] if unit.statements and keep else []
    # A unit of that very name comes first, with the score of the best.
    best = max((s.score for s in found), default=0.0)
    kept = {s.object_id: s for s in found}
    order = list(dict.fromkeys([*(s.object_id for s in found if s.object_id in same), *same, *kept]))[: query.limit]
    return {"result": [_candidate(service, i, kept.get(i), same, best=best) for i in order]}


def _fits(service: Service, unit_id: str, wanted: Sequence[str], *, every: bool) -> bool:
    mine = {t["id"] for t in service.types[unit_id]} | {t["name"] for t in service.types[unit_id]}
    return all(t in mine for t in wanted) if every else any(t in mine for t in wanted)


def _as_unit(service: Service, query: Query) -> Unit:
    """Return a query as a unit: its text is the title, properties are context, level and statements."""
    header = service.framework.header
    given = dict(query.properties)
    place = header.jurisdiction
    named = filter(None, (query.text, *given.get("title", ())))
    statements = [_statement("title", text, place) for text in named]
    statements += [_statement("skill", text, place) for text in given.get("statement", ())]
    context = tuple(
        ContextLabel(kind=kind, language=_statement("title", text, place).language, text=text)
        for kind in _KINDS
        for text in given.get(kind, ())
    )
    if not statements and context:
        statements = [_statement("title", c.text, place) for c in context]
    level = _level(service, given.get("level", ()))
    return Unit(code="query", level=level, context=context, statements=tuple(statements))


def _statement(role: str, text: str, jurisdiction: str) -> Statement:
    han = sum("\u3400" <= c <= "\u9fff" for c in text)
    chinese = han * 4 >= sum(c.isascii() and c.isalpha() for c in text) and han > 0
    language = LANGUAGES[0] if not chinese else LANGUAGES[1] if jurisdiction == "HK" else LANGUAGES[2]
    return Statement(role="title" if role == "title" else "skill", language=language, text=text)


def _level(service: Service, values: Sequence[str]) -> str | None:
    """Return the level id that a property's value means: the id itself, or the level in words."""
    frame = level_frames().get(service.framework.header.level_frame)
    known: dict[str, str] = {}
    for level in frame.levels if frame else ():
        for name in (level.id, *level.aliases, *(text for _, text in level.words), *map(level.label, LANGUAGES)):
            known.setdefault(_key(name), level.id)
    return next((known[_key(value)] for value in values if _key(value) in known), None)


def entity(service: Service, unit_id: str) -> dict[str, Any]:
    """Return a unit as an entity: id, name, description and types."""
    unit = service.units[unit_id]
    place = " · ".join(filter(None, (context(unit, kind) for kind in ("occupation", "function", "area"))))
    level = level_words(service.framework, unit, "en")
    return {
        "id": unit_id,
        "name": clean(unit.title(*languages_for("en", service.framework))) or unit_id,
        "description": clean(" · ".join(filter(None, (place, level)))),
        "type": list(service.types[unit_id]),
    }


def _candidate(
    service: Service, unit_id: str, found: Suggestion | None, same: Sequence[str], *, best: float
) -> dict[str, Any]:
    features: list[dict[str, Any]] = [{"id": "same_name", "value": unit_id in same}]
    if found is not None:
        for name, value in (("confidence", found.confidence), ("topic", found.topic), ("level", found.level_part)):
            features += [] if value is None else [{"id": name, "value": round(value, 4)}]
    score = best if found is None or unit_id in same else found.score
    return {
        **entity(service, unit_id),
        "score": round(score, 4),
        "match": list(same) == [unit_id],
        "features": features,
    }


def suggest(service: Service, kind: str, prefix: str, cursor: int) -> dict[str, Any]:
    """Return what begins with, else holds, a prefix: entities, types or properties.

    Args:
        service: The service.
        kind: "entity", "type" or "property".
        prefix: What has been typed.
        cursor: How many to leave out.
    """
    wanted = _key(prefix)
    if kind == "entity":
        hits = [
            (not key.startswith(wanted), key, i) for key, ids in service.named.items() if wanted in key for i in ids
        ]
        ids = list(dict.fromkeys(i for *_, i in sorted(hits)))[cursor : cursor + PAGE]
        return {"result": [{**entity(service, i), "notable": [t["name"] for t in service.types[i]]} for i in ids]}
    if kind == "type":
        types = {t["id"]: t for found in service.types.values() for t in found}
        found = sorted(
            (t for t in types.values() if wanted in _key(t["name"])), key=lambda t: (t != UNIT_TYPE, t["id"])
        )
        return {"result": found[cursor : cursor + PAGE]}
    named = [{"id": i, "name": name} for i, name in PROPERTIES.items() if wanted in _key(f"{i} {name}")]
    return {"result": named[cursor : cursor + PAGE]}


def propose_properties(kind: str, limit: int) -> dict[str, Any]:
    """Return the properties that can be fetched for a type."""
    listed = [{"id": i, "name": name} for i, name in PROPERTIES.items()][:limit]
    return {"type": kind or UNIT_TYPE["id"], "limit": limit, "properties": listed}


def extend(service: Service, text: str) -> dict[str, Any]:
    """Return property values of entities: the answer to a data extension query.

    Raises:
        InputError: It is no such query.
    """
    record = _json(text, "extend")
    ids, listed = record.get("ids"), record.get("properties")
    if not isinstance(ids, list) or not isinstance(listed, list) or len(ids) > 1_000 or len(listed) > 50:
        raise InputError("is no extension query", where="extend", expected="ids and properties, at most 1,000 and 50")
    wanted = [p["id"] for p in listed if isinstance(p, dict) and p.get("id") in PROPERTIES]
    rows = {str(i): {name: _values(service, str(i), name) for name in wanted} for i in ids}
    return {"meta": [{"id": name, "name": PROPERTIES[name]} for name in wanted], "rows": rows}


def _values(service: Service, unit_id: str, name: str) -> list[dict[str, Any]]:
    unit = service.units.get(unit_id)
    if unit is None:
        return []
    if name == "credit":
        return [] if unit.credit is None else [{"float": unit.credit}]
    if name == "statement":
        texts = [s.text for s in unit.statements if s.role not in ("title", "range")]
    elif name == "level":
        texts = [level_words(service.framework, unit, "en")]
    elif name in ("code", "title"):
        texts = [unit.code] if name == "code" else titles(unit, joined="\n").split("\n")
    else:
        texts = [c.text for c in unit.context if c.kind == name]
    return [{"str": clean(text)} for text in dict.fromkeys(texts) if text]
