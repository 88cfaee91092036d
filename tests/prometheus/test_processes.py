"""Several processes are one page, whichever registry it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from socket import create_connection
from time import monotonic, sleep
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.sync.client import connect

from asgi_mw.prometheus.processes import several
from tests.system import PATIENCE, comes_to_listen, free_ports

if TYPE_CHECKING:
    from pathlib import Path

LINE = [sys.executable, "-m", "uvicorn", "tests.prometheus.counted_app:app", "--log-level=critical"]
CODE = """
import sys
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from asgi_mw.prometheus import meter_provider, metrics_app
from asgi_mw.testing import request, run
registry = {registry}
meter = meter_provider(registry=registry).get_meter("shop")
meter.create_counter("sales").add(int(sys.argv[1]))
shown = {shown}
print(run(request(metrics_app(registry=shown))).body.decode())
"""


def variables(folder: Path) -> dict[str, str]:
    """The environment of a process that shares its metrics."""
    return os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}


def page_of(code: str, folder: Path, *arguments: str) -> str:
    """What a new process prints."""
    line = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        line, env=variables(folder), capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return done.stdout


@pytest.mark.parametrize(
    ("registry", "shown"),
    [
        ("None", "registry"),
        ("REGISTRY", "registry"),
        ("CollectorRegistry()", "registry"),
        ("REGISTRY", "CollectorRegistry(); MultiProcessCollector(shown)"),
    ],
    ids=["default", "named", "own", "collecting"],
)
def test_any_registry_shows_all_processes(tmp_path: Path, registry: str, shown: str) -> None:
    """Once each."""
    code = CODE.format(registry=registry, shown=shown)
    pages = [page_of(code, tmp_path, number) for number in ("1", "2", "4")]

    assert ["sales_total 1.0", "sales_total 3.0", "sales_total 7.0"] == [
        line for page in pages for line in page.splitlines() if line.startswith("sales_total ")
    ]


def test_meters_of_two_registries_do_not_write_over_each_other(tmp_path: Path) -> None:
    """Both write into one file."""
    code = CODE.format(registry="None", shown="REGISTRY").replace(
        "shown =",
        "other = meter_provider(registry=CollectorRegistry()).get_meter('shop')\n"
        "other.create_counter('sales').add(10)\n"
        "shown =",
    )

    assert "sales_total 11.0" in page_of(code, tmp_path, "1").splitlines()


def test_without_the_variable_there_is_one_process() -> None:
    """As here."""
    assert several() is False


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    """Before each scrape fails."""
    code = "from asgi_mw.prometheus import metrics_app; metrics_app()"
    line = [sys.executable, "-c", code]
    env = variables(tmp_path / "none")
    done = subprocess.run(
        line, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE
    )

    assert "is no folder; make it, empty, before the server starts" in done.stderr


@pytest.mark.slow
def test_every_worker_shows_what_all_of_them_serve(tmp_path: Path) -> None:
    """In flight, open, said and failed; what a worker had that was killed is no more."""
    ports = free_ports(2)
    workers = [
        subprocess.Popen([*LINE, f"--port={port}"], env=variables(tmp_path)) for port in ports
    ]
    scheme = 'url_scheme="http"'
    socket = 'url_scheme="ws"'
    fault = 'asgi_mw_owner="request_id",asgi_mw_reason="generate: LookupError"'
    try:
        assert all(map(comes_to_listen, ports, workers))
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        with (
            httpx.Client(base_url=urls[0], trust_env=False, timeout=PATIENCE) as first,
            httpx.Client(base_url=urls[1], trust_env=False, timeout=PATIENCE) as second,
            connect(f"ws://127.0.0.1:{ports[0]}/", proxy=None) as talk,
            create_connection(("127.0.0.1", ports[0])) as waiting,
        ):
            waiting.sendall(b"GET /wait HTTP/1.1\r\nHost: shop\r\n\r\n")
            for text in ("one", "two"):
                talk.send(text)
                talk.recv(timeout=PATIENCE)
            first.get("/").raise_for_status()
            expected = {
                f'http_server_active_requests{{http_request_method="GET",{scheme}}} 1.0',
                f"asgi_mw_websocket_connections{{{socket}}} 1.0",
                f'asgi_mw_websocket_messages_total{{asgi_mw_direction="receive",{socket}}} 2.0',
                f'asgi_mw_websocket_messages_total{{asgi_mw_direction="send",{socket}}} 2.0',
                f"asgi_mw_faults_total{{{fault}}} 3.0",
            }
            assert expected == eventually(second, expected)
            assert expected == eventually(first, expected)

            workers[0].kill()
            workers[0].wait(PATIENCE)
            left = {line for line in expected if "active" not in line and "connections" not in line}
            page = second.get("/metrics").text.splitlines()
            assert left <= {*page}
            assert [] == [
                line for line in page if line.startswith("asgi_mw_websocket_connections{")
            ]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait(PATIENCE)


def eventually(client: httpx.Client, expected: set[str]) -> set[str]:
    """Those of *expected* that the page shows, as soon as it shows all."""
    until = monotonic() + PATIENCE
    while True:
        shown = expected & {*client.get("/metrics").text.splitlines()}
        if shown == expected or monotonic() > until:
            return shown
        sleep(0.05)
