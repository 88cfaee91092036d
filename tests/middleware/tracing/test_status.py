"""How a connection ended: status, ``error.type`` and times, by section 2 of the checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode

from asgi_mw.testing import UVICORN, before, during, request, run
from tests.middleware.tracing.conftest import Sdk, answering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio

MS = 1_000_000
START = {"type": "http.response.start", "status": 200, "headers": []}
CHUNK = {"type": "http.response.body", "body": b"a", "more_body": True}
LAST = {"type": "http.response.body", "body": b"z"}
WRONG = {"type": "http.response.start", "status": 500, "headers": []}


class Boom(Exception):  # noqa: N818  # shorter in the table
    """What an app raises."""


def saying(*messages: dict[str, Any], then: BaseException | None = None) -> App:
    """Make an app that sends *messages* and then returns or raises."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        if then is not None:
            raise then

    return app


def verdict(sdk: Sdk) -> tuple[str, str | None, str | None, int | None]:
    """Status, its description, ``error.type`` and HTTP status: those of the metric are the same."""
    [point] = sdk.points()
    attributes = sdk.attributes
    for name in ("error.type", "http.response.status_code", "http.route"):
        assert attributes.get(name) == point.attributes.get(name)
    status = sdk.span.status
    return (
        status.status_code.name,
        status.description,
        attributes.get("error.type"),
        attributes.get("http.response.status_code"),
    )


HERE = f"{__name__}.Boom"


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (answering(101), ("UNSET", None, None, 101)),
        (answering(200), ("UNSET", None, None, 200)),
        (answering(304), ("UNSET", None, None, 304)),
        (answering(404), ("UNSET", None, None, 404)),
        (answering(499), ("UNSET", None, None, 499)),
        (answering(500), ("ERROR", None, "500", 500)),
        (answering(503), ("ERROR", None, "503", 503)),
        (saying(then=Boom("why")), ("ERROR", "why", HERE, None)),
        (saying(then=ValueError("x")), ("ERROR", "x", "ValueError", None)),
        (saying(then=Boom()), ("ERROR", None, HERE, None)),
        (saying(START, then=Boom("why")), ("ERROR", "why", HERE, 200)),
        (saying(START, CHUNK, then=Boom("why")), ("ERROR", "why", HERE, 200)),
        (saying(WRONG, LAST, then=Boom("why")), ("ERROR", "why", HERE, 500)),
        (saying(START, LAST, then=Boom("late")), ("UNSET", None, None, 200)),
        (saying(), ("ERROR", None, "incomplete", None)),
        (saying(START, CHUNK), ("ERROR", None, "incomplete", 200)),
    ],
    ids=[
        "101", "200", "304", "404", "499", "500", "503", "before the start", "builtin",
        "no message", "after the start", "within the body", "a 500 and then raised",
        "after the end", "nothing sent", "no end",
    ],
)  # fmt: skip
async def test_the_verdict(sdk: Sdk, app: App, expected: tuple[Any, ...]) -> None:
    """One span and one measurement, which say the same."""
    await request(sdk.tracing(app))

    assert verdict(sdk) == expected


async def test_the_exception_passes_by_identity(sdk: Sdk) -> None:
    """With nothing chained to it."""
    error = Boom("why")
    result = await request(sdk.tracing(saying(then=error)))

    assert result.raised is error
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize(
    ("backend", "name"),
    [
        ("asyncio", "asyncio.exceptions.CancelledError"),
        ("trio", "trio.Cancelled"),
    ],
)
def test_a_cancelled_request_says_so(backend: Any, name: str) -> None:
    """The server told the app to stop."""
    sdk = Sdk()
    result = run(
        request(sdk.tracing(saying(START, CHUNK)), cancel=during("send", 2)), backend=backend
    )

    assert result.cancelled
    assert verdict(sdk)[::2] == ("ERROR", name)
    # What it says is of tasks and their addresses
    assert sdk.span.status.description is None


async def test_a_cancellation_after_the_end_is_no_failure(sdk: Sdk) -> None:
    """Background work is stopped when a server shuts down."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(LAST)
        await receive()

    await request(sdk.tracing(app), cancel=during("receive", 1))

    assert verdict(sdk) == ("UNSET", None, None, 200)
    assert sdk.logs == []


async def test_a_client_that_leaves_before_the_end(sdk: Sdk) -> None:
    """It is seen by ``receive``; the app goes in order."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        while (await receive())["type"] != "http.disconnect":
            await send(CHUNK)

    await request(sdk.tracing(app), disconnect=before("receive", 2))

    assert verdict(sdk) == ("ERROR", None, "client_gone", 200)


@pytest.mark.parametrize("number", [1, 2, 3], ids=["start", "chunk", "last"])
async def test_a_send_that_fails_means_that_the_client_left(sdk: Sdk, number: int) -> None:
    """Though the app swallows it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            for message in (START, CHUNK, LAST):
                await send(message)
        except OSError:
            return

    await request(sdk.tracing(app), send_errors={number: OSError("gone")})

    assert verdict(sdk)[::2] == ("ERROR", "client_gone")


async def test_a_client_that_leaves_after_the_end_changes_nothing(sdk: Sdk) -> None:
    """Uvicorn says so after every response."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(LAST)
        await receive()
        await receive()

    await request(sdk.tracing(app), behaviour=UVICORN)

    assert verdict(sdk) == ("UNSET", None, None, 200)


def ticking(*moments: int) -> Callable[[], int]:
    """Make a clock that gives these ms, one a call, and then stands still."""
    left: Iterator[int] = iter(moments)
    return lambda: next(left, moments[-1]) * MS


async def test_span_and_metric_have_the_same_duration(sdk: Sdk) -> None:
    """To the nanosecond, up to the last send; what the app does after that does not count."""
    now = [0]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        now[0] += 20 * MS
        await send(START)
        now[0] += 5 * MS
        await send(LAST)
        now[0] += 200 * MS  # background work

    await request(sdk.tracing(app, clock=lambda: now[0]))

    assert sdk.span.start_time is not None and sdk.span.end_time is not None
    assert sdk.span.end_time - sdk.span.start_time == 25 * MS
    [point] = sdk.points()
    assert (point.count, point.sum) == (1, 0.025)


async def test_the_time_of_a_500_is_fixed_when_it_is_sent(sdk: Sdk) -> None:
    """Its span ends when the app does, so that the exception is on it."""
    now = [0]
    open_then: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        now[0] += 10 * MS
        await send(WRONG)
        await send(LAST)
        open_then.append(len(sdk.spans))
        now[0] += 200 * MS
        raise Boom

    await request(sdk.tracing(app, clock=lambda: now[0]))

    assert open_then == [0]
    assert sdk.span.start_time is not None and sdk.span.end_time is not None
    assert sdk.span.end_time - sdk.span.start_time == 10 * MS


async def test_the_span_ends_as_the_last_send_returns(sdk: Sdk) -> None:
    """Not before it, for it may fail; trailers are part of the response."""
    ended: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in (
            {**START, "trailers": True},
            LAST,
            {"type": "http.response.trailers", "headers": []},
        ):
            ended.append(len(sdk.spans))
            await send(message)
        ended.append(len(sdk.spans))

    await request(sdk.tracing(app))

    assert ended == [0, 0, 0, 1]


async def test_late_children_belong_to_the_ended_span(sdk: Sdk) -> None:
    """The context stays until the app returns, and not longer."""
    tracer = sdk.tracer_provider.get_tracer("app")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(LAST)
        tracer.start_span("background").end()

    result = await request(sdk.tracing(app))

    ended, child = sdk.spans
    assert child.name == "background"
    assert child.parent is not None and ended.context is not None
    assert child.parent.span_id == ended.context.span_id
    assert result.context is not None
    assert not result.context.run(trace.get_current_span).get_span_context().is_valid


async def test_the_description_can_be_left_out(sdk: Sdk) -> None:
    """A message may tell more than it should."""
    await request(sdk.tracing(saying(then=Boom("secret")), record_exception_message=False))

    assert sdk.span.status.status_code is StatusCode.ERROR
    assert sdk.span.status.description is None
    assert sdk.attributes["error.type"] == HERE


async def test_a_clock_that_goes_back_takes_no_time(sdk: Sdk) -> None:
    """A duration is never negative."""
    await request(sdk.tracing(answering(), clock=ticking(100, 50, 50, 50)))

    assert sdk.span.start_time == sdk.span.end_time
