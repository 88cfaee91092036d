"""What server and app say to each other is the same with our layers between them as without."""

from __future__ import annotations

from contextvars import copy_context
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from opentelemetry.context import get_current

from asgi_mw import get_request_id, stack
from asgi_mw.faults import Faults
from asgi_mw.middleware.compression import turns
from asgi_mw.middleware.decompression import exchange
from asgi_mw.telemetry.others import QUIET
from tests.properties.programs import Program, Said, Serving, Step, suspend
from tests.properties.reading import Reader
from tests.properties.stacks import KINDS, Bench, Turn
from tests.properties.strategies import UNSAMPLED, programs
from tests.tried import tried

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.types import Message, Receive, Scope, Send
    from tests.properties.model_parts import Notes
    from tests.properties.programs import Play

_OURS = {"asgi_mw", "request_id"}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """Build the stacks once; keep each fault that our layers count."""
    made = Bench()
    assert made.stacks  # before anything is replaced

    def note_fault(faults: Faults, place: str, error: BaseException) -> None:
        # Without an event loop there is no thread to flush from
        if place != "flush":
            made.faults.append(f"{place}: {error!r}")

    async def checkpoint() -> None:
        await suspend("busy")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Faults, "note", note_fault)
        # No event loop, so no turns to take in it, and no time in which they would be due
        patch.setattr(turns, "anyio", SimpleNamespace(Event=Turn))
        patch.setattr(turns, "perf_counter_ns", lambda: 0)
        patch.setattr(exchange, "checkpoint", checkpoint)
        yield made


def _disturbed(program: Program) -> bool:
    """Whether anything may have shown that the client is gone."""
    serving = program.serving
    inbox = [*serving.inbox, serving.repeats or {}]
    gone = any(message.get("type") == "http.disconnect" for message in inbox)
    refused = any(step.does.startswith("raise") for step in program.steps)
    return bool(gone or refused or serving.errors or serving.late or serving.cancel_at)


def _check(bench: Bench, program: Program, order: Sequence[str]) -> None:
    bare, notes = bench.bare(program, order)
    layered = bench.play(program, order)
    try:
        _compare(bench, program, order, bare, layered, notes)
    except BaseException:
        note(f"{order}\nmodels  {bare}\nlayers  {layered}")
        raise


def _compare(  # noqa: PLR0917  # private
    bench: Bench, program: Program, order: Sequence[str], bare: Play, layered: Play, notes: Notes
) -> None:
    assert [] == layered.changed
    assert get_request_id() is None
    assert {} == get_current()
    _check_scope(bare, layered, program, order)
    if "access_log" in order and program.serving.scope["type"] in {"http", "websocket"}:
        events = notes.entered.get("access_log", 0) * [program.serving.scope["type"].lower()]
        assert events == bench.logged
    if "tracing" in order:
        unsampled = (b"traceparent", UNSAMPLED) in (program.serving.pairs or ())
        assert (0 if unsampled else notes.entered.get("tracing", 0)) == bench.spans.ended
    reader = Reader(may_code=notes.codes, disturbed=_disturbed(program))
    if notes.loose:
        return  # chunks may be put together: that is played by the tests of compression
    assert bare.end == layered.end
    assert bare.app == layered.app
    assert len(bare.server) == len(layered.server)
    both = zip(bare.server, layered.server, strict=True)
    for then, now in both:
        assert reader.same(then, now)
        if isinstance(then, dict):
            form, formed = next(both)
            assert form == formed or (reader.coded and formed == "bytes")


def _check_scope(bare: Play, layered: Play, program: Program, order: Sequence[str]) -> None:
    given = program.serving.scope
    assert bool(bare.scope) == bool(layered.scope)
    assert bare.headers == layered.headers
    if not layered.scope:
        return
    added = layered.scope.keys() - bare.scope.keys()
    # The keys of other tracers, which keep them from making a second span
    ours = _OURS | (QUIET.keys() if "tracing" in order else set())
    assert added <= (ours if given["type"] in {"http", "websocket"} else set())
    assert ("request_id" in added) == ("request_id" in order and "asgi_mw" in added)
    for key, value in given.items():
        assert layered.scope[key] is value


@pytest.mark.slow
@tried(3000)
@given(program=programs(), number=st.integers(0, 10_000))
def test_every_stack_leaves_the_conversation_as_it_was(
    bench: Bench, program: Program, number: int
) -> None:
    """Each layer alone, and all of them in a legal order, add what they document, no more."""
    for name in bench.layers:
        _check(bench, program, (name,))
    _check(bench, program, bench.several[number % len(bench.several)])


@tried(1000)
@given(program=programs(), number=st.integers(0, 10_000))
def test_nothing_goes_wrong_inside_whatever_passes(
    bench: Bench, program: Program, number: int
) -> None:
    """No layer has to count a fault of its own, however odd the app and the server."""
    bench.play(program, bench.several[number % len(bench.several)])
    assert [] == bench.faults


def test_a_response_that_ends_after_the_call_is_logged_once(bench: Bench) -> None:
    """It is logged as incomplete: what the app sends after its call makes no second event."""
    start = Step("send", Said({"type": "http.response.start", "status": 200}))
    scope = {"type": "http", "asgi": {}, "path": "/", "query_string": b""}
    serving = Serving(scope, [], "list of tuples", [], None, 0, {}, None, 0)
    late = [Said({"type": "http.response.body"})]
    bench.play(Program([start], late, serving), ("access_log",))
    assert ["http"] == bench.logged


@pytest.mark.parametrize("order", [(name,) for kind in KINDS for name in kind])
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
