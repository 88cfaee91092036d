"""Facts about the wire: steps, hangs, exceptions, tasks and context."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw.testing import (
    Wire,
    WireError,
    http_scope,
    lifespan,
    request,
    run,
    websocket,
    websocket_scope,
)

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

ACCEPT = {"type": "websocket.accept"}
CONNECT = {"type": "websocket.connect"}
user: ContextVar[str] = ContextVar("user", default="nobody")


class Fatal(BaseException):
    """What a process-wide stop looks like."""


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every text with itself until the client leaves."""
    assert await receive() == CONNECT
    await send(ACCEPT)
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Wait for ever without a word."""
    await anyio.sleep_forever()


async def test_without_snapshots_what_passed_is_there_itself() -> None:
    """Headers that can be read once are read all the same, and a list is the wire's own."""
    asked = {"type": "http.request", "body": b"a"}
    headers = [(b"a", b"1")]
    scope = http_scope()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        headers.clear()
        await send({"type": "http.response.body", "body": b"b", "more_body": True})
        await send({"type": "http.response.body", "body": memoryview(b"c")})

    async with Wire(app, scope, messages=[asked], snapshots=False) as wire:
        result = await wire.finished()

    assert result.received[0] is asked
    assert (result.headers, result.body) == ([(b"a", b"1")], b"bc")
    assert result.scope_before["headers"] is scope["headers"]


async def test_a_conversation_step_by_step() -> None:
    """Give, take, leave, and see the end."""
    async with Wire(echo, websocket_scope()) as wire:
        await wire.give(CONNECT)
        assert await wire.take() == ACCEPT
        await wire.give({"type": "websocket.receive", "text": "a"})
        assert await wire.take() == {"type": "websocket.send", "text": "a"}
        await wire.until_receiving()
        await wire.disconnect(4000, "bye")
        result = await wire.finished()

    assert result.received[-1] == {"type": "websocket.disconnect", "code": 4000, "reason": "bye"}
    assert (result.returned, result.raised, result.cancelled) == (True, None, False)
    assert result.disconnected


async def test_a_websocket_in_one_call() -> None:
    """Texts, bytes and mappings are given in order, then the client closes."""
    raw = {"type": "websocket.receive", "text": "c", "bytes": None}

    result = await websocket(echo, "/ws?x=1", messages=["a", b"b", raw], close=(1001, "away"))

    assert result.texts == ["a", "c"]
    assert result.blobs == [b"b"]
    assert result.given[3] is raw
    assert result.received[-1] == {"type": "websocket.disconnect", "code": 1001, "reason": "away"}


async def test_a_request_body_in_chunks() -> None:
    """Each chunk is one message; only the last has no more to come."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass

    result = await request(app, "PUT", "/x", body=(part for part in [b"a", b"b"]))

    assert result.received == [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b", "more_body": False},
    ]


async def test_a_lifespan_is_started_up_and_shut_down() -> None:
    """Shutdown is given once startup is complete, and the state is the app's."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        scope["state"]["pool"] = 1
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    result = await lifespan(app)

    assert result.received == [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    assert result.scope["state"] == {"pool": 1}
    assert result.mutated() == []


@pytest.mark.parametrize("waits", [False, True])
async def test_a_failed_startup_is_not_shut_down(waits: bool) -> None:  # noqa: FBT001  # a table
    """An app that goes on waiting is cancelled."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})
        if waits:
            await receive()

    result = await lifespan(app)

    assert result.received == [{"type": "lifespan.startup"}]
    assert result.cancelled == waits


async def test_an_app_without_lifespan_raises_into_the_result() -> None:
    """As the specification asks of it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError(scope["type"])

    result = await lifespan(app)

    assert repr(result.raised) == "NotImplementedError('lifespan')"


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), ExceptionGroup("x", [OSError()]), Fatal(), KeyboardInterrupt(), SystemExit()],
    ids=repr,
)
async def test_whatever_leaves_the_app_is_kept_by_identity(error: BaseException) -> None:
    """Nothing is wrapped, and nothing reaches the test."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    result = await request(app)

    assert result.raised is error
    assert not result.returned


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_cancellation_that_the_app_made_up_is_kept_too() -> None:
    """It ends the app and not the test."""
    error = anyio.get_cancelled_exc_class()()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    result = await request(app)

    assert result.raised is error
    assert not result.cancelled


async def test_what_is_no_app_is_a_fact_as_well() -> None:
    """Calling it fails inside of the wire."""
    result = await request(None)  # type: ignore[arg-type]  # that is the mistake

    assert type(result.raised) is TypeError


async def test_an_app_may_survive_its_cancellation() -> None:
    """What it swallows is not raised; that it was cancelled remains."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await receive()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await send({"type": "websocket.close"})

    async with Wire(app, websocket_scope()) as wire:
        await wire.until_receiving()
        wire.cancel()
        result = await wire.finished()

    assert (result.cancelled, result.returned, result.closed) == (True, True, (1000, ""))


async def test_leaving_the_block_cancels_the_app_and_waits_for_it() -> None:
    """No task is left behind."""
    ended = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal ended
        try:
            await receive()
        finally:
            ended = True

    async with Wire(app, http_scope()) as wire:
        await wire.until_receiving()

    assert ended
    assert wire.result.cancelled


async def test_an_exception_of_the_test_is_not_wrapped() -> None:
    """It leaves the block as it is, the app being cancelled."""
    error = ValueError("the test's own")

    with pytest.raises(ValueError, match="the test's own") as caught:
        async with Wire(silent, http_scope()):
            raise error

    assert caught.value is error


async def test_a_test_can_be_cancelled_within_the_block() -> None:
    """The wire lets the cancellation of others through."""
    with anyio.move_on_after(0.01) as scope:
        async with Wire(silent, http_scope()) as wire:
            await anyio.sleep_forever()

    assert scope.cancelled_caught
    assert wire.result.ended


@pytest.mark.parametrize("what", ["disconnect", "cancel"])
async def test_an_event_of_the_test_can_be_the_moment(what: str) -> None:
    """The client leaves, or the server cancels, when the event is set."""
    event = anyio.Event()
    plan: Any = {what: event}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    async with Wire(app, http_scope(), **plan) as wire:
        await wire.until_receiving()
        event.set()
        result = await wire.finished()

    assert result.disconnected == (what == "disconnect")
    assert result.cancelled == (what == "cancel")


async def test_receive_can_be_held_until_the_test_says() -> None:
    """The wait of an event is a hook."""
    gate = anyio.Event()

    async with Wire(echo, websocket_scope(), messages=[CONNECT], on_receive=gate.wait) as wire:
        await anyio.wait_all_tasks_blocked()
        assert wire.result.received == []
        gate.set()
        assert await wire.take() == ACCEPT


async def test_receive_and_send_run_concurrently() -> None:
    """A receive that waits does not hold up a send."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def listen() -> None:
            await receive()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await anyio.wait_all_tasks_blocked()
            await send(ACCEPT)

    async with Wire(app, websocket_scope()) as wire:
        assert await wire.take() == ACCEPT
        await wire.give(CONNECT)
        result = await wire.finished()

    assert [call.side for call in result.calls] == ["receive", "send"]


@pytest.mark.parametrize(
    ("wait", "text"),
    [
        (
            "finished",
            (
                "waited 0.01 s in vain for the app to end: "
                "the app is awaiting receive (call 2); 1 message sent so far: websocket.accept"
            ),
        ),
        (
            "take",
            (
                "waited 0.01 s in vain for the app to send another message: "
                "the app is awaiting receive (call 2); 1 message sent so far: websocket.accept"
            ),
        ),
    ],
)
async def test_a_hang_says_where(wait: str, text: str) -> None:
    """What was waited for, where the app is, and what it sent."""
    async with Wire(echo, websocket_scope(), timeout=0.01) as wire:
        await wire.give(CONNECT)
        await wire.take()
        with pytest.raises(WireError) as caught:
            await getattr(wire, wait)()

    assert str(caught.value) == text
    assert caught.value.result is wire.result


async def test_what_is_ready_when_the_time_is_up_gets_its_turn() -> None:
    """A machine that stood still is not taken for an app that hangs."""
    async with Wire(echo, websocket_scope(), timeout=0) as wire:
        await wire.give(CONNECT)
        assert await wire.take() == ACCEPT
        await wire.until_receiving()


async def test_a_hang_outside_of_the_wire_says_so() -> None:
    """The app awaits something of its own."""
    with pytest.raises(WireError, match="awaiting neither receive nor send; 0 messages sent so"):
        await request(silent, timeout=0.01)


async def test_a_long_history_is_cut_short() -> None:
    """Only the last messages are named."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for number in range(9):
            await send({"type": f"{number}"})

    async with Wire(app, http_scope()) as wire:
        await wire.finished()

    assert wire.where() == "the app has returned; 9 messages sent so far: …, 4, 5, 6, 7, 8"


async def test_waiting_for_an_app_that_has_ended_fails_at_once_with_its_cause() -> None:
    """The app's own exception is the cause, and is named."""
    error = ValueError("x")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    with pytest.raises(WireError, match=r"the app has raised ValueError\('x'\)") as caught:
        async with Wire(app, http_scope()) as wire:
            await wire.give({"type": "http.request"})

    assert caught.value.__cause__ is error


async def test_the_app_runs_in_a_copy_of_the_callers_context() -> None:
    """It sees what the caller set; what it sets is seen in the result only."""
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(user.get())
        user.set("app")

    token = user.set("test")
    result = await request(app)

    assert seen == ["test"]
    assert user.get() == "test"
    assert result.context is not None
    assert result.context[user] == "app"
    user.reset(token)


async def test_an_app_that_never_stops_sending_is_stopped() -> None:
    """Every call yields to the event loop, so that the time limit holds."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            await send({"type": "http.response.body", "more_body": True})

    with pytest.raises(WireError, match="in vain for the app to end"):
        await request(app, timeout=0.01)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_plain_function_can_run_it(backend: Any, anyio_backend: str) -> None:
    """On either event loop."""
    assert run(websocket(echo, messages=["x"]), backend=backend).texts == ["x"]
