"""Seventeen faults that were seen in other instrumentation: none of them is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from asgi_mw.testing import during, request, websocket
from tests.middleware.tracing.conftest import answering

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send
    from tests.middleware.tracing.conftest import Sdk

pytestmark = pytest.mark.anyio

ok = answering()


async def answer(request: Any) -> PlainTextResponse:
    """Be Starlette's handler."""
    return PlainTextResponse("hello")


def fastapi() -> FastAPI:
    """Make an app with a router that has a prefix."""
    app, router = FastAPI(), APIRouter()
    router.get("/users/{id}")(lambda id: id)  # noqa: A006  # the parameter of the path
    app.include_router(router, prefix="/v1")
    return app


async def test_01_the_name_has_the_route_and_the_route_is_on_the_span(sdk: Sdk) -> None:
    """Not ``GET /users/42``."""
    await request(sdk.tracing(Starlette(routes=[Route("/users/{id}", answer)])), "GET", "/users/42")

    assert sdk.span.name == "GET /users/{id}"
    assert sdk.attributes["http.route"] == "/users/{id}"


async def test_02_the_metric_has_the_route(sdk: Sdk) -> None:
    """Under FastAPI too."""
    await request(sdk.tracing(fastapi()), "GET", "/v1/users/42")

    assert sdk.points()[0].attributes["http.route"] == "/v1/users/{id}"


async def test_03_an_exception_is_the_error_type_of_both(sdk: Sdk) -> None:
    """On the span and on the metric."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError

    await request(sdk.tracing(app))

    assert sdk.attributes["error.type"] == "ValueError"
    assert sdk.points()[0].attributes["error.type"] == "ValueError"


@pytest.mark.parametrize("server", [("10.0.0.5", 8000), ("/run/s.sock", None)])
async def test_04_the_server_is_not_the_socket(sdk: Sdk, server: Any) -> None:
    """But what ``Host`` asks for, and its port apart."""
    await request(
        sdk.tracing(ok), headers=[("host", "api.example.com:444")], scope={"server": server}
    )

    assert sdk.attributes["server.address"] == "api.example.com"
    assert sdk.attributes["server.port"] == 444


async def test_05_signatures_in_the_query_are_masked(sdk: Sdk) -> None:
    """The conventions name them."""
    await request(sdk.tracing(ok), "GET", "/?sig=SECRET")

    assert sdk.attributes["url.query"] == "sig=REDACTED"


async def test_06_the_client_is_behind_the_proxy_and_the_peer_is_the_proxy(sdk: Sdk) -> None:
    """Without ``client.port``, which is opt-in."""
    await request(
        sdk.tracing(ok, trusted_proxies=["127.0.0.1"]),
        headers=[("x-forwarded-for", "203.0.113.7")],
    )

    assert sdk.attributes["client.address"] == "203.0.113.7"
    assert sdk.attributes["network.peer.address"] == "127.0.0.1"
    assert sdk.attributes["network.peer.port"] == 50000
    assert "client.port" not in sdk.attributes


async def test_07_captured_headers_keep_their_dashes(sdk: Sdk) -> None:
    """Not ``x_forwarded_for``."""
    await request(
        sdk.tracing(ok, capture_request_headers=["x-forwarded-for"]),
        headers=[("x-forwarded-for", "a")],
    )

    assert sdk.attributes["http.request.header.x-forwarded-for"] == ("a",)


async def test_08_sizes_are_those_of_their_own_response(sdk: Sdk) -> None:
    """No state is kept between requests."""
    sizes = iter([7, 0])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answering(body=b"x" * next(sizes))(scope, receive, send)

    layered = sdk.tracing(app, body_sizes=True)
    for _ in range(2):
        await request(layered)

    found = [dict(span.attributes or {})["http.response.body.size"] for span in sdk.spans]
    assert found == [7, 0]
    [point] = sdk.points("http.server.response.body.size")
    assert (point.count, point.sum, point.min) == (2, 7, 0)


async def test_09_background_work_counts_for_neither(sdk: Sdk) -> None:
    """Span and metric end together, with the response."""
    now = [0]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        now[0] += 100_000
        await ok(scope, receive, send)
        now[0] += 200_000_000

    await request(sdk.tracing(app, clock=lambda: now[0]))

    assert sdk.span.start_time is not None and sdk.span.end_time is not None
    assert sdk.span.end_time - sdk.span.start_time == 100_000
    assert sdk.points()[0].sum == 0.0001


async def test_10_a_stream_is_one_span(sdk: Sdk) -> None:
    """Of fifty chunks."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(50):
            await send(
                {"type": "http.response.body", "body": b"data: 1\n\n", "more_body": number < 49}
            )

    await request(sdk.tracing(app))

    assert len(sdk.spans) == 1


async def test_11_a_websocket_is_one_span_with_its_route_and_101(sdk: Sdk) -> None:
    """And has measurements."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path_template"] = "/ws/{room}"
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": "a"})

    await websocket(sdk.tracing(app), "/ws/7", messages=["a"] * 20)

    assert sdk.span.name == "GET /ws/{room}"
    assert sdk.attributes["http.response.status_code"] == 101
    assert len(sdk.points("asgi_mw.websocket.duration")) == 1


async def test_12_hosts_make_no_series(sdk: Sdk) -> None:
    """One series for as many hosts as a client can think of."""
    app = sdk.tracing(ok)
    for number in range(50):
        await request(app, headers=[("host", f"h{number}.example.com")])

    assert [point.count for point in sdk.points()] == [50]


async def test_13_only_the_start_gets_headers(sdk: Sdk) -> None:
    """A body message has none."""
    result = await request(sdk.tracing(ok, traceparent_header=True))

    assert ["headers" in message for message in result.sent] == [True, False]


async def test_14_a_query_of_any_bytes_is_text(sdk: Sdk) -> None:
    """No byte can raise."""
    result = await request(sdk.tracing(ok), scope={"query_string": b"q=\xff\xfe"})

    assert (result.status, sdk.attributes["url.query"]) == (200, "q=\xff\xfe")


async def test_15_a_cancelled_request_is_an_error(sdk: Sdk) -> None:
    """With its type."""
    await request(sdk.tracing(ok), cancel=during("send", 1))

    assert sdk.span.status.status_code.name == "ERROR"
    assert "Cancelled" in sdk.attributes["error.type"]


async def test_16_a_parametric_mount_is_named_by_its_template(sdk: Sdk) -> None:
    """Not by the value in the path."""
    inner = Starlette(routes=[Route("/items/{item}", answer)])
    app = Starlette(routes=[Mount("/api/{version}", inner)])
    await request(sdk.tracing(app), "GET", "/api/v1/items/5")

    assert sdk.attributes["http.route"] == "/api/{version}/items/{item}"


async def test_17_the_prefix_of_a_router_is_part_of_the_route(sdk: Sdk) -> None:
    """FastAPI's ``include_router(prefix=...)``."""
    await request(sdk.tracing(fastapi()), "GET", "/v1/users/42")

    assert sdk.span.name == "GET /v1/users/{id}"
