"""The review page in a real browser, served by the real command: keys, undo, two reviewers, languages, accessibility.

Skipped with a line where Chromium or the Playwright package is missing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from matcher.review.run import Run, pack_run
from matcher.store import current, open_store

playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

ROOT = Path(__file__).resolve().parents[1]
AXE = ROOT / "tests" / "assets" / "axe-core" / "axe.min.js"
UNITS = 40
Serve = Callable[..., str]


@pytest.fixture(scope="module")
def units(reviewed: tuple[Run, bytes]) -> tuple[str, bytes]:
    """The first 40 units of the samples, screened: a run to open, which needs no encoder."""
    return pack_run(reviewed[0].results[:UNITS], reviewed[0].query)


@pytest.fixture
def serve(units: tuple[str, bytes], tmp_path: Path) -> Iterator[Serve]:
    """Start ``matcher serve`` on a free port; returns the address that it prints. Ctrl-C must end it well."""
    started: list[subprocess.Popen[str]] = []
    with open_store(tmp_path / "decisions.sqlite") as store:
        store.save_run(*units)

    def start(*options: str, sides: tuple[Path, ...] = ()) -> str:
        command = [sys.executable, "-m", "matcher.cli.main", "serve", *map(str, sides)]
        command += ["--store", str(tmp_path / "decisions.sqlite"), "--port", "0", *options]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + (process.stderr.read() if process.stderr else "")
        return found[0]

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert [line for line in errors.splitlines() if "guessed from the columns" not in line] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page as a browser of its own; nothing may be logged as an error or fetched from elsewhere."""
    contexts, faults = [], []

    def open_(address: str, *, noted: bool = True, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") and noted else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith("http://127.0.0.1:") else faults.append(r.url))
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def _said(page: Any, text: str) -> None:
    playwright.expect(page.locator("#live")).to_contain_text(text)


def _serious(page: Any) -> list[str]:
    """Return axe-core's findings of the impacts serious and critical (WCAG 2.2 A and AA)."""
    page.evaluate(AXE.read_text(encoding="utf-8"))  # not as a script of the page: its policy forbids that
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21aa','wcag22aa','best-practice']})")
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0]['failureSummary'][:300]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def test_thirty_decisions_by_keyboard_undo_and_reload(serve: Serve, open_page: Any, tmp_path: Path) -> None:
    page = open_page(serve("--reviewer", "Ann"))
    page.keyboard.press("n")
    page.wait_for_url("**/unit?*")
    keys = "aprau"
    for number in range(30):
        where = page.locator("#place").inner_text()
        assert where == f"{number + 1} of {UNITS}"
        key = keys[number % 5]
        if key in "ru":  # the first is refused or left open: the second is taken
            page.keyboard.press(key)
            page.keyboard.press("j")
            key = "a"
        page.keyboard.press(key)
        _said(page, "Saved: ")
        playwright.expect(page.locator("#state")).to_have_text("Decided")
        page.keyboard.press("n")
        playwright.expect(page.locator("#place")).to_have_text(f"{number + 2} of {UNITS}")
    playwright.expect(page.locator("#progress")).to_have_text(f"30 of {UNITS} decided")
    with open_store(tmp_path / "decisions.sqlite") as store:
        log = store.log()
        assert len({d.subject for d in log}) == 30
        assert len(log) == 42  # 12 of the 30 took two decisions
        assert [d.verdict for d in log[:6]] == ["accept", "partly", "reject", "accept", "accept", "unsure"]
        assert [d.rank for d in log[2:4]] == [1, 2]
        page.keyboard.press("z")
        _said(page, "Undone: Accept")
        playwright.expect(page.locator("#place")).to_have_text(f"30 of {UNITS}")
        assert (store.log()[-1].verdict, store.log()[-1].supersedes) == ("undo", log[-1].id)
        assert len(current(store.log())) == 41
    page.reload()
    playwright.expect(page.locator("#state")).to_have_text("Started")
    playwright.expect(page.locator(".list .chip.unsure")).to_have_count(1)


def test_comment_relation_keys_in_fields_and_no_counterpart(serve: Serve, open_page: Any, tmp_path: Path) -> None:
    page = open_page(serve("--reviewer", "Ann"))
    page.keyboard.press("n")
    page.wait_for_url("**/unit?*")
    page.get_by_label("Relation").select_option("narrow")
    page.locator("body").click(position={"x": 5, "y": 400})
    page.keyboard.press("c")
    page.keyboard.type("a part, really <b>not all</b>")  # a, p, r … are letters here
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    _said(page, "Saved: Partly")
    assert page.get_by_label("Comment").input_value() == "a part, really <b>not all</b>"
    assert page.get_by_label("Relation").input_value() == "narrow"
    page.keyboard.press("?")
    playwright.expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    playwright.expect(page.locator("#place")).to_have_text(f"2 of {UNITS}")
    page.keyboard.press("0")
    _said(page, "Saved: No counterpart")
    with open_store(tmp_path / "decisions.sqlite") as store:
        log = store.log()
    assert [(d.verdict, d.relation, d.comment) for d in log] == [
        ("partly", "narrow", "a part, really <b>not all</b>"),
        ("no_counterpart", "", ""),
    ]


def test_two_browsers_at_once(serve: Serve, open_page: Any, tmp_path: Path) -> None:
    address = serve()
    pages = {}
    for name in ("Ann", "陳大文"):
        page = open_page(address)
        page.get_by_label("Your name").fill(name)
        page.keyboard.press("Enter")
        playwright.expect(page.locator("#reviewer")).to_have_text(name)
        page.keyboard.press("n")
        page.wait_for_url("**/unit?*")
        pages[name] = page
    ann, chan = pages["Ann"], pages["陳大文"]
    ann.keyboard.press("a")
    _said(ann, "Saved: Accept")
    # His page says so by itself, and again with his own verdict; neither is lost.
    playwright.expect(chan.locator("#changed")).to_contain_text("Another reviewer has decided", timeout=10_000)
    chan.keyboard.press("r")
    _said(chan, "Ann has decided this candidate meanwhile: Accept")
    playwright.expect(chan.locator(".chip.conflict").first).to_be_visible()
    with open_store(tmp_path / "decisions.sqlite") as store:
        assert [(d.reviewer, d.verdict) for d in current(store.log())] == [("Ann", "accept"), ("陳大文", "reject")]


def test_a_server_that_is_gone_is_said_and_nothing_is_shown_as_saved(serve: Serve, open_page: Any) -> None:
    page = open_page(serve("--reviewer", "Ann"), noted=False)
    page.keyboard.press("n")
    page.wait_for_url("**/unit?*")
    page.route("**/unit?*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.keyboard.press("a")
    _said(page, "Not saved: the server does not answer")
    playwright.expect(page.locator("button.accept")).to_have_attribute("aria-pressed", "false")
    page.unroute("**/unit?*")
    page.keyboard.press("a")
    _said(page, "Saved: Accept")


@pytest.mark.parametrize(("scheme", "width", "locale"), [("light", 1280, "en-GB"), ("dark", 820, "zh-CN")])
def test_accessibility_and_width(serve: Serve, open_page: Any, scheme: str, width: int, locale: str) -> None:
    address = serve("--reviewer", "Ann")
    page = open_page(address, color_scheme=scheme, locale=locale, viewport={"width": width, "height": 1000})
    assert _serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("n")
    page.wait_for_url("**/unit?*")
    for key in "ar":
        page.keyboard.press(key)
        playwright.expect(page.locator(".verdict [aria-pressed=true]")).to_have_count(1)
        assert _serious(page) == []
        page.keyboard.press("j")
        playwright.expect(page.locator(".verdict [aria-pressed=true]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("?")
    assert _serious(page) == []


def test_chinese_interface(serve: Serve, open_page: Any) -> None:
    page = open_page(serve("--reviewer", "陳大文"), locale="zh-HK")
    playwright.expect(page.locator("h1")).to_have_text("待評審的單元")
    page.get_by_role("link", name="简体").click()
    playwright.expect(page.locator("h1")).to_have_text("待评审的单元")
    page.keyboard.press("n")
    page.wait_for_url("**/unit?*")
    page.get_by_role("button", name=re.compile("^接受")).click()
    _said(page, "已保存")
    english = page.evaluate("[...document.querySelectorAll('button, label, th, h2')].map(e => e.textContent).join(' ')")
    assert not re.search(r"\b(Accept|Reject|Comment|Relation|Candidates|Undo|Next)\b", english)


def test_without_javascript(serve: Serve, open_page: Any, tmp_path: Path) -> None:
    page = open_page(serve("--reviewer", "Ann"), java_script_enabled=False)
    page.get_by_role("link", name="Next undecided").click()
    page.get_by_label("Comment").fill("by hand")
    page.get_by_role("button", name="Reject").click()
    playwright.expect(page.locator("#message")).to_contain_text("Saved: Reject")
    page.locator(".list a").nth(1).click()
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="Undo").click()
    playwright.expect(page.locator("#message")).to_contain_text("Undone: Accept")
    with open_store(tmp_path / "decisions.sqlite") as store:
        assert [d.verdict for d in current(store.log())] == ["reject"]


def test_a_token(serve: Serve, open_page: Any) -> None:
    address = serve("--reviewer", "Ann", "--token", "a token of some length")
    page = open_page(address)
    playwright.expect(page.locator("h1")).to_have_text("Units to review")
    assert "token" not in page.url
    # A browser that was not given the address with the token.
    page = open_page(address.partition("?")[0])
    page.get_by_label("Access token").fill("wrong")
    page.keyboard.press("Enter")
    playwright.expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Access token").fill("a token of some length")
    page.keyboard.press("Enter")
    playwright.expect(page.locator("h1")).to_have_text("Units to review")


def test_screened_from_files(serve: Serve, open_page: Any, data: Path) -> None:
    page = open_page(serve("--reviewer", "Ann", sides=(data / "hk.csv", data / "cn.csv")))
    page.keyboard.press("n")
    page.wait_for_url("**/unit?*")
    page.keyboard.press("a")
    _said(page, "Saved: Accept")


def test_keys_faster_than_the_server_keep_their_order(serve: Serve, open_page: Any, tmp_path: Path) -> None:
    page = open_page(serve("--reviewer", "Ann"))
    page.keyboard.press("n")
    page.wait_for_url("**/unit?*")
    # Faster than any answer: keys wait for their turn, in their order.
    page.keyboard.type("ajrjpnaznu", delay=0)
    playwright.expect(page.locator("#live")).to_contain_text("Saved: Unsure")
    with open_store(tmp_path / "decisions.sqlite") as store:
        log = store.log()
    assert [d.verdict for d in log] == ["accept", "reject", "partly", "accept", "undo", "unsure"]
    assert json.dumps([d.rank for d in log]) == "[1, 2, 3, 1, null, 1]"
