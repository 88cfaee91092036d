"""Layers that share a driver report the same as with a driver each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from asgi_mw import access_log, layer, request_id, stack, timing, tracing
from asgi_mw.driver import Run as Parts
from asgi_mw.testing import request, websocket
from tests.properties.programs import Run
from tests.properties.strategies import programs
from tests.tried import tried

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from asgi_mw.types import App, Receive, Scope, Send
    from tests.properties.programs import Play, Program

_DURATION = re.compile(rb"dur=[0-9.]+|desc=\"00-[0-9a-f-]+\"")
_TIMES = {"duration_ms", "ttfb_ms", "trace_id", "span_id", "exception"}


def _yes(scope: Scope) -> bool:
    return True


def _no(scope: Scope) -> bool:
    return False


def _fails(scope: Scope) -> bool:
    raise ValueError("of the user")


class Spans(SpanProcessor):
    """Keeps the content of every span, without its ids and times."""

    def __init__(self) -> None:
        self.ended: list[Any] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep it."""
        status = span.status.status_code, span.status.description
        self.ended.append((span.name, dict(span.attributes or {}), status))


class Log:
    """Keeps the content of every line, without its ids and times."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def info(self, event: str, **fields: object) -> None:
        """Keep it."""
        kept = {name: value for name, value in fields.items() if name not in _TIMES}
        self.lines.append((event, kept))

    error = warning = info


@dataclass(frozen=True)
class Plan:
    """Layers with their options, the outermost first; equal plans are one stack."""

    layers: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]


def _options(**values: list[Any]) -> st.SearchStrategy[tuple[tuple[str, Any], ...]]:
    """Some of these options, each with one of its values."""
    return st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(given) for name, given in values.items()}
    ).map(lambda chosen: tuple(chosen.items()))


_FLAG = [True, False]
_OPTIONS = {
    "request_id": _options(
        header=["x-request-id", ("x-a", "x-request-id")],
        trust=[True, False, _yes, _fails],
        in_request=_FLAG,
    ),
    "access_log": _options(
        headers=[(), ("a", "host")], slow=[0.0], skip=[(), ("/",), _fails], sample=[0.0, 1.0]
    ),
    "timing": _options(
        header=["server-timing", "x-time"], metric=["app", "web"], when=[None, _yes, _no, _fails]
    ),
    "tracing": _options(
        metrics=_FLAG,
        active_requests=_FLAG,
        body_sizes=_FLAG,
        time_to_first_byte=_FLAG,
        traceparent_header=_FLAG,
        skip=[(), ("/",), _fails],
        public=[True, False, _fails],
        capture_request_headers=[(), ("a", "host")],
        capture_response_headers=[(), ("a",)],
        metrics_exclude=[(), ("text/html",)],
    ),
}


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Two to four layers in a legal order, each with options of its own."""
    names = draw(st.permutations(sorted(_OPTIONS)))[draw(st.integers(0, 2)) :]
    if {"tracing", "access_log"} <= {*names}:  # which may stand in one order only
        first, last = sorted(map(names.index, ("tracing", "access_log")))
        names[first], names[last] = "tracing", "access_log"
    return Plan(tuple((name, draw(_OPTIONS[name])) for name in names))


class Witnesses:
    """Stacks of layers and what they say, around an app that is put in for each run."""

    def __init__(self, *, apart: bool) -> None:
        self.apart = apart
        self.app: App = _streams
        self.spans, self.log = Spans(), Log()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(self.spans)
        meters = MeterProvider(shutdown_on_exit=False)
        self._fixed: dict[str, tuple[Any, dict[str, Any]]] = {
            "request_id": (request_id, {"generate": lambda: "made-here"}),
            # So that none is slow by chance, as when the collector looks through a large heap
            "access_log": (access_log, {"logger": self.log, "slow": 3600.0}),
            "timing": (timing, {}),
            "tracing": (tracing, {"tracer_provider": tracers, "meter_provider": meters}),
        }
        self._stacks: dict[Plan, App] = {}

    def of(self, plan: Plan) -> App:
        """The stack, in one driver or in one each."""
        made = self._stacks.get(plan)
        if made is None:
            layers = []
            for name, options in plan.layers:
                factory, fixed = self._fixed[name]
                layers.append(layer(factory, **{**fixed, **dict(options)}))
            made = stack(self._app, *layers, between=_through if self.apart else None)
            run = vars(made).get("__run__")
            assert self.apart == (not isinstance(run, Parts) or len(run.parts) < len(layers))
            self._stacks[plan] = made
        self.spans.ended, self.log.lines = [], []
        return made

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def play(self, program: Program, plan: Plan) -> tuple[Play, Any, Any]:
        """What server and app said to each other, the log lines, and the spans."""
        run = Run(program)
        self.app = run.app
        return run.go(self.of(plan)), self.log.lines, self.spans.ended

    async def serve(self, app: App, plan: Plan, kind: str) -> tuple[Any, Any, Any]:
        """What a client of *app* sees on an event loop, the log lines, and the spans."""
        self.app = app
        headers, stacked = {"x-a": "caller", "a": "1"}, self.of(plan)
        if kind == "websocket":
            result = await websocket(stacked, messages=["hello"], headers=headers)
        else:
            result = await request(stacked, "POST", "/", body=b"hello", headers=headers)
        said = [_steady(one) for one in result.sent], result.raised
        return said, self.log.lines, self.spans.ended


def _through(app: App, name: str) -> App:  # what ``between`` is called with
    """Somebody else's layer, which does nothing."""

    async def through(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return through


@pytest.fixture(scope="module")
def both() -> tuple[Witnesses, Witnesses]:
    """Put the layers together, and apart."""
    return Witnesses(apart=False), Witnesses(apart=True)


def _steady(message: object) -> object:
    """*message* without what differs from request to request."""
    if isinstance(message, dict) and isinstance(message.get("headers"), list):
        return {**message, "headers": [_without_times(pair) for pair in message["headers"]]}
    return message


def _without_times(pair: object) -> object:
    if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], bytes):
        return pair[0], _DURATION.sub(b"", pair[1])
    return pair


@pytest.mark.slow
@tried(1000)
@given(program=programs(), plan=plans())
def test_together_they_say_what_they_say_apart(
    both: tuple[Witnesses, Witnesses], program: Program, plan: Plan
) -> None:
    """To the server, to the app, in the log and on the span, however odd app and server are."""
    together, log, spans = both[0].play(program, plan)
    apart, lines, ended = both[1].play(program, plan)

    assert [_steady(one) for one in apart.server] == [_steady(one) for one in together.server]
    assert (apart.app, apart.end, apart.changed) == (together.app, together.end, together.changed)
    assert lines == log
    assert ended == spans


async def _streams(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"1")]})
    for _ in range(3):
        await anyio.lowlevel.checkpoint()
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
    await send({"type": "http.response.body"})


async def _raises(scope: Scope, receive: Receive, send: Send) -> None:
    await anyio.lowlevel.checkpoint()
    raise KeyError("7")


async def _cut(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 500})
    await anyio.lowlevel.checkpoint()
    raise KeyError("7")


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept", "headers": [(b"a", b"1")]})
    while (message := await receive())["type"] == "websocket.receive":
        await anyio.lowlevel.checkpoint()
        await send({"type": "websocket.send", "text": message["text"]})


@pytest.mark.slow
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("app", "kind"),
    [(_streams, "http"), (_raises, "http"), (_cut, "http"), (_echo, "websocket")],
    ids=["streams", "raises", "is cut", "echoes"],
)
@tried(300)
@given(plan=plans())
def test_together_they_say_so_on_a_real_loop(
    both: tuple[Witnesses, Witnesses], app: App, kind: str, loop: str, plan: Plan
) -> None:
    """This holds for all options."""
    together, apart = (anyio.run(one.serve, app, plan, kind, backend=loop) for one in both)

    assert repr(apart) == repr(together)  # an exception is equal to itself alone
