"""Providers are asked for anew until they are real."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry._logs import NoOpLoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from asgi_mw.errors import Problems
from asgi_mw.telemetry.instruments import Counts, instruments_of
from asgi_mw.telemetry.providers import (
    loggers,
    meter_providers,
    provider_of,
    seldom,
    tracers,
    version,
)


def test_stand_ins_of_the_api_are_nothing() -> None:
    """Whether given or global."""
    assert tracers(trace.NoOpTracerProvider())() is None
    assert tracers(None)() is None
    assert meter_providers(metrics.NoOpMeterProvider())() is None
    assert meter_providers(None)() is None
    assert loggers(NoOpLoggerProvider())() is None
    assert loggers(None)() is None


@pytest.mark.parametrize("given", [5, TracerProvider, trace.get_tracer_provider])
def test_what_is_no_provider_is_a_problem(given: Any) -> None:
    """A class and a function are none either; nothing at all is the global one."""
    problems = Problems("tracing")

    assert provider_of(None, "tracer", problems) is None
    assert not problems.found
    assert provider_of(given, "tracer", problems) is None
    [problem] = problems.found
    assert ("tracer_provider", "is no tracer provider of OpenTelemetry") == (
        problem.option,
        problem.reason,
    )
    mend = "give the object that has get_tracer(), or leave it out for the global one"
    assert mend == problem.mend


def test_a_real_one_is_asked_once() -> None:
    """And its tracer kept."""
    current = tracers(TracerProvider(shutdown_on_exit=False))

    assert current() is not None
    assert current() is current()


def test_what_is_asked_seldom_is_seen_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the first hundred asks; then one a second does, and the others get what it got."""
    now, asked, there = [5.0], [], ["nothing"]
    monkeypatch.setattr("asgi_mw.telemetry.providers.monotonic", lambda: now[0])

    def ask() -> str:
        asked.append(now[0])
        return there[0]

    current = seldom(ask)
    assert {current() for _ in range(100)} == {"nothing"}
    there[0] = "at once"
    assert ([current() for _ in range(100)], len(asked)) == (["at once"] * 100, 101)
    there[0] = "a second later"
    now[0] = 5.999
    assert (current(), len(asked)) == ("at once", 101)
    now[0] = 6.0
    assert (current(), current(), len(asked)) == ("a second later", "a second later", 102)


def test_the_version_is_that_of_the_package() -> None:
    """It is on every scope."""
    assert version()[:1].isdigit()


def test_instruments_are_made_when_they_are_used_and_once_for_a_provider() -> None:
    """What nobody records is not exported."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    made = instruments_of(provider)
    made.duration.record(1.0, {})

    assert instruments_of(provider) is made
    data = reader.get_metrics_data()
    assert data is not None
    names = [m.name for m in data.resource_metrics[0].scope_metrics[0].metrics]
    assert [name for name in names if name.startswith("http")] == ["http.server.request.duration"]


def test_counts_by_attributes() -> None:
    """Whatever their order."""
    counts = Counts()
    counts.add(2, {"a": "1", "b": "2"})
    counts.add(-1, {"b": "2", "a": "1"})
    counts.adder({"c": "3"})()

    observed = [(one.value, dict(one.attributes or {})) for one in counts.observe(None)]
    assert observed == [(1, {"a": "1", "b": "2"}), (1, {"c": "3"})]
