"""Set up the SDK and its exporters from the standard variables."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from asgi_mw.errors import MissingExtraError, Problems
from asgi_mw.otlp.pacing import pace
from asgi_mw.otlp.settings import hosts_of_grpc, seconds, settings
from asgi_mw.otlp.telemetry import Providers, Telemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from opentelemetry.sdk.resources import Resource

    from asgi_mw.otlp.settings import Settings

_log = logging.getLogger("asgi_mw")


def configure(
    *,
    service_name: str | None = None,
    endpoint: str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    shutdown_timeout: float = 5.0,
    resource: Mapping[str, str] | None = None,
    signals: Iterable[str] | None = None,
    globally: bool = True,
) -> Telemetry:
    """Set up OpenTelemetry's SDK to send traces, metrics and logs by OTLP over HTTP.

    Options that you leave out come from the standard variables: ``OTEL_SERVICE_NAME``,
    ``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_EXPORTER_OTLP_HEADERS``,
    ``OTEL_TRACES_SAMPLER`` and ``OTEL_BSP_SCHEDULE_DELAY``; options that you give win.  With
    ``OTEL_SDK_DISABLED=true`` nothing is set up, and ``OTEL_METRICS_EXPORTER=none`` (or
    ``_TRACES_``, ``_LOGS_``) leaves one signal out.

    Threads send everything: no request waits for the collector.  What cannot be sent is kept up
    to the limits of the SDK's queues, then dropped.  Call it in the process that serves.  If
    workers are forked from a parent that called it, the SDK restarts in each.

    Args:
        service_name: Names the service.
        endpoint: The collector, as ``"http://collector:4318"``.
        headers: To send with each export, as ``{"authorization": "Bearer ..."}``.
        timeout: Seconds for one export with all its tries; 10 by default.
        shutdown_timeout: Seconds that `Telemetry.shutdown` takes at most.
        resource: More attributes of the service, as ``{"deployment.environment.name": "test"}``.
        signals: Some of ``"traces"``, ``"metrics"``, ``"logs"``; all by default.
        globally: Make the providers those of the process.  They can be set only once.  With
            ``False``, pass them on: ``tracing(app, tracer_provider=telemetry.tracer_provider)``.

    Raises:
        ConfigError: An option or a variable is wrong, or the process has providers already.
        MissingExtraError: The SDK or its exporters are not installed.
    """
    problems = Problems("otlp.configure")
    seconds(shutdown_timeout, "shutdown_timeout", problems, default=5)
    chosen = settings(
        problems,
        service_name=service_name,
        endpoint=endpoint,
        headers=headers,
        timeout=timeout,
        resource=resource,
        signals=signals,
    )
    if globally:
        _check_free(chosen, problems)
    problems.check()
    if not chosen.signals:
        return Telemetry(Providers(), (), shutdown_timeout)
    try:
        providers, abort = _built(chosen)
    except ImportError as error:
        if (error.name or "").startswith("opentelemetry"):
            raise MissingExtraError("opentelemetry-sdk", "otlp") from None
        raise
    except ValueError as error:
        said = " ".join(str(error).split())
        problems.add("environment", said, "says the SDK of an OTEL_* variable", "mend the variable")
        problems.check()
        raise
    if globally:
        _make_global(providers)
    for host in hosts_of_grpc(chosen):
        _log.warning(
            "asgi_mw.otlp: port 4317 of %s is usually for gRPC; this speaks OTLP over HTTP, "
            "whose port is usually 4318",
            host,
        )
    return Telemetry(providers, abort, shutdown_timeout)


def _built(chosen: Settings) -> tuple[Providers, tuple[Callable[[], object], ...]]:
    """The providers, and the functions that make their exporters give up."""
    from opentelemetry.exporter.otlp.proto.http._log_exporter import (  # noqa: PLC0415  # an extra
        OTLPLogExporter,
    )
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415  # the same
        OTLPMetricExporter,
    )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # the same
        OTLPSpanExporter,
    )
    from opentelemetry.sdk._logs import LoggerProvider  # noqa: PLC0415  # the same
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor  # noqa: PLC0415  # the same
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415  # the same
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415  # the same
        PeriodicExportingMetricReader,
    )
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  # the same
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # the same

    resource = _resource(chosen.resource)
    headers = None if chosen.headers is None else dict(chosen.headers)
    abort: list[Callable[[], object]] = []
    tracer_provider = meter_provider = logger_provider = None
    # With shutdown_on_exit, the providers would wait for the collector one after the other
    if "traces" in chosen.signals:
        spans = OTLPSpanExporter(chosen.url("traces"), headers=headers, timeout=chosen.timeout)
        pace(spans)
        tracer_provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        tracer_provider.add_span_processor(BatchSpanProcessor(spans))
        abort.append(spans.shutdown)
    if "metrics" in chosen.signals:
        points = OTLPMetricExporter(chosen.url("metrics"), headers=headers, timeout=chosen.timeout)
        readers = [PeriodicExportingMetricReader(points)]
        meter_provider = MeterProvider(readers, resource, shutdown_on_exit=False)
        abort.append(points.shutdown)
    if "logs" in chosen.signals:
        records = OTLPLogExporter(chosen.url("logs"), headers=headers, timeout=chosen.timeout)
        pace(records)
        logger_provider = LoggerProvider(resource, shutdown_on_exit=False)
        logger_provider.add_log_record_processor(BatchLogRecordProcessor(records))
        abort.append(records.shutdown)
    return Providers(tracer_provider, meter_provider, logger_provider), tuple(abort)


def _resource(attributes: Mapping[str, str]) -> Resource:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # an extra

    made = Resource.create(dict(attributes))
    if "service.instance.id" in made.attributes:
        return made
    # Without it, the metrics of two workers would be one series that jumps back and forth
    return made.merge(Resource({"service.instance.id": str(uuid.uuid4())}))


def _current() -> dict[str, object]:
    from opentelemetry import _logs, metrics, trace  # noqa: PLC0415  # only where it is configured

    return {
        "traces": trace.get_tracer_provider(),
        "metrics": metrics.get_meter_provider(),
        "logs": _logs.get_logger_provider(),
    }


def _check_free(chosen: Settings, problems: Problems) -> None:
    """See that the process has no providers yet: the API lets them be set once."""
    for signal, provider in _current().items():
        kind = type(provider)
        # What stands in until a provider is set has no public name
        if signal in chosen.signals and "Proxy" not in kind.__name__:
            reason = f"the process sends {signal} by {kind.__module__}.{kind.__qualname__} already"
            mend = "configure it once, or with globally=False and hand the providers on"
            problems.add("globally", True, reason, mend)


def _make_global(providers: Providers) -> None:
    from opentelemetry import _logs, metrics, trace  # noqa: PLC0415  # only where it is configured

    if providers.tracer_provider is not None:
        trace.set_tracer_provider(providers.tracer_provider)
    if providers.meter_provider is not None:
        metrics.set_meter_provider(providers.meter_provider)
    if providers.logger_provider is not None:
        _logs.set_logger_provider(providers.logger_provider)
