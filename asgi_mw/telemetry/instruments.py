"""The instruments of one meter provider, each made when it is first used."""

from __future__ import annotations

from collections import Counter
from functools import cached_property, partial
from threading import RLock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from asgi_mw.faults import ledger, watch
from asgi_mw.telemetry.providers import NAME, SCHEMA_URL, version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.metrics import (
        CallbackOptions,
        Histogram,
        MeterProvider,
        Observation,
        UpDownCounter,
    )
    from opentelemetry.metrics import Counter as OtelCounter

# https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
# The conventions give no boundaries: powers of four, to 64 MiB
BYTES = tuple(float(4**power) for power in range(3, 14))
# A WebSocket lives for seconds or for a day
LIFETIMES = (0.1, 1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 43200.0, 86400.0)

_lock = RLock()
_made: WeakKeyDictionary[MeterProvider, Instruments] = WeakKeyDictionary()


class Instruments:
    """Instruments with names of the conventions, and with our own, which begin with ``asgi_mw``.

    Layers on one provider share them, so that an observable instrument is registered once.
    """

    def __init__(self, provider: MeterProvider) -> None:
        self._meter = provider.get_meter(NAME, version(), SCHEMA_URL)
        # Where processes share a page, the provider of asgi_mw.prometheus asks no callback
        self._asked = getattr(provider, "asks", True)
        self._book("faults", "{fault}", "Faults inside asgi_mw that the app was spared.", "fault")
        self._book("dropped", "{item}", "What asgi_mw could not keep.", "dropped")

    @cached_property
    def duration(self) -> Histogram:
        """``http.server.request.duration``."""
        return self._seconds("http.server.request.duration", "Duration of HTTP server requests.")

    @cached_property
    def first_byte(self) -> Histogram:
        """``asgi_mw.http.server.time_to_first_byte``: to the start of the response."""
        name = "asgi_mw.http.server.time_to_first_byte"
        return self._seconds(name, "Time until the HTTP response began.")

    @cached_property
    def request_size(self) -> Histogram:
        """``http.server.request.body.size``."""
        return self._bytes("http.server.request.body.size", "Size of HTTP server request bodies.")

    @cached_property
    def response_size(self) -> Histogram:
        """``http.server.response.body.size``."""
        return self._bytes("http.server.response.body.size", "Size of HTTP server response bodies.")

    @cached_property
    def active_requests(self) -> Counts | Told:
        """``http.server.active_requests``."""
        what = "Number of active HTTP server requests."
        return self._up_down("http.server.active_requests", "{request}", what)

    @cached_property
    def connections(self) -> Counts | Told:
        """``asgi_mw.websocket.connections``: those that are open."""
        what = "Number of open WebSocket connections."
        return self._up_down("asgi_mw.websocket.connections", "{connection}", what)

    @cached_property
    def messages(self) -> Counts | Told:
        """``asgi_mw.websocket.messages``: received and sent."""
        name, what = "asgi_mw.websocket.messages", "Number of WebSocket messages."
        if not self._asked:
            return Told(self._meter.create_counter(name, "{message}", what))
        counts = Counts()
        self._meter.create_observable_counter(name, [counts.observe], "{message}", what)
        return counts

    @cached_property
    def lifetime(self) -> Histogram:
        """``asgi_mw.websocket.duration``: from the handshake to the end."""
        return self._meter.create_histogram(
            "asgi_mw.websocket.duration",
            "s",
            "Duration of WebSocket connections.",
            explicit_bucket_boundaries_advisory=LIFETIMES,
        )

    @cached_property
    def blocked(self) -> Histogram:
        """``asgi_mw.event_loop.blocked``: how long the loop did nothing else, each time."""
        what = "Time for which the event loop was blocked."
        return self._seconds("asgi_mw.event_loop.blocked", what)

    @cached_property
    def hangs(self) -> OtelCounter:
        """``asgi_mw.connection.hangs``: connections that were found to hang."""
        what = "Connections that were found to hang."
        return self._meter.create_counter("asgi_mw.connection.hangs", "{connection}", what)

    def _seconds(self, name: str, what: str) -> Histogram:
        return self._meter.create_histogram(
            name, "s", what, explicit_bucket_boundaries_advisory=SECONDS
        )

    def _bytes(self, name: str, what: str) -> Histogram:
        return self._meter.create_histogram(
            name, "By", what, explicit_bucket_boundaries_advisory=BYTES
        )

    def _up_down(self, name: str, unit: str, what: str) -> Counts | Told:
        if not self._asked:
            return Told(self._meter.create_up_down_counter(name, unit, what))
        counts = Counts()
        self._meter.create_observable_up_down_counter(name, [counts.observe], unit, what)
        return counts

    def _book(self, name: str, unit: str, what: str, kind: str) -> None:
        name = f"asgi_mw.{name}"
        if self._asked:
            observe = partial(_booked, kind)
            self._meter.create_observable_counter(name, [observe], unit, what)
            return
        counter = self._meter.create_counter(name, unit, what)

        def booked(key: tuple[str, str, str], count: int) -> None:
            if key[0] == kind:
                counter.add(count, _owned(*key[1:]))

        watch(booked)


class Counts:
    """Numbers by attributes, read when metrics are collected.

    >>> counts = Counts()
    >>> counts.add(1, {"url.scheme": "http"})
    >>> counts.add(-1, {"url.scheme": "http"})
    >>> [(one.value, one.attributes) for one in counts.observe(None)]
    [(0, {'url.scheme': 'http'})]
    """

    def __init__(self) -> None:
        self._lock = RLock()  # the garbage collector may end a request anywhere
        self._counts: Counter[frozenset[tuple[str, str]]] = Counter()

    def add(self, number: int, attributes: Mapping[str, str]) -> None:
        """Count *number* more, or less."""
        key = frozenset(attributes.items())
        with self._lock:
            self._counts[key] += number

    def adder(self, attributes: Mapping[str, str]) -> Callable[[], None]:
        """What counts one more with *attributes*, made once for many."""
        key = frozenset(attributes.items())

        def add() -> None:
            with self._lock:
                self._counts[key] += 1

        return add

    def observe(self, _: CallbackOptions | None) -> list[Observation]:
        """The numbers of the moment."""
        from opentelemetry.metrics import Observation  # noqa: PLC0415  # slow to import

        with self._lock:
            counts = list(self._counts.items())
        return [Observation(number, dict(key)) for key, number in counts]


class Told:
    """Numbers by attributes, handed on at once: for meters that ask no callback."""

    def __init__(self, instrument: OtelCounter | UpDownCounter) -> None:
        self._instrument = instrument

    def add(self, number: int, attributes: Mapping[str, str]) -> None:
        """Count *number* more, or less."""
        self._instrument.add(number, attributes)

    def adder(self, attributes: Mapping[str, str]) -> Callable[[], None]:
        """What counts one more with *attributes*, made once for many."""
        return partial(self._instrument.add, 1, attributes)


def instruments_of(provider: MeterProvider) -> Instruments:
    """The instruments of *provider*: the same for every layer."""
    with _lock:
        made = _made.get(provider)
        if made is None:
            made = _made[provider] = Instruments(provider)
        return made


def _booked(kind: str, _: CallbackOptions) -> list[Observation]:
    from opentelemetry.metrics import Observation  # noqa: PLC0415  # slow to import

    return [
        Observation(number, _owned(owner, what))
        for (booked, owner, what), number in ledger().items()
        if booked == kind
    ]


def _owned(owner: str, what: str) -> dict[str, str]:
    return {"asgi_mw.owner": owner, "asgi_mw.reason": what}
