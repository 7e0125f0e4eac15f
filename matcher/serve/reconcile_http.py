"""The reconciliation endpoint beside the review page: its addresses, who may ask, and how large a request may be.

It answers units and candidates, never decisions, and changes nothing. The specification wants any web page to be let in
(CORS); here only pages of this machine are, where OpenRefine runs, unless an origin is named: what a browser shows to
one page is no other page's to read. Scripts of other pages (JSONP) are told by what the browser says of them. With a
token, the address holds a key made from it: OpenRefine keeps addresses, not cookies.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from matcher.errors import InputError, MatcherError
from matcher.export.rows import clean
from matcher.resources import read_text
from matcher.serve.guard import Access, is_loopback
from matcher.serve.reconcile import (
    PROPERTIES,
    Service,
    answer,
    entity,
    extend,
    manifest,
    parse_queries,
    parse_query,
    propose_properties,
    suggest,
)

PATH = "/reconcile"
# A batch of 200 queries of a few thousand characters.
MAX_BODY = 1024 * 1024
MAX_ADDRESS = 32 * 1024
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*")
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors http://127.0.0.1:* http://localhost:* http://[::1]:*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The service, who may ask, and further origins that may; ``prefix`` is where it answers."""

    service: Service
    access: Access
    origins: frozenset[str] = frozenset()
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def prefix(self) -> str:
        """Return the path of the endpoint: with a token, a key made from it is part of it."""
        return PATH if self.access.token is None else f"{PATH}/{reconcile_key(self.access.token)}"


def reconcile_key(token: str) -> str:
    """Return the key of the endpoint's address: made from the token, which it does not tell."""
    return hashlib.sha256(f"matcher reconcile\x1f{token}".encode()).hexdigest()[:40]


def checked_origins(origins: Iterable[str]) -> frozenset[str]:
    """Return origins as browsers send them.

    Raises:
        InputError: One is no origin.
    """
    out = set()
    for origin in origins:
        parts = urlsplit(origin.strip().rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise InputError(
                f"{origin[:80]!r} is no origin", where="--reconcile-origin", expected="https://HOST", do="correct it"
            )
        out.add(f"{parts.scheme}://{parts.netloc}".lower())
    return frozenset(out)


class _Refused(Exception):  # noqa: N818 - a refusal on its way to the answer
    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


class Reconciliation:
    """Middleware: answers the endpoint's addresses itself and passes every other request on."""

    def __init__(self, app: ASGIApp, endpoint: Endpoint) -> None:
        self._app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if scope["type"] != "http" or not (scope["path"] == PATH or scope["path"].startswith(f"{PATH}/")):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            origin = _admitted(self._endpoint, scope, headers)
            response = await self._respond(scope, headers, receive)
        except _Refused as refused:
            origin = None
            response = _error(refused.status, str(refused))
        _harden(response, headers, origin)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope, headers: Headers, receive: Receive) -> Response:
        if scope["method"] == "OPTIONS":
            return Response(status_code=204)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            raise _Refused(405, f"{scope['method'][:20]} is not used here")
        fields = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=100)
        if scope["method"] == "POST":
            fields |= _form(await _body(receive), headers)
        values = {name: found[0] for name, found in fields.items()}
        callback = values.get("callback", "")
        if callback and (len(callback) > 200 or not _CALLBACK.fullmatch(callback)):
            raise _Refused(400, "callback is no name of a function")
        base = f"{scope.get('scheme', 'http')}://{headers.get('host', '')}{self._endpoint.prefix}"
        rest = scope["path"][len(self._endpoint.prefix) :]
        try:
            found = await run_in_threadpool(_found, self._endpoint, rest, values, base)
        except MatcherError as error:
            return _jsonp({"status": "error", "message": clean(str(error))}, callback, status=400)
        return found if isinstance(found, Response) else _jsonp(found, callback)


def _admitted(endpoint: Endpoint, scope: Scope, headers: Headers) -> str | None:
    """Return the origin to name in the answer, or None; refuse who may not ask."""
    if len(scope["query_string"]) > MAX_ADDRESS:
        raise _Refused(414, "the address is too long; send the queries by POST")
    if not endpoint.access.known_host(headers.get("host", "")):
        raise _Refused(421, "this host name is not served here; start the server with --name NAME to allow it")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY:
        raise _Refused(413, f"the request is larger than {MAX_BODY} bytes: send fewer queries at a time")
    path, prefix = scope["path"], endpoint.prefix
    if path != prefix and not path.startswith(f"{prefix}/"):
        raise _Refused(404, "there is no such address; the server names the endpoint's when it starts")
    origin = headers.get("origin")
    if origin is not None:
        if not _own(endpoint, origin, headers):
            raise _Refused(403, "pages of other sites are not answered; allow one with --reconcile-origin")
        return origin
    # A script element sends no origin: the browser says where it stands, an older one names the page.
    foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
    referer = headers.get("referer", "")
    if (foreign or referer) and not _own(endpoint, referer, headers) and headers.get("sec-fetch-mode") != "navigate":
        raise _Refused(403, "pages of other sites are not answered; allow one with --reconcile-origin")
    return None


def _own(endpoint: Endpoint, address: str, headers: Headers) -> bool:
    """Whether a page's address is of this machine, of this server, or allowed by name."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https"):
        return False
    if f"{parts.scheme}://{parts.netloc}".lower() in endpoint.origins:
        return True
    # Not known_host: with a token that takes any address in figures.
    return is_loopback(parts.netloc) or parts.netloc.lower() == headers.get("host", "").lower()


async def _body(receive: Receive) -> bytes:
    """Read a body up to the limit; the rest of a larger one is never read."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused(400, "the request ended too early")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise _Refused(413, f"the request is larger than {MAX_BODY} bytes: send fewer queries at a time")
        if not message.get("more_body", False):
            return b"".join(parts)


def _form(body: bytes, headers: Headers) -> dict[str, list[str]]:
    kind = headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise _Refused(415, f"a form is wanted (application/x-www-form-urlencoded), not {kind[:60]}")
    try:
        return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise _Refused(400, "the form cannot be read") from error


def _found(endpoint: Endpoint, rest: str, values: dict[str, str], base: str) -> dict[str, Any] | Response:
    """Return what an address answers. Searches run one at a time: each uses all it can get."""
    service = endpoint.service
    cursor = int(values["cursor"]) if values.get("cursor", "").isdecimal() and len(values["cursor"]) < 7 else 0
    limit = (
        int(values["limit"]) if values.get("limit", "").isdecimal() and len(values["limit"]) < 7 else len(PROPERTIES)
    )
    if rest in ("", "/"):
        with endpoint.lock:
            if "queries" in values:
                return {name: answer(service, query) for name, query in parse_queries(values["queries"]).items()}
            if "query" in values:
                return answer(service, parse_query(values["query"]))
            if "extend" in values:
                return extend(service, values["extend"])
        return manifest(service, base)
    if rest in ("/suggest/entity", "/suggest/type", "/suggest/property"):
        return suggest(service, rest.rpartition("/")[2], values.get("prefix", "")[:500], cursor)
    if rest == "/properties":
        return propose_properties(values.get("type", "")[:500], limit)
    if rest in ("/preview", "/view"):
        return _preview(service, values.get("id", ""), short=rest == "/preview")
    raise InputError("there is no such address", where=rest[:80], expected="what the manifest names")


def _number(values: dict[str, str], name: str, default: int) -> int:
    text = values.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else default


def _preview(service: Service, unit_id: str, *, short: bool) -> Response:
    """Return a unit as a page: of the size of a preview, or whole."""
    unit = service.units.get(unit_id)
    if unit is None:
        return HTMLResponse("<!doctype html><title>–</title><p>There is no such unit.</p>", status_code=404)
    facts = entity(service, unit_id)
    body = [s for s in unit.statements if s.role != "title"]
    shown = body[:4] if short else body
    rows = "".join(f'<li lang="{s.language}">{escape(clean(s.text))}</li>' for s in shown)
    titles = "<br>".join(
        f'<span lang="{s.language}">{escape(clean(s.text))}</span>' for s in unit.statements if s.role == "title"
    )
    more = f'<p class="soft">… {len(body) - len(shown)}</p>' if len(body) > len(shown) else ""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(unit_id)}</title>'
        f'<style>{read_text("html", "page.css")}</style></head><body><main><p class="soft">'
        f"<code>{escape(clean(unit_id))}</code> {escape(facts['description'])}</p><h3>{titles}</h3>"
        f"<ul>{rows}</ul>{more}"
        "</main></body></html>"
    )


def _jsonp(found: dict[str, Any], callback: str, *, status: int = 200) -> Response:
    if not callback:
        return JSONResponse(found, status_code=status)
    # Two line ends of Unicode end a line of older JavaScript; the comment keeps the file from being anything else.
    text = json.dumps(found, ensure_ascii=True)
    return Response(f"/**/{callback}({text});", media_type="application/javascript", status_code=200)


def _error(status: int, line: str) -> Response:
    return JSONResponse({"status": "error", "message": line}, status_code=status)


def _harden(response: Response, headers: Headers, origin: str | None) -> None:
    response.headers["x-content-type-options"] = "nosniff"
    response.headers["referrer-policy"] = "no-referrer"
    response.headers["cache-control"] = "no-store"
    response.headers["vary"] = "Origin"
    response.headers["content-security-policy"] = _POLICY
    # Scripts and frames of an admitted page may load it; who is admitted has been decided above.
    response.headers["cross-origin-resource-policy"] = "cross-origin"
    if origin is None:
        return
    response.headers["access-control-allow-origin"] = origin
    response.headers["access-control-allow-methods"] = "GET, POST, OPTIONS"
    response.headers["access-control-allow-headers"] = "Content-Type"
    response.headers["access-control-max-age"] = "600"
    if headers.get("access-control-request-private-network") == "true":
        response.headers["access-control-allow-private-network"] = "true"
