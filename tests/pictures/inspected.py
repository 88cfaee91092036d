"""The page over a shop, as the README and the docs show it, light and dark."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Literal
from unittest.mock import patch

import httpx2 as httpx
from anyio import sleep
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from asgi_mw import compression, cors, layer, measure, open_store, request_id, stack
from asgi_mw.inspector import inspect
from asgi_mw.inspector.witness import witness
from tests.browser.playwrights import launched
from tests.live.thread import served
from tests.pictures.questions import FIRST, QUESTIONS, TOKEN, asked

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from starlette.requests import Request

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZE = (1280, 720)
_PAGE = "https://shop.example.org"


async def _order(request: Request) -> JSONResponse:
    order = await request.json()
    with measure("db"):
        await sleep(0.08)
    logging.getLogger("shop").warning("only %d of %s left", 3, order["item"])
    lines = [{"item": order["item"], "price": 2.4, "line": line} for line in range(60)]
    return JSONResponse({"order": 1042, "lines": lines}, 201)


def picture_page(folder: Path) -> None:
    """Write ``page-light.png`` and ``page-dark.png`` into *folder*, and those of each question."""
    with launched() as browser:
        _picture_order(browser, folder)
        for question in QUESTIONS:
            with asked(question) as address:
                page = _entered(browser, address)
                page.click(FIRST)
                page.click(question.click)
                page.locator(f"main :text({question.answers[-1]!r}):visible").first.wait_for()
                _picture(page, folder, question.picture)


def _picture_order(browser: Browser, folder: Path) -> None:
    shop = Starlette(routes=[Route("/orders", _order, methods=["POST"])])
    layers = (request_id, layer(cors, allow_origins=[_PAGE]), compression)
    store = open_store("memory:")
    with patch.dict(os.environ, ASGI_MW_INSPECTOR_TOKEN=TOKEN), witness():
        app = inspect(stack(shop, *layers), store=store, announce=False)
        with served(app) as port:
            base = f"http://127.0.0.1:{port}"
            order = {"item": "espresso", "card": "4111111111111111"}
            headers = {"origin": _PAGE, "x-request-id": "order-1042"}
            httpx.post(f"{base}/orders?token=s3cret", json=order, headers=headers, trust_env=False)
            page = _entered(browser, f"{base}/__asgi__/enter#token={TOKEN}")
            page.click(FIRST)
            page.wait_for_selector(".x-who text")
            _picture(page, folder, "page")


def _entered(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
    page.goto(address)
    page.get_by_text("Live", exact=True).wait_for()
    return page


def _picture(page: Page, folder: Path, name: str) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=folder / f"{name}-{scheme}.png")
    page.close()
