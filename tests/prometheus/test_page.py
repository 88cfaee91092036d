"""The page is in the format that is asked for, and stands alone, mounted or round an app."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Mount

from asgi_mw import ConfigError, compression, explain, layer, production, stack, timing
from asgi_mw.prometheus import meter_provider, metrics_app
from asgi_mw.testing import lifespan, request, websocket

if TYPE_CHECKING:
    from asgi_mw import Receive, Scope, Send

pytestmark = pytest.mark.anyio


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry with two metrics."""
    registry = CollectorRegistry()
    meter = meter_provider(registry=registry).get_meter("shop")
    meter.create_counter("sales").add(1)
    meter.create_counter("returns").add(1)
    return registry


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    """Be the app that the page is put round."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


TEXT = b"text/plain; version=0.0.4; charset=utf-8"
OPEN = b"application/openmetrics-text; version=1.0.0; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, TEXT),
        ("*/*", TEXT),
        ("application/openmetrics-text", OPEN),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1",
            OPEN + b"; escaping=allow-utf-8",
        ),
    ],
    ids=["none", "any", "openmetrics", "prometheus"],
)
async def test_the_format_is_negotiated(
    registry: CollectorRegistry, accept: str | None, content_type: bytes
) -> None:
    """OpenMetrics ends with a mark of its own."""
    headers = {"accept": accept} if accept else {}
    result = await request(metrics_app(registry=registry), headers=headers)

    assert (200, content_type) == (result.status, result.header("content-type"))
    assert result.header("content-length") == b"%d" % len(result.body)
    assert b"accept" == result.header("vary")
    assert (content_type is not TEXT) == result.body.endswith(b"# EOF\n")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 405), ("DELETE", 405)])
async def test_other_methods_change_nothing(
    registry: CollectorRegistry, method: str, status: int
) -> None:
    """``HEAD`` tells the length, a 405 what may be asked."""
    result = await request(metrics_app(registry=registry), method)

    assert (status, b"") == (result.status, result.body)
    assert (method == "HEAD") == (result.header("content-length") != b"0")
    assert (None if status == 200 else b"GET, HEAD") == result.header("allow")


async def test_our_own_compression_may_be_round_it(registry: CollectorRegistry) -> None:
    """A page of many series is long, and its lines are alike."""
    app = compression(metrics_app(registry=registry), minimum_size=1)
    result = await request(app, headers={"accept-encoding": "gzip"})

    assert b"gzip" == result.header("content-encoding")
    assert b"sales_total 1.0" in gzip.decompress(result.body)
    assert b"accept, Accept-Encoding" == b", ".join(result.all("vary"))


async def test_the_prefix_of_the_server_is_no_part_of_its_path(
    registry: CollectorRegistry,
) -> None:
    """A scrape goes to the process, past the proxy that strips the prefix."""
    app = metrics_app(inner, registry=registry)

    assert 200 == (await request(app, target="/api/metrics", scope={"root_path": "/api"})).status
    assert 204 == (await request(app, target="/api/metrics")).status


async def test_it_is_mounted(registry: CollectorRegistry) -> None:
    """As any app."""
    app = Starlette(routes=[Mount("/metrics", metrics_app(registry=registry))])

    assert (await request(app, target="/metrics/")).status == 200


async def test_put_round_an_app_it_answers_at_its_path_alone(registry: CollectorRegistry) -> None:
    """Everything else reaches the app."""
    app = metrics_app(inner, path="/-/metrics", registry=registry)

    assert 200 == (await request(app, target="/-/metrics")).status
    assert 204 == (await request(app, target="/metrics")).status
    assert [] == (await websocket(app, "/-/metrics", messages=())).sent


async def test_alone_it_starts_and_stops_with_its_server(registry: CollectorRegistry) -> None:
    """And closes a WebSocket."""
    app = metrics_app(registry=registry)

    assert ["lifespan.startup.complete", "lifespan.shutdown.complete"] == [
        message["type"] for message in (await lifespan(app)).sent
    ]
    assert [{"type": "websocket.close"}] == (await websocket(app, messages=(), close=None)).sent


def test_put_round_an_app_it_is_a_layer(registry: CollectorRegistry) -> None:
    """What stands inside is seen."""
    app = metrics_app(timing(inner), path="/-/metrics")
    one = layer(metrics_app, registry=registry)

    assert ["metrics_app(path='/-/metrics')", "timing()", "inner"] == explain(app).splitlines()
    assert f"metrics_app(path='/metrics', registry={registry!r})\ninner" == explain(
        stack(inner, one)
    )
    with pytest.raises(ConfigError, match="the same layer stands in the stack twice; take one tim"):
        stack(app, timing)
    with pytest.raises(ConfigError, match="the same layer stands in the stack twice; take one met"):
        stack(app, one)


def test_alone_it_is_an_app(registry: CollectorRegistry) -> None:
    """That may stand innermost."""
    app = production(metrics_app(registry=registry))

    assert ["server_error()", "page"] == explain(app).splitlines()[-2:]


def test_a_wrong_app_is_said() -> None:
    """A path is easily given in its place."""
    with pytest.raises(ConfigError, match="app='/metrics': is no ASGI app; write metrics_app"):
        metrics_app("/metrics")  # type: ignore[arg-type]  # the mistake


def test_a_wrong_path_is_said() -> None:
    """Before the app serves."""
    with pytest.raises(ConfigError, match="path='metrics': is no path; write path='/metrics'"):
        metrics_app(inner, path="metrics")
