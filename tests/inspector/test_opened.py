"""One exchange, opened, and what was kept of its payloads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from asgi_mw.testing import websocket
from tests.cli.fitting import fits
from tests.inspector.asked import Opened

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio
LONG = b"<script>" + b"x" * 10_000


async def test_long_payloads_are_cut_and_can_be_had_whole() -> None:
    """Short ones come whole."""
    opened = Opened()
    found = await opened.visit("POST", body=[LONG, b"end"])
    said = (await opened.json(f"/api/exchanges/{found}"))["exchange"]
    url = f"exchanges/{found}/events"

    assert [
        {"bytes": len(LONG), "cut": True, "url": f"{url}/0/payload"},
        {"bytes": 3, "cut": False, "url": f"{url}/1/payload"},
        None,
        {"bytes": len(LONG) + 3, "cut": True, "url": f"{url}/3/payload"},
    ] == [event.get("payload") for event in said["events"]]
    assert LONG[:4096].decode() == said["events"][0]["message"]["body"]
    assert (await opened.get(f"/api/{url}/0/payload")).body == LONG
    assert (await opened.get(f"/api/exchanges/{found}/body/receive")).body == LONG + b"end"
    assert (await opened.get(f"/api/exchanges/{found}/body/send")).body == LONG + b"end"


@pytest.mark.parametrize("path", ["/", "/crash"])
async def test_all_else_is_what_show_prints(path: str) -> None:
    """It fits the schema of ``show``."""
    opened = Opened()
    found = await opened.visit("POST", path, body=b"\xff")
    said = (await opened.json(f"/api/exchanges/{found}"))["exchange"]

    assert {"drawn", "copies"} <= said.keys()
    printed = {name: value for name, value in said.items() if name not in ("drawn", "copies")}
    for event in printed["events"]:
        event.pop("payload", None)
    assert [printed] == fits("show", json.dumps(printed))


@pytest.mark.parametrize("below", ["events/0/payload", "body/receive"])
async def test_what_was_recorded_is_saved_and_never_shown(below: str) -> None:
    """It is sent as octets, with a file name of ours, in a sandbox."""
    opened = Opened()
    found = await opened.visit("POST", body=LONG, headers={"content-type": "text/html"})
    answered = await opened.get(f"/api/exchanges/{found}/{below}")

    name = f"{found}-0.bin" if "events" in below else f"{found}-receive.bin"
    assert (200, LONG, b"application/octet-stream", f'attachment; filename="{name}"'.encode()) == (
        answered.status,
        answered.body,
        answered.header("content-type"),
        answered.header("content-disposition"),
    )
    policy = b"default-src 'none'; frame-ancestors 'none'; sandbox"
    assert (policy, b"nosniff") == (
        answered.header("content-security-policy"),
        answered.header("x-content-type-options"),
    )


async def test_texts_of_a_websocket() -> None:
    """They are encoded as UTF-8."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # an app
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "é" * 3000})

    opened = Opened(app)
    await websocket(opened.app)
    [exchange] = opened.store.exchanges()
    answered = await opened.get(f"/api/exchanges/{exchange.id}/events/2/payload")

    assert "é".encode() * 3000 == answered.body


@pytest.mark.parametrize(
    "below", ["events/1/payload", "events/9/payload", "events/x/payload", "body/x", "x"]
)
async def test_what_is_not_there(below: str) -> None:
    """An event without a payload has none to give."""
    opened = Opened()
    found = await opened.visit()

    assert 404 == (await opened.get(f"/api/exchanges/{found}/{below}")).status
