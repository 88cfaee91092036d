"""What server and app say to each other is the same with our layers between them as without."""

from __future__ import annotations

import re
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from asgi_mw import access_log, get_request_id, layer, open_store, record, request_id, stack, timing
from asgi_mw import server_error as server_error_layer
from asgi_mw.faults import Faults
from tests.properties.programs import Program, Run, Said, Serving, Step, suspend
from tests.properties.strategies import programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.types import App, Message, Receive, Scope, Send
    from tests.properties.programs import Play

MADE = "made-by-the-layer"
ID, TIMING = b"x-request-id", b"server-timing"
STARTS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}
ANSWER: list[dict[str, Any]] = [
    {
        "type": "http.response.start",
        "status": 500,
        "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"21")],
    },
    {"type": "http.response.body", "body": b"Internal Server Error", "more_body": False},
]
_OURS = {"asgi_mw", "request_id"}
_LOOKERS = [
    ("access_log",),
    ("record",),
    ("record tiny",),
    ("server_error",),
    ("access_log", "record"),
]


@dataclass
class Bench:
    """Every stack there is, round an app that is put in for each run."""

    run: Run | None = field(default=None, repr=False)
    logged: list[str] = field(default_factory=list, repr=False)
    faults: list[str] = field(default_factory=list, repr=False)
    clock: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        self.store = open_store("memory:")
        self.layers = {
            "access_log": layer(access_log, logger=self, trusted_proxies=["127.0.0.0/8", "unix"]),
            "request_id": layer(request_id, generate=lambda: MADE),
            "timing": layer(timing, clock=self._tick),
            "server_error": layer(server_error_layer),
            "record": layer(record, store=self.store),
            "record tiny": layer(record, store=self.store, body_limit=2, connection_limit=4096),
        }
        inner = ("access_log", "request_id", "timing", "record")
        orders: list[tuple[str, ...]] = [(name,) for name in self.layers]
        orders += [(*order, "server_error") for order in permutations(inner)]
        orders += [order[:n] for order in permutations(inner) for n in (2, 4)]
        self.stacks = {
            order: stack(self._app, *map(self.layers.__getitem__, order)) for order in orders
        }
        self.whole = [order for order in self.stacks if len(order) > 1]

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.run is not None
        await self.run.app(scope, receive, send)

    def play(self, program: Program, order: Sequence[str] = ()) -> Play:
        """Run *program* with the layers of *order* round it."""
        self.run = Run(program)
        self.logged.clear()
        return self.run.go(self.stacks[tuple(order)] if order else self._app)

    def bare(self, program: Program, order: Sequence[str]) -> Play:
        """Run *program* without layers, but answered for as ``server_error`` says it does."""
        self.run = Run(program)
        return self.run.go(_answered(self._app) if "server_error" in order else self._app)

    def _tick(self) -> int:
        self.clock += 1_000_000
        return self.clock

    def info(self, event: str, **fields: object) -> None:
        """Be a logger."""
        self.logged.append(event)

    error = warning = info


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Build the stacks once; whatever our layers count as gone wrong inside them is kept."""
    made = Bench()

    def note_fault(faults: Faults, place: str, error: BaseException) -> None:
        # Without an event loop there is no thread to flush from
        if place != "flush":
            made.faults.append(f"{place}: {error!r}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Faults, "note", note_fault)
        yield made


def _answered(app: App) -> App:
    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message.get("type") == "http.response.start"
            await send(message)

        try:
            await app(scope, receive, noted)
        except Exception:
            if scope["type"] == "http" and not started:
                with suppress(Exception):
                    for message in ANSWER:
                        await send(message)
            raise

    return answered


def _named(pair: Any, name: bytes) -> bool:
    return (
        isinstance(pair, tuple)
        and len(pair) == 2
        and all(isinstance(half, bytes) for half in pair)
        and pair[0].lower() == name
    )


def _pairs(message: Any, name: bytes) -> list[Any]:
    return [pair for pair in message.get("headers") or () if _named(pair, name)]


def _takes_id(message: Any, scope: Any) -> bool:
    kind = message.get("type")
    if kind not in STARTS or not isinstance(message.get("headers", []), list):
        return False
    old = kind == "websocket.accept" and scope["asgi"].get("spec_version") == "2.0"
    return "headers" in message or not old


def _undone(
    message: Any, bare: Any, order: Sequence[str], play: Play, announced: list[bool]
) -> Any:
    """*message* without what the layers in *order* say that they add to *bare*; all else stays."""
    if not isinstance(message, dict) or "type" not in message:
        return message
    kind, scope = message["type"], play.scope
    headers = message.get("headers")
    if not isinstance(headers, list):
        return message
    headers = list(headers)
    if "request_id" in order and _takes_id(bare, scope):
        own = [value for _, value in _pairs(bare, ID)]
        [pair] = _pairs(message, ID)
        assert next(filter(None, own), None) or scope["request_id"].encode() == pair[1]
        assert pair[1] in own or pair[1] == scope["request_id"].encode()
        headers.remove(pair)
    if "timing" in order and scope["type"] == "http":
        last = kind == "http.response.trailers" and announced and not bare.get("more_trailers")
        if kind == "http.response.start" or last:
            value = _pairs(message, TIMING)[-1][1]
            assert re.fullmatch(rb"(app|total);dur=\d+\.\d{3}", value)
            headers.reverse()
            headers.remove((TIMING, value))
            if kind == "http.response.start" and bare.get("trailers"):
                announced.append(True)
                headers.remove((b"trailer", TIMING))
            headers.reverse()
    return {**message, "headers": headers}


def _comparable(message: Any, order: Sequence[str], scope: Any) -> Any:
    """*message* without ids, which were compared, and without a key that may have been added."""
    if (
        not isinstance(message, dict)
        or order in _LOOKERS
        or not isinstance(message.get("headers", []), list)
    ):
        return message
    headers = list(message.get("headers", ()))
    if "request_id" in order and _takes_id(message, scope):
        headers = [pair for pair in headers if not _named(pair, ID)]
    return {**message, "headers": headers}


def _check(bench: Bench, program: Program, order: Sequence[str]) -> None:
    bare = bench.bare(program, order)
    bench.faults.clear()
    layered = bench.play(program, order)
    note(f"{order}\nbare    {bare}\nlayered {layered}")
    assert bare.end == layered.end
    assert bare.app == layered.app
    assert [] == layered.changed
    announced: list[bool] = []
    scope = layered.scope
    assert len(bare.server) == len(layered.server)
    for then, now in zip(bare.server, layered.server, strict=True):
        undone = _undone(now, then, order, layered, announced)
        assert _comparable(then, order, scope) == _comparable(undone, order, scope)
    _check_scope(bare.scope, scope, program, order)
    assert get_request_id() is None
    if "access_log" in order and scope["type"] in {"http", "websocket"}:
        assert [str(bare.scope["type"].lower())] == bench.logged


def _check_scope(bare: Any, layered: Any, program: Program, order: Sequence[str]) -> None:
    given = program.serving.scope
    added = layered.keys() - bare.keys()
    assert added <= (_OURS if given["type"] in {"http", "websocket"} else set())
    assert ("request_id" in added) == ("request_id" in order and "asgi_mw" in added)
    for key, value in given.items():
        assert layered[key] is value


@pytest.mark.slow
@settings(max_examples=5000)
@given(program=programs(), number=st.integers(0, 10_000))
def test_every_stack_leaves_the_conversation_as_it_was(
    bench: Bench, program: Program, number: int
) -> None:
    """Each layer alone, and all of them in a legal order, add what they document, no more."""
    for order in [(name,) for name in bench.layers]:
        _check(bench, program, order)
    _check(bench, program, bench.whole[number % len(bench.whole)])


@settings(max_examples=1000)
@given(program=programs(), number=st.integers(0, 10_000))
def test_nothing_goes_wrong_inside_whatever_passes(
    bench: Bench, program: Program, number: int
) -> None:
    """No layer has to count a fault of its own, however odd the app and the server."""
    bench.faults.clear()
    bench.play(program, bench.whole[number % len(bench.whole)])
    assert [] == bench.faults


def test_a_response_that_ends_after_the_call_is_logged_once(bench: Bench) -> None:
    """As incomplete, which it was: what an app sends from elsewhere makes no second event."""
    start = Step("send", Said({"type": "http.response.start", "status": 200}))
    scope = {"type": "http", "asgi": {}, "path": "/", "query_string": b""}
    serving = Serving(scope, [], "list of tuples", [], None, 0, {}, None, 0)
    late = [Said({"type": "http.response.body"})]
    bench.play(Program([start], late, serving), ("access_log",))
    assert ["http"] == bench.logged


@pytest.mark.parametrize("order", [("access_log",), ("request_id",), ("timing",), ("record",)])
@pytest.mark.parametrize("kind", ["http", "websocket", "lifespan"])
def test_a_call_that_is_dropped_elsewhere_closes_quietly(
    bench: Bench, order: tuple[str, ...], kind: str
) -> None:
    """A coroutine may be closed in another context than it ran in, as garbage collection does."""
    made = stack(_waits, *map(bench.layers.__getitem__, order))
    call: Any = made({"type": kind, "headers": [], "path": "/"}, _never, _never_sends)
    assert "waiting" == copy_context().run(call.send, None)
    assert copy_context().run(call.close) is None


async def _waits(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


async def _never() -> Message:
    await suspend("waiting")
    return {}


async def _never_sends(message: Message) -> None:
    """Be a ``send`` that nobody calls."""
