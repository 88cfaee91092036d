"""A denial is an empty 403; in debug mode it says why, in one line that holds no secret."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from asgi_mw import access_log
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
        "origin https://evil.example is not allowed",
    ),
    "null": ([("origin", "null"), (ASK, "GET")], "origin null is not allowed"),
    "no origin": (
        [("origin", "https://a.example/x?token=s3cret"), (ASK, "GET")],
        "Origin is malformed",
    ),
    "user name": ([("origin", "https://me:s3cret@a.example"), (ASK, "GET")], "Origin is malformed"),
    "escape": ([("origin", "https://a\x1b[2J.example"), (ASK, "GET")], "Origin is malformed"),
    "several": ([GOOD, GOOD, (ASK, "GET")], "there are several Origin lines"),
    "method": ([GOOD, (ASK, "PUT")], "method PUT is not in allow_methods"),
    "methods": ([GOOD, (ASK, "GET"), (ASK, "GET")], "several methods are asked for"),
    "no method": ([GOOD, (ASK, "a\nb")], "method is not in allow_methods"),
    "header": ([GOOD, (ASK, "GET"), (NAMES, "x-a,x-b")], "header x-b is not in allow_headers"),
    "no header": (
        [GOOD, (ASK, "GET"), (NAMES, "bearer: s3cret")],
        "header is not in allow_headers",
    ),
    "a long one": (
        [GOOD, (ASK, "GET"), (NAMES, "x" * 4000)],
        f"header {'x' * 266}… is not in allow_headers",
    ),
    "commas": (
        [GOOD, (ASK, "GET"), (NAMES, "," * 100)],
        "Access-Control-Request-Headers is too long or malformed",
    ),
}


@pytest.mark.parametrize("headers", [row[0] for row in TABLE.values()], ids=TABLE)
async def test_a_denial_says_nothing(
    headers: list[tuple[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither what would be allowed, nor why this is not; and no warning is logged."""
    caplog.set_level("WARNING", "asgi_mw")
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
    assert [record.message for record in caplog.records] == [f"refused: {why}"]
    assert text.isprintable()


def own_page() -> list[tuple[str, str]]:
    """What a page of the app's own sends along with a form or a fetch."""
    return [("host", "shop.example"), ("origin", "https://shop.example")]


FOREIGN = ("origin", "https://evil.example")
ACTUAL: dict[str, tuple[list[tuple[str, str]], bool]] = {
    "another page": ([("host", "shop.example"), FOREIGN], True),
    "another page, by its browser": (
        [FOREIGN, ("sec-fetch-mode", "cors"), ("sec-fetch-site", "cross-site")],
        True,
    ),
    "no page": ([], False),
    "the app's own": (own_page(), False),
    "the app's own, by its browser": (
        [*own_page(), ("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")],
        False,
    ),
    "the app's own, behind a proxy": (
        [
            ("host", "10.0.0.1"),
            ("origin", "https://shop.example"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
        ],
        False,
    ),
    "a form": ([FOREIGN, ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")], False),
    "one that may": ([("origin", "https://a.example")], False),
}


@pytest.mark.parametrize(("headers", "refused"), ACTUAL.values(), ids=ACTUAL)
async def test_the_log_says_which_page_cannot_read_the_answer(
    headers: list[tuple[str, str]], *, refused: bool
) -> None:
    """Of those alone that want to: the app's own pages and forms send an Origin as well."""
    origin = dict(headers).get("origin")
    layered = cors(answering, allow_origins=["https://a.example"])
    with structlog.testing.capture_logs() as events:
        await request(access_log(layered), "POST", headers=headers)

    said = [event.get("refused") for event in events]
    assert said == [f"origin {origin} is not allowed" if refused else None]


@pytest.mark.parametrize(("headers", "why"), TABLE.values(), ids=TABLE)
async def test_the_access_log_says_why(
    headers: list[tuple[str, Any]], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the line that it has of the preflight anyway, and there is no other."""
    caplog.set_level(logging.INFO)
    layered = cors(app, allow_origins=["https://a.example"], allow_headers=["x-a"])
    with structlog.testing.capture_logs() as events:
        result = await request(access_log(layered), "OPTIONS", headers=headers)

    assert [(event["status"], event["refused"]) for event in events] == [(403, why)]
    assert (result.body, caplog.records) == (b"", [])


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer whoever asks."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def test_a_broken_log_handler_costs_no_answer() -> None:
    """It is not the app's fault."""

    class Broken(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            raise LookupError("mine")

    log, broken = logging.getLogger("asgi_mw.cors"), Broken()
    log.addFilter(broken)
    try:
        headers = [GOOD, (ASK, "PUT")]
        result = await request(cors(app, debug=True), "OPTIONS", headers=headers)
    finally:
        log.removeFilter(broken)

    assert (result.status, result.raised) == (403, None)
