"""Notes become facts: in their order, relative to the beginning, without any secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw import measure, open_store, record
from asgi_mw.noting import note, witnesses
from asgi_mw.redaction import Redaction
from asgi_mw.testing import request, run
from asgi_mw.tracebacks import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgi_mw import App, Exchange, Receive, Scope, Send
    from asgi_mw.recorder.store import Store

pytestmark = pytest.mark.anyio


def nothing_new() -> None:
    """Witness that there is somebody who witnesses."""


@pytest.fixture(autouse=True)
def _witnessed() -> Iterator[None]:
    witnesses.append(nothing_new)
    yield
    witnesses.remove(nothing_new)


def app_that(does: Callable[[], object]) -> App:
    """Answer 204 after *does* was called."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        does()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    return app


async def recorded(does: Callable[[], object], store: Store | None = None) -> Exchange:
    """Record one request."""
    store = store or open_store("memory:")
    await request(record(app_that(does), store=store))
    return next(iter(store.exchanges()))


async def test_they_are_in_the_order_in_which_they_began() -> None:
    """Though one that began first was taken later."""

    def work() -> None:
        note("log", "second", level="info")
        note("span", "first", at=0)

    exchange = await recorded(work)
    assert ["first", "second"] == [one.title for one in exchange.notes]
    assert 0 == exchange.notes[0].at < exchange.notes[1].at


async def test_every_secret_is_masked_and_named() -> None:
    """In titles, URLs, details by their names, and tracebacks."""

    def work() -> None:
        try:
            int("password='hush'")
        except ValueError as error:
            traceback = [list(one) for one in described(error)[2]]
        more = {"extra": {"iban": "hush", "user": 7}, "traceback": traceback}
        note("log", "GET https://me:hush@example.org/?api_key=hush", detail=more)

    store = open_store("memory:")
    await request(record(app_that(work), store=store, redact=Redaction(names=["iban"])))
    exchange = next(iter(store.exchanges()))
    [one] = exchange.notes
    assert "GET https://[redacted]@example.org/?api_key=[redacted]" == one.title
    assert {"iban": "[redacted]", "user": 7} == one.detail["extra"]
    assert "hush" not in repr(one)
    assert "password='[redacted]" in one.detail["traceback"]
    assert {"note iban", "note api_key", "note userinfo"} <= set(exchange.redacted)


def test_they_are_stored(tmp_path: Path) -> None:
    """What another process reads is what was noted."""

    def work() -> None:
        opened = note("call", "GET /", detail={"method": "GET"})
        assert opened is not None
        opened.close(took=7, detail={"status": 200})

    store = open_store(tmp_path)
    run(request(record(app_that(work), store=store)))
    [exchange] = store.exchanges()
    store.close()
    [one] = exchange.notes
    assert ("call", "GET /", 7, {"status": 200}) == (one.kind, one.title, one.took, one.detail)


async def test_what_is_missing_is_counted() -> None:
    """Beside what else is missing."""

    def work() -> None:
        for number in range(600):
            note("log", str(number))

    exchange = await recorded(work)
    assert (500, {"notes over the limit": 100}) == (len(exchange.notes), exchange.dropped)


async def test_measured_blocks_are_notes_without_the_timing_layer() -> None:
    """With what they raised."""

    def work() -> None:
        with measure("db", description="orders"):
            pass
        with pytest.raises(KeyError), measure("cache"):
            raise KeyError

    exchange = await recorded(work)
    assert [("db", None, {"description": "orders"}), ("cache", "error", {})] == [
        (one.title, one.level, one.detail) for one in exchange.notes if one.took is not None
    ]


async def test_in_flight_they_are_there_already() -> None:
    """A call that has not returned says for what the app waits."""
    store = open_store("memory:")
    seen: list[Exchange] = []

    def work() -> None:
        note("call", "GET /slow")
        seen.extend(store.in_flight())

    await recorded(work, store)
    [one] = seen[0].notes
    assert ("GET /slow", None) == (one.title, one.until)


async def test_what_is_not_recorded_is_taken_for_nobody_elses() -> None:
    """A server begins a request in a copy of the context of the one before it."""
    store = open_store("memory:")
    inner = record(app_that(lambda: note("log", "of nobody")), store=store, skip=["/health"])

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        note("log", "mine")
        await request(inner, "GET", "/health")
        await app_that(lambda: note("log", "mine too"))(scope, receive, send)

    await request(record(outer, store=store))
    [exchange] = store.exchanges()
    assert ["mine", "mine too"] == [one.title for one in exchange.notes]
