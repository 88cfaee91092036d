"""Layers that share a driver say what the same layers say one inside the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from asgi_mw import access_log, layer, request_id, stack, timing, tracing
from asgi_mw.driver import Run as Parts
from tests.properties.programs import Run
from tests.properties.strategies import programs
from tests.tried import tried

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from asgi_mw.types import App, Receive, Scope, Send
    from tests.properties.programs import Play, Program

_DURATION = re.compile(rb"dur=[0-9.]+|desc=\"00-[0-9a-f-]+\"")
_TIMES = {"duration_ms", "ttfb_ms", "trace_id", "span_id", "exception"}


class Spans(SpanProcessor):
    """Keeps what every span says, without its ids and times."""

    def __init__(self) -> None:
        self.ended: list[Any] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep it."""
        status = span.status.status_code, span.status.description
        self.ended.append((span.name, dict(span.attributes or {}), status))


class Log:
    """Keeps what every line says, without its ids and times."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def info(self, event: str, **fields: object) -> None:
        """Keep it."""
        kept = {name: value for name, value in fields.items() if name not in _TIMES}
        self.lines.append((event, kept))

    error = warning = info


class Witnesses:
    """One stack of four layers and what it tells, round an app that is put in for each run."""

    def __init__(self, *, apart: bool) -> None:
        self.spans, self.log = Spans(), Log()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(self.spans)
        meters = MeterProvider(shutdown_on_exit=False)
        shared: dict[str, Any] = {"tracer_provider": self.tracers, "meter_provider": meters}
        traced = [
            layer(tracing, **shared, active_requests=True, capture_response_headers=["a"]),
            layer(tracing, **shared, traceparent_header=True, body_sizes=True),
        ]
        ids = layer(request_id, generate=lambda: "made-here")
        log, timed = layer(access_log, logger=self.log), layer(timing)
        orders = [
            [ids, timed],
            [log, timed],
            [timed, ids, log],
            [traced[0], ids, log, timed],
            [ids, traced[1], timed, log],
            [timed, traced[0], log, ids],
        ]
        between = _through if apart else None
        self.stacks = [stack(self._app, *order, between=between) for order in orders]
        for made, order in zip(self.stacks, orders, strict=True):
            run = vars(made).get("__run__")
            assert apart == (not isinstance(run, Parts) or len(run.parts) < len(order))

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.run.app(scope, receive, send)

    def play(self, program: Program, number: int) -> tuple[Play, Any, Any]:
        """What server and app said to each other, the log lines, and the spans."""
        self.run = Run(program)
        self.spans.ended, self.log.lines = [], []
        return self.run.go(self.stacks[number]), self.log.lines, self.spans.ended


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
    """*message* without what no two requests have in common."""
    if isinstance(message, dict) and isinstance(message.get("headers"), list):
        return {**message, "headers": [_without_times(pair) for pair in message["headers"]]}
    return message


def _without_times(pair: object) -> object:
    if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], bytes):
        return pair[0], _DURATION.sub(b"", pair[1])
    return pair


@pytest.mark.slow
@tried(1000)
@given(program=programs(), number=st.integers(0, 5))
def test_together_they_say_what_they_say_apart(
    both: tuple[Witnesses, Witnesses], program: Program, number: int
) -> None:
    """To the server, to the app, in the log and on the span, however odd app and server are."""
    together, log, spans = both[0].play(program, number)
    apart, lines, ended = both[1].play(program, number)

    assert [_steady(one) for one in apart.server] == [_steady(one) for one in together.server]
    assert (apart.app, apart.end, apart.changed) == (together.app, together.end, together.changed)
    assert lines == log
    assert ended == spans
