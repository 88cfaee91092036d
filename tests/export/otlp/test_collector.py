from __future__ import annotations

import gzip
import ssl
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)

from asgi_mw.errors import ConfigError, MissingExtraError
from asgi_mw.export.otlp import collector as room
from asgi_mw.export.otlp.batches import batches
from asgi_mw.export.otlp.collector import Collector
from asgi_mw.export.written import Written
from tests.cli import pem
from tests.recorder.made import made
from tests.system import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REJECTED = ExportLogsServiceResponse(
    partial_success=ExportLogsPartialSuccess(rejected_log_records=1, error_message="too old")
).SerializeToString()


class Answer(NamedTuple):
    """What a collector answers once."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012  # nobody changes it


class Server(HTTPServer):
    """Answers as it was told, the last answer from then on; keeps what it was sent."""

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.paths: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.requests: list[ExportLogsServiceRequest] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["content-encoding"] == "gzip":
            body = gzip.decompress(body)
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.paths.append(self.path)
        self.server.heads.append({name.lower(): one for name, one in self.headers.items()})
        self.server.requests.append(ExportLogsServiceRequest.FromString(body))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with Server(list(answers) or [Answer()]) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
            server.url = server.url.replace("http", "https")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes by a proxy, and nobody waits long."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(room, "_FIRST_PAUSE", 0.01)


def request(*numbers: int, **more: Any) -> str:
    [batch] = batches(
        (made(number, **more) for number in numbers or (1,)), Written(), redact=None, body_limit=0
    )
    return batch.request


def test_a_batch_is_protobuf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field is where the collector looks for it, ids as bytes."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    with serving() as server:
        sent = Collector(server.url).send(
            request(1, 2, trace_id="ab" * 16, span_id="cd" * 8), patient=False
        )
    assert (sent, server.paths) == ((0, ""), ["/v1/logs"])
    assert server.heads[0]["content-type"] == "application/x-protobuf"
    [resource] = server.requests[0].resource_logs
    assert {one.key: one.value.string_value for one in resource.resource.attributes} == {
        "host.name": "box",
        "process.pid": "",
        "service.name": "shop",
    }
    first, second = resource.scope_logs[0].log_records
    assert (first.trace_id, first.span_id) == (b"\xab" * 16, b"\xcd" * 8)
    assert (first.event_name, first.severity_number) == ("asgi_mw.exchange", 9)
    assert first.time_unix_nano == made(1).began + 12_000_000
    assert second.body.string_value == "GET /orders 200 in 12.0 ms"
    facts = {one.key: one.value for one in first.attributes}
    assert facts["http.response.status_code"].int_value == 200
    assert facts["asgi_mw.duration"].double_value == 0.012


@pytest.mark.parametrize("end", ["", "/", "/v1/logs", "/v1/logs/"])
def test_the_place_of_logs_need_not_be_said(end: str) -> None:
    """But it may be."""
    with serving() as server:
        Collector(server.url + end).send(request(), patient=False)
    assert server.paths == ["/v1/logs"]


def test_headers_and_compression_are_those_of_the_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A backend wants a key, mostly."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20k3y")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    with serving() as server:
        Collector(server.url).send(request(), patient=False)
    assert server.heads[0]["authorization"] == "Bearer k3y"
    assert server.heads[0]["content-encoding"] == "gzip"
    assert len(server.requests[0].resource_logs) == 1


def test_a_password_may_be_in_the_address() -> None:
    """It goes as a header, and into no message."""
    with serving() as server:
        url = server.url.replace("//", "//ada:hunter%202@")
        Collector(f"{url}/otlp").send(request(), patient=False)
    assert server.heads[0]["authorization"] == "Basic YWRhOmh1bnRlciAy"
    assert server.paths == ["/otlp/v1/logs"]


def test_what_a_collector_rejects_is_said() -> None:
    """It takes a part, and answers 200."""
    with serving(Answer(200, REJECTED)) as server:
        assert Collector(server.url).send(request(1, 2), patient=False) == (1, "too old")


def test_an_answer_that_is_none_is_no_failure() -> None:
    """Some answer with JSON, or with a word."""
    with serving(Answer(202, b'{"ok": true}')) as server:
        assert Collector(server.url).send(request(), patient=False) == (0, "")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_tried_again(status: int) -> None:
    """The same batch, as nothing of it was taken."""
    busy = Answer(status, headers={"retry-after": "0"})
    with serving(busy, Answer(status), Answer()) as server:
        Collector(server.url).send(request(), patient=False)
    assert len(server.requests) == 3
    assert server.requests[0] == server.requests[2]


def test_a_collector_that_asks_for_no_pause_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be asked without end; another number of seconds is taken as it is."""
    waits: list[float] = []
    monkeypatch.setattr(room, "sleep", waits.append)
    answers = [Answer(503, headers={"retry-after": after}) for after in ("0", "2")]
    with serving(*answers, Answer()) as server:
        Collector(server.url).send(request(), patient=False)

    assert waits[0] > 0
    assert waits[1:] == [2.0]


@pytest.mark.parametrize(
    "answer",
    [Answer(400), Answer(401), Answer(404), Answer(500), Answer(302, headers={"location": "/"})],
    ids=lambda one: str(one.status),
)
def test_what_does_not_pass_is_said_at_once(answer: Answer) -> None:
    """A redirection, too: behind it would be a page for people."""
    with serving(answer) as server:
        collector = Collector(server.url)
        with pytest.raises(OSError, match=f"did not take it: it answered {answer.status}"):
            collector.send(request(), patient=True)
        assert len(server.requests) == 1


def test_it_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not before: the time is for all tries."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    with serving(Answer(503)) as server:
        collector = Collector(server.url)
        with pytest.raises(OSError, match="it answered 503"):
            collector.send(request(), patient=True)
        assert len(server.requests) > 1
    with serving(Answer(429, headers={"retry-after": "3600"})) as server:
        with pytest.raises(OSError, match="it answered 429"):
            Collector(server.url).send(request(), patient=True)
        assert len(server.requests) == 1


@pytest.mark.parametrize("patient", [False, True])
def test_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch,
    patient: bool,  # noqa: FBT001  # pytest gives it so
) -> None:
    """If somebody was, he may come back."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    waits: list[float] = []
    monkeypatch.setattr(room, "sleep", waits.append)
    collector = Collector(f"http://user:hunter2@127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(OSError, match="Connection refused") as caught:
        collector.send(request(), patient=patient)
    assert "hunter2" not in str(caught.value)
    assert bool(waits) == patient


def test_who_speaks_no_http_is_said() -> None:
    """As the port for gRPC."""

    class Mute(_Handler):
        def handle(self) -> None:
            self.request.sendall(b"\0\0\0")

    with serving() as server:
        server.RequestHandlerClass = Mute
        with pytest.raises(OSError, match="did not take it"):
            Collector(server.url).send(request(), patient=False)


def test_certificates_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the authority that the variable names; the client shows its own, if it has one."""
    pem.write(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    tls.load_verify_locations(tmp_path / "authority.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    with serving(tls=tls) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(tmp_path / "authority.pem"))
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", str(tmp_path / "certificate.pem")
        )
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", str(tmp_path / "key.pem"))
        assert Collector(server.url).send(request(), patient=False) == (0, "")
        monkeypatch.delenv("OTEL_EXPORTER_OTLP_CERTIFICATE")
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            Collector(server.url).send(request(), patient=False)


@pytest.mark.parametrize(
    "url", ["", "collector:4318", "ftp://collector", "http://", "http://a:b", "http://a/?b", None]
)
def test_what_is_no_collector_is_said(url: Any) -> None:
    """With what to write."""
    with pytest.raises(ConfigError, match="write 'http://collector:4318'"):
        Collector(url)


def test_it_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which says how to get it."""
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.logs.v1.logs_pb2", None)
    with pytest.raises(MissingExtraError, match=r'pip install "asgi-mw\[otlp\]"'):
        Collector("http://collector:4318")
