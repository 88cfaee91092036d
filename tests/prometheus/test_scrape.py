"""A real Prometheus scrapes what ``tracing`` measures, without a metrics SDK."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from asgi_mw import layer, stack, tracing
from asgi_mw.prometheus import meter_provider, metrics_app
from tests.live.thread import served
from tests.system import PATIENCE, command, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgi_mw import App

SERIES = "http_server_request_duration_seconds"


def shop(*, traced: bool) -> App:
    """An app with its metrics beside it, traced and sampled or measured alone."""
    registry = CollectorRegistry()

    async def user(request: Any) -> PlainTextResponse:
        return PlainTextResponse("one")

    api = Starlette(routes=[Mount("/api", routes=[Route("/users/{number}", user)])])
    provider = TracerProvider(shutdown_on_exit=False) if traced else None
    measured = layer(
        tracing, tracer_provider=provider, meter_provider=meter_provider(registry=registry)
    )
    return metrics_app(stack(api, measured), registry=registry)


@contextmanager
def prometheus(target: int, folder: Path) -> Iterator[httpx.Client]:
    """Run Prometheus, which scrapes *target*; gives a client of it."""
    (port,) = free_ports(1)
    config = folder / "prometheus.yml"
    scrape = {
        "job_name": "shop",
        "scrape_interval": "200ms",
        "scrape_timeout": "200ms",
        "static_configs": [{"targets": [f"127.0.0.1:{target}"]}],
    }
    config.write_text(json.dumps({"scrape_configs": [scrape]}))  # YAML reads JSON
    line = [
        command("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
        "--log.level=error",
    ]
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False)
    with client, (folder / "log").open("wb") as log, subprocess.Popen(line, stderr=log) as process:
        try:
            yield client
        finally:
            process.terminate()
            process.wait(PATIENCE)


def eventually(client: httpx.Client, path: str, **query: str) -> Any:
    """What Prometheus answers, once there is something."""
    until = monotonic() + PATIENCE
    while True:
        try:
            found = client.get(path, params=query).raise_for_status().json()["data"]
        except httpx.HTTPError:
            found = None
        if found and (not isinstance(found, dict) or found["result"]):
            return found
        assert monotonic() < until, f"{path} {query}: nothing"
        sleep(0.1)


@pytest.mark.slow
def test_prometheus_has_the_series_and_the_exemplar(tmp_path: Path) -> None:
    """By the names of the conventions, and with the trace of a request."""
    with served(shop(traced=True)) as port, prometheus(port, tmp_path) as client:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as visitor:
            for number in range(20):
                visitor.get(f"/api/users/{number}").raise_for_status()
            page = visitor.get("/metrics", headers={"accept": "application/openmetrics-text"})
        found = eventually(client, "/query", query=f"{SERIES}_count == 20")
        exemplars = eventually(
            client, "/query_exemplars", query=f"{SERIES}_bucket", start="0", end="9999999999"
        )

    (series,) = found["result"]
    labels = series["metric"]
    assert labels.pop("instance") == f"127.0.0.1:{port}"
    assert {
        "__name__": f"{SERIES}_count",
        "job": "shop",
        "http_request_method": "GET",
        "http_response_status_code": "200",
        "http_route": "/api/users/{number}",
        "network_protocol_version": "1.1",
        "url_scheme": "http",
    } == labels
    traces = {one["labels"]["trace_id"] for each in exemplars for one in each["exemplars"]}
    assert {32} == {len(trace) for trace in traces}
    assert any(trace in page.text for trace in traces)
    assert page.text.endswith("# EOF\n")


def test_no_tracer_is_needed() -> None:
    """A team that only scrapes has metrics without exemplars."""
    with served(shop(traced=False)) as port:
        url = f"http://127.0.0.1:{port}"
        httpx.get(f"{url}/api/users/1", trust_env=False).raise_for_status()
        headers = {"accept": "application/openmetrics-text"}
        page = httpx.get(f"{url}/metrics", headers=headers, trust_env=False).text

    assert f'{SERIES}_bucket{{http_request_method="GET"' in page
    assert "trace_id" not in page
