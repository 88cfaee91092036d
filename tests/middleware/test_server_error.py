"""An app that raised before it said anything gets a plain 500, and its exception goes on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw import request_id, server_error, stack, timing
from asgi_mw.testing import (
    SERVERS,
    Wire,
    before,
    http_scope,
    idle,
    lifespan,
    play,
    request,
    websocket,
)

if TYPE_CHECKING:
    from asgi_mw.testing import Behaviour
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
MORE: Message = {"type": "http.response.body", "body": b"abc", "more_body": True}
BODY: Message = {"type": "http.response.body", "body": b"abc"}
FILE: Message = {"type": "http.response.pathsend", "path": "/file"}
HINT: Message = {"type": "http.response.early_hint", "links": []}
ANSWER = [
    {
        "type": "http.response.start",
        "status": 500,
        "headers": [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"21"),
            (b"connection", b"close"),
        ],
    },
    {"type": "http.response.body", "body": b"Internal Server Error", "more_body": False},
]


class Fatal(BaseException):
    """What a process-wide stop looks like."""


def raising(error: BaseException, *messages: Message) -> App:
    """Send *messages*, then raise *error*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        raise error

    return app


ERRORS = [
    ValueError("no"),
    OSError(28, "No space left on device"),
    ExceptionGroup("several", [ValueError(), OSError()]),
    RecursionError(),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
async def test_before_the_start_it_answers_and_the_same_exception_goes_on(
    error: Exception,
) -> None:
    """Nothing of the exception is in the answer."""
    result = await request(server_error(raising(error)))

    assert result.sent == ANSWER
    assert result.raised is error
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(
    "first",
    [
        {"type": "http.response.debug", "info": {}},
        {"type": "http.response.early_hint", "links": []},
        {"type": "x.unknown"},
    ],
    ids=lambda message: message["type"],
)
async def test_what_is_no_start_does_not_count_as_one(first: Message) -> None:
    """The answer comes behind it."""
    result = await request(server_error(raising(ValueError(), first)))

    assert result.sent == [first, *ANSWER]


@pytest.mark.parametrize("sent", [[START, MORE], [START, BODY], [START, FILE]], ids=str)
@pytest.mark.parametrize("error", ERRORS, ids=repr)
async def test_after_the_start_nothing_is_added(sent: list[Message], error: Exception) -> None:
    """A response that has begun cannot be taken back."""
    result = await request(server_error(raising(error, *sent)))

    assert result.sent == sent
    assert result.raised is error


@pytest.mark.parametrize("hints", [[], [HINT]], ids=len)
@pytest.mark.parametrize("error", ERRORS, ids=repr)
async def test_a_start_without_a_part_gets_an_empty_one(
    hints: list[Message], error: Exception
) -> None:
    """A server that holds the start until then sends it, and does not answer in its place."""
    result = await request(server_error(raising(error, START, *hints)))

    assert result.sent == [START, *hints, {**MORE, "body": b""}]
    assert result.raised is error


@pytest.mark.parametrize(
    "error",
    [
        asyncio.CancelledError(),
        GeneratorExit(),
        KeyboardInterrupt(),
        SystemExit(),
        Fatal(),
        BaseExceptionGroup("several", [ValueError(), KeyboardInterrupt()]),
    ],
    ids=repr,
)
async def test_what_is_no_error_passes(error: BaseException) -> None:
    """Neither a cancellation nor a stop of the process is answered."""
    caught: list[BaseException] = []
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    try:
        await server_error(raising(error))(http_scope(), receive, send)
    except BaseException as passed:  # noqa: BLE001  # that is the test
        caught.append(passed)

    assert (caught, sent) == ([error], [])
    assert caught[0] is error


async def test_a_cancelled_app_is_not_answered() -> None:
    """By the server, while it waits."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    result = await request(server_error(app), cancel=idle())

    assert (result.sent, result.cancelled) == ([], True)
    assert isinstance(result.raised, anyio.get_cancelled_exc_class())


async def test_the_traceback_still_says_where_it_was_raised() -> None:
    """It has grown by our frame and by nothing else."""
    error = ValueError()
    result = await request(server_error(raising(error)))
    frames = []
    traceback = result.raised.__traceback__ if result.raised else None
    while traceback is not None:
        frames.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next

    assert frames[-2:] == ["answered", "app"]


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.parametrize("fault", [BrokenPipeError(), RuntimeError("closed")], ids=repr)
async def test_a_client_that_left_does_not_hide_what_the_app_raised(
    failing: int, fault: Exception
) -> None:
    """The answer reaches nobody; the app's own exception matters more."""
    error = ValueError("mine")
    result = await request(server_error(raising(error)), send_errors={failing: fault})

    assert result.raised is error
    assert len(result.sent) == failing
    assert error.__context__ is None


@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_a_client_that_left_before_is_no_trouble_for_any_server(behaviour: Behaviour) -> None:
    """Whatever its ``send`` does then."""
    error = ValueError("mine")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise error

    result = await request(
        server_error(app), behaviour=behaviour, disconnect=before("send", "http.response.start")
    )

    assert result.raised is error or behaviour.cancel_on_disconnect


async def test_a_start_that_failed_is_not_repeated() -> None:
    """The app's own start was sent, whatever became of it."""
    error = BrokenPipeError()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)

    result = await request(server_error(app), send_errors={1: error})

    assert result.raised is error
    assert result.sent == [START]


async def test_a_cancellation_while_it_answers_is_not_swallowed() -> None:
    """The server cancels: the app ends by that."""
    result = await request(server_error(raising(ValueError())), cancel=before("send", 1))

    assert isinstance(result.raised, anyio.get_cancelled_exc_class())


async def test_the_answer_passes_through_what_stands_outside() -> None:
    """That is what it is for."""
    app = stack(raising(ValueError()), request_id, timing, server_error)
    result = await request(app, headers={"x-request-id": "a-1"})

    assert (result.status, result.body) == (500, b"Internal Server Error")
    assert result.all("x-request-id") == [b"a-1"]
    assert len(result.all("server-timing")) == 1


async def test_a_head_request_has_a_length_and_the_server_drops_the_body() -> None:
    """As for any response of an app."""
    result = await request(server_error(raising(ValueError())), "HEAD")

    assert result.header("content-length") == b"21"


async def test_other_connections_pass_untouched() -> None:
    """WebSocket, lifespan and what nobody has seen."""
    error = ValueError()
    app = server_error(raising(error))
    results = [
        await websocket(app),
        await lifespan(app),
        await play(app, {"type": "sse.v2", "asgi": {"version": "3.0"}}),
    ]

    assert [(result.sent, result.raised is error) for result in results] == [([], True)] * 3


async def test_every_call_is_judged_by_itself() -> None:
    """Nothing is left from the one before, and concurrent ones do not mix."""
    gate = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await gate.wait()
            raise ValueError
        await send(START)
        raise ValueError

    layered: Any = server_error(app)
    async with Wire(layered, http_scope("GET", "/slow")) as slow:
        quick = await request(layered, "GET", "/quick")
        gate.set()
        answered = await slow.finished()

    assert quick.sent == [START, {**MORE, "body": b""}]
    assert answered.sent == ANSWER


@pytest.mark.parametrize(
    ("version", "closes"), [("1.0", True), ("1.1", True), ("2", False), ("3", False)]
)
async def test_the_client_hears_that_the_connection_is_closed(
    version: str, *, closes: bool
) -> None:
    """On HTTP/1 alone: RFC 9113 8.2.2 forbids the header."""
    result = await request(server_error(raising(ValueError())), scope={"http_version": version})

    assert closes == (result.header("connection") == b"close")
