"""Ask what an app tells the layers round it: which route it chose, and what it swallowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw import open_store, record
from asgi_mw.connection import joined
from asgi_mw.testing import request, websocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw import App, Receive, Scope, Send

    RouteOf = Callable[..., Awaitable[tuple[str | None, int | None]]]
    SwallowedBy = Callable[..., Awaitable[tuple[int | None, str | None]]]


@pytest.fixture
def route_of() -> RouteOf:
    """Play a connection to an app, and give the route that its layers learn, and the status."""

    async def of(
        app: App, target: str, method: str = "GET", *, root_path: str = "", ws: bool = False
    ) -> tuple[str | None, int | None]:
        known: list[str | None] = []

        async def layer(scope: Scope, receive: Receive, send: Send) -> None:
            inner, connection = joined(scope)
            await app(inner, receive, send)
            known.append(connection.route)

        keys = {"root_path": root_path}
        if ws:
            await websocket(layer, target, scope=keys, messages=())
            return known[0], None
        result = await request(layer, method, target, scope=keys)
        assert result.raised is None
        return known[0], result.status

    return of


@pytest.fixture
def swallowed_by() -> SwallowedBy:
    """Play a request to an app, and give its status and the exception that it kept to itself."""

    async def by(app: App, target: str) -> tuple[int | None, str | None]:
        store = open_store("memory:")
        result = await request(record(app, store=store), target=target)
        assert result.raised is None
        [exchange] = store.exchanges()
        error = exchange.error
        assert error is None or error.swallowed
        return result.status, f"{error.type}: {error.message}" if error else None

    return by
