"""Chromium reads what the layers encode, and each event of a stream before the next is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw import compression
from tests.browser.web import empty_page
from tests.live.compression_app import EVENTS, content, text

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from asgi_mw.types import App, Receive, Scope, Send
    from tests.browser.web import Web

# Over plain HTTP Chromium offers br and zstd to the machine that it runs on, and to no other
HERE, SHOP = "127.0.0.1", "shop.example.test"
OFFERED = {HERE: "gzip, deflate, br, zstd", SHOP: "gzip, deflate"}
PATHS = {
    "/body/100": None,
    "/body/11000": "coded",
    "/body/1000000": "coded",
    "/stream/11000": "coded",
    "/stream/1000000": "coded",
    "/image": None,
}

FETCH = """async path => {
    const response = await fetch(path, {cache: "no-cache"});
    return [response.headers.get("content-encoding"), await response.text()];
}"""
LISTEN = """count => new Promise(over => {
    const seen = [];
    const source = new EventSource("/events");
    source.onmessage = event => {
        seen.push(event.data);
        fetch("/events/ack", {method: "POST"});
        if (seen.length == count) { source.close(); over(seen); }
    };
    source.onerror = () => { source.close(); over([...seen, "error"]); };
})"""
CODINGS = pytest.mark.parametrize(
    ("host", "coding"), [(HERE, "zstd"), (HERE, "br"), (HERE, "gzip"), (SHOP, "gzip")]
)
PADS = pytest.mark.parametrize("pad", [0, 255])


def _page(web: Web, context: BrowserContext, host: str, app: App) -> Page:
    """Open a page of *host*, whose other paths are those of *app*."""

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        page = scope["path"] in {"/", "/favicon.ico"}
        await (empty_page if page else app)(scope, receive, send)

    web.apps[host] = site
    page = context.new_page()
    page.goto(f"http://{host}:{web.port}/" if host == HERE else f"http://{host}/")
    return page


@pytest.mark.parametrize("host", OFFERED)
def test_chromium_gets_the_best_of_what_it_offers(
    host: str, web: Web, context: BrowserContext
) -> None:
    """By default that is zstd if Chromium offers it, otherwise gzip."""
    offered = []
    coded = compression(content())

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        offered.append(dict(scope["headers"])[b"accept-encoding"].decode())
        await coded(scope, receive, send)

    page = _page(web, context, host, noted)

    coding, body = page.evaluate(FETCH, "/body/11000")

    assert [OFFERED[host]] == offered
    assert ("zstd" if host == HERE else "gzip") == coding
    assert text(11_000) == body.encode()


@PADS
@CODINGS
def test_chromium_reads_every_coding(
    host: str, coding: str, pad: int, web: Web, context: BrowserContext
) -> None:
    """Small, middling and large bodies, at once and in pieces; padding is skipped."""
    app = compression(content(), encodings=(coding,), pad=pad)
    page = _page(web, context, host, app)

    for path, coded in PATHS.items():
        said, body = page.evaluate(FETCH, path)

        size = 11_000 if path == "/image" else int(path.rpartition("/")[2])
        assert (coding if coded else None) == said
        assert text(size) == body.encode()


@PADS
@CODINGS
def test_chromium_has_each_event_before_the_next_is_sent(
    host: str, coding: str, pad: int, web: Web, context: BrowserContext
) -> None:
    """No clock: the app sends an event after the page has confirmed the last one."""
    app = compression(content(), encodings=(coding,), pad=pad)
    page = _page(web, context, host, app)

    seen = page.evaluate(LISTEN, len(EVENTS))

    assert [event.decode().removeprefix("data: ").strip() for event in EVENTS] == seen


@CODINGS
def test_chromium_asks_again_with_our_tag_and_shows_what_it_has(
    host: str, coding: str, web: Web, context: BrowserContext
) -> None:
    """Its cache keeps encoded bytes, which it may use when the 304 says so."""
    asked = []
    coded = compression(content(), encodings=(coding,))

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(b"if-none-match" in dict(scope["headers"]))
        await coded(scope, receive, send)

    page = _page(web, context, host, noted)

    path = "/static/compression_app.py"
    first, second = (page.evaluate(FETCH, path) for _ in range(2))

    assert first == second
    assert [coding, True] == [first[0], "asgi_mw" in first[1]]
    assert [False, True] == asked
