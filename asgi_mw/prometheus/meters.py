"""Meters of OpenTelemetry's API whose measurements ``prometheus_client`` keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import prometheus_client as prometheus
from opentelemetry import metrics as api
from opentelemetry import trace
from prometheus_client.registry import Collector

from asgi_mw.faults import Faults
from asgi_mw.prometheus.names import labels_of, metric_name, unit_name
from asgi_mw.prometheus.processes import several
from asgi_mw.prometheus.series import Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from opentelemetry.context import Context

    Attributes = Mapping[str, Any] | None
    Callbacks = Sequence[Any] | None

T = TypeVar("T")
_faults = Faults("prometheus")
# The buckets of the SDK, for histograms that advise none
_BUCKETS = (0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000)


class Histogram(api.Histogram):
    """Counts what falls into each bucket; the last sampled trace in each is its exemplar."""

    def __init__(
        self, name: str, unit: str, description: str, buckets: Sequence[float] | None
    ) -> None:
        options = {"unit": unit_name(unit), "buckets": buckets or _BUCKETS, "registry": None}
        self.series = Series(
            lambda labels: prometheus.Histogram(
                metric_name(name),
                description,
                labels,
                **options,  # type: ignore[arg-type]  # a dict of several types
            )
        )

    def record(
        self,
        amount: float,
        attributes: Attributes = None,
        context: Context | None = None,
    ) -> None:
        """Count *amount*, with the trace in *context* as exemplar where it is sampled."""
        try:
            if amount != amount:  # noqa: PLR0124  # NaN: no sum would ever be a number again
                raise ValueError("it is not a number")  # noqa: TRY301  # noted with other faults
            self.series.child(attributes).observe(amount, _exemplar(context))
        except Exception as error:  # noqa: BLE001  # a measurement never makes its caller fail
            _faults.note("record", error)


class Counter(api.Counter):
    """Counts up."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self.series = Series(
            lambda labels: prometheus.Counter(
                metric_name(name), description, labels, unit=unit_name(unit), registry=None
            )
        )

    def add(
        self,
        amount: float,
        attributes: Attributes = None,
        context: Context | None = None,
    ) -> None:
        """Count *amount*, with the trace in *context* as exemplar where it is sampled."""
        try:
            if not amount >= 0:  # refuses NaN too
                raise ValueError("a counter only counts up")  # noqa: TRY301  # the same
            self.series.child(attributes).inc(amount, _exemplar(context))
        except Exception as error:  # noqa: BLE001  # a measurement never makes its caller fail
            _faults.note("add", error)


class UpDownCounter(api.UpDownCounter):
    """Counts up and down; with several processes, the page adds up those that live."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self.series = _gauges(name, unit, description, "livesum")

    def add(
        self,
        amount: float,
        attributes: Attributes = None,
        context: Context | None = None,  # noqa: ARG002  # a gauge has no exemplar
    ) -> None:
        """Count *amount*, which may be negative."""
        try:
            self.series.child(attributes).inc(amount)
        except Exception as error:  # noqa: BLE001  # a measurement never makes its caller fail
            _faults.note("add", error)


class Gauge(api._Gauge):  # noqa: SLF001  # the name under which the API exports it
    """Keeps the last amount."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self.series = _gauges(name, unit, description, "mostrecent")

    def set(
        self,
        amount: float,
        attributes: Attributes = None,
        context: Context | None = None,  # noqa: ARG002  # a gauge has no exemplar
    ) -> None:
        """Keep *amount*."""
        try:
            self.series.child(attributes).set(amount)
        except Exception as error:  # noqa: BLE001  # a measurement never makes its caller fail
            _faults.note("set", error)


class _Observed:
    """Values that callbacks give at each scrape."""

    kind = "gauge"

    def __init__(self, name: str, unit: str, description: str, callbacks: Callbacks) -> None:
        self._callbacks = list(callbacks or ())
        self._metric = (metric_name(name), description, unit_name(unit, gauge=True))
        self.series = self

    def collect(self) -> Iterator[prometheus.Metric]:
        """Ask every callback."""
        name, description, unit = self._metric
        if unit and not name.endswith(unit):
            name = f"{name}_{unit}"
        suffix = "_total" if self.kind == "counter" else ""
        metric = prometheus.Metric(name.removesuffix(suffix), description, self.kind, unit)
        for callback in self._callbacks:
            try:
                for seen in callback(api.CallbackOptions()):
                    labels = labels_of(sorted((seen.attributes or {}).items()))
                    metric.add_sample(metric.name + suffix, labels, seen.value)
            except Exception as error:  # noqa: BLE001  # the page still shows the rest
                _faults.note("callback", error)
        yield metric


class ObservableGauge(_Observed, api.ObservableGauge):
    """A gauge whose callbacks are asked at each scrape."""


class ObservableUpDownCounter(_Observed, api.ObservableUpDownCounter):
    """A sum whose callbacks are asked at each scrape."""


class ObservableCounter(_Observed, api.ObservableCounter):
    """A counter whose callbacks are asked at each scrape."""

    kind = "counter"


class Meter(api.Meter):
    """Makes instruments; all meters of a provider give the same one for the same name."""

    def __init__(self, name: str, instruments: dict[str, Any]) -> None:
        super().__init__(name)
        self._instruments = instruments

    def _instrument(self, kind: Callable[..., T], name: str, *arguments: object) -> T:
        known = metric_name(name)
        if known not in self._instruments:  # setdefault keeps what another thread just made
            self._instruments.setdefault(known, kind(name, *arguments))
        found: T = self._instruments[known]
        if type(found) is not kind:
            # It measures but is not shown: a page cannot have two kinds under one name
            _faults.note("name", ValueError(f"{name} is of another kind already"))
            return kind(name, *arguments)
        return found

    def create_counter(self, name: str, unit: str = "", description: str = "") -> Counter:
        """Make a counter."""
        return self._instrument(Counter, name, unit, description)

    def create_up_down_counter(
        self, name: str, unit: str = "", description: str = ""
    ) -> UpDownCounter:
        """Make a counter that also counts down."""
        return self._instrument(UpDownCounter, name, unit, description)

    def create_histogram(
        self,
        name: str,
        unit: str = "",
        description: str = "",
        *,
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> Histogram:
        """Make a histogram with the advised buckets."""
        buckets = explicit_bucket_boundaries_advisory
        return self._instrument(Histogram, name, unit, description, buckets)

    def create_gauge(self, name: str, unit: str = "", description: str = "") -> Gauge:
        """Make a gauge."""
        return self._instrument(Gauge, name, unit, description)

    def create_observable_gauge(
        self, name: str, callbacks: Callbacks = None, unit: str = "", description: str = ""
    ) -> ObservableGauge:
        """Make a gauge that is asked at each scrape."""
        return self._instrument(ObservableGauge, name, unit, description, callbacks)

    def create_observable_counter(
        self, name: str, callbacks: Callbacks = None, unit: str = "", description: str = ""
    ) -> ObservableCounter:
        """Make a counter that is asked at each scrape."""
        return self._instrument(ObservableCounter, name, unit, description, callbacks)

    def create_observable_up_down_counter(
        self, name: str, callbacks: Callbacks = None, unit: str = "", description: str = ""
    ) -> ObservableUpDownCounter:
        """Make a sum that is asked at each scrape."""
        return self._instrument(ObservableUpDownCounter, name, unit, description, callbacks)


class MeterProvider(api.MeterProvider, Collector):
    """What `meter_provider` returns.

    Attributes:
        asks: Whether observable instruments are ever asked.  Not with several processes: the page
            of one cannot ask the others.
    """

    def __init__(self) -> None:
        self.asks = not several()
        self._instruments: dict[str, Any] = {}

    def get_meter(
        self,
        name: str,
        version: str | None = None,  # noqa: ARG002  # who measures is no label here
        schema_url: str | None = None,  # noqa: ARG002  # the same
        attributes: Attributes = None,  # noqa: ARG002  # the same
    ) -> Meter:
        """Give a meter; all of them share their instruments."""
        return Meter(name, self._instruments)

    def collect(self) -> Iterator[prometheus.Metric]:
        """Give every metric, to a registry."""
        for instrument in list(self._instruments.values()):
            yield from instrument.series.collect()

    def describe(self) -> list[prometheus.Metric]:
        """Nothing is known before it is measured."""
        return []


_providers: WeakKeyDictionary[prometheus.CollectorRegistry, MeterProvider] = WeakKeyDictionary()


def meter_provider(*, registry: prometheus.CollectorRegistry | None = None) -> MeterProvider:
    """Meters for ``tracing(app, meter_provider=...)``, or for any other instrumentation.

    The same registry gets the same provider at each call.  Names are those of OpenTelemetry's
    exporter for Prometheus: ``http_server_request_duration_seconds``, with labels like
    ``http_request_method``.  A metric holds at most 2,000 series; further ones are counted
    under ``otel_metric_overflow="true"``.

    Args:
        registry: One of ``prometheus_client``; its global one if you give none, and always where
            several processes write into ``PROMETHEUS_MULTIPROC_DIR``: two meters would overwrite
            each other's values there.
    """
    if registry is None or several():
        registry = prometheus.REGISTRY
    if registry not in _providers:
        _providers[registry] = MeterProvider()
        registry.register(_providers[registry])
    return _providers[registry]


def _gauges(name: str, unit: str, description: str, mode: Any) -> Series[prometheus.Gauge]:
    return Series(
        lambda labels: prometheus.Gauge(
            metric_name(name),
            description,
            labels,
            unit=unit_name(unit, gauge=True),
            registry=None,
            multiprocess_mode=mode,
        )
    )


def _exemplar(context: Context | None) -> dict[str, str] | None:
    span = trace.get_current_span(context).get_span_context()
    if not span.trace_flags & trace.TraceFlags.SAMPLED:
        return None
    return {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}"}
