"""One exchange in Chromium and in Firefox: each view is painted, and interprets nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.looks import in_view, not_blank
from tests.inspector.page import exchanges

if TYPE_CHECKING:
    from tests.browser.visitor import Visitor
    from tests.inspector.page.api import Api

# What has to be visible in each view
_SIGHTS = {
    "sequence": ".x-who text",
    "time": ".x-bar-app",
    "events": ".x-fold",
    "request": ".x-json-key",
    "response": ".x-json-key",
    "layers": "asgi-layers *",
    "scope": ".x-table th",
}


def test_each_view_is_painted(visitor: Visitor, api: Api) -> None:
    """Wide and light, narrow and dark; the pictures are kept."""
    one = exchanges.layered()
    api.exchanges[one.id] = one
    for width, height, scheme in ((1280, 800, "light"), (400, 700, "dark")):
        page = visitor.open(f"{api.url}#/x/{one.id}", width, height, scheme)
        for view, sight in _SIGHTS.items():
            page.evaluate(f"void (location.hash = '#/x/{one.id}/{view}')")
            page.wait_for(
                "selector => document.querySelector(selector) !== null", f".x-panel {sight}"
            )
            page.evaluate("document.querySelector('.x-panel').scrollIntoView()")
            assert in_view(page, f".x-panel {sight}"), view
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
            assert not_blank(page.screenshot(f"{view}-{scheme}")), view


def test_no_browser_interprets_what_was_recorded(visitor: Visitor, api: Api) -> None:
    """Scripts in every field stay text in every view."""
    one = exchanges.hostile()
    api.exchanges[one.id] = one
    page = visitor.open(f"{api.url}#/x/{one.id}")
    page.wait_for("document.querySelector('.x-tabs a') !== null")
    views = page.evaluate("[...document.querySelectorAll('.x-tabs a')].map(one => one.hash)")
    for view in views:
        page.click(f'[href="{view}"]')
        page.wait_for(
            "hash => document.querySelector('.x-tabs [aria-current]').hash === hash", view
        )
        assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    assert page.evaluate("globalThis.ran ?? null") is None


def test_each_browser_reads_forms_and_pictures(visitor: Visitor, api: Api) -> None:
    """The browser's own rules read a form that the recorder cut; a picture is shown."""
    form = exchanges.MULTIPART.removesuffix(b"\r\n--X--\r\n")
    one = exchanges.with_bodies(
        form, b"multipart/form-data; boundary=X", exchanges.PNG, b"image/png"
    )
    api.exchanges[one.id] = one
    page = visitor.open(f"{api.url}#/x/{one.id}/request")
    page.wait_for("document.querySelector('.x-fill tr')?.textContent.endsWith('hello')")
    page.evaluate(f"void (location.hash = '#/x/{one.id}/response')")
    page.wait_for("document.querySelector('.x-picture')?.naturalWidth === 1")
