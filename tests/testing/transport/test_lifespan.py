"""Facts about the lifespan of a transport: state, failures, apps that have none."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest
from fastapi import FastAPI, Request  # noqa: TC002  # FastAPI reads them

from asgi_mw.testing import DAPHNE, Transport, TransportError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio


def shop(events: list[str]) -> FastAPI:
    """An app with a lifespan and state."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        events.append("up")
        async with anyio.create_task_group():  # is left in the task in which it was entered
            yield {"stock": [1, 2]}
        events.append("down")

    app = FastAPI(lifespan=lifespan)

    @app.get("/stock")
    async def stock(request: Request) -> list[int]:
        found: list[int] = request.state.stock
        request.state.stock = None
        found.append(3)
        events.append("request")
        return found

    return app


def client(transport: Transport) -> httpx2.AsyncClient:
    """A client."""
    return httpx2.AsyncClient(transport=transport, base_url="http://a")


async def test_the_lifespan_is_up_while_the_transport_is_open() -> None:
    """Each request has a shallow copy of its state."""
    events: list[str] = []
    async with client(Transport(shop(events))) as browser:
        answers = [(await browser.get("/stock")).json() for _ in range(2)]

    assert ["up", "request", "request", "down"] == events
    assert [[1, 2, 3], [1, 2, 3, 3]] == answers


async def test_the_transport_can_be_opened_by_itself() -> None:
    """For several clients."""
    events: list[str] = []
    async with Transport(shop(events)) as transport, client(transport) as browser:
        assert [1, 2, 3] == (await browser.get("/stock")).json()

    assert "down" == events[-1]


async def test_the_lifespan_can_be_left_out() -> None:
    """Whoever runs it elsewhere."""
    events: list[str] = []
    async with Transport(shop(events), lifespan=False):
        pass

    assert [] == events


def raising(error: Exception) -> App:
    """An app whose lifespan raises as it starts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        raise error
        yield

    return FastAPI(lifespan=lifespan)


async def test_a_failed_start_is_an_error() -> None:
    """With the app's own exception as its cause."""
    error = LookupError("no database")
    with pytest.raises(TransportError) as raised:
        await client(Transport(raising(error))).__aenter__()

    assert "the app failed to start: LookupError: no database" == str(raised.value)
    assert error is raised.value.__cause__


async def speechless(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail without a reason, and wait."""
    await receive()
    await send({"type": "lifespan.startup.failed"})
    await receive()


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Say nothing."""
    await receive()
    await receive()


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        pytest.param(speechless, "the app failed to start: it does not say why", id="speechless"),
        pytest.param(silent, "the app does not start: waited 0.05 s in vain", id="silent"),
    ],
)
async def test_an_app_that_does_not_start(app: App, reason: str) -> None:
    """Is cancelled."""
    with pytest.raises(TransportError, match=reason):
        await Transport(app, timeout=0.05).__aenter__()


async def no_shutdown(scope: Scope, receive: Receive, send: Send) -> None:
    """Start, and never end."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await anyio.sleep_forever()


async def failing_shutdown(scope: Scope, receive: Receive, send: Send) -> None:
    """Start, and fail to end."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.failed", "message": "Traceback:\n  \nOSError: full"})


async def raising_shutdown(scope: Scope, receive: Receive, send: Send) -> None:
    """Start, and raise instead of an end."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    raise LookupError("none")


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        pytest.param(no_shutdown, "the app does not shut down: waited 0.05 s", id="never ends"),
        pytest.param(failing_shutdown, "the app failed to shut down: OSError: full", id="fails"),
        pytest.param(
            raising_shutdown, r"the app failed to shut down: LookupError\('none'\)", id="raises"
        ),
    ],
)
async def test_an_app_that_does_not_shut_down(app: App, reason: str) -> None:
    """Said, but not in place of what the test raised."""

    async def fails() -> None:
        async with Transport(app, timeout=0.05):
            raise ValueError

    with pytest.raises(TransportError, match=reason):
        async with Transport(app, timeout=0.05):
            pass
    with pytest.raises(ValueError, match=r"^$"):
        await fails()


async def returns(scope: Scope, receive: Receive, send: Send) -> None:
    """Return at once."""


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse what is no HTTP."""
    if scope["type"] != "http":
        raise NotImplementedError
    assert {} == scope["state"]
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def test_an_app_without_a_lifespan_goes_on() -> None:
    """As the specification has it."""
    async with client(Transport(raises)) as browser:
        assert 204 == (await browser.get("/")).status_code
    async with Transport(returns):
        pass


async def test_a_server_without_state() -> None:
    """Its app has none."""
    keys = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        keys.append("state" in scope)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with client(Transport(app, behaviour=DAPHNE, lifespan=False)) as browser:
        await browser.get("/")

    assert [False] == keys
