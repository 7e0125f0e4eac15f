"""The part of Turtle (https://www.w3.org/TR/turtle/) that mappings need: written, and read back.

Written: prefixes, IRIs, strings with language or datatype, lists of predicates and objects. Read: the same; blank nodes
and collections are refused with a line, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from matcher.errors import InputError

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_UNESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*
    |(?P<iri><[^\x00-\x20<>"{}|^`\\]*>)
    |(?P<long>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\")
    |(?P<string>"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<type>\^\^)
    |(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?=[\s;,.\]]))
    |(?P<name>[A-Za-z_][\w.-]*(?<!\.)(?::[\w.%\-:]*(?<![.]))?|:[\w.%\-:]*(?<![.]))
    |(?P<mark>[.;,\[\]()])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Iri:
    """An address."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A string with its language, or its datatype's address ("" for a plain string)."""

    value: str
    language: str = ""
    datatype: str = ""


Node = Iri | Literal
Triple = tuple[str, str, Node]


def iri(value: str) -> str:
    """Return an address in Turtle's brackets; what they cannot hold is percent-encoded."""
    return "<" + re.sub(r"[\x00-\x20<>\"{}|^`\\]", lambda found: quote(found.group()), value) + ">"


def literal(value: str, *, language: str = "", datatype: str = "") -> str:
    """Return a string in Turtle's quotes."""
    text = "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04X}" if ord(c) < 0x20 or ord(c) == 0x7F else c) for c in value)
    ending = f"@{language}" if language else f"^^{datatype}" if datatype else ""
    return f'"{text}"{ending}'


def parse(text: str, *, where: str) -> list[Triple]:
    """Return the triples of a Turtle text, in order.

    Raises:
        InputError: It is not Turtle, or holds blank nodes or collections.
    """
    return _Reader(text, where).triples()


class _Reader:
    def __init__(self, text: str, where: str) -> None:
        self._where = where
        self._text = text
        self._line = 1
        self._tokens = self._cut()
        self._prefixes: dict[str, str] = {}
        self._base = ""
        self._ahead: tuple[str, str] | None = None

    def _fault(self, what: str) -> InputError:
        expected = "Turtle with prefixes, addresses and strings (no blank nodes, no collections)"
        return InputError(what, where=f"{self._where}, line {self._line}", expected=expected, do="export it again")

    def _cut(self) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(self._text):
            found = _TOKEN.match(self._text, position)
            if found is None:
                raise self._fault(f"{self._text[position : position + 20]!r} cannot be read")
            self._line += found.group().count("\n")
            position = found.end()
            if found.lastgroup:
                yield found.lastgroup, found.group()

    def _next(self) -> tuple[str, str] | None:
        token, self._ahead = self._ahead or next(self._tokens, None), None
        return token

    def _mark(self, *wanted: str) -> str:
        token = self._next()
        if token is None or token[0] != "mark" or token[1] not in wanted:
            raise self._fault(f"{token[1][:20] if token else 'the end'!r} where {' or '.join(wanted)} should be")
        return token[1]

    def triples(self) -> list[Triple]:
        out: list[Triple] = []
        while (token := self._next()) is not None:
            if token[1].lower() in ("@prefix", "prefix", "@base", "base"):
                self._directive(token)
                continue
            subject = self._node(token)
            if not isinstance(subject, Iri):
                raise self._fault("a string is the subject")
            out += self._predicates(subject.value)
        return out

    def _directive(self, token: tuple[str, str]) -> None:
        name = self._next() if token[1].lower().endswith("prefix") else ("name", "")
        address = self._next()
        if name is None or name[0] != "name" or address is None or address[0] != "iri":
            raise self._fault("a prefix without a name or an address")
        if token[1].lower().endswith("prefix"):
            self._prefixes[name[1].removesuffix(":")] = address[1][1:-1]
        else:
            self._base = address[1][1:-1]
        if token[1].startswith("@"):
            self._mark(".")

    def _predicates(self, subject: str) -> Iterator[Triple]:
        while True:
            token = self._next()
            if token == ("mark", "."):
                return
            predicate = Iri(value=RDF_TYPE) if token == ("name", "a") else self._node(token)
            if not isinstance(predicate, Iri):
                raise self._fault("a string is the predicate")
            while True:
                yield subject, predicate.value, self._node(self._next())
                mark = self._mark(",", ";", ".")
                if mark == ".":
                    return
                if mark == ";":
                    break

    def _node(self, token: tuple[str, str] | None) -> Node:
        if token is None:
            raise self._fault("ends too early")
        kind, text = token
        if kind == "iri":
            return Iri(value=text[1:-1] if ":" in text else self._base + text[1:-1])
        if kind in ("string", "long"):
            return self._literal(text[3:-3] if kind == "long" else text[1:-1])
        if kind == "number":
            return Literal(value=text, datatype=XSD + ("integer" if re.fullmatch(r"[+-]?\d+", text) else "decimal"))
        if kind == "name" and text in ("true", "false"):
            return Literal(value=text, datatype=XSD + "boolean")
        if kind == "name":
            prefix, colon, local = text.partition(":")
            if colon and prefix in self._prefixes:
                return Iri(value=self._prefixes[prefix] + local)
        raise self._fault(f"{text[:40]!r} cannot be read here")

    def _literal(self, body: str) -> Literal:
        value = re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", self._unescape, body, flags=re.DOTALL)
        self._ahead = self._next()
        if self._ahead is not None and self._ahead[0] == "at":
            language, self._ahead = self._ahead[1][1:], None
            return Literal(value=value, language=language)
        if self._ahead is not None and self._ahead[0] == "type":
            self._ahead = None
            datatype = self._node(self._next())
            if not isinstance(datatype, Iri):
                raise self._fault("a datatype is no address")
            return Literal(value=value, datatype=datatype.value)
        return Literal(value=value)

    def _unescape(self, found: re.Match[str]) -> str:
        code = found.group(1)
        if code[0] in "uU" and len(code) > 1:
            number = int(code[1:], 16)
            if number > 0x10FFFF or 0xD800 <= number < 0xE000:
                raise self._fault("an escaped character does not exist")
            return chr(number)
        if code not in _UNESCAPES:
            raise self._fault(f"\\{code} is no escape")
        return _UNESCAPES[code]


def by_subject(triples: list[Triple]) -> Mapping[str, dict[str, list[Node]]]:
    """Return triples as subject to predicate to objects."""
    out: dict[str, dict[str, list[Node]]] = {}
    for subject, predicate, node in triples:
        out.setdefault(subject, {}).setdefault(predicate, []).append(node)
    return out
