"""1EdTech CASE: a CFPackage as JSON; an item with leaves under it is a unit, its leaves are the statements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.readers.encoding import decode
from matcher.readers.options import ReadOptions
from matcher.readers.plain import Entry, plain_result
from matcher.readers.report import ReadResult
from matcher.readers.statements import language_of, performance_role
from matcher.readers.tables import MAX_ROWS, read_bytes
from matcher.schema import ContextLabel, Header, Statement, Unit


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _package(data: object) -> Mapping[str, Any]:
    if isinstance(data, dict) and isinstance(data.get("CFPackage"), dict):
        return dict(data["CFPackage"])
    return data if isinstance(data, dict) else {}


def _parents(package: Mapping[str, Any]) -> dict[str, str]:
    """Return child to parent by the isChildOf associations; the first parent counts."""
    out: dict[str, str] = {}
    for link in package.get("CFAssociations") or []:
        if not isinstance(link, dict) or link.get("associationType") != "isChildOf":
            continue
        ends = [link.get(name) for name in ("originNodeURI", "destinationNodeURI")]
        names = [_text(end.get("identifier")) if isinstance(end, dict) else "" for end in ends]
        if all(names) and names[0] != names[1]:
            out.setdefault(names[0], names[1])
    return out


def _above(item: str, parents: Mapping[str, str], items: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the statements of an item's ancestors, nearest first; a ring of associations ends where it began."""
    out: list[str] = []
    seen = {item}
    while (item := parents.get(item, "")) and item in items and item not in seen:
        seen.add(item)
        out.append(_text(items[item].get("fullStatement")))
    return [text for text in out if text]


def read_case(path: Path, options: ReadOptions) -> ReadResult:
    """Read one package.

    Raises:
        InputError: It is not JSON, or holds no items.
    """
    text, notes = decode(read_bytes(path), where=str(path))
    try:
        package = _package(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InputError("is not JSON", where=str(path), expected="a CASE package", do="export it again") from error
    listed = package.get("CFItems")
    if not isinstance(listed, list) or not listed or len(listed) > MAX_ROWS:
        raise InputError("holds no CFItems", where=str(path), expected="a CASE package", do="export it again")
    items = {_text(i.get("identifier")): i for i in listed if isinstance(i, dict) and _text(i.get("identifier"))}
    nameless = [row for row, i in enumerate(listed, 1) if not (isinstance(i, dict) and _text(i.get("identifier")))]
    parents = _parents(package)
    children: dict[str, list[str]] = {}
    for name in items:
        children.setdefault(parents.get(name, ""), []).append(name)
    entries = [Entry(row=row, unit=None, refused="no identifier") for row in nameless]
    for row, (name, item) in enumerate(items.items(), 1):
        leaves = [child for child in children.get(name, []) if child not in children]
        lonely = name not in children and parents.get(name) not in items
        if not leaves and not lonely:
            continue
        unit = _unit(name, item, [items[leaf] for leaf in leaves], _above(name, parents, items))
        entries.append(Entry(row=row, unit=unit, refused="" if unit else "no statement"))
    document = package.get("CFDocument")
    about = document if isinstance(document, dict) else {}
    header = Header(
        id=path.stem, title=_text(about.get("title")), publisher=_text(about.get("publisher") or about.get("creator")),
        edition=_text(about.get("version")), source=_text(about.get("officialSourceURL")),
    )  # fmt: skip
    return plain_result(entries, path, options, reader="case", header=header, notes=notes)


def _unit(name: str, item: Mapping[str, Any], leaves: list[Mapping[str, Any]], above: list[str]) -> Unit | None:
    title = _text(item.get("fullStatement"))
    texts = [text for text in (_text(leaf.get("fullStatement")) for leaf in leaves) if text]
    if not title and not texts:
        return None
    statements = [Statement(role="title", language=language_of(title, chinese="zh-Hant"), text=title)] if title else []
    statements += [
        Statement(role=performance_role(text), language=language_of(text, chinese="zh-Hant"), text=text)
        for text in texts
    ]
    code = "_".join(_text(item.get("humanCodingScheme")).split()) or name
    context = tuple(
        ContextLabel(kind="area", language=language_of(text, chinese="zh-Hant"), text=text) for text in above[:2]
    )
    return Unit(code=code, context=context, statements=tuple(dict.fromkeys(statements)), remarks=name)
