"""What is measured, by section 3 of the checklist."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw import set_route
from asgi_mw.faults import Faults
from asgi_mw.ids import new_id
from asgi_mw.testing import request, websocket
from tests.middleware.tracing.conftest import answering

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send
    from tests.middleware.tracing.conftest import Sdk

pytestmark = pytest.mark.anyio

ok = answering()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
DURATIONS = ("http.server.request.duration", "asgi_mw.websocket.duration")
OPTIONAL = {"active_requests": True, "body_sizes": True, "time_to_first_byte": True}


async def test_the_duration_is_the_one_of_the_conventions(sdk: Sdk) -> None:
    """Name, unit, description and buckets; it is all that is measured unless more is asked for."""
    await request(sdk.tracing(ok))

    [metric] = sdk.metrics()
    assert (metric.name, metric.unit, metric.description) == (
        "http.server.request.duration",
        "s",
        "Duration of HTTP server requests.",
    )
    [point] = metric.data.data_points
    assert point.explicit_bounds == SECONDS
    assert point.attributes == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
    }


async def test_a_status_is_a_plain_number(sdk: Sdk) -> None:
    """Apps may send an ``HTTPStatus``, which exporters would print by its name."""
    await request(sdk.tracing(answering(HTTPStatus.IM_A_TEAPOT)))

    [point] = sdk.points()
    statuses = [of["http.response.status_code"] for of in (point.attributes, sdk.attributes)]
    assert [(type(status), status) for status in statuses] == [(int, 418)] * 2


async def test_nothing_that_a_client_chooses_makes_a_series(sdk: Sdk) -> None:
    """3,000 hosts, paths, methods, schemes, versions: one series."""
    app = sdk.tracing(ok, trusted_proxies=["127.0.0.1"], **OPTIONAL)
    for number in range(3000):
        await app(
            {
                "type": "http",
                "method": f"M{number}",
                "path": f"/{number}",
                "scheme": "http",
                "http_version": f"1.{number + 2}",
                "headers": [
                    (b"host", b"h%d" % number),
                    (b"user-agent", b"%d" % number),
                    (b"x-forwarded-proto", b"p%d" % number),
                ],
                "client": ("127.0.0.1", number),
            },
            nothing,
            nowhere,
        )

    series = {metric.name: len(metric.data.data_points) for metric in sdk.metrics()}
    assert series == dict.fromkeys(series, 1)
    [point] = sdk.points()
    assert (point.count, point.attributes["http.request.method"]) == (3000, "_OTHER")


async def nothing() -> Any:
    """Receive an empty request."""
    return {"type": "http.request"}


async def nowhere(message: Any) -> None:
    """Send to nobody."""


async def test_the_optional_ones(sdk: Sdk) -> None:
    """By counted bytes, in buckets for bytes; the time to the start in a name of our own."""
    now = [0]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        set_route(scope, "/up")
        while (await receive()).get("more_body"):
            now[0] += 1
        now[0] += 100_000_000
        await send({"type": "http.response.start", "status": 200, "headers": []})
        now[0] += 900_000_000
        for more in (True, True, False):
            await send({"type": "http.response.body", "body": b"abc", "more_body": more})

    await request(sdk.tracing(app, clock=lambda: now[0], **OPTIONAL), "POST", body=[b"ab", b"cde"])

    asked = {"http.request.method": "POST", "url.scheme": "http"}
    full = {
        **asked,
        "http.response.status_code": 200,
        "http.route": "/up",
        "network.protocol.version": "1.1",
    }
    found = {
        metric.name: (metric.unit, point.attributes, getattr(point, "sum", None))
        for metric in sdk.metrics()
        for point in metric.data.data_points
    }
    assert found == {
        "http.server.request.duration": ("s", full, 1.000000001),
        "asgi_mw.http.server.time_to_first_byte": ("s", full, 0.100000001),
        "http.server.request.body.size": ("By", full, 5),
        "http.server.response.body.size": ("By", full, 9),
        "http.server.active_requests": ("{request}", asked, None),
    }
    assert sdk.attributes["http.request.body.size"] == 5
    assert sdk.attributes["http.response.body.size"] == 9
    [size] = sdk.points("http.server.response.body.size")
    assert (size.explicit_bounds[0], size.explicit_bounds[-1]) == (64, 1 << 26)


async def test_a_body_whose_bytes_pass_us_by_has_no_size(sdk: Sdk) -> None:
    """The server reads the file itself."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/f"})

    await request(
        sdk.tracing(app, body_sizes=True), scope={"extensions": {"http.response.pathsend": {}}}
    )

    assert sdk.points("http.server.response.body.size") == []
    assert "http.response.body.size" not in sdk.attributes
    assert len(sdk.points("http.server.request.body.size")) == 1


async def test_active_requests_go_up_and_come_back(sdk: Sdk) -> None:
    """With the same attributes, whatever the end: an answer, an exception, a cancellation."""
    during: list[Any] = []

    def active() -> list[int]:
        return [point.value for point in sdk.points("http.server.active_requests")]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        during.append(active())
        if scope["path"] == "/raise":
            raise ValueError
        if scope["path"] == "/hang":
            await anyio.sleep_forever()
        scope["method"] = "CHANGED"
        await ok(scope, receive, send)
        during.append(active())

    layered = sdk.tracing(app, active_requests=True)
    await request(layered, "GET", "/")
    await request(layered, "GET", "/raise")
    with anyio.move_on_after(0.01):
        await layered({"type": "http", "method": "GET", "path": "/hang"}, nothing, nowhere)

    assert during == [[1], [0], [1], [1]]
    assert active() == [0]


@pytest.mark.parametrize(
    ("content_type", "measured"),
    [
        (b"text/event-stream", 0),
        (b"Text/Event-Stream; charset=utf-8", 0),
        (b"text/event-stream2", 1),
        (b"text/plain", 1),
        (None, 1),
    ],
)
async def test_streams_can_be_kept_out_of_the_duration(
    sdk: Sdk, content_type: bytes | None, measured: int
) -> None:
    """They keep their span, and all other measurements."""
    headers = [] if content_type is None else [(b"Content-Type", content_type)]
    app = sdk.tracing(
        answering(headers=headers), metrics_exclude=["text/event-stream"], time_to_first_byte=True
    )
    await request(app)

    assert len(sdk.points()) == measured
    assert len(sdk.points("asgi_mw.http.server.time_to_first_byte")) == 1
    assert len(sdk.spans) == 1


async def test_exemplars_carry_the_ids_of_the_span(sdk: Sdk) -> None:
    """So that a slow bucket leads to its trace."""
    await request(sdk.tracing(ok))

    [point] = sdk.points()
    [exemplar] = point.exemplars
    assert sdk.span.context is not None
    assert (exemplar.trace_id, exemplar.span_id) == (
        sdk.span.context.trace_id,
        sdk.span.context.span_id,
    )


async def test_metrics_without_traces_and_traces_without_metrics(sdk: Sdk) -> None:
    """Either may have no SDK, or be switched off."""
    await request(sdk.tracing(ok, metrics=False))

    assert (len(sdk.spans), sdk.metrics()) == (1, [])

    sdk.clear()
    await request(sdk.tracing(ok, tracer_provider=None))

    assert (sdk.spans, len(sdk.points())) == ([], 1)


async def test_layers_on_one_provider_share_their_instruments(
    sdk: Sdk, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK does not complain, and what is active is counted once."""
    inner = sdk.tracing(ok, active_requests=True)
    await request(inner)
    await request(sdk.tracing(ok, active_requests=True))

    assert [point.value for point in sdk.points("http.server.active_requests")] == [0]
    assert [point.count for point in sdk.points()] == [2]
    assert caplog.records == []


async def test_faults_of_ours_are_counted(sdk: Sdk) -> None:
    """Of every layer in the process."""
    await request(sdk.tracing(ok))
    owner = f"test_{new_id()}"  # the books are those of the process
    Faults(owner).note("here", ValueError("no"))

    booked = {
        (point.attributes["asgi_mw.owner"], point.attributes["asgi_mw.reason"]): point.value
        for point in sdk.points("asgi_mw.faults")
    }
    assert booked[owner, "here: ValueError"] == 1


async def test_the_duration_has_attributes_of_ones_own(sdk: Sdk) -> None:
    """Asked when the request is over; the other metrics, and those of others, have them not."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["tier"] = "paid"
        await answering()(scope, receive, send)

    layered = sdk.tracing(
        app,
        metrics_attributes={"shop.tier": lambda scope: scope["state"]["tier"]},
        body_sizes=True,
    )
    await request(layered, scope={"state": {}})

    [size] = sdk.points("http.server.request.body.size")
    [duration] = sdk.points()
    assert {**duration.attributes} == {**size.attributes, "shop.tier": "paid"}


async def test_no_client_makes_series_by_attributes_of_ones_own(sdk: Sdk) -> None:
    """Nor does a WebSocket."""
    layered = sdk.tracing(
        answering(),
        metrics_attributes={"path": lambda scope: scope["path"]},
        metrics_attributes_limit=2,
    )
    for number in range(5):
        await request(layered, "GET", f"/{number}")
        await websocket(layered, f"/{number}")

    paths = {name: {point.attributes["path"] for point in sdk.points(name)} for name in DURATIONS}
    assert paths == {name: {"/0", "/1", "_OTHER"} for name in DURATIONS}
