"""Call an app through mangum, in process, with the events of an API Gateway: a Lambda on loopback.

``python -m tests.matrix.gateway PORT MODULE:APP`` takes one request at a time, as an instance of a
Lambda does, makes an event of it, and answers with what the handler returns.
"""

from __future__ import annotations

import base64
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from mangum import Mangum


def event_of(method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The event of a request, in the second version of the payload."""
    url = urlsplit(target)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": url.path,
        "rawQueryString": url.query,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "domainName": "matrix.test",
            "http": {
                "method": method,
                "path": url.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
            },
            "stage": "$default",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def _handler(app: Any, flushes: list[Any]) -> type[BaseHTTPRequestHandler]:
    handle = Mangum(app)

    class Handler(BaseHTTPRequestHandler):
        """Hands each request on."""

        def _ask(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            event = event_of(self.command, self.path, dict(self.headers.items()), body)
            answer = handle(event, None)  # type: ignore[arg-type]  # as mangum's own tests do
            for flush in flushes:
                flush()
            content = answer.get("body", "").encode()
            if answer.get("isBase64Encoded"):
                content = base64.b64decode(content)
            self.send_response_only(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            if "content-length" not in answer["headers"]:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _ask  # noqa: N815  # the names that the standard library looks for

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler


def main() -> None:
    """Serve until a signal ends the process, as it ends a Lambda's."""
    module, _, name = sys.argv[2].partition(":")
    served = import_module(module)
    handler = _handler(getattr(served, name), served.flushes)
    with HTTPServer(("127.0.0.1", int(sys.argv[1])), handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
