"""Whatever the collector does, stopping takes no longer than the limit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from asgi_mw.otlp import configure
from asgi_mw.otlp.telemetry import Providers, Telemetry
from tests.system import PATIENCE

if TYPE_CHECKING:
    from tests.otlp.conftest import Collector

# Seconds; the exporters would take from 10 to 90
LIMIT, AMPLE = 0.3, 30.0


def measure(telemetry: Telemetry, spans: int = 1) -> None:
    """Make something of each signal."""
    assert telemetry.tracer_provider is not None
    assert telemetry.meter_provider is not None
    tracer = telemetry.tracer_provider.get_tracer("shop")
    for _ in range(spans):
        tracer.start_span("sale").end()
    telemetry.meter_provider.get_meter("shop").create_counter("sales").add(1)


def test_what_is_left_is_sent_at_the_end(collector: Collector) -> None:
    """Each signal to its place."""
    with configure(service_name="shop", endpoint=collector.url, globally=False) as telemetry:
        measure(telemetry)

    assert ["/v1/metrics", "/v1/traces"] == sorted(collector.paths)
    assert all(b"shop" in body for body in collector.bodies)
    assert telemetry.shutdown()


def test_a_bad_collector_delays_the_end_by_the_limit_at_most(bad_url: str) -> None:
    """Be it gone, silent or failing; with more spans than one export holds."""
    telemetry = configure(endpoint=bad_url, globally=False, shutdown_timeout=LIMIT)
    measure(telemetry, spans=1200)
    began = monotonic()
    first = telemetry.shutdown()
    second = telemetry.shutdown()

    assert monotonic() - began < AMPLE
    assert first is second


def test_the_limit_may_be_given_at_the_end(bad_url: str) -> None:
    """In place of the one that was configured."""
    telemetry = configure(endpoint=bad_url, globally=False, shutdown_timeout=60)
    measure(telemetry, spans=1200)
    began = monotonic()
    telemetry.shutdown(LIMIT)

    assert monotonic() - began < AMPLE


def test_two_that_stop_it_at_once_wait_for_one_end(collector: Collector) -> None:
    """As a lifespan and the exit of the interpreter."""
    telemetry = configure(endpoint=collector.url, globally=False)
    measure(telemetry)
    threads = [Thread(target=telemetry.shutdown) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 2 == len(collector.paths)


def test_a_signal_handler_may_stop_it_while_it_stops(bad_url: str) -> None:
    """In the thread that waits for the end."""
    telemetry = configure(endpoint=bad_url, globally=False, shutdown_timeout=LIMIT)
    measure(telemetry)
    seen: list[bool] = []
    before = signal.signal(signal.SIGALRM, lambda *_: seen.append(telemetry.shutdown()))
    try:
        signal.setitimer(signal.ITIMER_REAL, LIMIT / 10)
        last = telemetry.shutdown()
        while not seen:
            sleep(LIMIT / 10)
    finally:
        signal.signal(signal.SIGALRM, before)

    assert [last] == seen


def test_a_provider_that_fails_is_no_end_of_the_others(
    caplog: pytest.LogCaptureFixture, collector: Collector
) -> None:
    """It is said once."""
    with configure(endpoint=collector.url, globally=False) as telemetry:
        measure(telemetry)
        providers = Providers(telemetry.tracer_provider)
        other = Telemetry(providers, (), 5)

        def fails() -> None:
            raise OSError("no more")

    assert other.shutdown()
    broken = Providers()
    object.__setattr__(
        broken, "tracer_provider", type("Broken", (), {"shutdown": staticmethod(fails)})
    )
    assert Telemetry(broken, (), 5).shutdown()
    assert "shutdown failed with OSError: no more" in caplog.text


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program that makes spans."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )


AT_EXIT = """
import logging
import os
logging.raiseExceptions = False
from asgi_mw.otlp import configure
from opentelemetry import trace
configure(shutdown_timeout=float(os.environ["LIMIT"]))
trace.get_tracer("shop").start_span("at-exit").end()
"""


def test_the_exit_of_the_interpreter_sends_what_is_left(collector: Collector) -> None:
    """Where nobody shut it down; by the variables alone."""
    run(
        AT_EXIT,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20x",
        OTEL_SERVICE_NAME="by-variable",
        LIMIT="60",
    )

    assert ["/v1/traces"] == collector.paths
    assert b"at-exit" in collector.bodies[0]
    assert b"by-variable" in collector.bodies[0]
    assert b"service.instance.id" in collector.bodies[0]
    assert "Bearer x" == collector.headers[0]["authorization"]


def test_the_exit_of_the_interpreter_is_delayed_by_the_limit_at_most(bad_url: str) -> None:
    """A process that is told to end, ends."""
    began = monotonic()
    run(AT_EXIT, OTEL_EXPORTER_OTLP_ENDPOINT=bad_url, LIMIT=str(LIMIT))

    assert monotonic() - began < AMPLE


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_forked_workers_send_what_is_theirs(collector: Collector) -> None:
    """Each as an instance of its own, as under a server that forks after it loaded the app."""
    run(
        """
import os, sys
from asgi_mw.otlp import configure
from opentelemetry import trace
telemetry = configure(service_name="shop")
tracer = trace.get_tracer("shop")
tracer.start_span("parent").end()
children = []
for number in range(2):
    child = os.fork()
    if not child:
        tracer.start_span(f"child-{number}").end()
        os._exit(0 if telemetry.shutdown() else 1)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
""",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
    )

    assert 3 == len(collector.bodies)
    for name in (b"parent", b"child-0", b"child-1"):
        assert 1 == sum(name in body for body in collector.bodies)
