"""The reconciliation endpoint: what the specification asks, OpenRefine's own requests, and who may not ask."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from matcher.cli.reconciling import make_endpoint
from matcher.errors import InputError
from matcher.readers import ReadOptions, read_framework
from matcher.schema import Framework
from matcher.serve.guard import access_for
from matcher.serve.reconcile import MAX_QUERIES, parse_queries
from matcher.serve.reconcile_http import MAX_BODY, Reconciliation, checked_origins, reconcile_key
from tests.conftest import Samples

BASE = "http://127.0.0.1:8765"
OPENREFINE = "http://127.0.0.1:3333"


@pytest.fixture(scope="module")
def framework(samples: Samples) -> Framework:
    whole = read_framework(samples.cn, options=ReadOptions()).framework
    return Framework(header=whole.header, units=whole.units[:60])


def _client(framework: Framework, *, token: str | None = None, host: str = "127.0.0.1") -> TestClient:
    endpoint = make_endpoint(
        access_for(host, token), framework, origins=("https://refine.example.org",), encoder="embedded", batch_size=64
    )
    return TestClient(Reconciliation(PlainTextResponse("the page"), endpoint), base_url=BASE)


@pytest.fixture(scope="module")
def client(framework: Framework) -> TestClient:
    return _client(framework)


def _ask(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.post("/reconcile", data={"queries": json.dumps({"q0": query})}).json()["q0"][
        "result"
    ]
    return found


def test_the_manifest_has_what_the_specification_asks(client: TestClient) -> None:
    answer = client.get("/reconcile")
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert {"versions", "name", "identifierSpace", "schemaSpace"} <= set(found)
    assert "0.2" in found["versions"]
    assert found["defaultTypes"] == [{"id": "unit", "name": "Unit of competency"}]
    for name in ("view", "preview"):
        assert "{{id}}" in found[name]["url"]
    assert isinstance(found["preview"]["width"], int)
    # Every address in it is of this server, and answers.
    for part in found["suggest"].values():
        assert client.get(part["service_url"] + part["service_path"], params={"prefix": "a"}).status_code == 200
    proposed = found["extend"]["propose_properties"]
    assert client.get(proposed["service_url"] + proposed["service_path"], params={"type": "unit"}).status_code == 200
    assert client.get(found["view"]["url"].replace("{{id}}", "ZZ-HD-5-2.1")).status_code == 200


def test_batches_by_get_and_by_post(client: TestClient) -> None:
    queries: dict[str, dict[str, Any]] = {
        "q0": {"query": "洗发", "limit": 2},
        "q1": {"query": "Cut hair with scissors", "type": "unit", "type_strict": "should"},
        "q2": {"properties": [{"pid": "statement", "v": "能为顾客洗发"}]},
    }
    got = client.get("/reconcile", params={"queries": json.dumps(queries)}).json()
    posted = client.post("/reconcile", data={"queries": json.dumps(queries)}).json()
    assert got == posted
    assert set(got) == set(queries)
    assert len(got["q0"]["result"]) == 2
    for found in got.values():
        assert set(found) == {"result"}
        scores = [c["score"] for c in found["result"]]
        assert scores == sorted(scores, reverse=True)
        for c in found["result"]:
            assert set(c) == {"id", "name", "description", "type", "score", "match", "features"}
            assert isinstance(c["id"], str)
            assert c["name"]
            assert isinstance(c["match"], bool)
            assert isinstance(c["score"], int | float)
            assert all(isinstance(f["value"], bool | int | float) for f in c["features"])
            assert c["type"][0] == {"id": "unit", "name": "Unit of competency"}
    # One at a time or together: the same.
    assert _ask(client, **queries["q0"]) == got["q0"]["result"]


def test_a_single_query_as_an_object_and_as_a_name(client: TestClient) -> None:
    wanted = _ask(client, query="洗发")
    assert client.get("/reconcile", params={"query": "洗发"}).json() == {"result": wanted}
    assert client.post("/reconcile", data={"query": json.dumps({"query": "洗发"})}).json() == {"result": wanted}


def test_only_the_very_name_or_code_is_a_match(client: TestClient, framework: Framework) -> None:
    unit = framework.units[0]
    for name in (unit.code, unit.title()):
        first, *others = _ask(client, query=name)
        same = [u for u in framework.units if u.title() == unit.title()]
        assert first["match"] is (name == unit.code or len(same) == 1)
        assert first["id"] in {u.code for u in same}
        assert not any(c["match"] for c in others)
    assert not any(c["match"] for c in _ask(client, query="Shampoo the client's hair"))


def test_types_filter_and_may_also_only_be_wished(client: TestClient) -> None:
    types = client.get("/reconcile/suggest/type", params={"prefix": ""}).json()["result"]
    assert types[0]["id"] == "unit"
    hair = next(t for t in types if "美发" in t["name"])
    other = next(t for t in types[1:] if t != hair)
    assert all(hair in c["type"] for c in _ask(client, query="清洁", type=hair["id"], limit=50))
    assert all(
        hair in c["type"] or other in c["type"] for c in _ask(client, query="清洁", type=[hair["id"], other["id"]])
    )
    assert _ask(client, query="清洁", type=[hair["id"], other["id"]], type_strict="all") == []
    assert _ask(client, query="清洁", type="nothing of the kind") == []
    assert _ask(client, query="清洁", type="nothing", type_strict="should") == _ask(client, query="清洁")
    assert len(_ask(client, query="清洁", type="unit", limit=1000)) == 60


def test_properties_refine(client: TestClient) -> None:
    plain = _ask(client, query="洗发", limit=3)
    low, high = (
        _ask(client, query="洗发", limit=3, properties=[{"pid": "level", "v": v}])
        for v in ("5", {"id": "1", "name": "1"})
    )
    assert low != high
    assert _ask(client, query="洗发", limit=3, properties=[{"pid": "unknown", "v": [1, 2.5, True, "x"]}]) == plain
    assert _ask(client, query="", properties=[{"pid": "occupation", "v": "美发师"}])


def test_suggest_preview_and_data_extension(client: TestClient, framework: Framework) -> None:
    code = framework.units[0].code
    found = client.get("/reconcile/suggest/entity", params={"prefix": code.lower()}).json()["result"]
    assert found[0]["id"] == code
    assert {"name", "description", "notable"} <= set(found[0])
    first = client.get("/reconcile/suggest/entity", params={"prefix": "ZZ"}).json()["result"]
    later = client.get("/reconcile/suggest/entity", params={"prefix": "ZZ", "cursor": 20}).json()["result"]
    assert len(first) == 20
    assert not {f["id"] for f in first} & {f["id"] for f in later}
    page = client.get("/reconcile/preview", params={"id": code})
    assert page.headers["content-type"].startswith("text/html")
    assert framework.units[0].title() in page.text
    assert "frame-ancestors http://127.0.0.1:*" in page.headers["content-security-policy"]
    assert client.get("/reconcile/preview", params={"id": "<script>"}).status_code == 404
    wanted = {"ids": [code, "none"], "properties": [{"id": "level"}, {"id": "statement"}, {"id": "unknown"}]}
    rows = client.get("/reconcile", params={"extend": json.dumps(wanted)}).json()
    assert [m["id"] for m in rows["meta"]] == ["level", "statement"]
    assert rows["rows"]["none"] == {"level": [], "statement": []}
    assert {"str": framework.units[0].statements[-1].text} in rows["rows"][code]["statement"]


def test_jsonp(client: TestClient) -> None:
    answer = client.get("/reconcile", params={"callback": "jQuery123_4"})
    assert answer.headers["content-type"].startswith("application/javascript")
    assert answer.text.startswith("/**/jQuery123_4({")
    assert json.loads(answer.text[len("/**/jQuery123_4(") : -2])["versions"]
    for bad in ("alert(1)//", "a b", "x" * 300):
        assert client.get("/reconcile", params={"callback": bad}).status_code == 400


def test_openrefine_asks_as_it_does(client: TestClient) -> None:
    # The browser's part: preflight, manifest and suggest from OpenRefine's own page.
    page = {"origin": OPENREFINE}
    asked = {**page, "access-control-request-method": "POST", "access-control-request-private-network": "true"}
    preflight = client.options("/reconcile", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == OPENREFINE
    assert preflight.headers["access-control-allow-private-network"] == "true"
    for path in ("/reconcile", "/reconcile/suggest/entity?prefix=x"):
        assert client.get(path, headers=page).headers["access-control-allow-origin"] == OPENREFINE
    # The server's part: batches of ten without an origin, values with their columns.
    rows = [
        {"query": name, "type": "unit", "type_strict": "should", "limit": 3, "properties": []}
        for name in "甲乙丙丁戊己庚辛壬癸"
    ]
    body = "queries=" + quote(json.dumps({f"q{n}": row for n, row in enumerate(rows)}))
    answer = client.post(
        "/reconcile", content=body, headers={"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    )  # fmt: skip
    assert answer.status_code == 200
    assert len(answer.json()) == 10


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"referer": "https://evil.example/page"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"host": "evil.example"},
    ],
)
def test_pages_of_other_sites_are_not_answered(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.get("/reconcile", headers=headers)
    assert answer.status_code in (403, 421)
    assert "access-control-allow-origin" not in answer.headers
    assert "versions" not in answer.json()


def test_named_origins_are_answered(client: TestClient) -> None:
    origin = "https://refine.example.org"
    assert client.get("/reconcile", headers={"origin": origin}).headers["access-control-allow-origin"] == origin
    with pytest.raises(InputError, match="is no origin"):
        checked_origins(["refine.example.org/x"])


def test_a_query_of_ten_megabytes_is_refused_whole_or_in_pieces(client: TestClient) -> None:
    large = b"queries=" + b"x" * (10 * 1024 * 1024)
    form = {"content-type": "application/x-www-form-urlencoded"}
    whole = client.post("/reconcile", content=large, headers=form)
    pieces = client.post(
        "/reconcile", content=(large[n : n + 65536] for n in range(0, len(large), 65536)), headers=form
    )
    for answer in (whole, pieces):
        assert answer.status_code == 413
        assert answer.json() == {
            "status": "error", "message": f"the request is larger than {MAX_BODY} bytes: send fewer queries at a time",
        }  # fmt: skip
    assert client.get("/reconcile", params={"queries": "x" * 40_000}).status_code == 414


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        ("{", "is not JSON"),
        ("[]", "is a list"),
        ("{}", "0 queries"),
        ("[" * 100_000, "is not JSON"),
        (json.dumps({"q": {"limit": 1}}), "has neither a query nor properties"),
        (json.dumps({"q": {"query": "x", "limit": 0}}), "limit 0"),
        (json.dumps({"q": {"query": "x" * 5000}}), "has 5000 characters"),
        (json.dumps({"q": {"query": "x", "type_strict": "most"}}), "type_strict 'most'"),
        (json.dumps({"q": {"query": "x", "properties": [{"pid": "level"}]}}), "without pid or v"),
        (json.dumps({str(n): {"query": "x"} for n in range(MAX_QUERIES + 1)}), "201 queries"),
    ],
)  # fmt: skip
def test_queries_that_cannot_be_read_are_one_line(client: TestClient, queries: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        parse_queries(queries)
    if len(queries) < 10_000:
        answer = client.post("/reconcile", data={"queries": queries})
        assert answer.status_code == 400
        assert answer.json()["status"] == "error"
        assert expected in answer.json()["message"]


def test_other_requests_go_to_the_page(client: TestClient) -> None:
    assert client.get("/").text == "the page"
    assert client.get("/reconciled").text == "the page"
    assert client.get("/reconcile/nothing").status_code == 400
    assert client.delete("/reconcile").status_code == 405
    assert client.post("/reconcile", content="{}", headers={"content-type": "application/json"}).status_code == 415


def test_with_a_token_the_address_holds_a_key(framework: Framework) -> None:
    token = "a-token-of-enough-characters"
    client = _client(framework, token=token, host="192.0.2.1")
    assert client.get("/reconcile").status_code == 404
    assert client.get("/reconcile/wrong").status_code == 404
    found = client.get(f"/reconcile/{reconcile_key(token)}").json()
    assert reconcile_key(token) in found["view"]["url"]
    assert token not in json.dumps(found)
    # With a token any address in figures may be the server's own name, but never a foreign page's.
    assert client.get(f"/reconcile/{reconcile_key(token)}", headers={"origin": "http://203.0.113.9"}).status_code == 403
