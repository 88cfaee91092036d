"""Ask which route an app tells the layers round it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw.connection import joined
from asgi_mw.testing import request, websocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw import App, Receive, Scope, Send

    RouteOf = Callable[..., Awaitable[tuple[str | None, int | None]]]


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
