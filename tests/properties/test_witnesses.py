"""Whatever app, client and server do to each other: log, span and recording tell one story."""

from __future__ import annotations

import asyncio
import types
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from asgi_mw import access_log, open_store, record, request_id, stack, tracing
from asgi_mw.connection import note_error
from asgi_mw.layers import layer
from asgi_mw.telemetry.trace_context import ids_of
from asgi_mw.testing import (
    SERVERS,
    Behaviour,
    after,
    before,
    during,
    http_scope,
    request,
    websocket,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from asgi_mw import App, Message, Receive, Scope, Send
    from asgi_mw.testing import Moment

START: Message = {"type": "http.response.start", "status": 200}
# Not sent: here an exception is caught, and reported
NOTE: Message = {"type": "note"}
MESSAGES: dict[str, list[Message]] = {
    "http": [
        START,
        {"type": "http.response.start", "status": 500, "trailers": True},
        {"type": "http.response.body", "body": b"x", "more_body": True},
        {"type": "http.response.body"},
        {"type": "http.response.body", "body": b"x"},
        {"type": "http.response.trailers", "headers": []},
        NOTE,
    ],
    "websocket": [
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "x"},
        {"type": "websocket.close", "code": 4000},
        {"type": "websocket.close", "code": 1011, "reason": "no"},
        {"type": "websocket.http.response.start", "status": 401},
        {"type": "websocket.http.response.body", "body": b"no"},
        {"type": "http.response.start", "status": 404},
        {"type": "http.response.body", "body": b"no"},
        NOTE,
    ],
}


class GoneError(OSError):
    """What a server of its own kind raises for a client that left."""


@dataclass(frozen=True)
class Program:
    """An app's messages, and what goes wrong meanwhile."""

    kind: str
    says: Sequence[Message | None]  # ``None`` receives
    guarded: bool  # goes on after an exception
    listens: bool  # and is cancelled at the disconnect, as Starlette's streams are
    handling: bool  # says all in an ``except``, as Litestar answers for a crash
    raises: type[BaseException] | None
    behaviour: Behaviour
    disconnect: Moment | None
    cancel: Moment | None
    send_errors: Mapping[int, type[Exception]]
    close: int


def moments() -> st.SearchStrategy[Moment | None]:
    some = [
        when(side, number)
        for when in (before, during, after)
        for side in ("send", "receive")
        for number in (1, 2, 3)
    ]
    return st.none() | st.sampled_from(some)


def programs_of(kind: str) -> st.SearchStrategy[Program]:
    begin = st.sampled_from(MESSAGES[kind][:1])
    rest = st.lists(st.none() | st.sampled_from(MESSAGES[kind]), max_size=4)
    return st.builds(
        Program,
        st.just(kind),
        st.builds(lambda first, more: [first, *more], begin, rest) | rest,
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, None, None, ValueError, OSError, asyncio.CancelledError]),
        st.sampled_from([Behaviour(), *SERVERS]),
        moments(),
        st.none() | moments(),
        st.dictionaries(
            st.integers(1, 4), st.sampled_from([OSError, RuntimeError, GoneError]), max_size=2
        ),
        st.sampled_from([1000, 1006]),
    )


programs = st.sampled_from(["http", "websocket"]).flatmap(programs_of)


def app_of(program: Program) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as group:
            if program.listens:
                group.start_soon(listen, receive, group.cancel_scope)
            if program.handling:
                try:
                    crash()
                except LookupError:
                    await speak(scope, receive, send)
            else:
                await speak(scope, receive, send)
            group.cancel_scope.cancel()
        if program.raises is not None:
            raise program.raises

    async def speak(scope: Scope, receive: Receive, send: Send) -> None:
        for said in program.says:
            try:
                if said is NOTE:
                    note_error(scope, LookupError("noted"))
                else:
                    await (patient(receive) if said is None else send(dict(said)))
            except Exception:
                if not program.guarded:
                    raise

    def crash() -> None:
        raise LookupError("handled")

    async def patient(receive: Receive) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(lose_patience, group.cancel_scope)
            await receive()
            group.cancel_scope.cancel()

    async def lose_patience(scope: anyio.CancelScope) -> None:
        for _ in range(5):  # nothing may come any more
            await checkpoint()
        scope.cancel()

    async def listen(receive: Receive, scope: anyio.CancelScope) -> None:
        while not (await receive())["type"].endswith(".disconnect"):
            pass
        scope.cancel()

    return app


class Log:
    """A logger that keeps its events."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def info(self, _: str, **fields: object) -> None:
        self.events.append(fields)

    error = warning = info


async def witnesses(program: Program, *, outside: bool) -> None:
    """Run *program*, compare log, span and recording; the recording stands outside or inside."""
    log, store, spans = Log(), open_store("memory:"), InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    observed = [
        layer(tracing, tracer_provider=provider),
        layer(request_id),
        layer(access_log, logger=log),
    ]
    recorded = layer(record, store=store)
    order = [recorded, *observed] if outside else [*observed, recorded]
    app = stack(app_of(program), *order)
    options: dict[str, Any] = {
        "behaviour": program.behaviour,
        "send_errors": {number: error() for number, error in program.send_errors.items()},
        **({"disconnect": program.disconnect} if program.disconnect else {}),
        **({"cancel": program.cancel} if program.cancel else {}),
    }
    if program.kind == "http":
        await request(app, **options)
    else:
        await websocket(app, messages=["a"], close=(program.close, ""), **options)

    [line], [exchange], [span] = log.events, store.exchanges(), spans.get_finished_spans()
    outcome, status = exchange.outcome, exchange.status
    assert (outcome, status) == (line["outcome"], line.get("status"))
    passed = exchange.bytes("receive"), exchange.bytes("send")
    assert passed == (line["bytes_in"], line["bytes_out"])
    if program.kind == "websocket" and status == 101:
        closed = exchange.close
        assert (closed and closed.code) == line.get("close_code")
        assert (closed and closed.reason) == line.get("close_reason", closed and "")
    assert span.attributes is not None
    span_context = span.get_span_context()
    assert span_context is not None
    trace, one, _ = ids_of(span_context)
    assert (trace, one) == (exchange.trace_id, exchange.span_id)
    assert (trace, one) == (line["trace_id"], line["span_id"])
    named = exchange.request_id
    assert named == line["request_id"] == span.attributes["asgi_mw.request_id"]
    error = exchange.error
    if line.get("error", "").startswith("LookupError"):
        assert error is not None
    swallowed = error is not None and error.swallowed
    # What was reported after the response is only in the recording, like what is raised there
    if error is not None and error.swallowed and error.at <= (exchange.ended or 0):
        assert line["error"] == f"LookupError: {error.message}"
        assert "exception" in [event.name for event in span.events]
    assert span.attributes.get("http.response.status_code") == status
    blamed = span.attributes.get("error.type")
    if outcome == "complete" and (program.kind == "http" and (status or 0) < 500):
        assert blamed is None
    if outcome == "complete" and program.kind == "websocket":
        code = line.get("close_code")
        assert blamed == (str(code) if code in (1006, 1011) else None)
    if outcome in {"error", "cancelled"}:
        assert blamed is not None
    if swallowed and blamed == "LookupError":
        return
    if outcome == "incomplete" and program.kind == "http":
        assert blamed in {"500", outcome}
    if outcome == "incomplete" and program.kind == "websocket":
        assert blamed in {None, outcome, str(line.get("close_code"))}
    if blamed in {"client_gone", "incomplete"}:
        assert outcome == blamed


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("outside", [True, False], ids=["record outside", "record inside"])
@settings(max_examples=60, deadline=None)
@given(program=programs)
def test_log_span_and_recording_tell_one_story(
    backend: str,
    outside: bool,  # noqa: FBT001  # a parameter of the test
    program: Program,
) -> None:
    """Its outcome, its status, and whether it failed."""
    anyio.run(partial(witnesses, program, outside=outside), backend=backend)


@pytest.mark.anyio
@pytest.mark.parametrize("error", [None, BrokenPipeError()], ids=["returns", "fails"])
async def test_what_outlives_the_call_changes_nothing(error: Exception | None) -> None:
    """Another task still waits in a send or a receive when the app is cancelled."""
    log, store = Log(), open_store("memory:")
    left: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        for late in (send({"type": "http.response.body"}), receive()):
            waiting = late.__await__()
            next(waiting)
            left.append(waiting)
        raise asyncio.CancelledError

    async def receive() -> Message:
        await wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message is not START:
            await wait()
            if error is not None:
                raise error

    call = record(access_log(app, logger=log), store=store)(http_scope(), receive, send)
    with pytest.raises(asyncio.CancelledError):
        await call
    for waiting in left:
        with pytest.raises((StopIteration, BrokenPipeError)):
            waiting.send(None)

    assert [line["outcome"] for line in log.events] == ["cancelled"]
    assert [exchange.outcome for exchange in store.exchanges()] == ["cancelled"]


@types.coroutine
def wait() -> Generator[None, None, None]:
    """Wait for whoever drives."""
    yield
