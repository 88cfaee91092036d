"""Each view over what an example app did: real traffic, a real server, both browsers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from examples.traffic import drive
from tests.browser.looks import axe, not_blank, read
from tests.inspector.attacks.serving import serving
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.page import Page
    from tests.browser.visitor import Visitor
    from tests.inspector.attacks.serving import Target

pytestmark = pytest.mark.slow
APP = "tests.inspector.example_app:app"
FIRST = "/changes/0"  # asked for
LOOKS = [(1280, "light"), (400, "dark")]
# By path: what each view of the newest exchange shows
OPENED = {
    "/crash": {
        "sequence": "GET /crash",
        "time": "app returned",
        "error": "this handler always fails",
        "events": "http.response.start",
        "request": "There is no body.",
        "response": "Internal Server Error",
        "layers": "ServerErrorMiddleware answered in the app's place.",
        "scope": "/crash",
    },
    "/events": {
        "sequence": "GET /events",
        "time": "listens for the client's end",
        "conversation": "count, id 2",
        "events": "http.request",
        "request": "There is no body.",
        "response": 'data: {"n": 2}',
        "layers": "request_id",
        "scope": "/events",
    },
    "/upload": {
        "sequence": "POST /uplo",  # cut where the window is narrow
        "time": "awaits receive",
        "events": "http.request",
        "request": "noise.bin",
        "response": "100000",
        "layers": "tracing",
        "scope": "/upload",
    },
    "/ws/echo": {
        "sequence": "connect",
        "time": "response over",
        "conversation": "reason: heard enough",
        "events": "websocket.accept",
        "layers": "request_id",
        "scope": "websocket",
    },
    "/ticks": {
        "sequence": "GET /ticks",
        "time": "app returned",
        "events": "http.response.start",
        "request": "There is no body.",
        "response": "tick 0",
        "layers": "request_id",
        "scope": "/ticks",
    },
}
# The list once it has the oldest exchange: by path, the address of the newest one
_LISTED = """oldest => {
    const links = [...document.querySelectorAll("[role=row]:not([hidden]) a")];
    links.sort((one, other) => one.hash < other.hash ? -1 : 1);
    const found = links.map(link => [link.textContent.split("?")[0], link.hash]);
    return found[0]?.[0] === oldest && Object.fromEntries(found);
}"""
_GO = "address => void (location.hash = address)"
_CURRENT = "view => document.querySelector('.x-tabs [aria-current]').hash.endsWith(`/${view}`)"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Serve the example, and visit every endpoint."""
    with serving("uvicorn", APP, tmp_path_factory.mktemp("examples")) as target:
        asyncio.run(drive(target.base, step_seconds=PATIENCE))
        yield target


def looked_at(page: Page, name: str, *texts: str) -> None:
    """Check that *texts* can be read, and that it is not blank and has no barriers."""
    for text in texts:
        read(page, text)
    assert not_blank(page.screenshot(name))
    assert [] == axe(page)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_each_view_shows_what_was_recorded(
    visitor: Visitor, target: Target, width: int, scheme: str
) -> None:
    """The list, each view of five exchanges, a comparison, and what ran at the same time."""
    page = visitor.open(target.address, width)
    # Firefox forgets it if a page is isolated from its opener, as ours is
    page.media(scheme)
    listed = page.wait_for(_LISTED, FIRST)
    looked_at(page, "list", "/ws/room", "/crash", "/upload")
    for path, views in OPENED.items():
        page.evaluate(_GO, listed[path])
        for view, text in views.items():
            page.click(f".x-tabs [href='{listed[path]}/{view}']")
            page.wait_for(_CURRENT, view)
            looked_at(page, f"{path[1:].replace('/', '-')}-{view}", text)
        assert len(views) == page.evaluate("document.querySelectorAll('.x-tabs a').length")
    one, other = (listed[path].rpartition("/")[2] for path in ("/users/1", "/users/999"))
    page.evaluate(_GO, f"#/compare/{one}/{other}")
    looked_at(page, "compare", "Status 200 → 404", "authorization", "no such user")
    page.evaluate(_GO, "#/lanes")
    page.wait_for("document.querySelector('asgi-lanes')?.dataset.blocks > 0")
    page.evaluate("document.querySelector('.m-area').focus()")
    page.press("ArrowUp")
    looked_at(page, "lanes", "websocket /ws/room, 101")
