"""An exception that the app answers for: log line, span and recording name it all the same."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from litestar import Litestar, get
from litestar.exceptions import HTTPException
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from asgi_mw import access_log, open_store, record, stack, tracing
from asgi_mw.connection import note_error
from asgi_mw.layers import layer
from asgi_mw.testing import request, run, websocket

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio


class Told:
    """What the three tell of one connection."""

    def __init__(self, sampler: Any = ALWAYS_ON) -> None:
        self._spans = InMemorySpanExporter()
        provider = TracerProvider(sampler, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.store = open_store("memory:")
        self.lines: list[dict[str, Any]] = []
        self.layers = (
            layer(record, store=self.store),
            layer(tracing, tracer_provider=provider),
            layer(access_log, logger=self),
        )

    def info(self, _: str, **fields: Any) -> None:
        self.lines.append({"level": "info", **fields})

    def warning(self, _: str, **fields: Any) -> None:
        self.lines.append({"level": "warning", **fields})

    def error(self, _: str, **fields: Any) -> None:
        self.lines.append({"level": "error", **fields})

    async def of(self, app: App, *order: int) -> tuple[Any, Any, Any]:
        """The line, the span and the exchange of one request to *app*."""
        await request(stack(app, *[self.layers[at] for at in order or range(3)]))
        [line], [exchange] = self.lines, self.store.exchanges()
        spans = self._spans.get_finished_spans()
        return line, spans[0] if spans else None, exchange


def crash() -> None:
    """Fail."""
    raise KeyError("7")


def importing() -> None:
    """Fail otherwise."""
    raise ImportError("no uvloop")


async def answer(send: Send, status: int = 500) -> None:
    """Answer at once."""
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body"})


async def within(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in the ``except``."""
    try:
        crash()
    except KeyError:
        await answer(send)


async def told(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer behind the ``except``, as a framework with a hook."""
    try:
        crash()
    except KeyError as error:
        note_error(scope, error)
    await answer(send)


async def begun(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail in the middle of the answer, and say so."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    try:
        crash()
    except KeyError as error:
        note_error(scope, error)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)], ids=str)
@pytest.mark.parametrize("app", [within, told])
async def test_all_three_name_it(app: App, order: tuple[int, ...]) -> None:
    """As swallowed, with its traceback; the outcome is that of the response."""
    line, span, exchange = await Told().of(app, *order)

    assert (line["outcome"], line["status"], line["level"]) == ("complete", 500, "error")
    assert line["error"] == "KeyError: '7'"
    assert (exchange.outcome, exchange.error.type, exchange.error.message) == (
        *("complete", "KeyError", "'7'"),
    )
    assert exchange.error.swallowed
    assert 0 < exchange.error.at < exchange.ended
    assert 'raise KeyError("7")' in exchange.error.traceback
    assert span.attributes["error.type"] == "KeyError"
    assert [event.name for event in span.events] == ["exception"]


async def test_in_the_middle_of_an_answer_it_counts() -> None:
    """Whatever its status."""
    line, span, exchange = await Told().of(begun)

    assert (line["outcome"], line["error"]) == ("incomplete", "KeyError: '7'")
    assert (exchange.outcome, exchange.error.swallowed) == ("incomplete", True)
    assert span.attributes["error.type"] == "KeyError"


@pytest.mark.parametrize("status", [200, 404])
async def test_an_answer_that_is_no_5xx_says_that_it_was_handled(status: int) -> None:
    """The app made something else of it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            crash()
        except KeyError as error:
            note_error(scope, error)
            await answer(send, status)

    line, span, exchange = await Told().of(app)

    assert ("error" not in line, exchange.error) == (True, None)
    assert "error.type" not in span.attributes


async def test_an_exception_that_names_the_status_is_an_answer() -> None:
    """A handler that refuses with a 503 did not fail; one that fails did."""

    @get("/")
    async def refuse() -> None:
        raise HTTPException(status_code=503)

    line, span, exchange = await Told().of(Litestar([refuse], openapi_config=None))  # type: ignore[arg-type]  # its own types

    assert ("error" not in line, exchange.status, exchange.error) == (True, 503, None)
    assert span.attributes["error.type"] == "503"


async def test_litestar_is_found_out_without_a_hook() -> None:
    """It answers within the ``except``."""

    @get("/")
    async def fail() -> None:
        crash()

    line, _, exchange = await Told().of(Litestar([fail], openapi_config=None))  # type: ignore[arg-type]  # its own types

    assert (line["error"], exchange.error.type) == ("KeyError: '7'", "KeyError")


def test_what_the_server_handles_is_none_of_the_app() -> None:
    """A program may have begun its server in an ``except``."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert isinstance(sys.exception(), ImportError)
        await answer(send)

    try:
        importing()
    except ImportError:
        line, span, exchange = run(Told().of(app))

    assert ("error" not in line, exchange.error) == (True, None)
    assert span.attributes["error.type"] == "500"


async def test_what_leaves_the_app_counts_more() -> None:
    """It is the last word."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            crash()
        except KeyError as error:
            await answer(send)
            raise ValueError("worse") from error

    line, span, exchange = await Told().of(app)

    assert (line["outcome"], line["error"]) == ("error", "ValueError: worse")
    assert (exchange.error.type, exchange.error.swallowed) == ("ValueError", False)
    assert span.attributes["error.type"] == "ValueError"


async def test_a_cancellation_hides_nothing() -> None:
    """It is no fault."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await told(scope, receive, send)
        raise asyncio.CancelledError

    line, span, exchange = await Told().of(app)

    assert (line["outcome"], line["error"]) == ("complete", "KeyError: '7'")
    assert (exchange.outcome, exchange.error.type) == ("complete", "KeyError")
    assert span.attributes["error.type"] == "KeyError"


@pytest.mark.parametrize("order", [(0, 2), (2, 0)], ids=str)
async def test_the_first_answer_alone_is_judged(order: tuple[int, ...]) -> None:
    """What an app says behind it changes nothing."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await told(scope, receive, send)
        await answer(send, 200)

    line, _, exchange = await Told().of(app, *order)

    assert (line["error"], exchange.error.type) == ("KeyError: '7'", "KeyError")


async def test_a_request_that_is_not_sampled_is_logged_and_recorded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """There is no span to be marked, and nothing of ours fails."""
    line, span, exchange = await Told(ALWAYS_OFF).of(told)

    assert (span, line["error"], exchange.error.type) == (None, "KeyError: '7'", "KeyError")
    assert [one for one in caplog.records if one.name == "asgi_mw"] == []


async def test_a_websocket_that_was_closed_for_it() -> None:
    """As Quart does: 1011, and the exception stays inside."""
    all_ = Told()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            crash()
        except KeyError as error:
            note_error(scope, error)
        await send({"type": "websocket.close", "code": 1011})

    await websocket(stack(app, *all_.layers), messages=())

    [line], [exchange] = all_.lines, all_.store.exchanges()
    [span] = all_._spans.get_finished_spans()
    assert (line["close_code"], line["error"]) == (1011, "KeyError: '7'")
    assert (exchange.outcome, exchange.error and exchange.error.swallowed) == ("complete", True)
    assert span.attributes is not None
    assert span.attributes["error.type"] == "1011"
    assert [event.name for event in span.events] == ["exception"]


async def test_a_problem_is_kept() -> None:
    """One of which the status tells nothing, too."""
    store = open_store("memory:")
    await request(record(begun, store=store, keep="problems"))
    assert 1 == len(list(store.exchanges()))


async def test_an_answer_from_another_task_is_not_guessed_at() -> None:
    """What is handled here is not what is handled there."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(answer, send)
            try:
                crash()
            except KeyError:
                await anyio.lowlevel.checkpoint()

    line, _, exchange = await Told().of(app)

    assert ("error" not in line, exchange.error) == (True, None)
