"""Chromium opens a WebSocket for the pages that the policy lets in, and for no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw import cors
from tests.browser.web import empty_page, sandboxed

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from asgi_mw.types import Receive, Scope, Send
    from tests.browser.web import Web

SHOP = "http://shop.example.test"
API = "http://api.example.test"
EVIL = "http://evil.example.test"
OPEN = ["opened", "you are theme=dark", "closed 1000"]
REFUSED = ["closed 1006"]

SOCKET = """url => new Promise(over => {
    const seen = [];
    const socket = new WebSocket(url);
    socket.onopen = () => seen.push("opened");
    socket.onmessage = event => { seen.push(event.data); socket.close(1000); };
    socket.onclose = event => { seen.push(`closed ${event.code}`); over(seen); };
})"""


@dataclass(frozen=True)
class Case:
    """A policy, a page that opens a WebSocket, and what became of it."""

    policy: dict[str, Any]
    sees: list[str]
    page: str = SHOP
    sandboxed: bool = False


def _shops(origin: str, scope: Scope) -> bool:
    return origin == SHOP


LISTED = {"allow_origins": [SHOP]}
SUBDOMAINS = {"allow_origins": ["http://*.example.test"]}
REGEX = {"allow_origin_regex": r"http://shop\.example\.test"}
PREDICATE = {"allow_origin_predicate": _shops}
STRICT = {**LISTED, "websocket": "strict"}
OFF = {**LISTED, "websocket": "off"}
NULL = {**LISTED, "dangerously_allow_null_origin": True}
PATHS = {"policies": {"/socket": None}, **LISTED}
CASES = {
    "listed": Case(LISTED, OPEN),
    "not_listed": Case(LISTED, REFUSED, EVIL),
    "none_listed": Case({}, REFUSED),
    "own_origin_is_to_be_listed": Case(LISTED, REFUSED, API),
    "own_origin_listed": Case({"allow_origins": [API]}, OPEN, API),
    "listed_with_credentials": Case({**LISTED, "allow_credentials": True}, OPEN),
    "other_port": Case(LISTED, REFUSED, f"{SHOP}:8080"),
    "subdomain": Case(SUBDOMAINS, OPEN),
    "apex_is_no_subdomain": Case(SUBDOMAINS, REFUSED, "http://example.test"),
    "regex": Case(REGEX, OPEN),
    "regex_refuses": Case(REGEX, REFUSED, EVIL),
    "predicate": Case(PREDICATE, OPEN),
    "predicate_refuses": Case(PREDICATE, REFUSED, EVIL),
    "any": Case({"allow_origins": ["*"]}, OPEN, EVIL),
    "null": Case(LISTED, REFUSED, sandboxed=True),
    "null_by_danger": Case(NULL, OPEN, sandboxed=True),
    "strict": Case(STRICT, OPEN),
    "strict_refuses": Case(STRICT, REFUSED, EVIL),
    "off_asks_nobody": Case(OFF, OPEN, EVIL),
    "path_without_policy": Case(PATHS, OPEN, EVIL),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_browser_opens_a_websocket_for_whom_the_policy_lets_in(
    case: Case, web: Web, context: BrowserContext
) -> None:
    """Its cookies go along, so a page that is refused must not reach the app at all."""
    reached: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":  # the page itself, where it is of this host
            await empty_page(scope, receive, send)
            return
        reached.append(scope["path"])
        await receive()
        await send({"type": "websocket.accept"})
        cookie = dict(scope["headers"]).get(b"cookie", b"nobody").decode()
        await send({"type": "websocket.send", "text": f"you are {cookie}"})
        await receive()

    web.apps["api.example.test"] = cors(app, **case.policy)
    context.add_cookies([{"name": "theme", "value": "dark", "url": API}])
    page = context.new_page()
    page.goto(f"{case.page}/")
    frame = sandboxed(page) if case.sandboxed else page.main_frame

    seen = frame.evaluate(SOCKET, "ws://api.example.test/socket")

    # Cookies belong to a site, and a sandboxed frame belongs to none
    expected = [*case.sees]
    if case.sandboxed and case.sees == OPEN:
        expected[1] = "you are nobody"
    assert expected == seen
    assert (["/socket"] if case.sees == OPEN else []) == reached
