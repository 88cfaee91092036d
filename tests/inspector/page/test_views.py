"""Each view in Chromium and in Firefox: in the window, not blank, without barriers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.browser.looks import axe, in_view, not_blank
from tests.cli.facts import LAYERED
from tests.inspector.page.api import exchange, identity, row
from tests.recorder.made import made

if TYPE_CHECKING:
    from tests.browser.page import Page
    from tests.browser.visitor import Visitor
    from tests.inspector.page.api import Api

LOOKS = [(1280, 800, "light"), (1280, 800, "dark"), (400, 700, "light"), (400, 700, "dark")]
# The red of the background behind the lag of the loop
RED = "document.querySelector('canvas').getContext('2d').getImageData(1, 30, 1, 1).data[0]"
HELD = """async (id) => {
  const {exchange} = await import("/api.js");
  const {menu} = await import("/more/copy.js");
  const {resend} = await import("/more/resend.js");
  const one = await exchange(id);
  const view = document.createElement("asgi-layers");
  const head = document.createElement("div");
  head.append(menu(one));
  document.querySelector("main").replaceChildren(view, head);
  view.exchange = one;
  window.again = () => void resend(one);
}"""


def given(api: Api) -> None:
    """Two exchanges through two layers, and rows of what ran."""
    for number in (1, 2):
        body = b'{"n": %d}' % number
        one = made(number, method="POST", layers=LAYERED.layers, response=body, sent=[(b"a", b"1")])
        api.exchanges[one.id] = one
    api.answers["resend"] = (409, {"error": "confirm it", "confirm": True})
    moment = time.time() * 1000 - 20_000
    api.rows.extend(row(n + 1, moment + n * 500, 2000) for n in range(20))
    api.feed.extend(("lag", {"at": moment + n * 100, "lag_ms": n}) for n in range(150))


def looked_at(page: Page, name: str, selector: str) -> None:
    """Check that it is in the window, is not blank, and has no barriers."""
    assert in_view(page, selector)
    assert not_blank(page.screenshot(name))
    assert axe(page) == []


@pytest.mark.parametrize(("width", "height", "scheme"), LOOKS)
def test_each_view_can_be_seen(
    visitor: Visitor, api: Api, width: int, height: int, scheme: str
) -> None:
    """Layers, copy, resend, compare and lanes: wide and narrow, light and dark."""
    given(api)
    page = visitor.open(api.url + "#/nothing", width, height, scheme)
    page.evaluate(HELD, identity(1))
    looked_at(page, "layers", ".m-card h2")
    page.click(".m-copy > button")
    looked_at(page, "copy", ".m-menu")
    page.press("Escape")
    page.evaluate("window.again()")
    page.wait_for("document.activeElement.closest('dialog') !== null")
    looked_at(page, "resend", "dialog")
    page.press("Escape")
    page.wait_for("document.querySelector('dialog') === null")
    page.evaluate(f"void (location.hash = '#/compare/{identity(1)}/{identity(2)}')")
    page.wait_for("document.querySelector('.m-scroll') !== null")
    looked_at(page, "compare", ".m-answer")
    page.evaluate("void (location.hash = '#/lanes')")
    page.wait_for("document.querySelector('asgi-lanes')?.dataset.blocks === '20'")
    looked_at(page, "lanes", ".m-area canvas")


def test_a_copy_is_in_the_clipboard(visitor: Visitor, api: Api) -> None:
    """The clipboard has what the keys chose from the menu."""
    given(api)
    page = visitor.open(api.url + "#/nothing")
    page.evaluate(HELD, identity(1))
    page.click(".m-copy > button")
    page.press("Tab", "Tab", "Enter")
    page.wait_for("document.querySelector('.m-copy > button').textContent === 'Copied ✓'")
    assert page.clipboard().startswith("import httpx\n")


def test_the_lanes_obey_the_keys(visitor: Visitor, api: Api) -> None:
    """Up chooses the newest, Enter opens it."""
    given(api)
    page = visitor.open(api.url + "#/lanes")
    page.wait_for("document.querySelector('asgi-lanes')?.dataset.blocks === '20'")
    page.evaluate("document.querySelector('.m-area').focus()")
    page.press("ArrowUp")
    page.wait_for("document.querySelector('#m-said').textContent.startsWith('GET /20, 200')")
    api.exchanges[identity(20)] = exchange(20)
    page.press("Enter")
    page.wait_for(f"location.hash === '#/x/{identity(20)}'")


def test_lanes_at_rest_take_the_colours_of_the_system(visitor: Visitor, api: Api) -> None:
    """They do so when the colours change, not only with the next exchange."""
    given(api)
    page = visitor.open(api.url + "#/lanes")
    page.wait_for("document.querySelector('asgi-lanes')?.dataset.blocks === '20'")
    page.click(".m-bar button:last-of-type")
    page.wait_for(f"{RED} === 255")
    page.media("dark")
    page.wait_for(f"{RED} === 22")
