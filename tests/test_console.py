"""On the console a request is one short line, and what is unusual about it stands behind it."""

from __future__ import annotations

import io
import logging
import os
import pty
import re
import termios
from typing import TYPE_CHECKING, Any

import pytest
import structlog

import asgi_mw.logs
from asgi_mw import (
    access_log,
    cors,
    log_fields,
    open_store,
    record,
    request_id,
    server_error,
    stack,
)
from asgi_mw.console import Console
from asgi_mw.testing import lifespan, request, run, websocket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import App, Receive, Scope, Send

_TIME = re.compile(r"(?m)^\d\d:\d\d:\d\d\.\d{3} ")
_TOOK = re.compile(r" *\d[\d.]* (?:µs|ms)")


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Configure logging, and put back what was there."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    out = io.StringIO()
    asgi_mw.logs.configure(format="console", stream=out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def said(out: io.StringIO) -> str:
    """What is on the console, without times."""
    text = out.getvalue()
    assert len(_TIME.findall(text)) == len(re.findall(r"(?m)^(?=\S)", text))
    return _TOOK.sub(" 1 ms", _TIME.sub("", text)).rstrip("\n")


def answering(status: int, body: bytes = b"", **fields: object) -> App:
    """An app that answers so, and logs these fields."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        log_fields(**fields)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app


def serve(app: App, method: str = "GET", target: str = "/", **headers: str) -> None:
    """Ask once, as the request ``0123456789``."""
    layered = request_id(access_log(app), generate=lambda: "0123456789")
    run(request(layered, method, target, headers=headers))


def test_a_request_is_one_short_line(out: io.StringIO) -> None:
    """Time, status, method, path and query, duration, size, the end of its id."""
    serve(answering(200, b"x" * 24), target="/users/1?page=2")

    assert said(out) == "200 GET     /users/1?page=2 1 ms     24 B …3456789"
    assert len(out.getvalue()) < 80


def test_without_an_id_a_recorded_request_ends_in_that_of_the_recording(out: io.StringIO) -> None:
    """So it can be opened; what is said meanwhile has it as well."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        logging.getLogger("shop").info("low on tea")
        await answering(200, b"x" * 24)(scope, receive, send)

    store = open_store("memory:")
    run(request(record(access_log(app), store=store), target="/users/1?page=2"))
    [exchange] = store.exchanges()

    tail = f"…{exchange.id[-7:]}"
    assert said(out).splitlines() == [
        f"info     shop: low on tea {tail}",
        f"200 GET     /users/1?page=2 1 ms     24 B {tail}",
    ]
    assert all(len(line) < 80 for line in out.getvalue().splitlines())


def test_what_may_not_be_kept_has_no_id_to_open(out: io.StringIO) -> None:
    """Nobody knows before it has ended."""
    app = record(access_log(answering(200)), store="memory:", keep="problems")
    run(request(app))

    assert said(out) == "200 GET     / 1 ms      0 B"


def test_what_the_app_adds_stands_behind(out: io.StringIO) -> None:
    """Each as it is, or in quotes."""
    serve(answering(204, user_id=7, cart="two teas", token="abc"), "DELETE")

    assert said(out).split("…3456789 ")[1] == "user_id=7 cart='two teas' token=[redacted]"


def test_a_long_path_is_whole(out: io.StringIO) -> None:
    """Only columns are lost."""
    path = "/users/" + "x" * 200
    serve(answering(200), target=path)

    assert f"200 GET     {path} 1 ms" in said(out)


def test_a_refusal_says_why(out: io.StringIO) -> None:
    """Of the layer that answered in the app's place."""
    layered = cors(answering(200), allow_origins=["https://a.example"])
    asked = {"origin": "https://a.example", "access-control-request-method": "PUT"}
    serve(layered, "OPTIONS", **asked)

    assert said(out).startswith("403 OPTIONS / 1 ms ")
    assert said(out).endswith("…3456789 refused='method PUT is not in allow_methods'")


def test_a_crash_has_its_traceback_below(out: io.StringIO) -> None:
    """And no error in its line, which is the last of it."""

    async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("no luck")

    serve(server_error(crashing))

    first, second, third, *_, last = said(out).split("\n")
    assert first.startswith("500 GET     / 1 ms ")
    assert first.endswith("…3456789 error")
    assert second == "  Traceback (most recent call last):"
    assert re.fullmatch(r"    … \d frames of asgi_mw", third)
    assert last == "  LookupError: no luck"


def test_what_is_not_complete_says_so(out: io.StringIO) -> None:
    """An app that sent nothing has no status, either."""

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    serve(silent)

    assert said(out).startswith("--- GET ")
    assert said(out).endswith("incomplete")


def test_a_websocket_is_one_line(out: io.StringIO) -> None:
    """With what went in and out, and how it was closed."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "tea"})
        await send({"type": "websocket.close", "code": 1001, "reason": "going away"})

    run(websocket(access_log(app), "/chat"))

    line = " ".join(said(out).split())
    assert line == "101 WS /chat 1 ms 3 B 0 in, 1 out closed 1001 close_reason='going away'"


def test_a_phase_of_the_lifespan_is_one_short_line(out: io.StringIO) -> None:
    """As any record."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})

    run(lifespan(access_log(app)))

    assert said(out).split("\n") == [
        "info     startup complete in 1 ms",
        "info     shutdown complete in 1 ms",
    ]


def test_every_other_record_has_level_logger_and_fields(out: io.StringIO) -> None:
    """And the end of the id of its request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        structlog.get_logger("shop").warning("low", what="tea", left=2)
        logging.getLogger("lib").info("%s is low", "tea", extra={"n": [1]})
        await answering(204)(scope, receive, send)

    serve(app)

    assert said(out).split("\n")[:2] == [
        "warning  shop: low what=tea left=2 …3456789",
        "info     lib: tea is low n=[1] …3456789",
    ]


def test_an_event_of_others_by_that_name_is_any_record(out: io.StringIO) -> None:
    """It has none of the facts."""
    structlog.get_logger("asgi_mw.access").info("http", note="mine")
    structlog.get_logger("shop").info("http", outcome="complete")

    assert said(out).split("\n") == [
        "info     asgi_mw.access: http note=mine",
        "info     shop: http outcome=complete",
    ]


def test_all_frames_are_shown_to_who_wants_them() -> None:
    """With an option."""
    out = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        asgi_mw.logs.configure(format="console", stream=out, full_tracebacks=True)
        run(request(stack(raising, access_log, server_error)))
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()

    assert "server_error.py" in out.getvalue()
    assert "…" not in out.getvalue()


async def raising(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise."""
    raise LookupError


EVENT: dict[str, Any] = {
    "event": "http",
    "logger": "asgi_mw.access",
    "level": "info",
    "outcome": "complete",
    "timestamp": "12:03:04.123456",
    "method": "GET",
    "path": "/users/1",
    "status": 404,
    "duration_ms": 4.2,
    "bytes_out": 24,
    "request_id": "0123456789",
}


def test_columns_stand_below_each_other() -> None:
    """Whatever is in them."""
    render = Console(io.StringIO())
    shown = [
        render(None, "info", EVENT | other)
        for other in (
            {},
            {"method": "OPTIONS", "path": "/", "duration_ms": 65_000.0, "bytes_out": 10_485_760},
            {"event": "websocket", "status": 101, "path": "/chat"},
        )
    ]

    assert [line.removesuffix(" 0 in, 0 out") for line in shown] == [
        "12:03:04.123 404 GET     /users/1               4.2 ms     24 B …3456789",
        "12:03:04.123 404 OPTIONS /                      1m 05s  10.5 MB …3456789",
        "12:03:04.123 101 WS      /chat                  4.2 ms     24 B …3456789",
    ]


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
    ],
    ids=str,
)
def test_a_terminal_has_colours(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, coloured: bool
) -> None:
    """Unless it cannot show them, or nobody wants to see them."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    line = on_terminal(100)

    assert ("\x1b[33m404\x1b[0m" in line) is coloured
    assert ("\x1b" in line) is coloured


@pytest.mark.parametrize("columns", [40, 80, 100, 120, 200])
def test_a_line_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """But for an outcome behind it, and as far as that is of use."""
    monkeypatch.setenv("NO_COLOR", "1")

    assert len(on_terminal(columns)) == min(max(columns - 8, 72), 112)


def on_terminal(columns: int) -> str:
    """The line of :data:`EVENT` on a terminal."""
    master, slave = pty.openpty()
    try:
        termios.tcsetwinsize(slave, (24, columns))
        with open(slave, "w", closefd=False) as out:
            return Console(out)(None, "info", dict(EVENT))
    finally:
        os.close(slave)
        os.close(master)
