"""The review page without a browser: what is shown, what is kept, two reviewers, blind review, hostile text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from matcher.review.run import Run
from matcher.schema import Statement
from matcher.serve.app import create_app
from matcher.serve.board import Board, differs, stand
from matcher.serve.catalogue import make_catalogue
from matcher.serve.desk import Desk, Entered, checked_reviewer, decide, undo
from matcher.serve.guard import access_for
from matcher.serve.words import all_words, choose
from matcher.store import Decision, Store, Verdict, current

BASE = "http://127.0.0.1:8765"
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
Open = Callable[..., TestClient]


def _desk(run: Run, store: Store, *, reviewer: str = "", blind: int | None = None) -> Desk:
    catalogue = make_catalogue(run.id, run.query, run.results, blind_seed=blind)
    return Desk(catalogue=catalogue, board=Board(store, catalogue), reviewer=reviewer)


def _client(desk: Desk) -> TestClient:
    client = TestClient(create_app(desk, access_for("127.0.0.1", None)), base_url=BASE, raise_server_exceptions=False)
    client.headers["origin"] = BASE
    return client


@pytest.fixture
def desk(reviewed: tuple[Run, bytes], review_store: Store) -> Desk:
    return _desk(reviewed[0], review_store, reviewer="Ann")


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return _client(desk)


def _field(page: str, name: str, *, form: int = 1) -> str:
    """Return a hidden field's value in the unit's form (0) or the candidate's (1)."""
    found: list[str] = re.findall(rf'name="{name}" value="([^"]*)"', page)
    return found[form]


def _vote(client: TestClient, unit: str, verdict: str, **more: str) -> str:
    page = client.get("/unit", params={"id": unit}).text
    fields = {name: _field(page, name) for name in ("nonce", "object", "chosen", "seen")}
    answer = client.post("/unit", params={"id": unit}, data={**fields, "verdict": verdict, **more})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_list_shows_units_and_a_page_at_a_time(client: TestClient, desk: Desk) -> None:
    page = client.get("/").text
    assert page.count("<tr>") == 51  # 50 rows and the head
    assert "Page 1 / 3 · 126 units" in page
    last = client.get("/", params={"page": "3"}).text
    assert last.count("<tr>") == 27
    assert client.get("/", params={"page": "99"}).text.count("<tr>") == 27
    assert client.get("/", params={"page": "x"}).text.count("<tr>") == 51
    assert desk.catalogue.entries[0].unit_id in page


def test_a_search_sees_codes_titles_and_candidates_in_either_script(client: TestClient) -> None:
    assert "ZZHDSC201A" in client.get("/", params={"q": "zzhdsc201a"}).text
    assert "ZZHDSC201A" in client.get("/", params={"q": "SHAMPOO backwash"}).text
    # The unit says 洗頭 in Hong Kong's characters, its candidate 洗发 in the Mainland's.
    assert "ZZHDSC201A" in client.get("/", params={"q": "洗头盆"}).text
    assert "ZZHDSC201A" in client.get("/", params={"q": "洗髮 洗头盆"}).text
    assert "No unit fits" in client.get("/", params={"q": "no such words here"}).text


def test_filters_by_area_level_and_state(client: TestClient, desk: Desk) -> None:
    entry = next(e for e in desk.catalogue.entries if e.unit_id == "ZZHDSC201A")
    narrowed = client.get("/", params={"area": entry.area, "level": entry.level, "state": "undecided"}).text
    assert "ZZHDSC201A" in narrowed
    _vote(client, "ZZHDSC201A", "accept")
    assert "ZZHDSC201A" not in client.get("/", params={"area": entry.area, "state": "undecided"}).text
    decided = client.get("/", params={"state": "decided"}).text
    assert decided.count("<tr>") == 2
    assert "ZZHDSC201A" in decided
    assert "1 of 126 decided" in decided


def test_filter_by_triage(client: TestClient, desk: Desk, reviewed: tuple[Run, bytes], review_store: Store) -> None:
    for name in desk.catalogue.triages():
        count = sum(entry.triage == name for entry in desk.catalogue.entries)
        assert f"· {count} units" in client.get("/", params={"triage": name}).text
    assert len(desk.catalogue.triages()) > 1
    blind = _client(_desk(reviewed[0], review_store, reviewer="Bob", blind=1))
    assert "126 units" in blind.get("/", params={"triage": "strong"}).text
    assert "riage" not in blind.get("/").text


def test_a_unit_has_the_same_numbers_on_both_sides_with_links(client: TestClient, desk: Desk) -> None:
    result = desk.catalogue.result("ZZHDSC201A")
    assert result is not None
    pairs = len(result.suggestions[0].alignment)
    page = client.get("/unit", params={"id": "ZZHDSC201A"}).text
    assert pairs > 1
    for number in range(1, pairs + 1):
        assert page.count(f'id="u-s{number}"') == page.count(f'id="c-s{number}"') == 1
        assert page.count(f'href="#c-s{number}"') == page.count(f'href="#u-s{number}"') == 1
    assert f'id="u-s{pairs + 1}"' not in page
    second = result.suggestions[1].object_id
    assert f"<code>{second}</code>" in client.get("/unit", params={"id": "ZZHDSC201A", "c": second}).text


def test_a_verdict_is_kept_with_what_was_shown(client: TestClient, desk: Desk, review_store: Store) -> None:
    page = _vote(client, "ZZHDSC201A", "partly", relation="narrow", comment="  only the basin\r\nnot the massage ")
    (kept,) = review_store.log()
    shown = desk.catalogue.results[desk.catalogue.positions["ZZHDSC201A"]].suggestions[0]
    assert (kept.subject, kept.object, kept.verdict, kept.relation) == (
        "ZZHDSC201A", shown.object_id, "partly", "narrow",
    )  # fmt: skip
    assert (kept.reviewer, kept.source, kept.blind, kept.run) == ("Ann", "page", False, desk.catalogue.run)
    assert (kept.rank, kept.score, kept.comment) == (1, shown.score, "only the basin\nnot the massage")
    assert kept.subject_edition.startswith("zz-")
    assert "Saved: Partly" in page
    assert 'class="partly" data-key="p" aria-pressed="true"' in page


def test_the_same_form_sent_twice_is_one_decision(client: TestClient, review_store: Store) -> None:
    page = client.get("/unit", params={"id": "ZZHDSC201A"}).text
    fields = {name: _field(page, name) for name in ("nonce", "object", "chosen", "seen")}
    for _ in range(2):
        client.post("/unit", params={"id": "ZZHDSC201A"}, data={**fields, "verdict": "accept"})
    assert len(review_store.log()) == 1
    # The old form again with another verdict is a correction, and back again is one more: nothing is lost.
    client.post("/unit", params={"id": "ZZHDSC201A"}, data={**fields, "verdict": "reject"})
    client.post("/unit", params={"id": "ZZHDSC201A"}, data={**fields, "verdict": "accept"})
    log = review_store.log()
    assert [d.verdict for d in log] == ["accept", "reject", "accept"]
    assert [d.supersedes for d in log] == ["", log[0].id, log[1].id]
    assert [d.verdict for d in current(log)] == ["accept"]


def test_undo_takes_back_the_last_and_brings_back_what_it_corrected(client: TestClient, review_store: Store) -> None:
    _vote(client, "ZZHDSC201A", "accept")
    _vote(client, "ZZHDSC201A", "reject")
    assert "Undone: Reject" in client.post("/undo", data={"back": "/"}).text
    assert [d.verdict for d in current(review_store.log())] == ["accept"]
    client.post("/undo")
    assert current(review_store.log()) == ()
    assert "nothing of yours to undo" in client.post("/undo", data={"back": "/"}).text
    assert [d.verdict for d in review_store.log()] == ["accept", "reject", "undo", "undo"]


def test_undo_never_leaves_this_server(client: TestClient) -> None:
    for back in ("//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example"):
        answer = client.post("/undo", data={"back": back}, follow_redirects=False)
        assert answer.headers["location"] == "/?saved=nothing"


def test_no_counterpart_settles_a_unit(client: TestClient, review_store: Store) -> None:
    page = client.get("/unit", params={"id": "ZZHDSC201A"}).text
    fields = {name: _field(page, name, form=0) for name in ("nonce", "object", "chosen", "seen")}
    page = client.post("/unit", params={"id": "ZZHDSC201A"}, data={**fields, "verdict": "no_counterpart"}).text
    (kept,) = review_store.log()
    assert (kept.verdict, kept.object, kept.rank) == ("no_counterpart", "", None)
    assert '<span class="chip decided" id="state">' in page


def _decision(verdict: Verdict, reviewer: str = "Ann", object_: str = "o1", number: int = 1) -> Decision:
    return Decision(
        id=f"{number:032x}",
        run="r",
        subject="s",
        object="" if verdict == "no_counterpart" else object_,
        verdict=verdict,
        reviewer=reviewer,
        decided_at=f"2026-01-01T00:00:{number:02d}.000000Z",
    )


def test_states() -> None:
    # A rejected candidate leaves the other one open; both rejected settle the unit; an accepted one settles it alone.
    assert stand([], "Ann", ["o1", "o2"]).state == "undecided"
    first = _decision("reject")
    assert stand([first], "Ann", ["o1", "o2"]).state == "started"
    assert stand([first], "Bob", ["o1", "o2"]).state == "undecided"
    assert stand([first, _decision("unsure", object_="o2", number=2)], "Ann", ["o1", "o2"]).state == "decided"
    assert stand([_decision("accept")], "Ann", ["o1", "o2"]).state == "decided"
    assert stand([], "Ann", []).state == "undecided"


def test_reviewers_differ() -> None:
    accept, reject = _decision("accept"), _decision("reject", "Bob", number=2)
    assert differs([accept, reject])
    assert not differs([accept, replace(reject, verdict="accept")])
    assert not differs([accept, replace(reject, object="o2")])
    assert differs([accept, _decision("no_counterpart", "Bob", number=3)])
    assert not differs([reject, _decision("no_counterpart", "Ann", number=3)])


def test_two_reviewers_never_overwrite(reviewed: tuple[Run, bytes], review_store: Store) -> None:
    # Two servers on one store, as on two machines; Bob's form was drawn before Ann decided.
    ann = _client(_desk(reviewed[0], review_store, reviewer="Ann"))
    bob = _client(_desk(reviewed[0], review_store, reviewer="Bob"))
    drawn = bob.get("/unit", params={"id": "ZZHDSC201A"}).text
    assert bob.get("/others", params={"id": "ZZHDSC201A"}).json() == {"count": 0}
    _vote(ann, "ZZHDSC201A", "accept", comment="same work")
    assert bob.get("/others", params={"id": "ZZHDSC201A"}).json() == {"count": 1}
    fields = {name: _field(drawn, name) for name in ("nonce", "object", "chosen", "seen")}
    page = bob.post("/unit", params={"id": "ZZHDSC201A"}, data={**fields, "verdict": "reject"}).text
    assert "Ann has decided this candidate meanwhile: Accept" in page
    assert "same work" in page
    assert {(d.reviewer, d.verdict) for d in current(review_store.log())} == {("Ann", "accept"), ("Bob", "reject")}
    assert "Reviewers differ (1)" in bob.get("/").text
    # Told once: his next form was drawn with it.
    assert "meanwhile" not in _vote(bob, "ZZHDSC201A", "unsure")


def test_blind_review_hides_scores_and_others(reviewed: tuple[Run, bytes], review_store: Store) -> None:
    ann = _client(_desk(reviewed[0], review_store, reviewer="Ann"))
    _vote(ann, "ZZHDSC201A", "accept", comment="seen by Bob?")
    desk = _desk(reviewed[0], review_store, reviewer="Bob", blind=7)
    bob = _client(desk)
    page = bob.get("/unit", params={"id": "ZZHDSC201A"}).text
    for hidden in ("Ann", "seen by Bob?", "Score", 'class="sim"'):
        assert hidden not in page
    assert "Ann" not in bob.get("/").text
    _vote(bob, "ZZHDSC201A", "reject")
    kept = review_store.log()[-1]
    assert (kept.blind, kept.rank, kept.score, kept.confidence) == (True, None, None, None)
    result = desk.catalogue.results[desk.catalogue.positions["ZZHDSC201A"]]
    shuffled = [s.object_id for s in desk.catalogue.candidates(result)]
    assert sorted(shuffled) == sorted(s.object_id for s in result.suggestions)
    orders = [[s.rank for s in desk.catalogue.candidates(r)] for r in reviewed[0].results]
    assert any(order != sorted(order) for order in orders)


def test_each_reviewer_gives_a_name_once(reviewed: tuple[Run, bytes], review_store: Store) -> None:
    client = _client(_desk(reviewed[0], review_store))
    asked = client.get("/unit", params={"id": "ZZHDSC201A"})
    assert asked.url.path == "/name"
    assert "Your name" in asked.text
    back = re.findall(r'action="(/name\?back=[^"]+)"', asked.text)[0]
    page = client.post(back, data={"name": "  陳 大文 "})
    assert page.url.path == "/unit"
    _vote(client, "ZZHDSC201A", "accept")
    assert review_store.log()[0].reviewer == "陳 大文"
    assert client.post("/name", data={"name": " "}).status_code == 409
    assert client.post("/name", data={"name": "a" * 81}).status_code == 409


def test_hostile_text_is_escaped(reviewed: tuple[Run, bytes], review_store: Store) -> None:
    run = reviewed[0]
    first = run.results[0]
    bad = Statement(role="title", language="en", text=HOSTILE)
    subject = replace(first.subject, statements=(bad, *first.subject.statements))
    shown = tuple(replace(s, object=replace(s.object, statements=(bad, *s.object.statements)), alignment=())
                  for s in first.suggestions)  # fmt: skip
    hostile = replace(run, results=(replace(first, subject=subject, suggestions=shown), *run.results[1:]))
    client = _client(_desk(hostile, review_store))
    client.post("/name", data={"name": HOSTILE[:70]})
    _vote(client, first.subject_id, "accept", comment=HOSTILE)
    for address in (f"/unit?id={first.subject_id}", "/", f"/?q={HOSTILE}", f"/unit?id={HOSTILE}", "/name"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert "<img" not in page
    assert review_store.log()[0].comment == HOSTILE
    other = _client(_desk(hostile, review_store, reviewer="Bob"))
    assert "<img" not in other.get(f"/unit?id={first.subject_id}").text


def test_no_inline_script_or_style(client: TestClient) -> None:
    _vote(client, "ZZHDSC201A", "accept")
    for address in ("/", "/unit?id=ZZHDSC201A", "/name", "/nowhere"):
        answer = client.get(address)
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert not re.search(r"<style|style=|\son\w+=|<script(?! src)", answer.text)
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text)


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({}, 422, "verdict"),
        ({"verdict": "undo"}, 409, "is no verdict here"),
        ({"verdict": "accept"}, 409, "is no verdict here"),
        ({"verdict": "no_counterpart", "object": "ZZ-HD-5-2.1"}, 409, "is no verdict here"),
        ({"verdict": "accept", "object": "elsewhere"}, 409, "is no candidate of"),
        ({"verdict": "accept", "object": "ZZ-HD-5-2.1", "relation": "same"}, 409, "is no verdict here"),
        ({"verdict": "accept", "object": "ZZ-HD-5-2.1", "comment": "x" * 4001}, 409, "longer than 4000"),
        ({"verdict": "accept", "object": "x" * 501}, 422, "object"),
    ],
)
def test_a_form_that_does_not_fit_keeps_nothing(
    client: TestClient, review_store: Store, fields: dict[str, str], status: int, said: str
) -> None:
    answer = client.post("/unit", params={"id": "ZZHDSC201A"}, data=fields)
    assert answer.status_code == status
    (line,) = re.findall(r"<p data-fault[^>]*>([^\n]*)</p>", answer.text)
    assert said in line
    assert review_store.log() == ()


def test_an_unknown_unit_or_page_is_one_line(client: TestClient) -> None:
    for address in ("/unit?id=nothing", "/nowhere", "/static/app.py", "/static/..%2fapp.py", "/docs", "/openapi.json"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "data-fault" in answer.text
    assert client.post("/unit", params={"id": "nothing"}, data={"verdict": "no_counterpart"}).status_code == 409


def _ruin(store: Store, address: str) -> None:
    """Make every question to a store fail: another program's file, a database without tables."""
    store.close()
    if "://" not in address:
        with Path(address).open("r+b") as handle:
            handle.write(b"not a database at all" * 10)
        return
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
    engine.dispose()


def test_a_store_that_fails_is_one_line_and_nothing_is_said_to_be_saved(
    client: TestClient, desk: Desk, review_store: Store, store_address: str
) -> None:
    page = client.get("/unit", params={"id": "ZZHDSC201A"}).text
    fields = {name: _field(page, name) for name in ("nonce", "object", "chosen", "seen")}
    _ruin(review_store, store_address)
    answer = client.post("/unit", params={"id": "ZZHDSC201A"}, data={**fields, "verdict": "accept"})
    assert answer.status_code == 409
    assert "data-fault" in answer.text
    assert "Saved" not in answer.text
    assert desk.board.history("ZZHDSC201A") == ()


def test_every_language_has_every_word() -> None:
    words = all_words()
    assert list(words) == ["en", "zh-Hans", "zh-Hant"]
    assert set(words["zh-Hans"]) == set(words["zh-Hant"]) == set(words["en"])
    assert all(text for language in words.values() for text in language.values())


def test_the_language_is_asked_kept_or_the_browsers(client: TestClient) -> None:
    assert choose("", "", "fr, zh-TW;q=0.8, en;q=0.5") == "zh-Hant"
    assert choose("zh_CN", "zh-Hant", "en") == "zh-Hans"
    assert choose("klingon", "", "") == "en"
    assert '<html lang="zh-Hant-HK">' in client.get("/", headers={"accept-language": "zh-HK"}).text
    assert "待评审的单元" in client.get("/", params={"lang": "zh-Hans"}).text
    assert "待评审的单元" in client.get("/").text


def test_the_desk_without_a_server(desk: Desk) -> None:
    shown = desk.catalogue.results[0].suggestions[0]
    entered = Entered(unit_id=shown.subject_id, object_id=shown.object_id, verdict="accept")
    saved = decide(desk, "Ann", entered, source="terminal")
    assert decide(desk, "Ann", entered, source="terminal") == saved
    assert desk.board.next_undecided(len(desk.catalogue.entries) - 1, "Ann") == desk.catalogue.entries[1].unit_id
    assert desk.board.next_undecided(-1, "Bob") == desk.catalogue.entries[0].unit_id
    assert undo(desk, "Bob", source="terminal") is None
    done = undo(desk, "Ann", source="terminal")
    assert done is not None
    assert done[0] == saved.decision


def test_names() -> None:
    assert checked_reviewer(" Ann   Lee ") == "Ann Lee"
