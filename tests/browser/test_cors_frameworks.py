"""Which errors of a FastAPI app a page may read, by where the layers stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastapi
import pytest

from asgi_mw import cors, server_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

    from asgi_mw.types import App
    from tests.browser.web import Web

SHOP = "http://shop.example.test"
API = "http://api.example.test"
BLOCKED = "TypeError: Failed to fetch"
POLICY: dict[str, Any] = {"allow_origins": [SHOP], "allow_methods": ["PUT"]}
FETCH = """async ([url, init]) => {
    try {
        return String((await fetch(url, init)).status);
    } catch (error) {
        return String(error);
    }
}"""


def _api() -> fastapi.FastAPI:
    api = fastapi.FastAPI()

    @api.get("/items/{number}")
    async def item(number: int) -> int:
        if number == 404:
            raise fastapi.HTTPException(404)
        return number

    @api.put("/items/{number}")
    async def put(number: int) -> int:
        return number

    @api.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the handler failed")

    return api


def _around() -> App:
    return cors(_api(), **POLICY)


def _added() -> App:
    api = _api()
    api.add_middleware(cors, **POLICY)
    return api


def _added_with_server_error() -> App:
    api = _api()
    api.add_middleware(server_error)
    api.add_middleware(cors, **POLICY)
    return api


PLACES: dict[str, Callable[[], App]] = {
    "around": _around,
    "added": _added,
    "added_with_server_error": _added_with_server_error,
}
ANSWERS = {
    "answer": ("GET", "/items/7", "200"),
    "preflighted": ("PUT", "/items/7", "200"),
    "http_exception": ("GET", "/items/404", "404"),
    "no_such_route": ("GET", "/nowhere", "404"),
    "invalid": ("GET", "/items/x", "422"),
    "method_not_allowed": ("PUT", "/broken", "405"),
    "unhandled": ("GET", "/broken", "500"),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("place", PLACES)
def test_a_page_reads_the_answers_that_pass_through_the_layer(
    place: str, answer: tuple[str, str, str], web: Web, context: BrowserContext
) -> None:
    """All do, except the 500 that Starlette's error handler sends outside of added layers."""
    method, path, status = answer
    web.apps["api.example.test"] = PLACES[place]()
    page = context.new_page()
    page.goto(f"{SHOP}/")

    seen = page.evaluate(FETCH, [f"{API}{path}", {"method": method}])

    assert (BLOCKED if (place, status) == ("added", "500") else status) == seen
