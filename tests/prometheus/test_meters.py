"""Measurements made through OpenTelemetry's API are series of ``prometheus_client``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.metrics import Observation
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families as text_families

from asgi_mw.prometheus import meter_provider
from asgi_mw.prometheus.series import LIMIT
from tests.system import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from opentelemetry.context import Context

    from asgi_mw.prometheus.meters import Meter


@pytest.fixture
def registry() -> CollectorRegistry:
    """Keep to ourselves what is measured."""
    return CollectorRegistry()


@pytest.fixture
def meter(registry: CollectorRegistry) -> Meter:
    """A meter of the registry."""
    return meter_provider(registry=registry).get_meter("shop", "1.0")


def samples(registry: CollectorRegistry) -> list[str]:
    """The lines of the page that are no comment."""
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#")]


def traced(flags: int) -> Context:
    """A context with a span in it."""
    span = SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(flags))
    return trace.set_span_in_context(NonRecordingSpan(span))


def test_a_histogram_is_named_by_the_rules(registry: CollectorRegistry, meter: Meter) -> None:
    """Unit in words, dots as underscores, the advised buckets."""
    histogram = meter.create_histogram(
        "http.server.request.duration",
        unit="s",
        description="Duration of HTTP server requests.",
        explicit_bucket_boundaries_advisory=[0.1, 1],
    )
    histogram.record(0.05, {"http.request.method": "GET", "http.response.status_code": 200})
    histogram.record(5.0, {"http.response.status_code": 200, "http.request.method": "GET"})

    labels = 'http_request_method="GET",http_response_status_code="200"'
    name = "http_server_request_duration_seconds"
    assert [
        f"# HELP {name} Duration of HTTP server requests.",
        f"# TYPE {name} histogram",
        f'{name}_bucket{{{labels},le="0.1"}} 1.0',
        f'{name}_bucket{{{labels},le="1.0"}} 1.0',
        f'{name}_bucket{{{labels},le="+Inf"}} 2.0',
        f"{name}_count{{{labels}}} 2.0",
        f"{name}_sum{{{labels}}} 5.05",
    ] == generate_latest(registry).decode().splitlines()


def test_each_measurement_has_the_labels_of_its_attributes(
    registry: CollectorRegistry, meter: Meter
) -> None:
    """Some have an ``error.type``, some have none; all are one metric."""
    counter = meter.create_counter("tries", unit="{try}")
    counter.add(1, {"method": "GET"})
    counter.add(2, {"method": "GET", "error.type": "503"})
    counter.add(4)

    lines = generate_latest(registry).decode().splitlines()
    assert ["# HELP tries_total ", "# TYPE tries_total counter"] == lines[:2]
    assert [
        'tries_total{method="GET"} 1.0',
        'tries_total{error_type="503",method="GET"} 2.0',
        "tries_total 4.0",
    ] == lines[2:]


def test_other_instruments_are_gauges_and_counters(
    registry: CollectorRegistry, meter: Meter
) -> None:
    """Those that are asked, too."""
    meter.create_up_down_counter("active", unit="{request}").add(3)
    meter.create_up_down_counter("active", unit="{request}").add(-1)
    meter.create_gauge("fill", unit="1").set(0.5, {"disk": "a"})
    meter.create_observable_gauge("heat", [lambda _: [Observation(20, {"room": 1})]], unit="Cel")
    meter.create_observable_counter("read", [lambda _: [Observation(7)]], unit="By")
    meter.create_observable_up_down_counter("queue", [lambda _: [Observation(2)]])

    assert [
        "active 2.0",
        'fill_ratio{disk="a"} 0.5',
        'heat_celsius{room="1"} 20.0',
        "read_bytes_total 7.0",
        "queue 2.0",
    ] == samples(registry)


@pytest.mark.parametrize(("flags", "expected"), [(1, 1), (3, 1), (0, 0)])
def test_a_sampled_trace_is_the_exemplar(
    registry: CollectorRegistry, meter: Meter, flags: int, expected: int
) -> None:
    """In OpenMetrics, at the bucket that it fell into."""
    histogram = meter.create_histogram("took", explicit_bucket_boundaries_advisory=[1])
    histogram.record(0.5, {"a": "b"}, traced(flags))

    page = generate_openmetrics(registry).decode()  # type: ignore[no-untyped-call]  # it has no types
    exemplar = f'# {{span_id="{0xDEF:016x}",trace_id="{0xABC:032x}"}} 0.5 '
    assert expected == page.count(f'took_bucket{{a="b",le="1.0"}} 1.0 {exemplar}')


def test_the_series_of_one_metric_are_bounded(registry: CollectorRegistry, meter: Meter) -> None:
    """What comes after the limit is counted together."""
    counter = meter.create_counter("hosts")
    for host in range(LIMIT + 500):
        counter.add(1, {"host": str(host)})
    counter.add(1, {"host": "0"})

    found = samples(registry)
    assert LIMIT == len(found)
    assert 'hosts_total{host="0"} 2.0' in found
    assert 'hosts_total{otel_metric_overflow="true"} 501.0' == found[-1]


def test_a_list_among_the_attributes_is_text(registry: CollectorRegistry, meter: Meter) -> None:
    """A list cannot be looked up."""
    counter = meter.create_counter("lists")
    counter.add(1, {"of": ["a", "b"]})
    counter.add(1, {"of": ["a", "b"]})

    assert ['lists_total{of="[\\"a\\",\\"b\\"]"} 2.0'] == samples(registry)


def test_what_is_no_number_spoils_no_sum(registry: CollectorRegistry, meter: Meter) -> None:
    """It would stay so until the process ends."""
    histogram = meter.create_histogram("took", explicit_bucket_boundaries_advisory=[1])
    histogram.record(float("nan"))
    histogram.record(2)
    counter = meter.create_counter("sales")
    counter.add(float("nan"))
    counter.add(1)

    lines = samples(registry)
    assert "took_sum 2.0" in lines
    assert "sales_total 1.0" in lines


@pytest.mark.parametrize("value", ["a\nb", 'a"b', "a\\b", "\u2603", "\udcff", "\0", ""])
def test_every_value_can_be_shown_and_read(
    registry: CollectorRegistry, meter: Meter, value: str
) -> None:
    """In both formats; half a character is shown as a question mark."""
    meter.create_counter("sales").add(1, {"to": value})
    meter.create_observable_gauge("heat", [lambda _: [Observation(1, {"to": value})]])
    text = generate_latest(registry).decode()
    openmetrics = generate_openmetrics(registry).decode()  # type: ignore[no-untyped-call]  # it has no types

    for families in (text_families(text), openmetrics_families(openmetrics)):  # type: ignore[no-untyped-call]  # the same
        found = {one.labels["to"] for family in families for one in family.samples}
        assert {value.replace("\udcff", "?")} == found


def test_attributes_of_one_label_are_joined(registry: CollectorRegistry, meter: Meter) -> None:
    """As the specification has it, whatever their order."""
    counter = meter.create_counter("sales")
    counter.add(1, {"a.b": "x", "a_b": "y"})
    counter.add(1, {"a_b": "y", "a.b": "x"})

    assert ['sales_total{a_b="x;y"} 2.0'] == samples(registry)


def test_nothing_that_is_wrong_is_raised(
    registry: CollectorRegistry, meter: Meter, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once in the log, and the page shows the rest."""

    def fails(_: object) -> Any:
        raise OSError("no thermometer")

    meter.create_counter("ups").add(-1)
    meter.create_observable_gauge("heat", [fails])
    meter.create_histogram("ups").record(1)
    meter.create_histogram("fine", explicit_bucket_boundaries_advisory=[1]).record("x")  # type: ignore[arg-type]  # the mistake
    meter.create_up_down_counter("sums").add("x")  # type: ignore[arg-type]  # the same
    meter.create_gauge("gauges").set("x")  # type: ignore[arg-type]  # the same

    assert "fine_count 0.0" in samples(registry)
    assert "no thermometer" in caplog.text
    assert "ups is of another kind already" in caplog.text


def test_a_registry_has_one_provider(registry: CollectorRegistry) -> None:
    """And every meter of it shares the instruments."""
    one, two = meter_provider(registry=registry), meter_provider(registry=registry)
    one.get_meter("a").create_counter("sales").add(1)
    two.get_meter("b").create_counter("sales").add(1)

    assert one is two
    assert ["sales_total 2.0"] == samples(registry)
    assert meter_provider() is meter_provider()


def test_threads_lose_no_count(registry: CollectorRegistry, meter: Meter) -> None:
    """Handlers in threads measure at once."""
    counter = meter.create_counter("sales")

    def sell(number: int) -> None:
        for _ in range(200):
            counter.add(1, {"thread": number % 3})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sell, range(9)))

    assert {600.0} == {float(line.split()[-1]) for line in samples(registry)}


def test_two_processes_are_one_page(tmp_path: Path) -> None:
    """With the directory that ``prometheus_client`` asks for."""
    code = """
import sys
from asgi_mw.prometheus import meter_provider, metrics_app
from asgi_mw.testing import request, run
meter = meter_provider().get_meter("shop")
meter.create_counter("sales").add(int(sys.argv[1]), {"a": "b"})
meter.create_up_down_counter("active").add(1)
h = meter.create_histogram("took", explicit_bucket_boundaries_advisory=[1])
h.record(0.5, {"x": "y"})
h.record(0.5)
print(run(request(metrics_app())).body.decode())
"""
    variables = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    pages = [
        subprocess.run(
            [sys.executable, "-c", code, number],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        ).stdout
        for number in ("3", "4")
    ]

    assert 'sales_total{a="b"} 3.0' in pages[0]
    assert 'sales_total{a="b"} 7.0' in pages[1]
    assert "took_count 2.0" in pages[1]
    assert 'took_count{x="y"} 2.0' in pages[1]


def test_no_sdk_is_needed() -> None:
    """The API alone is imported."""
    code = "import sys, asgi_mw.prometheus, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=PATIENCE
    )

    assert [m for m in json.loads(done.stdout) if m.startswith("opentelemetry.sdk")] == []


def test_a_missing_client_says_what_to_install() -> None:
    """As every extra does."""
    code = "import sys; sys.modules['prometheus_client'] = None; import asgi_mw.prometheus"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE
    )

    assert 'install it with: pip install "asgi-mw[prometheus]"' in done.stderr.splitlines()[-1]
