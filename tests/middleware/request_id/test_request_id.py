"""Every response carries exactly one id: the caller's, the app's own, or a new one."""

from __future__ import annotations

import contextvars
import logging
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from asgi_mw import ConfigError, access_log, get_request_id, request_id, server_error, stack
from asgi_mw.middleware.request_id import RequestIdFilter, add_request_id
from asgi_mw.routes import KEY, Shared
from asgi_mw.testing import (
    HEADER_KINDS,
    SERVERS,
    http_scope,
    lifespan,
    play,
    request,
    websocket,
    websocket_scope,
)

if TYPE_CHECKING:
    from asgi_mw.testing import Behaviour
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

NAME = b"x-request-id"
LEGAL = re.compile(rb"[A-Za-z0-9._-]{1,128}")
START: Message = {"type": "http.response.start", "status": 200, "headers": []}
BODY: Message = {"type": "http.response.body", "body": b"abc"}


def answering(*messages: Message) -> App:
    """Send *messages*."""

    async def answering_app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return answering_app


app = answering(START, BODY)


def setting(*headers: tuple[bytes, bytes], **keys: Any) -> App:
    """Answer with these headers."""
    return answering({**START, "headers": list(headers), **keys}, BODY)


@pytest.mark.parametrize(
    "given", ["a", "A-1._b", "0", "a" * 128, "..", "-", "req.2026-11-21_7"], ids=len
)
async def test_a_legal_id_of_the_caller_is_taken(given: str) -> None:
    """Byte for byte."""
    result = await request(request_id(app), headers={"x-request-id": given})

    assert result.all(NAME) == [given.encode()]


HOSTILE: dict[str, list[bytes]] = {
    "header injection": [b"a\r\nSet-Cookie: x=1"],
    "trailing newline": [b"a\n"],
    "terminal escape": [b"a\x1b[2J"],
    "60,000 bytes": [b"A" * 60_000],
    "129 bytes": [b"A" * 129],
    "c1 and latin-1": [b"\x85\xe9"],
    "empty": [b""],
    "two of them": [b"a", b"b"],
    "the same twice": [b"a", b"a"],
    "a path": [b"../../etc"],
    "a script": [b"<script>"],
    "a space": [b"a b"],
    "spaces around": [b" a "],
    "a comma": [b"a,b"],
    "a quote": [b'"a"'],
    "NUL": [b"\x00"],
    "digits of another script": ["٣".encode()],
    "none": [],
}


@pytest.mark.parametrize("values", HOSTILE.values(), ids=HOSTILE)
async def test_any_other_id_is_replaced(values: list[bytes]) -> None:
    """The response has one legal id, and nothing of what was sent."""
    headers = [(NAME, value) for value in values]
    result = await request(request_id(app), headers=headers)
    [made] = result.all(NAME)

    assert LEGAL.fullmatch(made)
    assert made not in values
    assert len(result.headers) == 1


@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_the_callers_id_is_found_in_every_kind_of_headers(kind: str) -> None:
    """And the app can still read all of them."""
    seen: list[tuple[bytes, ...]] = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(tuple(pair) for pair in scope["headers"])
        await app(scope, receive, send)

    pairs = [(b"host", b"a"), (b"X-Request-ID", b"a-1")]
    result = await request(request_id(reading), headers=HEADER_KINDS[kind](pairs))

    assert result.all(NAME) == [b"a-1"]
    assert seen == pairs


async def test_an_id_of_our_own_sorts_by_time() -> None:
    """32 hex digits; each request has another."""
    layered = request_id(app)
    made = [(await request(layered)).header(NAME) or b"" for _ in range(3)]

    assert made == sorted(set(made))
    assert [re.fullmatch(rb"[0-9a-f]{32}", one) is not None for one in made] == [True] * 3


@pytest.mark.parametrize(
    ("trust", "taken"),
    [
        (True, True),
        (False, False),
        (lambda scope: scope["client"][0] == "127.0.0.1", True),
        (lambda scope: scope["client"][0] == "10.0.0.1", False),
        (lambda _: "yes", True),
        (lambda _: None, False),
    ],
    ids=["True", "False", "a trusted client", "another one", "truth", "falsehood"],
)
async def test_who_is_trusted(trust: Any, taken: bool) -> None:  # noqa: FBT001  # a table
    """Everybody, nobody, or whom a predicate on the scope names."""
    result = await request(request_id(app, trust=trust), headers={"x-request-id": "a-1"})

    assert (result.all(NAME) == [b"a-1"]) == taken
    assert len(result.all(NAME)) == 1


@pytest.mark.parametrize("error", [LookupError("mine"), OSError(), RecursionError(), MemoryError()])
async def test_a_predicate_that_raises_trusts_nobody(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The request goes on with an id of ours; it is said once."""

    def broken(scope: Scope) -> bool:
        raise error

    layered = request_id(app, trust=broken, generate=lambda: "made")
    results = [await request(layered, headers={"x-request-id": "a-1"}) for _ in range(3)]

    assert [result.all(NAME) for result in results] == [[b"made"]] * 3
    assert len(caplog.records) == 1


def failing() -> str:
    """Be a generator that fails."""
    raise LookupError("mine")


@pytest.mark.parametrize(
    "generate",
    [
        failing,
        *(partial(str, made) for made in ["", "a b", "a\r\nb", "é", "a" * 129]),
        *(lambda: None, lambda: 7, lambda: b"a"),
    ],
    ids=["raises", "empty", "space", "newline", "not ascii", "long", "None", "int", "bytes"],
)
async def test_a_generator_that_gives_no_legal_id_is_replaced(
    generate: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """By ours; the request goes on, and it is said once."""
    layered = request_id(app, generate=generate)
    results = [await request(layered), await request(layered)]

    assert [len(result.all(NAME)) for result in results] == [1, 1]
    assert all(LEGAL.fullmatch(result.all(NAME)[0]) for result in results)
    assert len(caplog.records) == 1


async def test_a_generator_of_ones_own() -> None:
    """Called only where the caller gives no id."""
    made = iter(["one", "two"])
    layered = request_id(app, generate=lambda: next(made), header="X-Correlation-ID")
    results = [
        await request(layered),
        await request(layered, headers={"x-correlation-id": "mine"}),
        await request(layered),
    ]

    assert [result.headers for result in results] == [
        [(b"x-correlation-id", b"one")],
        [(b"x-correlation-id", b"mine")],
        [(b"x-correlation-id", b"two")],
    ]


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ([(NAME, b"app")], b"app"),
        ([(b"X-Request-ID", b"app")], b"app"),
        ([(NAME, b"app"), (NAME, b"other")], b"app"),
        ([(NAME, b""), (b"X-Request-Id", b"app")], b"app"),
        ([(NAME, b"")], b"a-1"),
        ([(NAME, b""), (NAME, b"")], b"a-1"),
    ],
    ids=["one", "upper case", "two", "an empty one and one", "an empty one", "two empty ones"],
)
@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_an_id_that_the_app_sets_wins(
    own: list[tuple[bytes, bytes]], shown: bytes, kind: str
) -> None:
    """Whatever its headers are; there is exactly one, and the others stay in order."""
    headers = HEADER_KINDS[kind]([(b"a", b"1"), *own, (b"b", b"2")])
    answering_app = answering({**START, "headers": headers}, BODY)
    result = await request(request_id(answering_app), headers={"x-request-id": "a-1"})

    assert result.all(NAME) == [shown]
    assert [pair for pair in result.headers if pair[0].lower() != NAME] == [
        (b"a", b"1"),
        (b"b", b"2"),
    ]


async def test_the_apps_own_id_is_the_one_that_is_logged() -> None:
    """It is known to the other layers through the shared holder."""
    shared = Shared()
    scope = {**http_scope(headers={"x-request-id": "a-1"}), KEY: shared}
    await play(request_id(setting((NAME, b"app"))), scope)

    assert shared.request_id == "app"


@pytest.mark.parametrize("kind", HEADER_KINDS)
async def test_the_apps_message_is_not_touched(kind: str) -> None:
    """It may be sent again, for the next request."""
    headers = HEADER_KINDS[kind]([(b"a", b"1")])
    message = {**START, "headers": headers}
    result = await request(request_id(answering(message, BODY)))

    assert message == {**START, "headers": headers}
    assert message["headers"] is headers
    assert not isinstance(headers, list) or len(headers) == 1
    assert result.originals[1] is BODY
    assert result.mutated() == []


@pytest.mark.parametrize("headers", [None, 5], ids=repr)
async def test_headers_that_are_no_iterable_are_left_for_the_server(headers: Any) -> None:
    """By identity."""
    message = {**START, "headers": headers}
    result = await request(request_id(answering(message)))

    assert result.raised is None
    assert result.originals[0] is message


@pytest.mark.parametrize("value", [None, "text", 5], ids=repr)
async def test_a_malformed_header_of_the_request_raises_nothing(value: Any) -> None:
    """What a server got wrong is not ours to refuse."""
    headers: Any = [(NAME, value)]
    result = await request(request_id(app), headers=headers)

    assert (result.raised, result.status) == (None, 200)


async def test_two_starts_each_carry_it() -> None:
    """The second is the app's mistake, and passes."""
    result = await request(request_id(answering(START, START, BODY)))

    assert [len(message.get("headers", ())) for message in result.sent] == [1, 1, 0]


@pytest.mark.parametrize(
    ("accept", "spec_version", "carries"),
    [
        ({"headers": []}, "2.4", True),
        ({"headers": []}, "2.0", True),
        ({}, "2.0", False),
        ({}, None, True),
        ({}, "2.1", True),
        ({}, "2.3", True),
        ({}, "2.5", True),
        ({"subprotocol": "chat"}, "2.1", True),
    ],
)
async def test_the_acceptance_of_a_websocket_carries_it(
    accept: dict[str, Any],
    spec_version: str | None,
    carries: bool,  # noqa: FBT001  # a table
) -> None:
    """Not where the server says 2.0 and the app sends no headers: they came with 2.1.

    A server that says no version takes them: daphne is one.
    """
    message = {"type": "websocket.accept", **accept}
    scope = {"spec_version": spec_version}
    result = await websocket(
        request_id(answering(message)), headers={"x-request-id": "a-1"}, scope=scope
    )

    assert result.all(NAME) == ([b"a-1"] if carries else [])
    assert carries or result.originals[0] is message


async def test_a_scope_without_asgi_is_served() -> None:
    """The key may be missing on an old server."""
    scope = websocket_scope(omit=["asgi"], headers={"x-request-id": "a-1"})
    result = await play(request_id(answering({"type": "websocket.accept"})), scope)

    assert result.raised is None


async def test_a_denial_carries_it() -> None:
    """And a close before the handshake cannot."""
    start = {"type": "websocket.http.response.start", "status": 401, "headers": []}
    close: Message = {"type": "websocket.close", "code": 1008}
    denied = await websocket(request_id(answering(start)), headers={"x-request-id": "a-1"})
    closed = await websocket(request_id(answering(close)))

    assert denied.headers == [(NAME, b"a-1")]
    assert closed.originals[0] is close


async def test_the_500_of_server_error_carries_it() -> None:
    """Its exception passes by identity."""
    error = ValueError("mine")

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    result = await request(stack(broken, request_id, server_error), headers={"x-request-id": "a-1"})

    assert (result.status, result.all(NAME)) == (500, [b"a-1"])
    assert result.raised is error


async def test_starlettes_own_500_carries_it_from_outside() -> None:
    """Wrapped, not attached: its error handler stands outside of what is attached."""

    async def broken(request: Any) -> Any:
        raise ValueError("mine")

    starlette = Starlette(routes=[Route("/", broken)])
    result = await request(request_id(starlette), headers={"x-request-id": "a-1"})

    assert (result.status, result.all(NAME)) == (500, [b"a-1"])
    assert isinstance(result.raised, ValueError)


@pytest.mark.parametrize("behaviour", SERVERS, ids=str)
async def test_every_server_gets_exactly_one(behaviour: Behaviour) -> None:
    """On both kinds of connection."""
    accept = request_id(answering({"type": "websocket.accept"}, {"type": "websocket.close"}))
    http = await request(request_id(app), behaviour=behaviour)
    socket = await websocket(accept, behaviour=behaviour)

    assert (len(http.all(NAME)), len(socket.all(NAME))) == (1, 1)
    assert (http.raised, socket.raised) == (None, None)


async def test_the_handler_sees_it_everywhere() -> None:
    """In the context, in threads, in child tasks, and in the copied scope."""
    seen: dict[str, str | None] = {}

    async def child() -> None:
        seen["task"] = get_request_id()

    async def seeing(scope: Scope, receive: Receive, send: Send) -> None:
        seen["handler"] = get_request_id()
        seen["scope"] = scope["request_id"]
        seen["holder"] = scope[KEY].request_id
        seen["thread"] = await anyio.to_thread.run_sync(get_request_id)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(child)
        await app(scope, receive, send)
        seen["after the response"] = get_request_id()

    result = await request(request_id(seeing), headers={"x-request-id": "a-1"})

    assert seen == dict.fromkeys(
        ["handler", "scope", "holder", "thread", "task", "after the response"], "a-1"
    )
    assert "request_id" not in result.scope


@pytest.mark.parametrize("error", [None, ValueError(), KeyboardInterrupt()], ids=repr)
async def test_it_is_reset_in_the_same_context(error: BaseException | None) -> None:
    """Servers may run many requests in one task, and many layers do."""

    async def ending(scope: Scope, receive: Receive, send: Send) -> None:
        if error is not None:
            raise error

    result = await request(request_id(ending))

    assert result.context is not None
    assert result.context.run(get_request_id) is None
    assert contextvars.copy_context().run(get_request_id) is None


async def test_200_interleaved_requests_never_mix() -> None:
    """Each sees its own at every turn."""
    seen: dict[str, set[str | None]] = {}

    async def seeing(scope: Scope, receive: Receive, send: Send) -> None:
        mine = seen.setdefault(scope["path"], set())
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
            mine.add(get_request_id())
            mine.add(await anyio.to_thread.run_sync(get_request_id))
        await app(scope, receive, send)

    layered = request_id(seeing)
    answers: dict[str, bytes | None] = {}

    async def one(number: int) -> None:
        result = await request(
            layered, "GET", f"/{number}", headers={"x-request-id": f"id-{number}"}
        )
        answers[f"/{number}"] = result.header(NAME)

    async with anyio.create_task_group() as tasks:
        for number in range(200):
            tasks.start_soon(one, number)

    assert seen == {f"/{number}": {f"id-{number}"} for number in range(200)}
    assert answers == {f"/{number}": b"id-%d" % number for number in range(200)}


async def test_other_connections_pass_untouched() -> None:
    """Lifespan and what nobody has seen: the same scope, no id."""
    scopes: list[Scope] = []
    ids: list[str | None] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        ids.append(get_request_id())

    layered = request_id(noting)
    results = [await lifespan(layered), await play(layered, {"type": "sse.v2"})]

    assert [result.scope is scope for result, scope in zip(results, scopes, strict=True)] == [
        True,
        True,
    ]
    assert ids == [None, None]


async def test_unknown_messages_pass_by_identity() -> None:
    """Those before and behind the start as well."""
    messages: list[Message] = [
        {"type": "http.response.early_hint", "links": []},
        {"type": "x.unknown"},
        BODY,
    ]
    result = await request(request_id(answering(*messages)))

    assert [one is two for one, two in zip(result.originals, messages, strict=True)] == [True] * 3


def test_the_structlog_processor_adds_it() -> None:
    """Inside a request; what the event has already stays."""

    def log() -> list[Any]:
        return [
            add_request_id(None, "info", {"event": "a"}),
            add_request_id(None, "info", {"event": "a", "request_id": "mine"}),
        ]

    assert log() == [{"event": "a"}, {"event": "a", "request_id": "mine"}]
    assert inside(log) == [
        {"event": "a", "request_id": "a-1"},
        {"event": "a", "request_id": "mine"},
    ]


def test_the_logging_filter_adds_it() -> None:
    """``-`` outside of a request, so that a format string never fails."""

    def log() -> tuple[bool, object]:
        record = logging.makeLogRecord({"msg": "x"})
        return RequestIdFilter().filter(record), vars(record)["request_id"]

    assert log() == (True, "-")
    assert inside(log) == (True, "a-1")


def inside(act: Any) -> Any:
    """Do something within a request whose id is ``a-1``."""
    done = []

    async def acting(scope: Scope, receive: Receive, send: Send) -> None:
        done.append(act())

    async def main() -> None:
        await request(request_id(acting), headers={"x-request-id": "a-1"})

    anyio.run(main)
    return done[0]


async def test_layers_outside_know_it_as_well() -> None:
    """``access_log`` may stand on either side."""

    class Memory:
        def __init__(self) -> None:
            self.events: list[dict[str, Any]] = []

        def info(self, event: str, **fields: Any) -> None:
            self.events.append(fields)

    outside, inner = Memory(), Memory()
    headers = {"x-request-id": "a-1"}
    await request(stack(app, layer_of(outside), request_id), headers=headers)
    await request(stack(app, request_id, layer_of(inner)), headers=headers)

    assert [memory.events[0]["request_id"] for memory in (outside, inner)] == ["a-1", "a-1"]


def layer_of(logger: Any) -> Any:
    """Make an access log that writes to *logger*."""

    def logging_layer(app: App) -> App:
        return access_log(app, logger=logger)

    return logging_layer


def test_what_cannot_be_right_is_told_when_the_layer_is_made() -> None:
    """All of it together."""
    odd: Any = 5
    with pytest.raises(ConfigError) as caught:
        request_id(app, header="x y", trust=odd, generate=odd)

    assert sorted(problem.option for problem in caught.value.problems) == [
        "generate",
        "header",
        "trust",
    ]
