"""``configure`` sets the SDK of a process up, once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asgi_mw import ConfigError
from asgi_mw.otlp import configure
from tests.system import PATIENCE

if TYPE_CHECKING:
    from tests.otlp.conftest import Collector


def run(code: str) -> str:
    """Run a program whose providers are those of its process."""
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.stdout + done.stderr


def test_all_problems_are_said_together() -> None:
    """Before anything is set up."""
    with pytest.raises(ConfigError) as caught:
        configure(endpoint="collector", timeout=-1, shutdown_timeout=-1)

    assert 3 == len(caught.value.problems)


def test_what_the_sdk_refuses_is_a_problem_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of some variables it says so in the log, and of some it raises."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "-5")
    with pytest.raises(ConfigError) as caught:
        configure(endpoint="http://127.0.0.1:9", globally=False)

    assert (
        "otlp.configure: environment='schedule_delay_millis must be positive.': "
        "says the SDK of an OTEL_* variable; mend the variable"
    ) == str(caught.value)


def test_some_signals_are_left_out(collector: Collector) -> None:
    """And have no provider."""
    with configure(endpoint=collector.url, signals=["traces"], globally=False) as telemetry:
        assert telemetry.tracer_provider is not None
        assert (None, None) == (telemetry.meter_provider, telemetry.logger_provider)
        assert "<Telemetry of traces>" == repr(telemetry)


@pytest.mark.parametrize("by", ["option", "variable"])
def test_the_port_of_grpc_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, by: str
) -> None:
    """For all signals, without what may be secret; else each export fails, and none says why."""
    url = "http://ada:secret@127.0.0.1:4317"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url if by == "variable" else "")
    given = url if by == "option" else None
    configure(endpoint=given, globally=False, shutdown_timeout=0).shutdown()

    said = (
        "asgi_mw.otlp: port 4317 of 127.0.0.1 is usually for gRPC; this speaks OTLP over HTTP, "
        "whose port is usually 4318"
    )
    assert [said] == [one.getMessage() for one in caplog.records if "gRPC" in one.getMessage()]


def test_the_usual_port_is_not_talked_about(caplog: pytest.LogCaptureFixture) -> None:
    """Nor any other."""
    configure(endpoint="http://127.0.0.1:4318", globally=False, shutdown_timeout=0).shutdown()

    assert [] == [one for one in caplog.records if "gRPC" in one.getMessage()]


def test_a_disabled_sdk_is_not_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """And stops at once."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    with configure(service_name="shop") as telemetry:
        assert telemetry.tracer_provider is None

    assert telemetry.shutdown()


def test_each_process_is_an_instance_of_the_service(collector: Collector) -> None:
    """Unless it is named; what is given wins over the variables."""
    given = {"service.instance.id": "one", "service.version": "7"}
    with configure(
        service_name="shop", endpoint=collector.url, resource=given, globally=False
    ) as telemetry:
        assert telemetry.tracer_provider is not None
        attributes = dict(telemetry.tracer_provider.resource.attributes)

    assert given | {"service.name": "shop"} == {
        name: value for name, value in attributes.items() if name.startswith("service.")
    }


def test_a_second_call_says_that_the_process_has_providers() -> None:
    """And how to have others beside them."""
    said = run("""
from asgi_mw.otlp import configure
one = configure(service_name="shop", endpoint="http://127.0.0.1:9", signals=["traces"])
two = configure(endpoint="http://127.0.0.1:9", globally=False)
assert two.tracer_provider is not one.tracer_provider
configure(service_name="shop", endpoint="http://127.0.0.1:9")
""")

    assert (
        "ConfigError: otlp.configure: globally=True: the process sends traces by "
        "opentelemetry.sdk.trace.TracerProvider already; "
        "configure it once, or with globally=False and hand the providers on"
    ) in said.replace("asgi_mw.errors.", "")


def test_a_missing_sdk_says_what_to_install() -> None:
    """As every extra does."""
    said = run("""
import sys
sys.modules["opentelemetry.sdk._logs"] = None
from asgi_mw.otlp import configure
configure(service_name="shop")
""")

    assert 'install it with: pip install "asgi-mw[otlp]"' in said.splitlines()[-1]


def test_the_sdk_is_imported_by_the_call_alone() -> None:
    """Whoever looks at the room pays nothing."""
    code = "import sys, asgi_mw.otlp; print([m for m in sys.modules if m.startswith('opentel')])"

    assert "[]\n" == run(code)
