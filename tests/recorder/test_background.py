"""What an app does behind its response: seen while it does, and kept with both moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from asgi_mw import open_store, record
from asgi_mw.recorder import views as room
from asgi_mw.recorder.spool import SpoolStore
from asgi_mw.testing import Wire, http_scope, lifespan, request, websocket, websocket_scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgi_mw.events import Exchange
    from asgi_mw.recorder.store import Store
    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio


def worker(task: Callable[..., object]) -> App:
    """An app that answers, and then runs *task*."""

    async def order(request: object) -> PlainTextResponse:
        return PlainTextResponse("ok", background=BackgroundTask(task))

    app: App = Starlette(routes=[Route("/order", order)])
    return app


@pytest.fixture(params=["memory", "spool"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Make a store of each kind."""
    return open_store("memory:" if request.param == "memory" else tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> tuple[SpoolStore, SpoolStore]:
    """Make two stores of one folder, as two processes have them."""
    return SpoolStore(tmp_path), SpoolStore(tmp_path)


async def test_it_is_in_flight_as_such(store: Store) -> None:
    """With the moment of the response, without an outcome; then both moments are kept."""
    seen: list[Exchange] = []

    async def task() -> None:
        seen.extend(await anyio.to_thread.run_sync(store.in_flight))

    await request(record(worker(task), store=store), target="/order")

    [during], [kept] = seen, await anyio.to_thread.run_sync(lambda: list(store.exchanges()))
    assert (during.state, during.outcome, during.status) == ("background", None, 200)
    assert (during.ended, during.returned, during.background) == (kept.ended, None, None)
    assert (kept.state, kept.outcome) == ("complete", "complete")
    assert kept.ended is not None and kept.returned is not None and kept.background is not None
    assert kept.ended + kept.background == kept.returned
    assert kept.ended == kept.events[-1].returned
    await anyio.to_thread.run_sync(store.close)


async def test_before_the_response_is_over_it_is_none() -> None:
    """Of a response under way nobody knows when it ends."""
    store = open_store("memory:")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await receive()

    async with Wire(record(app, store=store), http_scope()) as wire:
        await wire.until_receiving()
        [exchange] = store.in_flight()
        await wire.disconnect()
        await wire.finished()

    assert (exchange.state, exchange.ended) == ("in flight", None)


async def test_another_process_sees_it(
    folder: tuple[SpoolStore, SpoolStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view of it that the file has."""
    monkeypatch.setattr(room, "INTERVAL", 0.0)
    monkeypatch.setattr("asgi_mw.recorder.writer.INTERVAL", 0.01)
    store, reader = folder
    seen: list[Exchange] = []

    def look() -> list[Exchange]:
        return [one for one in reader.in_flight() if one.state == "background"]

    async def task() -> None:
        with anyio.fail_after(30):
            while not seen:
                await anyio.sleep(0.02)
                seen.extend(await anyio.to_thread.run_sync(look))

    await request(record(worker(task), store=store), target="/order")
    await anyio.to_thread.run_sync(store.close)

    assert [(one.path, one.status, one.returned) for one in seen] == [("/order", 200, None)]


async def test_a_failure_in_it_is_told_with_its_moment() -> None:
    """The response is complete all the same."""
    store = open_store("memory:")

    async def task() -> None:
        raise KeyError("mail")

    result = await request(record(worker(task), store=store), target="/order")

    [exchange] = store.exchanges()
    assert isinstance(result.raised, KeyError)
    assert (exchange.outcome, exchange.status) == ("complete", 200)
    assert exchange.error is not None and exchange.ended is not None
    assert (exchange.error.type, exchange.error.swallowed) == ("KeyError", False)
    assert exchange.ended < exchange.error.at == exchange.returned


@pytest.mark.parametrize("by", ["app", "client"])
async def test_behind_the_end_of_a_websocket(by: str) -> None:
    """Whoever closed it."""
    store = open_store("memory:")
    seen: list[Exchange] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        if by == "app":
            await send({"type": "websocket.close"})
        else:
            await receive()
        seen.extend(store.in_flight())

    await websocket(record(app, store=store), messages=())

    [during], [kept] = seen, store.exchanges()
    assert (during.state, kept.state) == ("background", "complete")
    assert during.ended == kept.ended
    assert kept.background is not None and kept.background > 0


async def test_without_an_end_of_the_response_the_return_is_the_end() -> None:
    """There is nothing behind it."""
    store = open_store("memory:")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    await request(record(app, store=store))

    [exchange] = store.exchanges()
    assert (exchange.outcome, exchange.background) == ("incomplete", 0)
    assert exchange.ended == exchange.returned


async def test_a_lifespan_that_is_stored_before_its_end_has_no_return() -> None:
    """Some servers exit with the answer to the shutdown."""
    store = open_store("memory:")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    await lifespan(record(app, store=store))

    [exchange] = store.exchanges()
    assert (exchange.outcome, exchange.returned) == ("complete", None)
    assert exchange.ended is not None


async def test_a_process_that_ends_in_it_saw_no_return(
    folder: tuple[SpoolStore, SpoolStore],
) -> None:
    """The response was complete, whatever became of the work."""
    store, reader = folder
    stopped = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal stopped
        await send({"type": "websocket.close"})
        await anyio.to_thread.run_sync(store.end_with_process)
        stopped = True

    async with Wire(record(app, store=store), websocket_scope()) as wire:
        await wire.finished()

    [exchange] = await anyio.to_thread.run_sync(lambda: list(reader.exchanges()))
    assert stopped
    assert (exchange.outcome, exchange.returned) == ("complete", None)
    assert exchange.ended is not None
