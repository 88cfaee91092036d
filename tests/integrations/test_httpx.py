"""The id of the request that is served goes on to the services it calls."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import httpx2
import pytest

from asgi_mw import request_id
from asgi_mw.integrations.httpx import asend_request_id, send_request_id
from asgi_mw.testing import request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw import Receive, Scope, Send

pytestmark = pytest.mark.anyio

both = pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])


class Service(HTTPServer):
    """Something that is called, and remembers with which ids."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.ids: list[str | None] = []
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Answer(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:  # the name that the base class calls
        """Answer 204."""
        self.server.ids.append(self.headers.get("x-request-id"))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    """A real service on the loopback interface."""
    with Service() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@both
async def test_an_asynchronous_client_sends_the_id_on(package: Any, service: Service) -> None:
    """Both httpx and its continuation know such hooks."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        hooks = {"request": [asend_request_id]}
        async with package.AsyncClient(event_hooks=hooks, trust_env=False) as client:
            await client.get(service.url)
            await client.get(service.url, headers={"x-request-id": "own"})

    with anyio.fail_after(10):
        await request(request_id(app), headers=[("x-request-id", "a-1")])

    assert ["a-1", "own"] == service.ids


@both
def test_a_synchronous_client_sends_none_outside_of_a_request(
    package: Any, service: Service
) -> None:
    """There is none to send."""
    hooks = {"request": [send_request_id]}
    with package.Client(event_hooks=hooks, trust_env=False) as client:
        client.get(service.url)

    assert [None] == service.ids
