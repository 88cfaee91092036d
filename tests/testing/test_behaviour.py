"""Facts about what servers do differently, and about moments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.testing import (
    DAPHNE,
    GUNICORN,
    H2CORN,
    HYPERCORN,
    SERVERS,
    UVICORN,
    Behaviour,
    ClientDisconnected,
    UnexpectedMessageError,
    Wire,
    WireError,
    after,
    before,
    during,
    http_scope,
    idle,
    play,
    request,
    websocket,
)

if TYPE_CHECKING:
    from asgi_mw.testing import Moment
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

START = {"type": "http.response.start", "status": 200}
PART = {"type": "http.response.body", "body": b"x", "more_body": True}
LAST = {"type": "http.response.body"}
REQUEST = {"type": "http.request", "body": b"", "more_body": False}
GONE = {"type": "http.disconnect"}


async def respond(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the request, answer in three messages, and listen for the end."""
    await receive()
    for message in (START, PART, LAST):
        await send(message)
    await receive()


@pytest.mark.parametrize(
    ("moment", "received", "delivered"),
    [
        (before("receive", 1), [GONE, GONE], []),
        (during("receive", 1), [GONE, GONE], []),
        (after("receive", 1), [REQUEST, GONE], []),
        (before("send", 1), [REQUEST, GONE], []),
        (during("send", 1), [REQUEST, GONE], [START]),
        (after("send", 2), [REQUEST, GONE], [START, PART]),
        (before("send", "http.response.body"), [REQUEST, GONE], [START]),
        (before("send", 9), [REQUEST, GONE], [START, PART, LAST]),
    ],
    ids=str,
)
async def test_a_client_leaves_at_any_moment(
    moment: Moment, received: list[Any], delivered: list[Any]
) -> None:
    """What comes later is not delivered, and receive tells of it."""
    result = await request(respond, disconnect=moment)

    assert result.received == received
    assert result.delivered == delivered
    assert result.disconnected == (LAST not in delivered)
    assert result.sent == [START, PART, LAST]
    assert result.returned


@pytest.mark.parametrize(
    ("moment", "received", "delivered"),
    [
        (before("receive", 1), [], []),
        (during("receive", 1), [], []),
        (after("receive", 1), [REQUEST], []),
        (before("send", 1), [REQUEST], []),
        (during("send", 1), [REQUEST], [START]),
        (after("send", 1), [REQUEST], [START]),
        (during("receive", 2), [REQUEST], [START, PART, LAST]),
    ],
    ids=str,
)
async def test_a_server_cancels_at_any_moment(
    moment: Moment, received: list[Any], delivered: list[Any]
) -> None:
    """The cancellation leaves the app by identity, and no call goes through after it."""
    result = await request(respond, cancel=moment)

    assert result.cancelled
    assert not result.returned
    assert result.raised is result.calls[-1].raised
    assert (result.received, result.delivered) == (received, delivered)


async def test_a_cancellation_during_a_call_leaves_that_call() -> None:
    """With during, the message is taken and the call is cancelled; with after it returns."""
    inside = await request(respond, cancel=during("send", 1))
    behind = await request(respond, cancel=after("send", 1))

    assert [call.raised is inside.raised for call in inside.sends] == [True]
    assert [call.raised is behind.raised for call in behind.sends] == [False, True]


async def test_a_client_leaves_when_the_app_has_nothing_more_to_wait_for() -> None:
    """A long-polling app that awaits receive gets the disconnect there."""

    async def listen(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    result = await request(listen, body=[b"a", b"b"], disconnect=idle())

    assert [message["type"] for message in result.received] == [
        "http.request",
        "http.request",
        "http.disconnect",
    ]


@pytest.mark.parametrize("error", [OSError("gone"), ClientDisconnected(), KeyError("x")], ids=repr)
async def test_any_send_can_raise(error: BaseException) -> None:
    """The very exception passes through the app; the message is not delivered."""
    result = await request(respond, send_errors={2: error})

    assert result.raised is error
    assert result.delivered == [START]


@pytest.mark.parametrize("reaction", [ClientDisconnected, ConnectionResetError, SystemError])
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_send_after_the_client_left_can_raise(
    reaction: type[BaseException], kind: str
) -> None:
    """The class is that of the behaviour, for each kind of connection its own."""
    behaviour = Behaviour(
        http_send_after_disconnect=reaction if kind == "http" else "ignore",
        websocket_send_after_disconnect=reaction if kind == "websocket" else "ignore",
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": f"{scope['type']}.anything"})

    http = await request(app, behaviour=behaviour, disconnect=after("receive", 1))
    socket = await websocket(app, behaviour=behaviour, disconnect=after("receive", 1))

    assert (type(http.raised) is reaction) == (kind == "http")
    assert (type(socket.raised) is reaction) == (kind == "websocket")


async def test_send_after_the_client_left_can_hang_until_cancelled() -> None:
    """As hypercorn's may on HTTP/2."""
    behaviour = replace(HYPERCORN, http_send_after_disconnect="hang")

    with pytest.raises(WireError, match=r"awaiting send of http\.response\.start \(call 1\)"):
        await request(respond, behaviour=behaviour, disconnect=before("receive", 1), timeout=0.01)


@pytest.mark.parametrize(
    ("behaviour", "raised"),
    [
        (Behaviour(), None),
        (UVICORN, RuntimeError),
        (HYPERCORN, UnexpectedMessageError),
        (DAPHNE, None),
        (H2CORN, ClientDisconnected),
    ],
    ids=str,
)
async def test_send_after_completion(
    behaviour: Behaviour, raised: type[BaseException] | None
) -> None:
    """It is refused as the server does, and never delivered."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in (START, LAST, PART):
            await send(message)

    result = await request(app, behaviour=behaviour)

    assert type(result.raised) is (raised or type(None))
    assert result.delivered == [START, LAST]


@pytest.mark.parametrize(
    ("behaviour", "disconnects"), [(UVICORN, 3), (HYPERCORN, 1), (GUNICORN, 0)], ids=str
)
async def test_receive_after_completion(behaviour: Behaviour, disconnects: int) -> None:
    """It repeats the disconnect, gives it once, or blocks at once."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(LAST)
        for _ in range(3):
            await receive()

    result = await request(app, behaviour=behaviour, cancel=idle())

    assert result.received == [GONE] * disconnects
    assert result.cancelled == (disconnects < 3)


@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_every_server_tells_once_that_the_client_left(behaviour: Behaviour) -> None:
    """Also one that says nothing after completion; h2corn cancels the app as well."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    result = await request(app, behaviour=behaviour, disconnect=during("receive", 2))

    assert result.cancelled == (behaviour is H2CORN)
    assert result.received == ([REQUEST] if behaviour is H2CORN else [REQUEST, GONE])


async def test_a_websocket_disconnect_after_the_close_of_the_app_repeats_its_code() -> None:
    """The server's own disconnect event carries what the app closed with."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4001, "reason": "no"})
        await receive()

    result = await websocket(app)

    assert result.received == [{"type": "websocket.disconnect", "code": 4001, "reason": "no"}]
    assert not result.disconnected


@pytest.mark.parametrize(
    "message", [LAST, {"type": "x"}, START | {"headers": [("a", "b")]}, None], ids=str
)
async def test_a_strict_server_refuses_what_is_wrong(message: Any) -> None:
    """With the class that the behaviour names; the app can still do right afterwards."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(RuntimeError):
            await send(message)
        await send(START)
        await send(LAST)

    result = await request(app, behaviour=UVICORN)

    assert result.raised is None
    assert result.delivered == [START, LAST]


@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_a_preset_shapes_the_scope_and_the_test_outranks_it(behaviour: Behaviour) -> None:
    """Keys of both are left out; a key that the test gives is the one that stands."""
    scope = {"client": None, "omit": ["raw_path"]}

    result = await request(respond, behaviour=behaviour, scope=scope, cancel=idle())

    assert result.scope["client"] is None
    assert "raw_path" not in result.scope
    assert ("root_path" in result.scope) == (behaviour is not H2CORN)
    assert ("state" in result.scope) == (behaviour is not DAPHNE)


async def test_late_messages_of_a_task_that_outlives_the_app_are_marked() -> None:
    """They reach nobody; the result goes on growing."""
    kept: list[Send] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        kept.append(send)

    async with Wire(app, http_scope()) as wire:
        result = await wire.finished()
        await kept[0](START)

    assert result.after_return == [START]
    assert result.delivered == []


async def test_hooks_are_awaited_within_the_calls() -> None:
    """on_receive before anything is given, on_send once the message is taken, with the object."""
    seen: list[Any] = []

    async def on_send(message: Any) -> None:
        seen.append(message)

    async def on_receive() -> None:
        seen.append("receive")

    await play(respond, http_scope(), [REQUEST], on_send=on_send, on_receive=on_receive)

    assert seen == ["receive", START, PART, LAST, "receive"]
    assert seen[1] is START
