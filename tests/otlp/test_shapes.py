"""Every span arrives, however the app leaves its lifespan, under a server that ends by a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.system import PATIENCE, comes_to_listen, free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


@contextmanager
def collecting(names: list[str]) -> Iterator[str]:
    """Be a collector that notes the names of spans; gives its address."""

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            asked = ExportTraceServiceRequest.FromString(self.rfile.read(length))
            for resource in asked.resource_spans:
                for scope in resource.scope_spans:
                    names.extend(span.name for span in scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(PATIENCE)


@pytest.mark.parametrize("shape", ["returns", "silent", "raises"])
@pytest.mark.parametrize("server", ["uvicorn", "hypercorn"])
def test_no_span_is_lost_by_the_shape_of_a_lifespan(server: str, shape: str) -> None:
    """Twenty requests, then SIGTERM."""
    names: list[str] = []
    (port,) = free_ports(1)
    bind = f"--port={port}" if server == "uvicorn" else f"--bind=127.0.0.1:{port}"
    with collecting(names) as url:
        line = [sys.executable, "-m", server, "tests.otlp.shapes:app", "--log-level=critical", bind]
        variables = {"LIFESPAN_SHAPE": shape, "OTEL_EXPORTER_OTLP_ENDPOINT": url}
        with subprocess.Popen(line, env=os.environ | variables) as process:
            try:
                assert comes_to_listen(port, process)
                with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
                    for _ in range(20):
                        client.get(f"http://127.0.0.1:{port}/").raise_for_status()
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE)
            finally:
                process.kill()

    assert ["GET"] * 20 == names
