"""What a test does to a page reaches it, and what the page says reaches the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.bidi import BiDiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import Receive, Scope, Send
    from tests.browser.page import Page
    from tests.browser.visitor import Visitor
    from tests.browser.web import Web

PAGE = b"""<!doctype html>
<title>first</title>
<style>
    #tip { visibility: hidden }
    #what:hover + #tip { visibility: visible }
    #cover { position: fixed; inset: 0; background: gray }
    #low { display: block; margin-top: 3000px }
</style>
<input id="box"> <span id="what">?</span> <b id="tip">tip</b>
<button id="low">0</button> <a href="/second">second</a> <a href="/file.txt" download>file</a>
<script>
    const keys = [];
    document.addEventListener("keydown", event => keys.push(
        (event.ctrlKey ? "Control+" : "") + (event.shiftKey ? "Shift+" : "") + event.key));
    const low = document.querySelector("#low");
    low.onclick = () => low.textContent = Number(low.textContent) + 1;
</script>
"""
STRICT = b'<!doctype html><title>strict</title><p onclick="0">Text</p>'
PLAIN = "default-src 'self'; script-src 'self'"


async def site(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a page, a second one that allows no script of its own, and a file."""
    path = scope["path"]
    body = PAGE if path == "/" else b"a file" if path == "/file.txt" else STRICT
    headers = [(b"content-type", b"text/plain" if path == "/file.txt" else b"text/html")]
    if path == "/second":
        headers.append((b"content-security-policy", PLAIN.encode()))
    if path == "/":
        headers.append((b"set-cookie", b"seen=yes; HttpOnly; SameSite=Lax"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def url(web: Web) -> str:
    """Serve the site under a name that no name server knows."""
    web.apps["shop.test"] = web.apps["evil.test"] = site
    return f"http://shop.test:{web.port}/"


@pytest.fixture
def page(visitor: Visitor, url: str) -> Page:
    """Open the first page."""
    return visitor.open(url)


def test_every_name_is_found_on_loopback(visitor: Visitor, url: str) -> None:
    """Even a page of another origin comes from the same server."""
    page = visitor.open(url.replace("shop.test", "evil.test"))

    assert "evil.test" == page.evaluate("location.hostname")


def test_a_page_has_the_size_and_the_media_asked_for(visitor: Visitor, url: str) -> None:
    """Narrow, dark and without motion; then as most are."""
    ask = """[innerWidth, innerHeight, matchMedia("(prefers-color-scheme: dark)").matches,
        matchMedia("(prefers-reduced-motion: reduce)").matches]"""

    page = visitor.open(url, 400, 700, "dark", reduced_motion=True)
    narrow = page.evaluate(ask)
    page.resize(1000, 500)
    page.media()

    assert [[400, 700, True, True], [1000, 500, False, False]] == [narrow, page.evaluate(ask)]


def test_values_cross_as_json(page: Page) -> None:
    """An expression, a function with arguments, a promise, nothing at all."""
    assert "first" == page.evaluate("document.title")
    assert [{"a": "ü"}, 2.5] == page.evaluate("(...all) => all", {"a": "ü"}, 2.5)
    assert 5 == page.evaluate("async (a, b) => (await a) + b", 2, 3)
    assert page.evaluate("undefined") is None


def test_what_a_script_raises_is_raised(page: Page) -> None:
    """It is no complaint of the page."""
    with pytest.raises(BiDiError, match="nothing is not defined"):
        page.evaluate("nothing.at.all")


def test_a_condition_is_waited_for_though_it_raises_at_first(page: Page) -> None:
    """What it looks for comes a little later."""
    page.evaluate("void setTimeout(() => { globalThis.late = {value: 7} }, 100)")

    assert 7 == page.wait_for("late.value")


def test_what_does_not_come_is_named_with_the_complaints(page: Page) -> None:
    """They often say why."""
    page.evaluate("console.error('no data')")

    with pytest.raises(AssertionError, match=r"waited 0 s for 1 > 2\n.*complained.*no data"):
        page.wait_for("1 > 2", patience=0)

    page.complaint("no data")


def test_text_and_keys_reach_the_element_with_the_focus(page: Page) -> None:
    """Chords hold the first keys down while the last is pressed."""
    page.click("#box")
    page.type("Grüße")
    page.press("Shift+Home", "Control+c", "End", "a", "ArrowLeft", "+")

    keys = page.evaluate("keys").copy()
    assert "Grüße+a" == page.evaluate("document.querySelector('#box').value")
    assert ["Shift+Home", "Control+c", "End", "a", "ArrowLeft", "+"] == [
        key for key in keys[5:] if key not in {"Shift+Shift", "Control+Control"}
    ]


def test_what_is_copied_is_on_the_clipboard(visitor: Visitor, web: Web) -> None:
    """By keys or by a script."""
    web.apps["127.0.0.1"] = site
    page = visitor.open(f"http://127.0.0.1:{web.port}/")
    page.click("#box")
    page.type("typed")
    page.press("Control+a", "Control+c")
    page.wait_for("keys.includes('Control+c')")
    typed = page.clipboard()
    page.evaluate("navigator.clipboard.writeText('written')")

    assert ["typed", "written"] == [typed, page.clipboard()]


def test_a_click_scrolls_to_its_element(page: Page) -> None:
    """As often as asked."""
    page.click("#low")
    page.click("#low", times=2)

    assert "3" == page.evaluate("low.textContent")


def test_a_click_waits_until_nothing_covers_its_element(page: Page) -> None:
    """A user could not click it either."""
    page.evaluate("""() => {
        const cover = document.createElement("div");
        cover.id = "cover";
        document.body.append(cover);
        setTimeout(() => cover.remove(), 100);
    }""")

    page.click("#low")

    assert "1" == page.evaluate("low.textContent")


def test_the_mouse_hovers_and_turns_its_wheel(page: Page) -> None:
    """Styles see the one, scroll positions the other."""
    page.hover("#what")

    shown = "getComputedStyle(document.querySelector('#tip')).visibility"
    assert "visible" == page.evaluate(shown)
    page.wheel("body", 300)
    page.wait_for("scrollY > 0")


def test_a_page_goes_on_and_back_and_is_loaded_anew(page: Page) -> None:
    """Links are followed, and the history is as a user's."""
    page.click("a")
    page.wait_for("document.title == 'strict'")
    page.complaint("script-src-attr forbids inline")
    page.back()
    page.wait_for("document.title == 'first' && document.readyState == 'complete'")
    page.evaluate("void (globalThis.kept = true)")
    page.reload()

    assert "undefined" == page.evaluate("typeof kept")


def test_whatever_goes_wrong_in_a_page_is_a_complaint(page: Page) -> None:
    """An error in the console, an exception nobody caught, a rejection nobody handled."""
    page.evaluate("""() => {
        console.error("in the console");
        setTimeout(() => { throw Error("uncaught"); });
        Promise.reject(Error("rejected"));
        console.warn("a warning is none");
    }""")

    for part in ("in the console", "uncaught", "rejected"):
        assert part in page.complaint(part)
    assert [] == page.visitor.complaints()


def test_what_a_policy_forbids_is_a_complaint(visitor: Visitor, url: str) -> None:
    """Scripts of the test run all the same."""
    page = visitor.open(f"{url}second")

    assert "policy: script-src-attr forbids inline" in page.complaint("policy")
    page.run("globalThis.ran = eval.name")
    assert "eval" == page.evaluate("ran")


def test_pages_of_a_visitor_share_cookies_and_those_of_another_have_none(
    page: Page, visitor: Visitor, visitors: Callable[[], Visitor], url: str
) -> None:
    """Pages are visible at once, whoever has the focus."""
    beside = visitor.open(f"{url}file.txt")
    stranger = visitors().open(f"{url}file.txt")

    cookie = page.cookies()["seen"]
    assert ["yes", True, "lax"] == [cookie[key] for key in ("value", "httpOnly", "sameSite")]
    assert page.cookies() == beside.cookies()
    assert {} == stranger.cookies()
    assert ["visible"] * 3 == [
        each.evaluate("document.visibilityState") for each in (page, beside, stranger)
    ]
    page.front()
    page.wait_for("document.hasFocus()")
    stranger.close()


def test_a_download_is_in_the_folder_of_the_visitor(page: Page) -> None:
    """It is not in the home directory of a user."""
    page.click("a[download]")

    file = page.visitor.downloads / "file.txt"
    page.until(lambda: file.exists() and file.read_text() == "a file", "the file")
