"""Who may ask the review page: hosts, origins, tokens, sizes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from matcher.errors import InputError
from matcher.serve.guard import COOKIE, MAX_BODY, Access, Guard, access_for, is_loopback, new_token

TOKEN = "a token of some length"


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.method} {len(await request.body())}")


def _client(access: Access, base: str = "http://127.0.0.1:8765") -> TestClient:
    app = Starlette(routes=[Route("/{path:path}", _echo, methods=["GET", "POST"])])
    return TestClient(Guard(app, access), base_url=base, follow_redirects=False, raise_server_exceptions=False)


def test_loopback_needs_no_token_and_any_other_host_gets_one() -> None:
    for host in ("127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"):
        assert is_loopback(host)
        assert access_for(host, None).token is None
    for host in ("0.0.0.0", "192.168.1.5", "review.example", "::"):
        assert not is_loopback(host)
        assert access_for(host, TOKEN).token == TOKEN
        assert len(access_for(host, None).token or "") > 40
    assert access_for("127.0.0.1", TOKEN).token == TOKEN
    assert new_token() != new_token()
    with pytest.raises(InputError, match="--token: the token has 15 characters"):
        access_for("127.0.0.1", "x" * 15)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost:1", 200),
        ("[::1]:8765", 200),
        # A name that an attacker's server resolves to 127.0.0.1 (DNS rebinding) is not this server's.
        ("rebound.example:8765", 421),
        ("127.0.0.1.rebound.example", 421),
        ("localhost.", 421),
        ("", 421),
    ],
)
def test_host_names(host: str, status: int) -> None:
    assert _client(access_for("127.0.0.1", None)).get("/", headers={"host": host}).status_code == status


def test_with_a_token_addresses_in_figures_and_given_names_are_known() -> None:
    access = access_for("0.0.0.0", TOKEN, names=["Review.Example"])
    assert access.known_host("192.168.1.5:8765")
    assert access.known_host("review.example")
    assert not access.known_host("other.example")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:8765"}, 200),
        ({"referer": "http://127.0.0.1:8765/unit?id=1"}, 200),
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8766"}, 403),
        ({"origin": "http://127.0.0.1:8765.evil.example"}, 403),
        ({"origin": "https://evil.example", "referer": "http://127.0.0.1:8765/"}, 403),
    ],
)
def test_a_post_comes_from_a_page_of_this_server(headers: dict[str, str], status: int) -> None:
    assert _client(access_for("127.0.0.1", None)).post("/unit", headers=headers).status_code == status


def test_the_token_leaves_the_address_and_a_cookie_takes_its_place() -> None:
    client = _client(access_for("192.168.1.5", TOKEN), "http://192.168.1.5:8765")
    assert client.get("/unit?id=1").headers["location"] == "/token"
    assert client.get("/unit", params={"id": "1", "token": TOKEN + "x"}).headers["location"] == "/token"
    answer = client.get("/unit", params={"id": "1", "token": TOKEN})
    assert answer.headers["location"] == "/unit?id=1"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert client.get("/unit?id=1").status_code == 200
    assert client.post("/unit", headers={"origin": "http://192.168.1.5:8765"}).status_code == 200


def test_without_the_token_nothing_is_saved() -> None:
    client = _client(access_for("192.168.1.5", TOKEN), "http://192.168.1.5:8765")
    origin = {"origin": "http://192.168.1.5:8765"}
    assert client.post("/unit", headers=origin).status_code == 401
    # Not in a POST's address either: a form of another page could be made to send it.
    assert client.post("/unit", params={"token": TOKEN}, headers=origin).status_code == 401
    client.cookies.set(COOKIE, "x" * 64)
    assert client.post("/unit", headers=origin).status_code == 401
    assert client.get("/static/serve.css").status_code == 200


def test_a_token_in_the_address_cannot_send_the_browser_elsewhere() -> None:
    client = _client(access_for("192.168.1.5", TOKEN), "http://192.168.1.5:8765")
    answer = client.get("http://192.168.1.5:8765//evil.example/", params={"token": TOKEN})
    assert answer.headers["location"] == "/evil.example/"


def test_sizes() -> None:
    client = _client(access_for("127.0.0.1", None))
    client.headers["origin"] = "http://127.0.0.1:8765"

    def pieces(count: int) -> Iterator[bytes]:
        yield from (b"x" * 1024 for _ in range(count))

    assert client.post("/", content=b"x" * MAX_BODY).text == f"POST {MAX_BODY}"
    assert client.post("/", content=b"x" * (MAX_BODY + 1)).status_code == 413
    # Sent in pieces, without a length: the body ends at the limit, and the request with it.
    assert client.post("/", content=pieces(64)).status_code == 200
    assert client.post("/", content=pieces(65)).status_code == 500
    assert client.get("/", params={"q": "x" * 5000}).status_code == 414
    assert client.post("/", headers={"content-length": "many"}).status_code == 413
    assert client.request("PUT", "/").status_code == 405


def test_every_answer_has_the_security_headers() -> None:
    client = _client(access_for("127.0.0.1", None))
    for answer in (client.get("/"), client.get("/", headers={"host": "evil.example"}), client.post("/")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
