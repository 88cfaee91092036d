"""A denial is an empty 403; in debug mode it says why, in one line that holds no secret."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.middleware.cors import cors
from asgi_mw.testing import request

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio
ASK, NAMES = "access-control-request-method", "access-control-request-headers"
VARY = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
GOOD = ("origin", "https://a.example")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Be asked for nothing."""
    raise AssertionError


TABLE: dict[str, tuple[list[tuple[str, Any]], str]] = {
    "origin": (
        [("origin", "https://evil.example"), (ASK, "GET")],
        "no option allows the origin https://evil.example",
    ),
    "null": ([("origin", "null"), (ASK, "GET")], "no option allows the origin null"),
    "no origin": (
        [("origin", "https://a.example/x?token=s3cret"), (ASK, "GET")],
        "its Origin is none",
    ),
    "user name": ([("origin", "https://me:s3cret@a.example"), (ASK, "GET")], "its Origin is none"),
    "escape": ([("origin", "https://a\x1b[2J.example"), (ASK, "GET")], "its Origin is none"),
    "several": ([GOOD, GOOD, (ASK, "GET")], "there are several Origin lines"),
    "method": ([GOOD, (ASK, "PUT")], "allow_methods has no PUT"),
    "methods": ([GOOD, (ASK, "GET"), (ASK, "GET")], "several methods are asked for"),
    "no method": ([GOOD, (ASK, "a\nb")], "allow_methods has no"),
    "header": ([GOOD, (ASK, "GET"), (NAMES, "x-a,x-b")], "allow_headers has no x-b"),
    "no header": ([GOOD, (ASK, "GET"), (NAMES, "bearer: s3cret")], "allow_headers has no"),
    "a long one": ([GOOD, (ASK, "GET"), (NAMES, "x" * 4000)], f"allow_headers has no {'x' * 266}…"),
    "commas": (
        [GOOD, (ASK, "GET"), (NAMES, "," * 100)],
        "Access-Control-Request-Headers is too long or malformed",
    ),
}


@pytest.mark.parametrize("headers", [row[0] for row in TABLE.values()], ids=TABLE)
async def test_a_denial_says_nothing(
    headers: list[tuple[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither what would be allowed, nor why this is not."""
    layered = cors(app, allow_origins=["https://a.example"], allow_headers=["x-a"])
    result = await request(layered, "OPTIONS", headers=headers)

    assert result.sent == [
        {
            "type": "http.response.start",
            "status": 403,
            "headers": [VARY, (b"content-length", b"0")],
        },
        {"type": "http.response.body", "body": b"", "more_body": False},
    ]
    assert caplog.records == []


@pytest.mark.parametrize(("headers", "why"), TABLE.values(), ids=TABLE)
async def test_debug_says_why(
    headers: list[tuple[str, Any]], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the body and in one record of the log; still without any CORS header."""
    layered = cors(app, allow_origins=["https://a.example"], allow_headers=["x-a"], debug=True)
    result = await request(layered, "OPTIONS", headers=headers)
    text = f"CORS: denied: {why}"

    assert (result.status, result.body) == (403, text.encode())
    assert result.headers == [
        VARY,
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", b"%d" % len(text.encode())),
    ]
    assert [record.message for record in caplog.records] == [f"asgi_mw.cors: {text}"]
    assert text.isprintable()


async def test_a_broken_log_handler_costs_no_answer() -> None:
    """It is not the app's fault."""

    class Broken(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            raise LookupError("mine")

    log, broken = logging.getLogger("asgi_mw"), Broken()
    log.addFilter(broken)
    try:
        headers = [GOOD, (ASK, "PUT")]
        result = await request(cors(app, debug=True), "OPTIONS", headers=headers)
    finally:
        log.removeFilter(broken)

    assert (result.status, result.raised) == (403, None)
