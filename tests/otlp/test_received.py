"""What a real OTLP receiver gets of four frameworks under a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.sync.client import connect

from tests.otlp.received import receiving
from tests.system import PATIENCE, comes_to_listen, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.otlp.received import Record

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
REQUESTS, WEBSOCKET_MESSAGES = 200, 1_000
REMOTE_TRACE, REMOTE_SPAN = "ab" * 16, "cd" * 8
TRACEPARENT = {"traceparent": f"00-{REMOTE_TRACE}-{REMOTE_SPAN}-01"}
# As each of them writes its templates
USERS = {"django": "/api/users/<str:number>"}


@dataclass
class Received:
    """What came of one framework."""

    framework: str
    spans: list[Record]
    logs: list[Record]
    points: list[Record]

    @property
    def users(self) -> str:
        """The template of the route that is asked most."""
        return USERS.get(self.framework, "/api/users/{number}")

    def server_spans(self, **attributes: str) -> list[Record]:
        """The spans of kind SERVER that have these attributes, with dots for underscores."""
        wanted = {name.replace("__", "."): value for name, value in attributes.items()}
        return [
            span
            for span in self.spans
            if span.facts["Kind"] == "SPAN_KIND_SERVER"
            and wanted.items() <= span.attributes.items()
        ]


@contextmanager
def served(framework: str, collector: str, said: Path, **more: str) -> Iterator[int]:
    """Serve the app of *framework* under uvicorn; it is told to end with the block."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "uvicorn", "tests.otlp.apps:app", "--port", str(port)]
    variables = {
        "TRACED_FRAMEWORK": framework,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_SERVICE_NAME": "shop",
    }
    with (
        said.open("wb") as out,
        subprocess.Popen(
            [*command, "--log-level", "warning", "--timeout-graceful-shutdown", "5"],
            cwd=ROOT,
            env=os.environ | variables | more,
            stdout=out,
            stderr=out,
        ) as process,
    ):
        try:
            assert comes_to_listen(port, process)
            yield port
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
        finally:
            process.kill()


def drive(port: int, *, websocket: bool) -> None:
    """Be all the clients."""
    url = f"http://127.0.0.1:{port}/api"
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        for number in range(REQUESTS):
            client.get(f"{url}/users/{number}").raise_for_status()
        client.get(f"{url}/users/remote?sig=secret&q=1", headers=TRACEPARENT).raise_for_status()
        assert 50 == client.get(f"{url}/events").text.count("data: ")
        assert 404 == client.get(f"{url}/nothing").status_code
        # uvicorn closes the connection after an exception
        closes = {"connection": "close"}
        assert 500 == client.get(f"{url}/crash", headers=closes).status_code
        with client.stream("GET", f"{url}/slow") as response:
            next(response.iter_raw())
    if websocket:
        with connect(f"ws://127.0.0.1:{port}/api/ws/7", proxy=None) as talk:
            for number in range(WEBSOCKET_MESSAGES):
                talk.send(str(number))
                assert str(number) == talk.recv(timeout=PATIENCE)


@pytest.fixture(scope="module", params=["fastapi", "starlette", "nexios", "django"])
def received(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Received:
    """Serve, drive, stop; what the receiver has by then."""
    folder = tmp_path_factory.mktemp(request.param)
    with receiving(folder) as receiver:
        with served(request.param, receiver.url, folder / "server.log") as port:
            drive(port, websocket=request.param != "django")
        receiver.wait_for("http.server.request.duration")
        receiver.settle()
    return Received(
        request.param,
        receiver.records("Span"),
        receiver.records("LogRecord"),
        receiver.records("HistogramDataPoints", "NumberDataPoints"),
    )


def test_each_connection_is_one_server_span(received: Received) -> None:
    """And nothing else of ours: none per message, none lost when the server ends by a signal."""
    names = [span.facts["Name"] for span in received.server_spans()]
    route = received.users
    expected = {
        f"GET {route}": REQUESTS + 1,
        "GET /api/events": 1,
        "GET": 1,
        "GET /api/crash": 1,
        "GET /api/slow": 1,
    }
    if received.framework != "django":
        expected["GET /api/ws/{room}"] = 1

    assert expected == {name: names.count(name) for name in names}
    assert {"asgi_mw"} == {span.scope for span in received.server_spans()}


def test_a_span_has_the_attributes_of_the_conventions(received: Received) -> None:
    """All of them, and no other."""
    spans = received.server_spans(url__path="/api/users/7")

    assert 1 == len(spans)
    attributes = dict(spans[0].attributes)
    assert attributes.pop("user_agent.original").startswith("python-httpx/")
    assert int(attributes.pop("network.peer.port")) > 0
    assert int(attributes.pop("server.port")) > 0
    assert {
        "http.request.method": "GET",
        "url.path": "/api/users/7",
        "url.scheme": "http",
        "http.route": received.users,
        "http.response.status_code": "200",
        "server.address": "127.0.0.1",
        "client.address": "127.0.0.1",
        "network.peer.address": "127.0.0.1",
        "network.protocol.version": "1.1",
    } == attributes
    assert "STATUS_CODE_UNSET" == spans[0].facts["Status code"]


def test_the_trace_of_a_caller_is_continued(received: Received) -> None:
    """And its query has no secret."""
    (span,) = received.server_spans(url__path="/api/users/remote")

    assert (REMOTE_TRACE, REMOTE_SPAN) == (span.facts["Trace ID"], span.facts["Parent ID"])
    assert "sig=REDACTED&q=1" == span.attributes["url.query"]
    others = [one for one in received.server_spans() if one is not span]
    assert {""} == {one.facts["Parent ID"] for one in others}
    assert len(others) == len({one.facts["Trace ID"] for one in others})


def test_spans_of_the_service_are_children(received: Received) -> None:
    """Each of the request that it was made in."""
    children = [span for span in received.spans if span.facts["Name"] == "look-up"]
    parents = received.server_spans(http__route=received.users)

    assert REQUESTS + 1 == len(children) == len(parents)
    assert {(one.facts["Trace ID"], one.facts["ID"]) for one in parents} == {
        (one.facts["Trace ID"], one.facts["Parent ID"]) for one in children
    }


def test_a_stream_lasts_until_its_last_event(received: Received) -> None:
    """Fifty events, two milliseconds apart."""
    (span,) = received.server_spans(url__path="/api/events")

    assert duration(span) >= 50 * 0.002


def test_a_crash_is_an_error_everywhere(received: Received) -> None:
    """On span, log record and metric alike, also where the framework answers for the exception."""
    (span,) = received.server_spans(url__path="/api/crash")
    kind = span.attributes["error.type"]

    assert kind == "tests.otlp.apps.CrashError"
    assert "STATUS_CODE_ERROR" == span.facts["Status code"]
    assert "500" == span.attributes["http.response.status_code"]
    assert [kind] == [
        point.attributes["error.type"]
        for point in received.points
        if point.attributes.get("http.route") == "/api/crash"
    ]
    records = [log for log in received.logs if log.facts["Span ID"] == span.facts["ID"]]
    assert records
    for record in records:
        assert "http.server.request.exception" == record.facts["EventName"]
        assert "SEVERITY_NUMBER_ERROR(17)" == record.facts["SeverityNumber"]
        assert span.facts["Trace ID"] == record.facts["Trace ID"]
        assert kind == record.attributes["exception.type"]
        assert "the till is stuck" == record.attributes["exception.message"]


def test_a_client_that_leaves_is_said(received: Received) -> None:
    """The response began, and did not end."""
    (span,) = received.server_spans(url__path="/api/slow")

    assert "200" == span.attributes["http.response.status_code"]
    assert "error.type" in span.attributes
    assert "STATUS_CODE_ERROR" == span.facts["Status code"]


def test_a_request_without_a_route_has_none(received: Received) -> None:
    """Nor an error: a 404 is the client's."""
    (span,) = received.server_spans(url__path="/api/nothing")

    assert ("GET", "STATUS_CODE_UNSET") == (span.facts["Name"], span.facts["Status code"])
    assert {"http.route", "error.type"} & set(span.attributes) == set()


def test_a_websocket_is_one_span(received: Received) -> None:
    """However much is said."""
    spans = received.server_spans(url__path="/api/ws/7")
    if received.framework == "django":  # which has no WebSockets of its own, and none were opened
        assert spans == []
        return
    (span,) = spans

    assert "101" == span.attributes["http.response.status_code"]
    assert "/api/ws/{room}" == span.attributes["http.route"]
    assert "STATUS_CODE_UNSET" == span.facts["Status code"]


def test_every_request_is_measured_once(received: Received) -> None:
    """By route and status, and the durations are those of the spans."""
    counted: dict[tuple[str | None, str], int] = {}
    for point in received.points:
        if "http.request.method" in point.attributes:
            attributes = point.attributes
            key = attributes.get("http.route"), attributes["http.response.status_code"]
            counted[key] = counted.get(key, 0) + int(point.facts["Count"])
    spans = received.server_spans(http__route=received.users)
    (measured,) = [
        float(point.facts["Sum"])
        for point in received.points
        if point.attributes.get("http.route") == received.users
    ]

    assert {
        (received.users, "200"): REQUESTS + 1,
        ("/api/events", "200"): 1,
        ("/api/slow", "200"): 1,
        ("/api/crash", "500"): 1,
        (None, "404"): 1,
    } == counted
    assert pytest.approx(sum(map(duration, spans)), rel=1e-6) == measured


def duration(span: Record) -> float:
    """How long it took, in seconds."""
    return (int(span.facts["End time"]) - int(span.facts["Start time"])) / 1e9
