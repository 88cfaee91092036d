"""Every layer, alone and in legal orders, around an app that is put in for each run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from threading import get_ident
from typing import TYPE_CHECKING

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from asgi_mw import (
    access_log,
    compression,
    cors,
    gzip,
    layer,
    open_store,
    record,
    request_id,
    server_error,
    stack,
    timing,
    tracing,
)
from asgi_mw.loops import Loop
from asgi_mw.middleware.decompression import decompression
from asgi_mw.watch import watch
from asgi_mw.watch.beat import Beat
from asgi_mw.watch.dog import DOG
from tests.properties.coding_models import LEAST
from tests.properties.model_parts import Notes
from tests.properties.models import ALLOWED, CORS, MADE, modelled
from tests.properties.programs import Run, suspend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

    from asgi_mw.types import App, Receive, Scope, Send
    from tests.properties.programs import Play, Program

# Each pair may stand in one order only, whatever is between them
OUTSIDE = [
    ("request_id", "cors"),
    ("request_id", "decompression"),
    ("tracing", "access_log"),
    ("cors", "decompression"),
]
KINDS = [
    ["access_log"],
    ["request_id"],
    ["timing"],
    ["record", "record tiny", "record layers"],
    ["cors", "cors star"],
    ["tracing", "tracing bare"],
    ["compression", "gzip"],
    ["decompression"],
    ["watch"],
]


def _kind(name: str) -> str:
    return "compression" if name == "gzip" else name.split(maxsplit=1)[0]


def _legal(wanted: Sequence[str]) -> tuple[str, ...]:
    """The layers in the order *wanted*, but each comes after those that have to be outside."""
    order: list[str] = []
    waiting = list(wanted)
    while waiting:
        kinds = {_kind(name) for name in waiting}
        ready = next(n for n in waiting if not any((k, _kind(n)) in OUTSIDE for k in kinds))
        waiting.remove(ready)
        order.append(ready)
    return tuple(order)


def _orders() -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Each layer alone; and pairs, and all of them, in legal orders, which are always the same."""
    chosen = random.Random(9)
    singles: list[tuple[str, ...]] = [("server_error",)]
    singles += [(name,) for kind in KINDS for name in kind]
    several = [_legal(pair) for pair in permutations([kind[-1] for kind in KINDS], 2)]
    for _ in range(150):
        whole = _legal([chosen.choice(kind) for kind in chosen.sample(KINDS, len(KINDS))])
        several.append((*whole, "server_error"))
    return singles, list(dict.fromkeys(several))


class Spans(SpanProcessor):
    """Counts the spans that ended."""

    ended = 0

    def on_end(self, span: ReadableSpan) -> None:
        """Count it."""
        self.ended += 1


class Turn:
    """An event of anyio, but without an event loop."""

    def __init__(self) -> None:
        self._set = False

    def set(self) -> None:
        """Let those who wait go on."""
        self._set = True

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._set

    async def wait(self) -> None:
        """Wait to be set."""
        while not self._set:
            await suspend("idle")


@dataclass
class Bench:
    """Every stack there is, around an app that is put in for each run."""

    run: Run | None = field(default=None, repr=False)
    logged: list[str] = field(default_factory=list, repr=False)
    faults: list[str] = field(default_factory=list, repr=False)
    clock: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        store = open_store("memory:")
        self.spans = Spans()
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(self.spans)
        self.layers = {
            "access_log": layer(access_log, logger=self, trusted_proxies=["127.0.0.0/8", "unix"]),
            "request_id": layer(request_id, generate=lambda: MADE),
            "timing": layer(timing, clock=self._tick),
            "server_error": layer(server_error),
            "watch": layer(watch, logger=self),
            "record": layer(record, store=store),
            "record tiny": layer(record, store=store, body_limit=2, connection_limit=4096),
            "record layers": layer(record, store=store, layers=True),
            "cors": layer(cors, **CORS),
            "cors star": layer(cors, allow_origins=["*"]),
            "compression": layer(compression, minimum_size=LEAST),
            "gzip": layer(gzip, minimum_size=LEAST),
            "decompression": layer(decompression, buffer=0),
            "tracing bare": layer(tracing),
            "tracing": layer(
                tracing,
                tracer_provider=tracers,
                meter_provider=MeterProvider(shutdown_on_exit=False),
                logger_provider=LoggerProvider(shutdown_on_exit=False),
                active_requests=True,
                body_sizes=True,
                time_to_first_byte=True,
                metrics_exclude=["text/html"],
                trusted_proxies=["127.0.0.0/8", "unix"],
                capture_request_headers=["host"],
                capture_response_headers=["content-type"],
                traceparent_header=True,
            ),
        }
        self._singles, self.several = _orders()

    @cached_property
    def stacks(self) -> dict[tuple[str, ...], App]:
        """All stacks, by the names of their layers; made when they are first needed."""
        return {
            order: stack(self._app, *map(self.layers.__getitem__, order))
            for order in self._singles + self.several
        }

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.run is not None
        await self.run.app(scope, receive, send)

    def play(self, program: Program, order: Sequence[str]) -> Play:
        """Run *program* with the layers of *order* around it."""
        self.run = Run(program)
        self.logged.clear()
        self.faults.clear()
        self.spans.ended = 0
        DOG.beats[get_ident()] = _BEAT
        try:
            return self.run.go(self.stacks[tuple(order)])
        finally:
            # The watchdog's thread, if an earlier test left it running, may have removed it
            DOG.beats.pop(get_ident(), None)
            DOG._late.clear()
            DOG._departed.clear()

    def bare(self, program: Program, order: Sequence[str]) -> tuple[Play, Notes]:
        """Run *program* with the models of these layers around it."""
        self.run = Run(program)
        app: App = self._app
        notes = Notes()
        for name in reversed(order):
            app = modelled(app, name, notes)
        return self.run.go(app), notes

    def _tick(self) -> int:
        self.clock += 1_000_000
        return self.clock

    def info(self, event: str, **fields: object) -> None:
        """Be a logger."""
        self.logged.append(event)

    error = warning = info


# These runs have no loop: if the watchdog asks this one for a sign of life, it says that it is
# over
_BEAT = Beat(Loop(None, lambda _: None, lambda: False, lambda: True, list), 0)


class _Quiet:
    def info(self, event: str, **fields: object) -> None:
        """Take it."""

    error = warning = info


_STORE = open_store("memory:")
_TRACERS = TracerProvider(shutdown_on_exit=False)
_METERS = MeterProvider(shutdown_on_exit=False)


def layered(app: App, *, codes: bool = True) -> App:
    """Put all layers around *app*, in the order recommended for production, and look between them.

    Args:
        app: Any.
        codes: With compression, which holds a start until it knows the body.
    """
    inside = stack(
        app,
        layer(tracing, tracer_provider=_TRACERS, meter_provider=_METERS),
        request_id,
        layer(access_log, logger=_Quiet()),
        layer(watch, logger=_Quiet(), blocked_after=None),  # a block would hold who blocks
        timing,
        layer(cors, allow_origins=[ALLOWED.decode()]),
        *([layer(compression, minimum_size=4)] if codes else []),
        decompression,
        layer(record, store=_STORE),
        server_error,
    )
    return record(inside, store=_STORE, layers=True)
