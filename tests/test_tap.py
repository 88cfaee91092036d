"""The recorded exchange says what really happened, whatever the app and the server do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, note

from asgi_mw import open_store, record
from asgi_mw.redaction import Redaction
from asgi_mw.testing.course import Course
from tests.properties.programs import Child, Run, suspend
from tests.properties.strategies import Kind, programs
from tests.tried import tried

if TYPE_CHECKING:
    from asgi_mw import Exchange
    from asgi_mw.types import App, Message, Receive, Scope, Send
    from tests.properties.programs import Program

RAW = Redaction(bodies="raw")
_PAYLOADS = ("body", "bytes", "text")


@dataclass
class Seen:
    """One call of the app as a witness beside it saw it."""

    direction: str
    message: Any = None
    raised: str | None = None
    returned: bool = False


@dataclass
class Witness:
    """Stands between the recorder and the app, and keeps a log of its own.

    Attributes:
        calls: Every call in order.
        moments: Calls that began and ended, in order: ``("called" or "ended", call, error)``.
        error: What left the app.
    """

    calls: list[Seen] = field(default_factory=list)
    moments: list[tuple[str, Seen, BaseException | None]] = field(default_factory=list)
    error: BaseException | None = None

    def beside(self, app: App) -> App:
        """Watch *app*."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def receive_seen() -> Message:
                seen = self._call("receive")
                try:
                    message = await receive()
                except BaseException as error:
                    self._end(seen, error)
                    raise
                seen.message = plain(message)
                self._end(seen, None)
                return message

            async def send_seen(message: Message) -> None:
                seen = self._call("send")
                seen.message = plain({"type": message.get("type"), **message})
                try:
                    await send(message)
                except BaseException as error:
                    self._end(seen, error)
                    raise
                self._end(seen, None)

            try:
                await app(scope, receive_seen, send_seen)
            except BaseException as error:
                self.error = error
                raise

        return watched

    def _call(self, direction: str) -> Seen:
        seen = Seen(direction)
        self.calls.append(seen)
        if direction == "receive":
            self.moments.append(("called", seen, None))
        else:
            self.moments.append(("sending", seen, None))
        return seen

    def _end(self, seen: Seen, error: BaseException | None) -> None:
        seen.returned = True
        seen.raised = None if error is None else type(error).__name__
        self.moments.append(("ended", seen, error))


def plain(value: Any) -> Any:
    """*value* as the documentation of ``Exchange`` says that it is kept."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, bytes, int, float)):
        return value
    return f"<{type(value).__qualname__}>"


def payload(message: Any) -> bytes:
    """The bytes of payload in *message*."""
    for key in _PAYLOADS:
        value = message.get(key)
        if value:
            return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return b""


def outcome(kind: str, witness: Witness) -> str:
    """How the connection ended, by the definitions in the plan and the order in the standard."""
    course = Course(kind)
    complete = gone = refused = started = False
    status: Any = None
    ending: Seen | None = None
    for what, seen, error in witness.moments:
        message = seen.message or {}
        type_ = str(message.get("type"))
        if complete:
            continue
        if what == "sending":
            before = course.phase
            course.advance(message)
            if before == "waiting" != course.phase:
                status = message.get("status")
            if before != "complete" == course.phase and not gone:
                ending = seen
            failing = f"lifespan.{'shutdown' if started else 'startup'}.failed"
            refused = refused or (kind == "lifespan" and type_ == failing)
            started = started or type_ == "lifespan.startup.complete"
        elif what == "ended" and error is None:
            if seen is ending:
                complete = True
            elif type_ == "websocket.disconnect" and not gone:
                complete = course.phase != "waiting" and message.get("code") != 1006
                gone = not complete
            elif type_ == "http.disconnect":
                gone = True
        elif isinstance(error, OSError) and seen.direction == "send":
            gone = True
    failed = _failed(witness.error)
    if refused:
        return "error"
    if complete:
        return "error" if failed and isinstance(status, int) and status >= 500 else "complete"
    if gone:
        return "client_gone"
    if kind == "lifespan" and not witness.calls and (failed or witness.error is None):
        return "unsupported"
    if witness.error is None:
        return "incomplete" if kind in {"http", "websocket", "lifespan"} else "complete"
    return "error" if failed else "cancelled"


def _failed(error: BaseException | None) -> bool:
    """Whether *error* is more than a cancellation."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(_failed, error.exceptions))
    return isinstance(error, (Exception, KeyboardInterrupt, SystemExit))


def recorded(program: Program, **options: Any) -> tuple[Witness, Exchange, Run]:
    """Play *program* under the recorder, with a witness inside."""
    # Its exchange is stored as this message passes, whatever comes later: see test_layer.py
    said = [
        one.keys.get("type") for step in program.steps for one in (step.said, step.other) if one
    ]
    assume("lifespan.shutdown.complete" not in said)
    store = open_store("memory:")
    witness, run = Witness(), Run(replace(program, late=[]))
    run.go(record(witness.beside(run.app), store=store, redact=RAW, **options))
    assert {} == {place: n for place, n in store.faults.counts.items() if "flush" not in place}
    [exchange] = store.exchanges()
    return witness, exchange, run


@tried(1000)
@given(program=programs())
def test_every_call_is_an_event_and_every_event_a_call(program: Program) -> None:
    """Order, direction, type, size, payload, headers, what was raised, and whether it returned."""
    witness, exchange, run = recorded(program)
    note(f"{exchange}\n{witness}")
    sends = iter([read for read in run.play.server if isinstance(read, dict)])
    assert len(witness.calls) == len(exchange.events)
    assert {} == exchange.dropped
    for seen, event in zip(witness.calls, exchange.events, strict=True):
        message = seen.message or {}
        assert (seen.direction, seen.raised) == (event.direction, event.raised)
        assert str(message.get("type", "")) == event.type or "type" not in event.message
        assert len(payload(message)) == event.size
        assert payload(message) == payload(event.message)
        assert (event.returned is not None) == seen.returned
        assert 0 <= event.called <= (event.called if event.returned is None else event.returned)
        if seen.direction == "send":
            read = next(sends, None)
            if read is not None and isinstance(read.get("headers"), list):
                assert _shown(plain(read["headers"])) == _shown(event.message["headers"])
        for key in message.keys() - {*_PAYLOADS, "headers", "links", "type"}:
            assert message[key] == event.message[key]
    called = [event.called for event in exchange.events]
    assert sorted(called) == called


@tried(1000)
@given(program=programs())
def test_the_outcome_is_what_the_definitions_say(program: Program) -> None:
    """``complete``, ``client_gone``, ``error``, ``cancelled`` or ``incomplete``; and what left."""
    witness, exchange, _ = recorded(program)
    note(f"{exchange}\n{witness.moments} {witness.error!r}")
    assert outcome(exchange.type, witness) == exchange.outcome
    assert _failed(witness.error) == (exchange.error is not None)
    if exchange.error is not None:
        assert type(witness.error).__qualname__ == exchange.error.type.rpartition(".")[2]


@tried(500)
@given(program=programs())
def test_what_is_kept_and_what_was_dropped_add_up(program: Program) -> None:
    """With limits that cut nearly everything, no byte and no event goes uncounted."""
    witness, exchange, _ = recorded(program, body_limit=2, connection_limit=4096)
    note(f"{exchange}")
    _adds_up(witness, exchange)


def _adds_up(witness: Witness, exchange: Exchange) -> None:
    dropped = exchange.dropped
    events = sum(n for reason, n in dropped.items() if reason.startswith("events"))
    lost = sum(n for reason, n in dropped.items() if reason.startswith("bytes"))
    kept = sum(len(payload(event.message)) for event in exchange.events)
    assert len(witness.calls) == len(exchange.events) + events
    assert sum(len(payload(seen.message or {})) for seen in witness.calls) == kept + lost
    assert (events > 0) == (exchange.gap is not None)
    for event in exchange.events:
        assert event.truncated == (len(payload(event.message)) < event.size)


def _shown(headers: Any) -> list[Any]:
    """Headers without values that are masked however they are asked for."""
    return [
        pair[0] if isinstance(pair, list) and pair and pair[0] == b"set-cookie" else pair
        for pair in headers
    ]


@pytest.mark.parametrize("size", [3, 300, 5000], ids=lambda size: f"{size} bytes")
@pytest.mark.parametrize("count", [5, 50, 2000], ids=lambda count: f"{count} messages")
@pytest.mark.parametrize("body_limit", [2, 200, 65_536])
def test_a_long_websocket_keeps_head_and_tail(size: int, count: int, body_limit: int) -> None:
    """The first and the last messages are there, the gap is where events are missing."""
    store = open_store("memory:")
    witness = Witness()
    run = _echoing(size, count)
    app = record(
        witness.beside(run.app),
        store=store,
        redact=RAW,
        body_limit=body_limit,
        connection_limit=65_536,
    )
    run.go(app)
    [exchange] = store.exchanges()
    _adds_up(witness, exchange)
    kinds = [event.type for event in exchange.events]
    assert ["websocket.connect", "websocket.accept"] == kinds[:2]
    assert ["websocket.send", "websocket.close"] == kinds[-2:]
    assert "complete" == exchange.outcome
    if exchange.gap is not None:
        before, after = exchange.events[: exchange.gap], exchange.events[exchange.gap :]
        kept = sum(len(payload(event.message)) for event in exchange.events)
        assert before and after and kept <= 65_536
        heads = [seen.message for seen in witness.calls[: len(before)]]
        tails = [seen.message for seen in witness.calls[-len(after) :]]
        assert [m.get("n") for m in heads] == [e.message.get("n") for e in before]
        assert [m.get("n") for m in tails] == [e.message.get("n") for e in after]


def _echoing(size: int, count: int) -> Any:
    class Echo:
        async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            for n in range(count):
                message = await receive()
                await send({"type": "websocket.send", "bytes": message["bytes"], "n": n})
            await send({"type": "websocket.close"})

        def go(self, app: App) -> None:
            given: list[Any] = [{"type": "websocket.connect"}]
            given += [
                {"type": "websocket.receive", "bytes": b"x" * size, "n": n} for n in range(count)
            ]
            messages = iter(given)

            async def receive() -> Message:
                return next(messages)

            async def send(message: Message) -> None:
                """Take it."""

            call: Any = app({"type": "websocket", "headers": [], "path": "/"}, receive, send)
            with pytest.raises(StopIteration):
                call.send(None)

    return Echo()


@pytest.mark.parametrize("text", ["", "short", "\xe9\u20ac\U0001f600" * 30, "\ud800", "x" * 3000])
@pytest.mark.parametrize("body_limit", [2, 200, 65_536])
@pytest.mark.parametrize("limit", [4096, 65_536], ids=lambda limit: f"{limit} bytes")
def test_the_texts_of_a_long_websocket_add_up(text: str, body_limit: int, limit: int) -> None:
    """Whole, cut or forgotten, each of their bytes is accounted for."""
    store = open_store("memory:")
    witness = Witness()
    given = iter([{"type": "websocket.receive", "text": text}] * 200)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        for _ in range(200):
            await send({"text": (await receive())["text"], "type": "websocket.send"})

    async def receive() -> Message:
        return next(given)

    async def send(message: Message) -> None:
        """Take it."""

    scope = {"type": "websocket", "headers": [], "path": "/"}
    layered = record(
        witness.beside(app),
        store=store,
        redact=RAW,
        body_limit=body_limit,
        connection_limit=limit,
    )
    with pytest.raises(StopIteration):
        layered(scope, receive, send).send(None)  # type: ignore[attr-defined]
    [exchange] = store.exchanges()
    _adds_up(witness, exchange)
    assert store.faults.counts == {}


def test_a_receive_that_waits_while_the_tail_moves_on_is_counted() -> None:
    """What it gets in the end is missing, and said to be."""
    store = open_store("memory:")
    witness = Witness()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(30):
            await send({"type": "websocket.send", "text": "x" * 100})
        waiting = Child(receive())
        value = waiting.step()
        for _ in range(300):
            await send({"type": "websocket.send", "text": "x" * 100})
        await waiting.join(value)
        await send({"type": "websocket.close"})

    given = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "y" * 100}])

    async def receive() -> Message:
        await suspend("busy")
        return next(given)

    async def send(message: Message) -> None:
        """Take it."""

    scope = {"type": "websocket", "headers": [], "path": "/"}
    layered = record(witness.beside(app), store=store, redact=RAW, connection_limit=20_000)
    call = Child(layered(scope, receive, send))
    while not call.done:
        call.step()
    [exchange] = store.exchanges()
    _adds_up(witness, exchange)


def test_headers_are_kept_as_they_were_at_that_moment() -> None:
    """An app that goes on changing its list later changes nothing in the record."""
    store = open_store("memory:")
    headers = [(b"x-a", b"1")]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        await send(start)
        headers.append((b"x-b", b"2"))
        start["status"] = 500
        await send({"type": "http.response.body"})

    _drive(record(app, store=store), {"type": "http", "headers": []})
    [exchange] = store.exchanges()
    assert [[b"x-a", b"1"]] == [list(pair) for pair in exchange.events[0].message["headers"]]
    assert 200 == exchange.status


def test_a_body_that_the_app_changes_later_is_kept_as_it_was() -> None:
    """A ``bytearray`` that is used again for the next chunk does not rewrite the first."""
    store = open_store("memory:")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chunk = bytearray(b"one")
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        chunk[:] = b"two"
        await send({"type": "http.response.body", "body": memoryview(chunk)})

    _drive(record(app, store=store, redact=RAW), {"type": "http", "headers": []})
    [exchange] = store.exchanges()
    assert [b"one", b"two"] == [event.message["body"] for event in exchange.events[1:]]


def test_types_that_are_enums_are_kept_as_their_values() -> None:
    """Frameworks write message types as members of a ``str`` enum; a reader wants the text."""
    store = open_store("memory:")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": Kind.START, "status": 204})
        await send({"type": Kind.BODY})

    _drive(record(app, store=store), {"type": Kind.HTTP, "headers": [], "method": "GET"})
    [exchange] = store.exchanges()
    assert "http" == exchange.type == exchange.scope["type"]
    assert ["http.response.start", "http.response.body"] == [e.type for e in exchange.events]
    assert (204, "complete") == (exchange.status, exchange.outcome)


def test_a_scope_is_kept_as_it_was_before_the_app_ran() -> None:
    """What a framework writes into the scope it is given is its own affair."""
    store = open_store("memory:")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["endpoint"] = app
        scope["path"] = "/elsewhere"
        scope["state"]["user"] = 7

    scope = {"type": "http", "headers": [(b"a", b"1")], "path": "/here", "state": {"pool": {1}}}
    _drive(record(app, store=store), scope)
    [exchange] = store.exchanges()
    kept = {**exchange.scope, "headers": [tuple(p) for p in exchange.scope["headers"]]}
    assert {**scope, "state": {"pool": "<set>"}} == kept


def _drive(app: App, scope: Scope) -> None:
    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        """Take it."""

    call: Any = app(scope, receive, send)
    with pytest.raises(StopIteration):
        call.send(None)
