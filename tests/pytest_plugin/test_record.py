"""The fixture ``asgi_record``: what the clients of a test do, on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

from asgi_mw import request_id, timing
from asgi_mw.testing import Transport, request, run

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from asgi_mw.pytest_plugin.recording import Recording

SNAPSHOT = """\
POST /orders?dry=1
  host: testserver
  accept: */*
  connection: keep-alive
  user-agent: me
  accept-encoding: identity
  authorization: Bearer [redacted]
  content-length: 9
  content-type: application/json
< http.response.start status=201
  content-length: 45
  content-type: application/json
  server-timing: <varies>
  x-request-id: <varies>
< http.response.body 45 bytes
  {"id":"<id>"}
complete

websocket /chat
  host: testserver
  accept: */*
  user-agent: me
  accept-encoding: identity
  connection: upgrade
  sec-websocket-key: testserver==
  sec-websocket-version: 13
> websocket.connect
< websocket.accept
  x-request-id: <varies>
> websocket.receive 2 bytes
  hi
< websocket.send 2 bytes
  hi
> websocket.disconnect code=1000
complete
"""


async def orders(_: Request) -> JSONResponse:
    """Make an order."""
    return JSONResponse({"id": "7f000001-0000-4000-8000-00000000beef"}, 201)


async def chat(socket: WebSocket) -> None:
    """Say what is said, once."""
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.receive()


app: Any = request_id(
    timing(
        Starlette(
            routes=[Route("/orders", orders, methods=["POST"]), WebSocketRoute("/chat", chat)]
        )
    )
)
HEADERS = {"user-agent": "me", "accept-encoding": "identity"}


@pytest.fixture(scope="module", params=[1, 2])
def client() -> TestClient:
    """A client that is older than what records it."""
    return TestClient(app, headers=HEADERS)


def test_its_text_is_the_same_in_each_run(asgi_record: Recording, client: TestClient) -> None:
    """Ids, moments, ports and times are no part of it, nor are secrets."""
    client.post("/orders?dry=1", json={"n": "x"}, headers={"authorization": "Bearer secret"})
    with client.websocket_connect("/chat") as socket:
        socket.send_text("hi")
        assert socket.receive_text() == "hi"

    assert str(asgi_record) == asgi_record.text() == SNAPSHOT


def test_it_has_the_exchanges_of_all_clients(asgi_record: Recording) -> None:
    """In the order in which they began; the lifespan of the client, too."""

    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as first:
            await first.post("http://a/orders?1")
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as second:
            await second.post("http://a/orders?2")
        async with httpx2.AsyncClient(transport=Transport(app)) as third:
            await third.post("http://a/orders?3")
        await request(app, "POST", "/orders?4")

    run(main())
    found = [one for one in asgi_record.exchanges if one.type == "http"]
    queries = [one.scope["query_string"] for one in found]
    assert queries == [b"1", b"2", b"3", b"4"]
    assert {one.status for one in found} == {201}
    assert "lifespan" in {one.type for one in asgi_record.exchanges}


def test_a_test_has_nothing_of_the_one_before(asgi_record: Recording) -> None:
    """Each has a recording of its own."""
    assert asgi_record.exchanges == []
    assert asgi_record.text() == ""
