"""The id of the request that is served goes on to the services it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

from asgi_mw import request_id
from asgi_mw.integrations.httpx import asend_request_id, send_request_id
from asgi_mw.testing import request

if TYPE_CHECKING:
    from asgi_mw import Receive, Scope, Send

pytestmark = pytest.mark.anyio

both = pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])


class Service:
    """Something that is called, and remembers with which headers."""

    def __init__(self, package: Any) -> None:
        self.package = package
        self.ids: list[str | None] = []

    def __call__(self, outgoing: Any) -> Any:
        self.ids.append(outgoing.headers.get("x-request-id"))
        return self.package.Response(204)


@both
async def test_an_asynchronous_client_sends_the_id_on(package: Any) -> None:
    """Both httpx and its continuation know such hooks."""
    service = Service(package)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        transport = package.MockTransport(service)
        hooks = {"request": [asend_request_id]}
        async with package.AsyncClient(transport=transport, event_hooks=hooks) as client:
            await client.get("http://service.test/")
            await client.get("http://service.test/", headers={"x-request-id": "own"})

    await request(request_id(app), headers=[("x-request-id", "a-1")])

    assert ["a-1", "own"] == service.ids


@both
def test_a_synchronous_client_sends_none_outside_of_a_request(package: Any) -> None:
    """There is none to send."""
    service = Service(package)
    hooks = {"request": [send_request_id]}
    with package.Client(transport=package.MockTransport(service), event_hooks=hooks) as client:
        client.get("http://service.test/")

    assert [None] == service.ids
