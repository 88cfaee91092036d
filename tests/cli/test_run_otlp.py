"""``asgi-mw run --otlp`` sends what every worker measures to a collector."""

from __future__ import annotations

import os
import signal
import subprocess
from time import monotonic, sleep
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.cli.serving import MAIN, get
from tests.otlp.conftest import collecting
from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.otlp.conftest import Collector

APP = """
from asgi_mw import layer, stack
from asgi_mw.middleware.tracing import tracing
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

async def user(request):
    return PlainTextResponse("one")

app = Starlette(routes=[Route("/users/{id}", user)])
traced = stack(app, layer(tracing))

async def without_lifespan(scope, receive, send):
    if scope["type"] == "lifespan":
        raise ValueError("no lifespan here")
    await app(scope, receive, send)
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that answers."""
    with collecting() as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "more", "service"),
    [
        ("shop:app", [], b"shop"),
        ("shop:traced", [], b"by-variable"),
        ("shop:without_lifespan", [], b"shop"),
        ("shop:app", ["--workers", "2"], b"shop"),
    ],
    ids=["plain", "traced by itself", "without lifespan", "two workers"],
)
def test_each_request_is_one_span_at_the_collector(
    collector: Collector, here: Path, target: str, more: list[str], service: bytes
) -> None:
    """Sent when the server is told to end, at the latest."""
    (here / "shop.py").write_text(APP)
    (port,) = free_ports(1)
    command = [*MAIN, "run", target, "--otlp", collector.url, "--port", str(port), *more]
    # A variable that is empty is not set, says the specification
    named = {"OTEL_SERVICE_NAME": "" if service == b"shop" else service.decode()}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | named) as server:
        url = f"http://127.0.0.1:{port}/users/7"
        asked = 0
        until = monotonic() + PATIENCE
        while asked < 5 and monotonic() < until:
            try:
                assert "one" == get(url).text
                asked += 1
            except httpx.TransportError:
                sleep(0.1)
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=PATIENCE)

    assert f"Sending traces, metrics and logs to {collector.url}" in said.decode()
    received = dict.fromkeys(collector.paths, b"")
    for path, body in zip(collector.paths, collector.bodies, strict=True):
        received[path] += body
        assert service in body
    assert 5 == asked == received["/v1/traces"].count(b"GET /users/{id}")
    assert b"http.server.request.duration" in received["/v1/metrics"]


@pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["one worker", "two workers"])
def test_a_wrong_address_is_said_once(here: Path, more: list[str]) -> None:
    """As that of the option, with the mend, and no server is started."""
    (here / "shop.py").write_text(APP)
    command = [*MAIN, "run", "shop:app", "--otlp", "collector:4318", "--port", "0", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert (2, "") == (done.returncode, done.stdout)
    assert (
        "Error: run: --otlp='collector:4318': is no URL of http or https; "
        "write it as 'http://collector:4318'\n"
    ) == done.stderr


@pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["one worker", "two workers"])
def test_an_app_with_telemetry_of_its_own_is_told_so(here: Path, more: list[str]) -> None:
    """It would send everything to two places, and the API lets it be set up once."""
    own = "from asgi_mw.otlp import configure\nconfigure(endpoint='http://127.0.0.1:9')\n"
    (here / "shop.py").write_text(own + APP)
    command = [*MAIN, "run", "shop:app", "--otlp", "http://127.0.0.1:9", "--port", "0", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)

    assert (1, "") == (done.returncode, done.stdout)
    assert (
        "Error: run: --otlp='http://127.0.0.1:9': the app, or opentelemetry-instrument, sets up "
        "its own telemetry; leave out --otlp"
    ) in done.stderr.splitlines()
    assert "globally" not in done.stderr
