"""Whatever fails inside us, the client gets what the bare app sends, and it is counted and said."""

from __future__ import annotations

import errno
import logging
import sqlite3
from asyncio import CancelledError
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from asgi_mw import access_log, layer, open_store, record, request_id, stack, timing
from asgi_mw.recorder.memory import MemoryStore
from asgi_mw.redaction import Redaction, forms
from asgi_mw.testing import request, websocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.testing import Result
    from asgi_mw.types import App, Receive, Scope, Send

FAULTS: list[Callable[[], Exception]] = [
    lambda: Exception("broken"),
    lambda: OSError(errno.ENOSPC, "No space left on device"),
    lambda: sqlite3.OperationalError("database is locked"),
    MemoryError,
    lambda: RecursionError("too deep"),
    lambda: UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    lambda: TypeError("no such thing"),
]
NAMES = ["Exception", "ENOSPC", "OperationalError", "MemoryError", "Recursion", "Unicode", "Type"]
faulty = pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
pytestmark = pytest.mark.anyio


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer both protocols, with bodies and in several messages."""
    message = await receive()
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept", "headers": [(b"x-a", b"1")]})
        message = await receive()
        await send({"type": "websocket.send", "text": message["text"] * 100})
        await send({"type": "websocket.close", "code": 4000})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]})
    await send({"type": "http.response.body", "body": message["body"] * 100, "more_body": True})
    await send({"type": "http.response.body", "body": b"end"})


def _raiser(fault: Callable[[], BaseException]) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise fault()

    return fail


async def _unchanged(layered: App) -> None:
    """Both protocols reach the client as they would from the bare app."""

    async def drive(kind: str, one: App) -> Result:
        if kind == "http":
            return await request(one, "POST", "/?page=2", body=b"hello")
        return await websocket(one, "/?page=2", messages=["hello"], close=None)

    for kind in ("http", "websocket"):
        bare, result = await drive(kind, app), await drive(kind, layered)
        assert bare.delivered == [_without_timing(message) for message in result.delivered]
        assert bare.received == result.received
        assert result.raised is None


def _without_timing(message: Any) -> Any:
    if "headers" not in message:
        return message
    headers = [pair for pair in message["headers"] if pair[0] != b"server-timing"]
    return {**message, "headers": headers}


def _warned(caplog: pytest.LogCaptureFixture, place: str) -> list[str]:
    return [line.getMessage() for line in caplog.records if place in line.getMessage()]


@faulty
@pytest.mark.parametrize("method", ["begin", "end", "_keep"])
async def test_a_store_that_fails_is_counted_and_said_once(
    fault: Callable[[], Exception],
    method: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A full disk or a locked file is no business of the app's."""
    store = open_store("memory:")
    monkeypatch.setattr(store, method, _raiser(fault))
    layered = record(app, store=store)
    for _ in range(3):
        await _unchanged(layered)
    assert 6 == store.faults.total
    assert 1 == len(_warned(caplog, "asgi_mw.record"))


@faulty
@pytest.mark.parametrize("method", ["begin", "_keep"])
async def test_a_store_that_fails_gives_its_memory_back(
    fault: Callable[[], Exception], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a disk that was full for an hour would leave nothing to record with."""
    store = open_store("memory:")
    monkeypatch.setattr(store, method, _raiser(fault))
    for _ in range(3):
        await _unchanged(record(app, store=store))
    assert (store.budget.total, 0) == (store.budget.left, store.stats().in_flight)


@faulty
async def test_a_budget_that_cannot_be_relieved_harms_nobody(
    fault: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does it when the call that it fails in raises itself, or is cancelled."""
    store = open_store("memory:")
    store.budget.left = 0
    store.budget.relieve = _raiser(fault)
    await _unchanged(record(app, store=store, body_limit=1, connection_limit=4096))
    assert store.faults.total > 0
    assert _warned(caplog, "asgi_mw.record")


@faulty
@pytest.mark.parametrize(
    "own", [OSError, CancelledError, KeyboardInterrupt], ids=lambda e: e.__name__
)
def test_what_a_call_raises_is_not_replaced_by_a_fault_of_ours(
    fault: Callable[[], Exception], own: type[BaseException]
) -> None:
    """The exception of ``receive`` or ``send`` reaches the app, by identity."""
    store = open_store("memory:")
    store.budget.left = 0
    store.budget.relieve = _raiser(fault)
    raised = own()
    seen: list[BaseException] = []

    async def fail(*_: object) -> Any:
        raise raised

    async def trying(scope: Scope, receive: Receive, send: Send) -> None:
        for call in (receive, lambda: send({"type": "http.response.start", "status": 200})):
            for _ in range(50):
                try:
                    await call()
                except BaseException as error:  # noqa: BLE001  # the fact to be seen
                    seen.append(error)

    layered = record(trying, store=store, body_limit=1, connection_limit=4096)
    call: Any = layered({"type": "http", "headers": []}, fail, fail)
    with pytest.raises(StopIteration):
        call.send(None)
    assert 100 == sum(error is raised for error in seen)


@faulty
@pytest.mark.parametrize("method", ["headers", "query", "text", "scope", "body", "message"])
async def test_a_redaction_that_fails_shows_nothing_and_stops_nobody(
    fault: Callable[[], Exception], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the record nor the log lets through what could not be masked."""
    monkeypatch.setattr(Redaction, method, _raiser(fault))
    # A query in which nothing can be secret is not masked at all
    monkeypatch.setattr(forms, "is_plain", lambda *_: False)
    logged: list[str] = []
    store = open_store("memory:")
    await _unchanged(
        stack(app, layer(access_log, logger=_Lines(logged)), layer(record, store=store))
    )
    if method in {"text", "query"}:
        assert [] == logged


@faulty
async def test_an_exchange_that_cannot_be_masked_does_not_hide_the_others(
    fault: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left out and counted; whoever reads gets the rest."""
    store = open_store("memory:")
    broken = Redaction(names=["special"])
    whole = Redaction.scope

    def scope(self: Redaction, scope: Any) -> Any:
        if self is broken:
            raise fault()
        return whole(self, scope)

    monkeypatch.setattr(Redaction, "scope", scope)
    await request(record(app, store=store), "GET", "/one")
    await request(record(app, store=store, redact=broken), "GET", "/two")
    await request(record(app, store=store), "GET", "/three")
    assert ["/three", "/one"] == [exchange.path for exchange in store.exchanges()]
    assert 1 == store.faults.total


class _Lines:
    """A logger that keeps what it is told."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def info(self, event: str, **fields: object) -> None:
        self._lines.append(f"{event} {fields}")

    error = warning = info


class _Broken:
    """A logger that fails."""

    def __init__(self, fault: Callable[[], Exception]) -> None:
        self.info = self.error = self.warning = _raiser(fault)


@faulty
async def test_a_logger_that_fails_is_counted_and_said_once(
    fault: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """The log line is lost, the response is not."""
    layered = access_log(app, logger=_Broken(fault))
    for _ in range(3):
        await _unchanged(layered)
    assert 1 == len(_warned(caplog, "asgi_mw.access_log: logger failed"))


@faulty
async def test_a_structlog_processor_that_fails_harms_nobody(
    fault: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """A processor of the user's that meets what it did not expect."""
    logger = structlog.wrap_logger(logging.getLogger("test"), processors=[_raiser(fault)])
    await _unchanged(access_log(app, logger=logger))
    assert 1 == len(_warned(caplog, "asgi_mw.access_log: logger failed"))


@faulty
async def test_a_log_handler_that_fails_harms_nobody(
    fault: Callable[[], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the line that would say so can be said then."""
    monkeypatch.setattr(logging.Logger, "handle", _raiser(fault))
    store = open_store("memory:")
    monkeypatch.setattr(store, "_keep", _raiser(fault))
    await _unchanged(stack(app, access_log, layer(record, store=store)))


CALLABLES = {
    "access_log skip": lambda fail: access_log(app, logger=_Lines([]), skip=fail),
    "access_log clock": lambda fail: access_log(app, logger=_Lines([]), clock=fail),
    "record skip": lambda fail: record(app, skip=fail),
    "timing when": lambda fail: timing(app, when=fail),
    "timing clock": lambda fail: timing(app, clock=fail),
}


@faulty
@pytest.mark.parametrize("which", CALLABLES)
async def test_a_function_of_the_user_that_fails_harms_nobody(
    fault: Callable[[], Exception], which: str
) -> None:
    """Predicates and clocks: the request is served all the same."""
    await _unchanged(CALLABLES[which](_raiser(fault)))


@faulty
@pytest.mark.parametrize("option", ["generate", "trust"])
async def test_an_id_that_cannot_be_made_is_made_by_us(
    fault: Callable[[], Exception], option: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A response has an id even if the user's function raises."""
    options: Any = {option: _raiser(fault)}
    headers = [("x-request-id", "from-outside")] if option == "trust" else []
    for _ in range(2):
        result = await request(request_id(app, **options), "GET", "/", headers=headers)
        [value] = result.all("x-request-id")
        assert (32, None) == (len(value), result.raised)
    assert 2 == len(
        _warned(caplog, f"asgi_mw.request_id: {option} failed")
    )  # two layers, each once


@pytest.mark.parametrize("left", [CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_must_not_be_swallowed_is_not(left: type[BaseException]) -> None:
    """Not by a store nor by a logger that fails while it passes."""
    store = MemoryStore()
    store.end = _raiser(OSError)  # type: ignore[method-assign]  # the fault that is injected
    raised = left()

    async def leaving(scope: Scope, receive: Receive, send: Send) -> None:
        raise raised

    async def nothing(*_: object) -> Any:
        """Be a server."""

    layered = stack(
        leaving,
        layer(access_log, logger=_Broken(OSError)),
        request_id,
        timing,
        layer(record, store=store),
    )
    call: Any = layered({"type": "http", "headers": []}, nothing, nothing)
    with pytest.raises(left) as caught:
        call.send(None)
    assert caught.value is raised
    assert (None, None) == (raised.__context__, raised.__cause__)
