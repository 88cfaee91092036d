"""Collectors that answer, hang, fail or are gone."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from tests.system import PATIENCE, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator


class Collector(ThreadingHTTPServer):
    """Answers each export with one status, once it may; remembers what came where."""

    daemon_threads = True

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Export)
        self.status = status
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.may_answer = Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Export(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        """Take what is exported."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.paths.append(self.path)
        self.server.headers.append(dict(self.headers.items()))
        self.server.bodies.append(body)
        self.server.may_answer.wait(PATIENCE)
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def collecting(status: int = 200, *, hangs: bool = False) -> Iterator[Collector]:
    """Run a collector on the loopback interface."""
    with Collector(status) as server:
        if not hangs:
            server.may_answer.set()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.may_answer.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    """One that answers."""
    with collecting() as server:
        yield server


@pytest.fixture(params=["dead", "hanging", "500", "503", "429"])
def bad_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where no collector takes anything."""
    if request.param == "dead":
        yield f"http://127.0.0.1:{free_ports(1)[0]}"
    else:
        hangs = request.param == "hanging"
        with collecting(200 if hangs else int(request.param), hangs=hangs) as server:
            yield server.url
