"""What is copied makes the request again: curl and Python run it, and a server gets it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from asgi_mw.recorder.copying import copied
from tests.live.thread import served
from tests.recorder.made import made
from tests.system import PATIENCE, command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import Receive, Scope, Send

OCTETS = bytes(range(256))
HOSTILE = b'it\'s "$HOME" `id` !! \\n \xe2\x80\xae\xff\t'


class Echo:
    """Keeps the requests that reach it."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[tuple[str, bytes, bytes, list[tuple[bytes, bytes]], bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        seen = (scope["method"], scope["raw_path"], scope["query_string"], scope["headers"], body)
        self.seen.append(seen)
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})


@pytest.fixture(scope="module")
def served_echo() -> Iterator[Echo]:
    """Serve what keeps the requests that reach it."""
    echo = Echo()
    with served(echo) as echo.port:
        yield echo


@pytest.fixture
def echo(served_echo: Echo) -> Echo:
    """Give the test one that has seen nothing."""
    served_echo.seen.clear()
    return served_echo


def run(way: str, said: str) -> None:
    """Run it as a terminal or a file would; it must do well."""
    command("curl")
    program = [command("bash"), "-s"] if way == "curl" else [sys.executable, "-I", "-"]
    done = subprocess.run(
        program, input=said.encode(), capture_output=True, check=False, timeout=PATIENCE
    )
    assert (0, b"") == (done.returncode, done.stderr[-300:] * bool(done.returncode))


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {"headers": [(b"accept", b"*/*"), (b"user-agent", b"me")]},
    "hostile headers": {
        "headers": [
            (b"x-quotes", HOSTILE),
            (b"x-twice", b"one"),
            (b"x-twice", b"two"),
            (b"x-empty", b""),
            (b"x-file", b"@/etc/passwd"),
            (b"cookie", b"a=1; b='2'"),
        ]
    },
    "text": {"method": "POST", "request": HOSTILE + b"\r\n\n@x", "headers": [(b"x-y", b"1")]},
    "octets": {"method": "PUT", "request": OCTETS * 3, "headers": [(b"content-type", b"a/b")]},
    "long": {"method": "PATCH", "request": b"it's 100 % \\ " * 20_000},
    "query": {"scope": {"query_string": b"a=1&b=%20x&c[]={1,2}&d='$(id)'&e=`id`"}},
    "dots": {"scope": {"raw_path": b"/a/../b//c/./%2e%2E/[1-9]/{a,b}", "path": "/x"}},
    "decoded path": {"path": "/caf\u00e9 100%/\u202e"},
    "odd method": {"method": "M-SEARCH"},
    "head": {"method": "HEAD", "headers": [(b"accept-encoding", b"gzip")]},
    "body of GET": {"method": "GET", "request": b"{}"},
    "old": {"scope": {"http_version": "1.0"}},
}
TARGETS = {
    "query": (b"/orders", b"a=1&b=%20x&c[]={1,2}&d='$(id)'&e=`id`"),
    "dots": (b"/a/../b//c/./%2e%2E/[1-9]/{a,b}", b""),
    "decoded path": (b"/caf%C3%A9%20100%25/%E2%80%AE", b""),
}


@pytest.mark.parametrize("way", ["curl", "httpx"])
@pytest.mark.parametrize("name", REQUESTS)
def test_what_was_recorded_is_sent_again(echo: Echo, name: str, way: str) -> None:
    """A server gets the same method, target, headers and body, octet for octet."""
    given = REQUESTS[name]
    headers = [(b"host", b"127.0.0.1:%d" % echo.port), *given.get("headers", [])]
    one = made(**{**given, "headers": [*headers, (b"content-length", b"99")]})
    run(way, copied(one, way))
    ((method, path, query, got, body),) = echo.seen

    assert (given.get("method", "GET"), TARGETS.get(name, (b"/orders", b""))) == (
        method,
        (path, query),
    )
    assert given.get("request", b"") == body
    own = {b"host", b"content-length", b"connection"}
    wanted = [(key, value.strip(b" \t")) for key, value in headers if key not in own]
    assert wanted == [pair for pair in got if pair[0] not in own]


@pytest.mark.parametrize("way", ["curl", "httpx"])
def test_what_no_request_can_carry_is_left_out(echo: Echo, way: str) -> None:
    """A line break in a header would begin another request: a comment says what was left out."""
    smuggled = b"1\r\n\r\nGET /evil HTTP/1.1\r\nhost: x\r\n\r\n"
    headers = [(b"host", b"127.0.0.1:%d" % echo.port), (b"x-a", smuggled), (b"@/etc/passwd", b"1")]
    headers.append((b"x-a", b"\x1b[2J"))
    said = copied(made(headers=headers, method="G\r\nx: "), way)
    run(way, said)

    assert [(("GET", b"/orders"), None)] == [
        (seen[:2], dict(seen[3]).get(b"x-a")) for seen in echo.seen
    ]
    left_out = "# left out, as no request can carry it: "
    assert [
        left_out + ascii("x-a: " + smuggled.decode()),
        f"{left_out}'@/etc/passwd: 1'",
        f"{left_out}'x-a: \\x1b[2J'",
        "# GET stands for a method that no request can carry: 'G\\r\\nx: '",
    ] == [line for line in said.splitlines() if line.startswith("# ")]
