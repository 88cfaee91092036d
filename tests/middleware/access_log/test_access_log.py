"""One event per connection, when it is over, under every interleaving of what may happen."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw import ConfigError, access_log, log_fields
from asgi_mw.testing import (
    HEADER_KINDS,
    SERVERS,
    Wire,
    after,
    before,
    during,
    http_scope,
    idle,
    play,
    request,
    websocket,
    websocket_scope,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.testing import Behaviour
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

MS = 1_000_000
START: Message = {"type": "http.response.start", "status": 200, "headers": []}
FAILED: Message = {**START, "status": 500}
MORE: Message = {"type": "http.response.body", "body": b"abc", "more_body": True}
BODY: Message = {"type": "http.response.body", "body": b"abc"}
ACCEPT: Message = {"type": "websocket.accept"}
CLOSE: Message = {"type": "websocket.close", "code": 4000, "reason": "enough"}
DENY: Message = {"type": "websocket.http.response.start", "status": 401, "headers": []}
DENIAL: Message = {"type": "websocket.http.response.body", "body": b"no"}


class Memory:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        """Take an event at any level."""

        def log(event: str, **fields: Any) -> None:
            self.events.append({"level": level, "event": event, **fields})

        return log

    @property
    def only(self) -> dict[str, Any]:
        """The one event."""
        [event] = self.events
        return event

    def says(self, *names: str) -> list[Any]:
        """Some fields of the one event."""
        return [self.only.get(name) for name in names]


def clock() -> Callable[[], int]:
    """Make a clock that goes on by one ms a call."""
    return count(0, MS).__next__


def sending(*messages: Message, error: BaseException | None = None) -> App:
    """Receive the first message, send *messages*, and raise *error* if there is one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            await send(message)
        if error is not None:
            raise error

    return app


def swallowing(app: App) -> App:
    """Swallow every ``OSError`` of *app*."""

    async def swallowed(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(OSError):
            await app(scope, receive, send)

    return swallowed


async def test_one_response_is_one_event_with_every_field() -> None:
    """With an injected clock the times are exact."""
    memory = Memory()
    headers = {"user-agent": "curl/8", "host": "a"}
    result = await request(
        access_log(sending(START, MORE, BODY), logger=memory, clock=clock()),
        "POST",
        "/users/7?page=2&token=secret",
        headers=headers,
        body=b"12345",
    )

    assert memory.only == {
        "level": "info",
        "event": "http",
        "method": "POST",
        "path": "/users/7",
        "query": "page=2&token=[redacted]",
        "status": 200,
        "outcome": "complete",
        "ttfb_ms": 2.0,  # the call, the receive, the start
        "duration_ms": 5.0,  # two bodies, and the return of the last
        "bytes_in": 5,
        "bytes_out": 6,
        "client": "127.0.0.1",
        "http_version": "1.1",
        "user_agent": "curl/8",
    }
    assert result.sent == [START, MORE, BODY]
    assert result.mutated() == []


async def test_what_is_not_known_is_left_out() -> None:
    """A scope with nothing but what it must have."""
    memory = Memory()
    scope = http_scope(
        headers=[], omit=["client", "server", "query_string", "raw_path", "root_path", "asgi"]
    )
    await play(access_log(sending(), logger=memory), scope, [{"type": "http.request"}])

    assert sorted(memory.only) == [
        "bytes_in", "bytes_out", "duration_ms", "event", "http_version", "level", "method",
        "outcome", "path",
    ]  # fmt: skip


ERROR = ValueError("mine")
GROUP = ExceptionGroup("several", [ValueError()])
# What the app does; the outcome, the status and the level of the one event.
HTTP: dict[str, tuple[App, str, int | None, str]] = {
    "nothing": (sending(), "incomplete", None, "warning"),
    "a start only": (sending(START), "incomplete", 200, "warning"),
    "no last body": (sending(START, MORE), "incomplete", 200, "warning"),
    "a response": (sending(START, BODY), "complete", 200, "info"),
    "a 404": (sending({**START, "status": 404}, BODY), "complete", 404, "info"),
    "a 500": (sending(FAILED, BODY), "complete", 500, "error"),
    "a body too many": (sending(START, BODY, BODY), "complete", 200, "info"),
    "two responses": (sending(START, BODY, FAILED, BODY), "complete", 200, "info"),
    "an error at once": (sending(error=ERROR), "error", None, "error"),
    "an error after the start": (sending(START, error=ERROR), "error", 200, "error"),
    "an error in the body": (sending(START, MORE, error=ERROR), "error", 200, "error"),
    "an error after it is complete": (sending(START, BODY, error=ERROR), "complete", 200, "info"),
    "a 500 that is sent and raised": (sending(FAILED, BODY, error=ERROR), "error", 500, "error"),
    "a group": (sending(error=GROUP), "error", None, "error"),
    "an OSError of its own": (sending(error=OSError()), "error", None, "error"),
    "KeyboardInterrupt": (sending(error=KeyboardInterrupt()), "error", None, "error"),
    "SystemExit": (sending(START, error=SystemExit()), "error", 200, "error"),
}


@pytest.mark.parametrize(("app", "outcome", "status", "level"), HTTP.values(), ids=HTTP)
async def test_however_the_app_ends_there_is_one_event(
    app: App, outcome: str, status: int | None, level: str
) -> None:
    """And the client sees what it would have seen without the layer."""
    memory = Memory()
    bare = await request(app)
    result = await request(access_log(app, logger=memory))

    assert memory.says("outcome", "status", "level") == [outcome, status, level]
    assert (result.sent, result.raised) == (bare.sent, bare.raised)


@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize("swallows", [False, True], ids=["raised", "swallowed"])
@pytest.mark.parametrize(
    ("error", "raised", "swallowed"),
    [(BrokenPipeError(), "client_gone", "client_gone"), (RuntimeError(), "error", "error")],
    ids=["OSError", "RuntimeError"],
)
async def test_a_send_that_fails_is_one_event(
    position: int,
    swallows: bool,  # noqa: FBT001  # a table
    error: Exception,
    raised: str,
    swallowed: str,
) -> None:
    """An ``OSError`` means that the client left, whether the app lets it out or not."""
    memory = Memory()
    inner = sending(START, MORE, BODY)
    layered = access_log(swallowing(inner) if swallows else inner, logger=memory)
    result = await request(layered, send_errors={position: error})

    assert memory.only["outcome"] == (swallowed if swallows else raised)
    assert result.raised in {None, error}
    assert len(result.sent) == position


LEAVING = {
    "before the request is read": before("receive", 1),
    "while it is read": during("receive", 1),
    "before the start": before("send", 1),
    "behind the start": after("send", 1),
    "before the body": before("send", 2),
    "behind the body": after("send", 2),
    "before the last body": before("send", 3),
}


async def reading(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the request to its end, then answer."""
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.request":
        for answer in (START, MORE, BODY):
            await send(answer)


@pytest.mark.parametrize("moment", LEAVING.values(), ids=LEAVING)
@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_a_client_that_leaves_is_one_event(moment: Any, behaviour: Behaviour) -> None:
    """On every server: gone where the app could see it, which a silent send does not show."""
    memory = Memory()
    result = await request(
        access_log(reading, logger=memory),
        disconnect=moment,
        behaviour=behaviour,
        body=[b"a", b"b"],
    )
    told = [message["type"] for message in result.received].count("http.disconnect")
    refused = [call for call in result.sends if isinstance(call.raised, OSError)]
    unseen = "cancelled" if result.cancelled else "complete"

    assert memory.only["outcome"] == ("client_gone" if told or refused else unseen)


async def test_a_client_that_left_is_seen_by_the_receive() -> None:
    """Though the app goes on sending into the void."""
    memory = Memory()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()
        await send(START)
        await send(BODY)

    await request(access_log(app, logger=memory), disconnect=idle())

    assert memory.says("outcome", "status") == ["client_gone", 200]


@pytest.mark.parametrize(
    "moment",
    [idle(), before("send", 1), during("send", 1), before("send", 2), during("send", 2)],
    ids=repr,
)
async def test_a_cancelled_app_is_one_event(moment: Any) -> None:
    """Cancellation is no error: no traceback."""
    memory = Memory()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if moment == idle():
            await receive()
            await receive()
        await send(START)
        await send(BODY)

    result = await request(access_log(app, logger=memory), cancel=moment)

    assert isinstance(result.raised, anyio.get_cancelled_exc_class())
    assert memory.says("outcome", "level", "exception") == ["cancelled", "info", None]


async def test_a_500_that_is_sent_and_raised_is_one_event_with_its_traceback() -> None:
    """Starlette does so; the times are those of the response."""
    memory = Memory()
    moments = iter([0, 1 * MS, 2 * MS, 3 * MS, 4 * MS, *[900 * MS] * 9])
    app = sending(FAILED, BODY, error=ValueError("no such luck"))
    await request(access_log(app, logger=memory, clock=moments.__next__))

    assert memory.says("status", "outcome", "duration_ms") == [500, "error", 4.0]
    assert memory.only["error"] == "ValueError: no such luck"
    assert memory.only["exception"].splitlines()[0] == "  Traceback (most recent call last):"
    assert memory.only["exception"].splitlines()[-1] == "  ValueError: no such luck"


async def test_background_work_neither_delays_nor_lengthens_the_event() -> None:
    """It is emitted as the last send returns."""
    memory = Memory()
    done = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(BODY)
        await done.wait()
        log_fields(late=1)
        raise ValueError

    async with Wire(access_log(app, logger=memory, clock=clock()), http_scope()) as wire:
        assert (await wire.take())["type"] == "http.response.start"
        assert (await wire.take())["type"] == "http.response.body"
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        before_the_end = list(memory.events)
        done.set()
        result = await wire.finished()

    assert [event["outcome"] for event in before_the_end] == ["complete"]
    assert memory.events == before_the_end
    assert memory.only["duration_ms"] == 3.0
    assert "late" not in memory.only
    assert isinstance(result.raised, ValueError)


async def test_the_event_waits_for_the_last_send_to_return() -> None:
    """A slow client makes the response long."""
    memory = Memory()
    taken, gate = anyio.Event(), anyio.Event()

    async def hold(message: Message) -> None:
        if message["type"] == "http.response.body":
            taken.set()
            await gate.wait()

    async with Wire(
        access_log(sending(START, BODY), logger=memory),
        http_scope(),
        messages=[{"type": "http.request"}],
        on_send=hold,
    ) as wire:
        await taken.wait()
        held = list(memory.events)
        gate.set()
        await wire.finished()

    assert held == []
    assert memory.only["outcome"] == "complete"


async def test_a_response_with_trailers_is_over_with_the_last_of_them() -> None:
    """Not with its body."""
    memory = Memory()
    trailers: Message = {"type": "http.response.trailers", "headers": []}
    await request(access_log(sending({**START, "trailers": True}, BODY), logger=memory))
    await request(access_log(sending({**START, "trailers": True}, BODY, trailers), logger=memory))

    assert [event["outcome"] for event in memory.events] == ["incomplete", "complete"]


async def test_a_conversation_is_one_event_with_every_field() -> None:
    """Messages and bytes both ways, what was agreed and how it ended."""
    memory = Memory()

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "chat"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({**message, "type": "websocket.send"})

    await websocket(
        access_log(echo, logger=memory, clock=clock()),
        "/ws?token=secret",
        messages=["é", b"abc"],
        close=(4001, "bye"),
        headers={"user-agent": "x"},
        subprotocols=["chat"],
    )

    assert memory.only == {
        "level": "info",
        "event": "websocket",
        "path": "/ws",
        "query": "token=[redacted]",
        "status": 101,
        "outcome": "complete",
        "ttfb_ms": 2.0,
        "duration_ms": 7.0,
        "bytes_in": 5,
        "bytes_out": 5,
        "messages_in": 2,
        "messages_out": 2,
        "close_code": 4001,
        "close_reason": "bye",
        "subprotocol": "chat",
        "client": "127.0.0.1",
        "http_version": "1.1",
        "user_agent": "x",
    }


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (1000, "complete"),
        (1001, "complete"),
        (1005, "complete"),
        (1006, "client_gone"),
        (4000, "complete"),
        (None, "complete"),
    ],
)
async def test_a_websocket_client_closes(code: Any, outcome: str) -> None:
    """Code 1006: nobody said goodbye."""
    memory = Memory()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await receive()

    await websocket(access_log(app, logger=memory), close=(code, ""))

    assert memory.says("outcome", "close_code", "status") == [outcome, code, 101]


WEBSOCKET: dict[str, tuple[App, str, int | None, int | None, str]] = {
    "nothing": (sending(), "incomplete", None, None, "warning"),
    "accepted and left": (sending(ACCEPT), "incomplete", 101, None, "warning"),
    "closed by the app": (sending(ACCEPT, CLOSE), "complete", 101, 4000, "info"),
    "refused": (sending(CLOSE), "complete", 403, 4000, "info"),
    "denied": (sending(DENY, DENIAL), "complete", 401, None, "info"),
    "denied without a body": (sending(DENY), "incomplete", 401, None, "warning"),
    "an error in the handshake": (sending(error=ERROR), "error", None, None, "error"),
    "an error later": (sending(ACCEPT, error=ERROR), "error", 101, None, "error"),
    "an error after it": (sending(ACCEPT, CLOSE, error=ERROR), "complete", 101, 4000, "info"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("app", "outcome", "status", "code", "level"), WEBSOCKET.values(), ids=WEBSOCKET
)
async def test_however_a_websocket_ends_there_is_one_event(
    app: App, outcome: str, status: int | None, code: int | None, level: str
) -> None:
    """And both sides see what they would have seen without the layer."""
    memory = Memory()
    bare = await websocket(app, close=None)
    result = await websocket(access_log(app, logger=memory), close=None)

    assert memory.says("outcome", "status", "close_code", "level") == [outcome, status, code, level]
    assert (result.sent, result.raised) == (bare.sent, bare.raised)


async def test_the_apps_close_is_logged_as_it_is_sent() -> None:
    """What the app does then is background work."""
    memory = Memory()
    done = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send(CLOSE)
        await done.wait()

    connect: Message = {"type": "websocket.connect"}
    async with Wire(access_log(app, logger=memory), websocket_scope(), messages=[connect]) as wire:
        await wire.take()
        await wire.take()
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        logged = len(memory.events)
        done.set()
        await wire.finished()

    assert (logged, len(memory.events)) == (1, 1)


@pytest.mark.parametrize(
    "odd",
    [
        [{**START, "status": "200"}, BODY],
        [{**START, "status": None}, BODY],
        [{**START, "headers": 5}, BODY],
        [START, {**BODY, "body": 5}],
        [START, {**BODY, "body": "text"}],
        [{"type": 5}, START, BODY],
    ],
    ids=repr,
)
async def test_an_odd_message_of_the_app_is_one_event_and_no_exception_of_ours(
    odd: list[Any],
) -> None:
    """Judging it is the server's part."""
    memory = Memory()
    result = await request(access_log(sending(*odd), logger=memory))

    assert result.raised is None
    assert len(memory.events) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "websocket.close", "code": "x"},
        {"type": "websocket.close", "code": 1000, "reason": b"bytes"},
        {"type": "websocket.close", "code": None, "reason": None},
    ],
    ids=repr,
)
@pytest.mark.parametrize("subprotocol", ["chat", b"chat", 5], ids=repr)
async def test_an_odd_close_is_one_event(odd: Message, subprotocol: Any) -> None:
    """A server may refuse it; then the app raises, and that has to be logged."""
    memory = Memory()
    accept = {**ACCEPT, "subprotocol": subprotocol}
    result = await websocket(access_log(sending(accept, odd), logger=memory))

    assert result.raised is None
    assert len(memory.events) == 1


@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_headers_of_every_kind_are_read_and_passed_on(kind: str) -> None:
    """In both directions."""
    memory = Memory()
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(tuple(pair) for pair in scope["headers"])
        await send({**START, "headers": HEADER_KINDS[kind]([(b"a", b"1")])})
        await send(BODY)

    pairs = [(b"host", b"a"), (b"User-Agent", b"curl")]
    result = await request(access_log(app, logger=memory), headers=HEADER_KINDS[kind](pairs))

    assert seen == pairs
    assert memory.only["user_agent"] == "curl"
    assert result.headers == [(b"a", b"1")]


async def test_unknown_connections_pass_untouched() -> None:
    """The same scope, no event."""
    memory = Memory()
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    scope = {"type": "sse.v2"}
    await play(access_log(app, logger=memory), scope)

    assert scopes[0] is scope
    assert memory.events == []


async def test_unknown_messages_pass_by_identity() -> None:
    """Both ways."""
    memory = Memory()
    odd: Message = {"type": "x.unknown"}
    result = await request(access_log(sending(odd, START, odd, BODY), logger=memory))

    assert result.originals[0] is odd
    assert result.originals[2] is odd
    assert memory.only["outcome"] == "complete"


@pytest.mark.parametrize(
    "error", [OSError(28, "full"), MemoryError(), RecursionError(), KeyError()]
)
async def test_a_logger_that_raises_changes_nothing_for_the_client(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """It is counted, and said once."""

    class Broken:
        def info(self, event: str, **fields: Any) -> None:
            raise error

    app = sending(START, MORE, BODY)
    bare = await request(app)
    layered = access_log(app, logger=Broken())
    results = [await request(layered) for _ in range(3)]

    assert [(result.sent, result.raised) for result in results] == [(bare.sent, None)] * 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_concurrent_requests_do_not_mix_their_fields() -> None:
    """Each logs its own."""
    memory = Memory()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log_fields(mine=scope["path"])
        await anyio.lowlevel.checkpoint()
        await send(START)
        await send(BODY)

    layered = access_log(app, logger=memory)

    async def one(path: str) -> None:
        await request(layered, "GET", path)

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(one, f"/{number}")

    assert len(memory.events) == 100
    assert [event for event in memory.events if event["mine"] != event["path"]] == []


def test_what_cannot_be_right_is_told_when_the_layer_is_made() -> None:
    """All of it together."""
    odd: Any = 5
    with pytest.raises(ConfigError) as caught:
        access_log(
            sending(),
            logger=odd,
            redact=odd,
            sample=2,
            slow=-1,
            skip=odd,
            headers=["x y"],
            trusted_proxies=["x"],
            clock=odd,
        )

    assert sorted(problem.option for problem in caught.value.problems) == [
        "clock", "headers", "logger", "redact", "sample", "skip", "slow", "trusted_proxies",
    ]  # fmt: skip
