"""What a request must bring before the page looks at it: a known host, its own origin, a token, a bounded size.

The server writes decisions, and any page open in the same browser can send it requests: a foreign origin is refused
(cross-site request forgery), and so is a foreign host name (DNS rebinding: OWASP, "Server Side Request Forgery" and
"Cross-Site Request Forgery Prevention" cheat sheets). Written as plain ASGI, so that a body over the limit is never
read whole.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matcher.errors import InputError

MAX_BODY = 64 * 1024
MAX_QUERY = 4 * 1024
MIN_TOKEN, MAX_TOKEN = 16, 200
COOKIE = "matcher_token"
# How long a browser that showed the token once is known: a working day.
COOKIE_SECONDS = 12 * 60 * 60
OPEN_PATHS = ("/static/", "/token")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: browsers would then send the origin "null" with a form.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask: ``hosts`` are names without a port; ``token`` None means that this machine alone is asked."""

    hosts: frozenset[str]
    token: str | None = None

    def known_host(self, host: str) -> bool:
        """Whether a Host header names this server. With a token, any address in figures does: it cannot be rebound."""
        name = _host_name(host)
        return name in self.hosts or (self.token is not None and _is_address(name))

    def cookie_value(self) -> str:
        """Return what the cookie holds: a hash, so that the token itself stays out of the browser's files."""
        return hashlib.sha256(f"matcher serve\x1f{self.token}".encode()).hexdigest()

    def right_token(self, given: str) -> bool:
        """Compare in constant time."""
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())

    def right_cookie(self, given: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(given.encode(), self.cookie_value().encode())


def new_token() -> str:
    """Return a fresh token of 32 random bytes."""
    return secrets.token_urlsafe(32)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine alone."""
    name = _host_name(host)
    if name == "localhost":
        return True
    return _is_address(name) and ipaddress.ip_address(name.strip("[]")).is_loopback


def access_for(host: str, token: str | None, *, names: Iterable[str] = ()) -> Access:
    """Return who may ask a server on ``host``; any host but loopback gets a token.

    Raises:
        InputError: The token is too short to keep anyone out.
    """
    if token is not None and not (MIN_TOKEN <= len(token) <= MAX_TOKEN):
        raise InputError(
            f"the token has {len(token)} characters", where="--token",
            expected=f"{MIN_TOKEN} to {MAX_TOKEN}", do="leave --token out: one is made",
        )  # fmt: skip
    hosts = {_host_name(host), *map(_host_name, names)}
    if is_loopback(host):
        hosts |= {"localhost", "127.0.0.1", "[::1]"}
    elif token is None:
        token = new_token()
    return Access(hosts=frozenset(hosts), token=token)


def grant(response: Response, access: Access) -> Response:
    """Let the browser that gets this response in from now on."""
    response.set_cookie(
        COOKIE, access.cookie_value(), max_age=COOKIE_SECONDS, httponly=True, samesite="strict", path="/"
    )
    return response


class Guard:
    """The middleware: refuses with one line, adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request and pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        answer: ASGIApp = self._app if refusal is None else refusal
        await answer(scope, _bounded(receive), _hardened(send, page=not scope["path"].startswith("/static/")))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if len(scope["query_string"]) > MAX_QUERY or len(scope["path"]) > MAX_QUERY:
            return _refuse(414, "the address is too long")
        if not self._access.known_host(headers.get("host", "")):
            return _refuse(421, "this host name is not served here; start the server with --name NAME to allow it")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return _refuse(413, f"the request is larger than {MAX_BODY} bytes")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _refuse(405, f"{scope['method'][:20]} is not used here")
        if scope["method"] == "POST" and not _same_origin(headers):
            return _refuse(403, "this request came from another page; nothing was saved")
        return self._without_token(scope, headers)

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        access, path = self._access, scope["path"]
        if access.token is None or path.startswith(OPEN_PATHS):
            return None
        fields = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = next((value for name, value in fields if name == "token"), "")
        if scope["method"] == "GET" and given and access.right_token(given):
            # The token leaves the address at once: addresses are kept in histories.
            rest = urlencode([(name, value) for name, value in fields if name != "token"])
            # One slash: two would name another host.
            here = "/" + path.lstrip("/")
            return grant(RedirectResponse(here + (f"?{rest}" if rest else ""), status_code=303), access)
        if access.right_cookie(_cookie(headers)):
            return None
        if scope["method"] == "GET":
            return RedirectResponse("/token", status_code=303)
        return _refuse(401, "no token; nothing was saved")


def _refuse(status: int, line: str) -> Response:
    return PlainTextResponse(f"{line}\n", status_code=status)


def _host_name(host: str) -> str:
    """Return a Host header's name without its port, lower case; IPv6 in brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    if host.count(":") > 1:
        return f"[{host}]"
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _same_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of this server: by Origin, else by Referer; neither is a refusal."""
    source = headers.get("origin") or headers.get("referer") or ""
    return bool(source) and urlsplit(source).netloc.lower() == headers.get("host", "").lower()


def _cookie(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


def _bounded(receive: Receive) -> Receive:
    """Return ``receive`` with an end: a body sent in pieces, without a length, stops at the limit."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= MAX_BODY else {"type": "http.disconnect"}

    return bounded


def _hardened(send: Send, *, page: bool) -> Send:
    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            # A page shows decisions that change, and on a shared machine they are nobody else's to read.
            headers["cache-control"] = "no-store" if page else "max-age=3600"
        await send(message)

    return hardened
