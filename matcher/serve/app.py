"""The addresses of the page; each answer is a whole page, drawn here."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlencode

import jinja2
from fastapi import APIRouter, FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from matcher.errors import InputError, MatcherError
from matcher.export.rows import clean
from matcher.resources import read_text
from matcher.serve.desk import Desk, Entered, checked_reviewer, decide, undo
from matcher.serve.drawing import Filters, draw_overview, draw_unit, unit_address
from matcher.serve.guard import Access, Guard, grant
from matcher.serve.words import INTERFACE_LANGUAGES, InterfaceLanguage, all_words, choose
from matcher.store import Decision

REVIEWER_COOKIE = "matcher_reviewer"
LANGUAGE_COOKIE = "matcher_lang"
_YEAR = 365 * 24 * 60 * 60
_SOURCE = "page"
_ASSETS = {
    "page.css": (("html", "page.css"), "text/css"),
    "serve.css": (("serve", "serve.css"), "text/css"),
    "serve.js": (("serve", "serve.js"), "text/javascript"),
    "icon.svg": (("serve", "icon.svg"), "image/svg+xml"),
}
_TAGS = {"en": "en", "zh-Hans": "zh-Hans-CN", "zh-Hant": "zh-Hant-HK"}
router = APIRouter(default_response_class=HTMLResponse)


class _Unnamed(Exception):  # noqa: N818 - not an error: the reviewer is asked who they are
    """The reviewer has given no name yet."""


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: read_text("serve", name)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )


def _desk(request: Request) -> Desk:
    desk = request.app.state.desk
    if not isinstance(desk, Desk):
        raise TypeError("the application has no desk")
    return desk


def _access(request: Request) -> Access:
    access = request.app.state.access
    if not isinstance(access, Access):
        raise TypeError("the application has no access rules")
    return access


def _language(request: Request) -> InterfaceLanguage:
    return choose(
        request.query_params.get("lang", ""),
        request.cookies.get(LANGUAGE_COOKIE, ""),
        request.headers.get("accept-language", ""),
    )


def _reviewer(request: Request) -> str:
    fixed = _desk(request).reviewer
    if fixed:
        return fixed
    try:
        return checked_reviewer(unquote(request.cookies.get(REVIEWER_COOKIE, "")))
    except InputError:
        raise _Unnamed from None


def _local(address: str) -> str:
    """Return an address of this server, whatever a form says."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def _page(request: Request, name: str, values: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """Return a template's page; sets the language's cookie where the address chose it."""
    desk, language = _desk(request), _language(request)
    try:
        reviewer = _reviewer(request)
    except _Unnamed:
        reviewer = ""
    shown = bool(reviewer) and status == 200 and name != "small.html"
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in ("lang", "saved")]
    base = request.url.path if request.method == "GET" else "/"
    words = all_words()
    addresses = [
        (code, words[code]["name"], f"{base}?{urlencode([*kept, ('lang', code)])}") for code in INTERFACE_LANGUAGES
    ]
    common = {
        "w": words[language],
        "lang": language,
        "tag": _TAGS[language],
        "languages": addresses,
        "reviewer": reviewer if shown else "",
        "fixed_reviewer": bool(desk.reviewer),
        "total": len(desk.catalogue.entries),
        "decided": desk.board.counts(reviewer)["decided"] if shown else 0,
        "blind": desk.catalogue.blind,
        "message": "",
        "message_class": "good",
    }
    page = HTMLResponse(_templates().get_template(name).render({**common, **values}), status_code=status)
    if request.query_params.get("lang"):
        page.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, httponly=True, samesite="strict")
    return page


def _small(request: Request, heading: str, line: str, *, status: int) -> HTMLResponse:
    values = {"heading": heading, "line": line, "field": "", "fault": True}
    return _page(request, "small.html", values, status=status)


def _time(decision: Decision) -> str:
    """Return when a decision was made, in the time of this machine."""
    return datetime.fromisoformat(decision.decided_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _message(request: Request, words: dict[str, str], reviewer: str) -> dict[str, str]:
    """Return what the address says was just done, in words; only what the log has."""
    desk = _desk(request)
    saved = request.query_params.get("saved", "")
    if saved == "nothing":
        return {"message": words["nothing_to_undo"], "message_class": ""}
    found = desk.board.find(saved) if saved else None
    if found is None or found.reviewer != reviewer:
        return {}
    said = found if found.verdict != "undo" else desk.board.find(found.supersedes)
    verb = words["undone" if found.verdict == "undo" else "saved"]
    verdict = words[said.verdict] if said is not None else ""
    parts = [f"{verb}: {verdict}", found.object or found.subject, _time(found)[11:]]
    message = " · ".join(map(clean, parts))
    if "met" in request.query_params and not desk.catalogue.blind:
        others = desk.board.standing(found.subject, reviewer).of_others(found.object)
        message += "".join(f" · {clean(d.reviewer)} {words['already']}: {words[d.verdict]}" for d in others)
    return {"message": message}


@router.get("/")
def overview(request: Request, q: str = "", area: str = "", level: str = "", state: str = "") -> Response:
    """Show the list of units."""
    desk, language, reviewer = _desk(request), _language(request), _reviewer(request)
    desk.board.refresh()
    number = request.query_params.get("page", "1")
    page = int(number) if number.isdecimal() and len(number) < 7 else 1
    triage = "" if desk.catalogue.blind else request.query_params.get("triage", "")
    filters = Filters(q=q[:200], area=area, level=level, state=state, triage=triage, page=page)
    upcoming = desk.board.next_undecided(-1, reviewer)
    return _page(
        request,
        "overview.html",
        {
            **draw_overview(desk.catalogue, desk.board.standings(reviewer), filters, language),
            "next_undecided": unit_address(upcoming) if upcoming else "",
            **_message(request, all_words()[language], reviewer),
        },
    )


@router.get("/unit")
def unit(request: Request, id: str = "", c: str = "") -> Response:  # noqa: A002 - the name in the address
    """Show a unit beside one of its candidates."""
    desk, language, reviewer = _desk(request), _language(request), _reviewer(request)
    result = desk.catalogue.result(id)
    words = all_words()[language]
    if result is None:
        return _small(request, words["fault"], words["not_found"], status=404)
    desk.board.refresh()
    catalogue, position = desk.catalogue, desk.catalogue.positions[id]
    entries = catalogue.entries
    upcoming = desk.board.next_undecided(position, reviewer)
    standing = desk.board.standing(id, reviewer)
    history = [] if catalogue.blind else [d for d in desk.board.history(id) if d.verdict]
    drawn = draw_unit(catalogue, result, standing, c, language, words)
    return _page(
        request,
        "unit.html",
        {
            **drawn,
            "action": unit_address(id, drawn["chosen"]),
            "here": unit_address(id, drawn["chosen"]),
            "nonce": secrets.token_hex(16),
            "position": position + 1,
            "previous": unit_address(entries[position - 1].unit_id),
            "next": unit_address(entries[(position + 1) % len(entries)].unit_id),
            "next_undecided": unit_address(upcoming) if upcoming else "",
            "poll": "" if catalogue.blind else "/others?" + urlencode({"id": id}),
            "count": _count_others(desk, id, reviewer),
            "history": [_told(d, words) for d in history],
            **_message(request, words, reviewer),
        },
    )


def _told(decision: Decision, words: dict[str, str]) -> tuple[dict[str, str], str]:
    shown = {
        "reviewer": clean(decision.reviewer),
        "object": clean(decision.object),
        "relation": decision.relation,
        "comment": clean(decision.comment),
        "decided_at": _time(decision),
    }
    return shown, words[decision.verdict]


def _count_others(desk: Desk, unit_id: str, reviewer: str) -> int:
    return sum(d.reviewer != reviewer for d in desk.board.history(unit_id))


@router.get("/others")
def others(request: Request, id: str = "") -> Response:  # noqa: A002 - the name in the address
    """Say how many decisions other reviewers have made on a unit."""
    desk, reviewer = _desk(request), _reviewer(request)
    if desk.catalogue.blind or desk.catalogue.result(id) is None:
        return JSONResponse({"count": 0})
    desk.board.refresh()
    return JSONResponse({"count": _count_others(desk, id, reviewer)})


class _VerdictForm(BaseModel):
    """The fields of a verdict's form."""

    verdict: str = Field(max_length=20)
    object: str = Field(default="", max_length=500)
    chosen: str = Field(default="", max_length=500)
    relation: str = Field(default="", max_length=20)
    comment: str = ""
    nonce: str = Field(default="", max_length=100)
    seen: str = Field(default="", max_length=4000)


@router.post("/unit")
def save(request: Request, form: Annotated[_VerdictForm, Form()]) -> Response:
    """Keep a verdict, then show the unit again."""
    desk, reviewer = _desk(request), _reviewer(request)
    entered = Entered(
        unit_id=request.query_params.get("id", ""),
        object_id=form.object,
        verdict=form.verdict,
        relation=form.relation,
        comment=form.comment,
        nonce=form.nonce,
        seen=form.seen,
    )
    kept = decide(desk, reviewer, entered, source=_SOURCE)
    address = unit_address(entered.unit_id, form.object or form.chosen, saved=kept.decision.id)
    return RedirectResponse(address + ("&met=1" if kept.met else ""), status_code=303)


@router.post("/undo")
def take_back(request: Request, back: Annotated[str, Form()] = "/") -> Response:
    """Take the reviewer's latest decision back, and show its unit."""
    done = undo(_desk(request), _reviewer(request), source=_SOURCE)
    if done is None:
        address = _local(back)
        return RedirectResponse(f"{address}{'&' if '?' in address else '?'}saved=nothing", status_code=303)
    last, taken = done
    return RedirectResponse(unit_address(last.subject, last.object, saved=taken.id), status_code=303)


@router.get("/name")
def ask_name(request: Request, back: str = "/") -> Response:
    """Ask who the reviewer is."""
    words = all_words()[_language(request)]
    return _page(
        request,
        "small.html",
        {
            "heading": words["your_name"],
            "line": words["your_name_why"],
            "field": "name",
            "label": words["your_name"],
            "kind": "text",
            "value": clean(unquote(request.cookies.get(REVIEWER_COOKIE, ""))[:200]),
            "complete": "name",
            "button": words["begin"],
            "action": f"/name?{urlencode({'back': _local(back)})}",
            "fault": False,
        },
    )


@router.post("/name")
def take_name(request: Request, name: Annotated[str, Form()] = "") -> Response:
    """Remember who the reviewer is."""
    answer = RedirectResponse(_local(request.query_params.get("back", "/")), status_code=303)
    answer.set_cookie(
        REVIEWER_COOKIE, quote(checked_reviewer(name)), max_age=_YEAR, httponly=True, samesite="strict", path="/"
    )
    return answer


@router.get("/token")
def ask_token(request: Request, wrong: str = "") -> Response:
    """Ask for the token."""
    words = all_words()[_language(request)]
    return _page(
        request,
        "small.html",
        {
            "heading": words["token"],
            "line": words["token_why"],
            "field": "token",
            "label": words["token"],
            "kind": "password",
            "value": "",
            "complete": "off",
            "button": words["enter"],
            "action": "/token",
            "fault": bool(wrong),
        },
    )


@router.post("/token")
def take_token(request: Request, token: Annotated[str, Form()] = "") -> Response:
    """Let a browser in that has the token."""
    access = _access(request)
    if not access.right_token(token.strip()):
        return RedirectResponse("/token?wrong=1", status_code=303)
    return grant(RedirectResponse("/", status_code=303), access)


@router.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """Send one of the page's files."""
    found = _ASSETS.get(name)
    if found is None:
        words = all_words()[_language(request)]
        return _small(request, words["fault"], words["not_found"], status=404)
    return Response(read_text(*found[0]), media_type=found[1])


def _on_unnamed(request: Request, error: Exception) -> Response:
    del error
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/name?" + urlencode({"back": here if request.method == "GET" else "/"}), status_code=303)


def _on_fault(request: Request, error: Exception) -> Response:
    words = all_words()[_language(request)]
    return _small(request, words["fault"], clean(str(error)), status=409)


def _on_invalid(request: Request, error: Exception) -> Response:
    words = all_words()[_language(request)]
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    place = ".".join(map(str, first.get("loc", ())))
    return _small(request, words["fault"], clean(f"{place}: {first.get('msg', '')}"[:300]), status=422)


def _on_http(request: Request, error: Exception) -> Response:
    words = all_words()[_language(request)]
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _small(request, words["fault"], words["not_found"], status=status)


def _on_crash(request: Request, error: Exception) -> Response:
    # The server's log has the traceback: starlette raises the error again after this answer.
    del error
    words = all_words()[_language(request)]
    return _small(request, words["fault"], words["fault_server"], status=500)


def create_app(desk: Desk, access: Access) -> ASGIApp:
    """Return the application for one review."""
    app = FastAPI(title="Competency Matcher", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk, app.state.access = desk, access
    app.include_router(router)
    app.add_exception_handler(_Unnamed, _on_unnamed)
    app.add_exception_handler(MatcherError, _on_fault)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_crash)
    # Outermost, so that errors carry the security headers too.
    return Guard(app, access)
