"""What the watchdog reports, and what it leaves alone."""

from __future__ import annotations

from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from opentelemetry.sdk.metrics import MeterProvider, MetricsTimeoutError
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import Response
from starlette.routing import Route

from asgi_mw import layer, noting, open_store, record, request_id, stack
from asgi_mw.testing import before, play, request, websocket
from asgi_mw.testing.scopes import http_scope, websocket_scope
from asgi_mw.watch import in_flight, watch
from asgi_mw.watch.dog import DOG
from tests.watch.told import Told, until

if TYPE_CHECKING:
    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import Request

    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

START: Message = {"type": "http.response.start", "status": 204, "headers": []}
END: Message = {"type": "http.response.body"}
# For tests that count blocks: a busy machine itself makes short ones
LONG = 0.2
NEVER: Any = {"blocked_after": None, "stalled_after": None, "waiting_after": None}


async def answer(send: Send) -> None:
    """Send a response."""
    await send(START)
    await send(END)


def blocking(told: Told, count: int = 1) -> App:
    """Make an app that holds the event loop until that was reported."""

    def totals() -> None:
        told.block("event_loop_blocked", count)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        totals()
        await answer(send)

    return app


async def test_who_blocks_the_loop_is_named_while_it_does() -> None:
    """With the connection, and the line of the app's that is at fault first of all."""
    told = Told()
    layered = stack(blocking(told), request_id, layer(watch, logger=told, blocked_after=0.02))
    await request(layered, "GET", "/report/7")
    report = told.of("event_loop_blocked")[0]

    assert next(iter(report)) == "by"
    assert report["by"].startswith("Told.block (told.py:")
    assert ("http", "GET", "/report/7", 1, False) == tuple(
        report[name] for name in ("type", "method", "path", "in_flight", "over")
    )
    assert report["request_id"]
    assert report["blocked_ms"] >= 20
    assert 'in totals\n      told.block("event_loop_blocked", count)' in report["stack"]


async def test_the_end_of_a_block_is_reported_with_all_of_its_time() -> None:
    """Once the loop goes on."""
    told = Told()
    await request(watch(blocking(told), logger=told, blocked_after=LONG))
    await until(lambda: len(told.of("event_loop_blocked")) == 2)
    first, last = told.of("event_loop_blocked")

    assert (False, True) == (first["over"], last["over"])
    assert first["by"].partition(":")[0] == last["by"].partition(":")[0]
    assert "stack" not in last


async def test_the_task_that_a_framework_runs_the_app_in_is_of_its_connection() -> None:
    """Starlette starts one in ``BaseHTTPMiddleware``: the stack begins there."""
    told = Told()

    async def handler(_: Request) -> Response:
        told.block("event_loop_blocked")
        return Response()

    async def passes(given: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(given)

    app = Starlette(
        routes=[Route("/a/{id}", handler)],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=passes)],
    )
    await request(watch(app, logger=told, blocked_after=0.02), "GET", "/a/7")
    report = told.of("event_loop_blocked")[0]

    assert ("/a/7", "/a/{id}") == (report["path"], report["route"])


async def test_a_block_outside_of_any_connection_names_its_task() -> None:
    """A job in the background holds up everybody, too."""
    told = Told()
    begun, freed = anyio.Event(), anyio.Event()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await freed.wait()
        await answer(send)

    async def job() -> None:
        await begun.wait()
        told.block("event_loop_blocked")
        freed.set()

    async with anyio.create_task_group() as group:
        group.start_soon(job, name="nightly")
        await request(watch(waits, logger=told, blocked_after=0.02), "GET", "/waits")
    report = told.of("event_loop_blocked")[0]

    assert "path" not in report
    assert ("nightly", 1) == (report["task"], report["in_flight"])


async def test_the_same_stack_is_reported_once_and_then_counted() -> None:
    """What happened meanwhile is measured, and said when its minute is over, or the thread ends."""
    told, reader = Told(), InMemoryMetricReader()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        hold_up()
        await answer(send)

    def hold_up() -> None:
        while DOG.beats[get_ident()]._block is None:
            pass

    layered = watch(app, logger=told, blocked_after=LONG, meter_provider=MeterProvider([reader]))
    for count in (1, 2, 3):
        await request(layered)
        await until(partial(has_blocks, reader, count))
    assert [False, True] == [one["over"] for one in told.of("event_loop_blocked")]
    DOG.leave()
    await until(lambda: len(told.of("event_loop_blocked")) == 3)
    last = told.of("event_loop_blocked")[-1]

    assert (2, True) == (last["repeated"], last["longest_ms"] >= LONG * 1e3)
    assert "hold_up" in last["by"]


def has_blocks(reader: InMemoryMetricReader, count: int) -> bool:
    """Whether so many were measured; not while the SDK waits for the processor in vain."""
    try:
        found = points(reader, "asgi_mw.event_loop.blocked")
    except MetricsTimeoutError:
        return False
    return [count] == [one.count for one in found]


async def test_blocks_are_measured() -> None:
    """Each of them, whether it is reported or not."""
    told, reader = Told(), InMemoryMetricReader()
    provider = MeterProvider([reader])
    layered = watch(blocking(told), logger=told, blocked_after=LONG, meter_provider=provider)
    await request(layered)
    await until(lambda: len(told.of("event_loop_blocked")) == 2)

    [point] = points(reader, "asgi_mw.event_loop.blocked")
    assert (1, {"http.request.method": "GET"}) == (point.count, dict(point.attributes))
    assert point.sum >= LONG


def points(reader: InMemoryMetricReader, name: str) -> list[Any]:
    """The points of a metric."""
    data: Any = reader.get_metrics_data()
    return [
        point
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
        for point in metric.data.data_points
    ]


async def test_a_block_is_noted_in_the_recording() -> None:
    """As the recorder notes it where it watches the loop itself."""
    told, store = Told(), open_store("memory:")
    inner = watch(blocking(told), logger=told, blocked_after=0.02)
    noting.witnesses.append(nobody)  # notes are taken where somebody looks
    try:
        await request(record(inner, store=store))
    finally:
        noting.witnesses.remove(nobody)
    [exchange] = store.exchanges()
    [note] = [one for one in exchange.notes if one.kind == "blocked"]

    assert note.title.startswith("Told.block (told.py:")


def nobody() -> None:
    """Witness nothing."""


async def test_a_loop_that_is_blocked_for_long_shows_all_that_is_in_flight() -> None:
    """Those that only wait as well, through all their awaits."""
    told = Told()
    begun, freed = anyio.Event(), anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/waits":
            begun.set()
            await freed.wait()
        else:
            told.block("in_flight")
            freed.set()
        await answer(send)

    layered = watch(app, logger=told, blocked_after=0.02, stalled_after=0.04)
    async with anyio.create_task_group() as group:
        group.start_soon(request, layered, "GET", "/waits")
        await begun.wait()
        await request(layered, "GET", "/blocks")
    [report] = told.of("in_flight")

    assert report["why"].startswith("the event loop is blocked for 0.")
    assert report["connections"] == 2
    assert "  GET /waits for " in report["stack"]
    assert "await freed.wait()" in report["stack"]
    assert 'told.block("in_flight")' in report["stack"]


async def test_a_websocket_at_rest_is_no_alarm() -> None:
    """It may wait for its next message for ever; nor is who waits for the client to leave."""
    told = Told()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send(START)
        rests.append(scope["type"])
        await receive()

    rests: list[str] = []
    layered = watch(app, logger=told, blocked_after=None, waiting_after=0.01)
    async with anyio.create_task_group() as group:
        group.start_soon(hold, layered, websocket_scope("/ws"))
        group.start_soon(hold, layered, http_scope("GET", "/events"))
        # One that is an alarm comes behind them
        group.start_soon(hold, watch(stuck, logger=told, waiting_after=0.01), http_scope())
        await until(lambda: len(rests) == 2 and told.of("app_waits"))
        group.cancel_scope.cancel()

    assert [("send http.response.body")] == [one["awaits"] for one in told.of("app_waits")]


async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
    """Send what nobody takes."""
    await answer(send)


async def hold(app: App, scope: Scope) -> None:
    """Call *app* as a server that takes no body, and has one message for each connection."""
    kind = "websocket.connect" if scope["type"] == "websocket" else "http.request"
    first = iter([{"type": kind}])

    async def receive() -> Message:
        for message in first:
            return message
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await anyio.sleep_forever()

    await app(scope, receive, send)


@pytest.mark.parametrize(
    ("kind", "scope"),
    [("body", http_scope("POST", "/upload")), ("message", websocket_scope("/ws"))],
    ids=["body", "message"],
)
async def test_what_may_not_wait_for_long_is_said(kind: str, scope: Scope) -> None:
    """The rest of a request, and if asked for the next message of a WebSocket."""
    told = Told()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        await receive()

    first: dict[str, Message] = {
        "body": {"type": "http.request", "more_body": True},
        "message": {"type": "websocket.connect"},
    }
    messages = iter([first[kind]])

    async def receive() -> Message:
        for message in messages:
            return message
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        """Take it."""

    layered = watch(app, logger=told, **{**NEVER, "waiting_after": {kind: 0.01}})
    async with anyio.create_task_group() as group:
        group.start_soon(served, layered, scope, receive, send)
        await until(lambda: told.of("app_waits"))
        group.cancel_scope.cancel()
    [report] = told.of("app_waits")

    assert ("receive", scope["path"]) == (report["awaits"], report["path"])
    assert report["by"].startswith("app (test_layer.py:")
    assert "await receive()" in report["stack"]


async def test_an_app_that_outlives_its_client_is_named() -> None:
    """With the line where it hangs, and counted."""
    told, reader = Told(), InMemoryMetricReader()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await until(lambda: told.of("app_runs_on"))

    layered = watch(
        app, logger=told, gone_after=0.01, meter_provider=MeterProvider([reader]), **NEVER
    )
    await request(layered, "GET", "/slow", disconnect=before("receive", 1))
    [report] = told.of("app_runs_on")
    [point] = points(reader, "asgi_mw.connection.hangs")

    assert ("/slow", True) == (report["path"], report["gone_ms"] >= 10)
    assert report["by"].startswith("until (told.py:")
    assert (1, "disconnected") == (point.value, point.attributes["asgi_mw.hang"])


async def test_a_message_after_the_app_returned_is_reported() -> None:
    """With who sent it; it goes its way."""
    told = Told()
    returned = anyio.Event()

    async def straggler(send: Send) -> None:
        await returned.wait()
        await send(END)

    async with anyio.create_task_group() as group:

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(START)
            group.start_soon(straggler, send)

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await watch(app, logger=told, **NEVER)(http_scope("GET", "/early"), nothing, send)
        returned.set()
        await until(lambda: told.of("late_send"))
    [report] = told.of("late_send")

    assert sent == [START, END]
    assert ("/early", "http.response.body") == (report["path"], report["sends"])
    assert "straggler (test_layer.py:" in report["by"]


async def test_a_send_that_is_under_way_as_the_app_returns_is_reported() -> None:
    """If it does not end soon."""
    told = Told()
    sending = anyio.Event()

    async def send(message: Message) -> None:
        if message is END:
            sending.set()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as group:

        async def straggler(send: Send) -> None:
            await send(END)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(START)
            group.start_soon(straggler, send)
            await sending.wait()

        await watch(app, logger=told, **NEVER)(http_scope("GET", "/early"), nothing, send)
        await until(lambda: told.of("late_send"))
        group.cancel_scope.cancel()

    assert ["http.response.body"] == [one["sends"] for one in told.of("late_send")]


async def served(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Call *app*."""
    await app(scope, receive, send)


async def nothing() -> Message:
    """Receive."""
    return {"type": "http.request"}


async def test_it_can_be_asked_what_is_in_flight() -> None:
    """From anywhere: with what each connection awaits."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send)

    async def send(message: Message) -> None:
        seen.append(in_flight())

    await watch(app, **NEVER)(http_scope("GET", "/a?token=abc"), nothing, send)

    assert seen[0].startswith("1 connection in flight\nGET /a")
    assert "awaits send http.response.start for" in seen[0]
    assert "0 connections in flight" == in_flight().partition("\n")[0]


async def test_a_logger_that_raises_reaches_nobody() -> None:
    """It is counted."""
    told = Told()

    class Broken:
        def warning(self, event: str, **fields: Any) -> None:
            told.warning(event, **fields)
            raise LookupError("mine")

    result = await request(watch(blocking(told), logger=Broken(), blocked_after=0.02))

    assert (204, None) == (result.status, result.raised)


async def test_two_of_them_count_a_connection_once() -> None:
    """Of an app that is mounted in another."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(in_flight())
        await answer(send)

    inner = watch(app, **NEVER)

    async def mounts(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    result = await request(watch(mounts, **NEVER))

    assert (204, None) == (result.status, result.raised)
    assert seen[0].startswith("1 connection in flight")


async def test_everything_passes_as_it_is() -> None:
    """The messages, and what the app raises."""
    error = ValueError("mine")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(START)
        raise error

    result = await request(watch(app, **NEVER))

    assert (result.raised, result.originals) == (error, [START])
    assert result.originals[0] is START


async def test_a_websocket_passes_as_it_is() -> None:
    """With all its messages."""

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        await send({"type": "websocket.send", "text": message["text"]})
        await send({"type": "websocket.close"})

    result = await websocket(watch(echo, **NEVER), "/ws", messages=["hello"])

    assert "hello" == result.sent[1]["text"]


async def test_another_kind_of_scope_passes() -> None:
    """Nobody watches it."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    scope: Scope = {"type": "telnet"}
    await play(watch(app, **NEVER), scope)

    assert seen[0] is scope or seen[0] == scope
