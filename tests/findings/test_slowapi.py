"""A layer of somebody else that starts a response twice is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from slowapi import Limiter
from slowapi.middleware import SlowAPIASGIMiddleware
from slowapi.util import get_remote_address
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from asgi_mw import validate
from asgi_mw.testing import request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from asgi_mw.spec import Finding

pytestmark = pytest.mark.anyio


async def whole(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def stream(request: Request) -> StreamingResponse:
    return StreamingResponse(parts())


async def parts() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        pytest.param("/whole", [], id="one body message"),
        pytest.param("/stream", ["http.start.twice"] * 2, id="three of them"),
    ],
)
async def test_slowapi_starts_a_streamed_response_with_each_part(
    path: str, rules: list[str]
) -> None:
    """It holds the start back, and sends it before every body message."""
    app = Starlette(routes=[Route("/whole", whole), Route("/stream", stream)])
    app.state.limiter = Limiter(key_func=get_remote_address, default_limits=["5/minute"])
    app.add_middleware(SlowAPIASGIMiddleware)
    found: list[Finding] = []
    await request(validate(app, on_violation=found.append), "GET", path)

    assert rules == [finding.rule.id for finding in found]
