"""Coded bodies of requests over real servers: read, refused, or cut, and nothing is left over."""

from __future__ import annotations

import gzip
import json
import random
import re
import socket
import zlib
from contextlib import closing, suppress
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from asgi_mw.codings import whole
from tests.live.decompression_app import MOST
from tests.live.servers import ask, get, running
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = json.dumps([{"count": number} for number in range(3000)]).encode()
SMALL = b'[{"count": 7}]'
TOTAL = sum(range(3000))
NOISE = random.Random(1).randbytes(2 * MOST)


def coded(coding: str, plain: bytes) -> bytes:
    """*plain* with every coding of a list applied, in order."""
    for name in coding.split(", "):
        plain = zlib.compress(plain) if name == "deflate" else whole(name)(plain)
    return plain


JSON = b"Content-Type: application/json"
CODINGS = ("gzip", "br", "zstd", "deflate", "deflate, gzip", "br, zstd, gzip")
# Coding, body, and the answer to it
REFUSED = {
    "bomb": ("gzip", gzip.compress(bytes(20 * MOST)), 413),
    "one byte too many": ("zstd", coded("zstd", bytes(MOST + 1)), 413),
    "unknown": ("compress", b"x" * 1000, 415),
    "too many codings": ("gzip, gzip, gzip, gzip", b"x", 415),
    "corrupt": ("gzip", b"no gzip", 400),
    "corrupt at the end": ("gzip", gzip.compress(SMALL)[:-1] + b"\xff", 400),
    "cut": ("br", coded("br", PLAIN)[:-5], 400),
}
FORMS = {"/form", "/field"}
# Longer than what the server and the system take of it before anybody reads
LONG = {
    "too large": ("gzip", gzip.compress(NOISE, 1), 413),
    "unknown": ("compress", NOISE, 415),
    "corrupt": ("gzip", NOISE, 400),
}


@pytest.fixture(scope="module", params=["app", "streamed"])
def way(request: pytest.FixtureRequest) -> str:
    """Name how bodies reach the app: read ahead, or as they come."""
    return str(request.param)


@pytest.fixture(scope="module")
def port(server: str, way: str) -> Iterator[int]:
    """Serve the app."""
    with running(server, f"tests.live.decompression_app:{way}") as port:
        yield port


def post(path: str, body: bytes, *lines: bytes, chunks: int = 0) -> bytes:
    """Build a request with Content-Length, or in chunks of so many bytes."""
    if not chunks:
        length = b"Content-Length: %d" % len(body)
        return get(path, *lines, length, method="POST") + body
    pieces = [body[begin : begin + chunks] for begin in range(0, len(body), chunks)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    head = get(path, *lines, b"Transfer-Encoding: chunked", method="POST")
    return head + framed + b"0\r\n\r\n"


def encoding(coding: str) -> bytes:
    """Build the line that says how a body is coded."""
    return b"Content-Encoding: " + coding.encode()


@pytest.mark.parametrize("coding", CODINGS)
def test_fastapi_reads_what_the_client_meant(port: int, way: str, coding: str) -> None:
    """One request after the other on a connection, with a length and in chunks of any size."""
    small, large = coded(coding, SMALL), coded(coding, PLAIN)
    lines = (JSON, encoding(coding))
    requests = [
        post("/orders", small, *lines),
        post("/orders", SMALL, JSON),
        post("/orders", large, *lines),
        post("/orders", large, *lines, chunks=1000),
        post("/orders", small, *lines, chunks=1),
        post("/orders", PLAIN, JSON),
    ]

    answers = ask(port, *requests)

    # As they come, only of what was announced the decoded length is given to the app
    streamed = way == "streamed"
    expected = [
        (7, str(len(SMALL))),
        (7, str(len(SMALL))),
        (TOTAL, str(len(PLAIN))),
        (TOTAL, None if streamed else str(len(PLAIN))),
        (7, None if streamed else str(len(SMALL))),
        (TOTAL, str(len(PLAIN))),
    ]
    assert [200] * len(expected) == [answer.status for answer in answers]
    told = [json.loads(answer.body) for answer in answers]
    assert expected == [(one["total"], one["length"]) for one in told]
    assert {one["coding"] for one in told} == {None}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("chunks", [0, 1000])
def test_a_body_may_be_as_large_as_it_may_be(port: int, coding: str, chunks: int) -> None:
    """Longer than what is read ahead, so it is handed on as it is decoded."""
    size = MOST if "," not in coding else MOST - 1000  # noise grows on the way to the last coding
    body = coded(coding, NOISE[:size])

    [answer] = ask(port, post("/size", body, encoding(coding), chunks=chunks))

    assert (200, b"%d" % size) == (answer.status, answer.body)


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("chunks", [0, 1])
def test_what_cannot_be_taken_is_refused(port: int, case: str, chunks: int) -> None:
    """The next request is understood, on the same connection or on a new one."""
    coding, body, status = REFUSED[case]
    request = post("/size", body, encoding(coding), chunks=chunks and 1 + len(body) // 9)

    [answer] = ask(port, request)

    assert status == answer.status
    expected = [b"zstd, br, gzip, deflate"] if status == 415 else []
    assert expected == answer.all(b"accept-encoding")
    _next_is_understood(port, request)


@pytest.mark.parametrize("path", ["/size", "/body", "/form", "/orders", "/field"])
@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("chunks", [0, 700])
def test_a_refusal_is_no_error_and_keeps_the_connection(
    port: int, path: str, case: str, chunks: int
) -> None:
    """Nothing that the app raises over it gets to the server, which would close."""
    coding, body, status = REFUSED[case]
    kind = b"Content-Type: application/x-www-form-urlencoded" if path in FORMS else JSON
    refused = post(path, body, kind, encoding(coding), chunks=chunks)

    answers = ask(port, refused, post("/size", b"hello"), get("/raised"))

    assert [status, 200, 200] == [answer.status for answer in answers]
    assert (b"5", b"[]") == (answers[1].body, answers[2].body)


@pytest.mark.parametrize("case", LONG)
@pytest.mark.parametrize("chunks", [0, 5000])
def test_the_rest_of_a_long_refused_body_is_no_request(port: int, case: str, chunks: int) -> None:
    """It is answered before it has come: the server reads the rest as such, or closes."""
    coding, body, _ = LONG[case]

    _next_is_understood(port, post("/size", body, encoding(coding), chunks=chunks))


@pytest.mark.parametrize(
    ("path", "coding", "first"),
    [("/orders", "gzip", 100), ("/orders", "compress", 415), ("/deaf", "gzip", 200)],
)
@pytest.mark.not_where(way=["app"], first=[200])  # all is read ahead
def test_a_client_that_asks_first_is_asked_for_what_is_wanted(
    port: int, server: str, way: str, *, path: str, coding: str, first: int
) -> None:
    """It hears 100 only when somebody reads; 415 comes before the body is sent."""
    body = coded("gzip", PLAIN)
    lines = (JSON, encoding(coding), b"Expect: 100-continue", b"Content-Length: %d" % len(body))
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.connect()
        connection.sock.sendall(get(path, *lines, method="POST"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.sock.recv(1)
        asks_by_itself = server == "hypercorn"  # whatever the app wants
        assert (100 if asks_by_itself else first) == int(head.split()[1])
        if first == 100:
            connection.sock.sendall(body)
            with closing(connection.response_class(connection.sock, method="POST")) as response:
                response.begin()
                assert (200, TOTAL) == (response.status, json.loads(response.read())["total"])


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_client_that_leaves_in_the_middle_has_sent_no_body(
    port: int, way: str, *, chunked: bool
) -> None:
    """The app is told that it left if it runs, and never that what came was all."""
    request = post("/size", coded("gzip", NOISE[:MOST]), encoding("gzip"), chunks=50_000 * chunked)
    if way == "app":
        ask(port, post("/size", b"7 bytes"))
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
        sock.sendall(request[: len(request) // 2])
        if way == "streamed":
            assert b"part" in _last(port, until=b"part")
    if way == "streamed":
        assert b"client gone" in _last(port, until=b"client gone")
    else:
        assert b"7" == ask(port, get("/last"))[0].body


def _last(port: int, until: bytes) -> bytes:
    end = monotonic() + PATIENCE
    while until not in (said := ask(port, get("/last"))[0].body) and monotonic() < end:
        sleep(0.02)
    return said


def _next_is_understood(port: int, refused: bytes) -> None:
    """Send two requests at once; only the first may be refused, and what follows is right."""
    follows = post("/size", b"hello")
    seen = b""
    # Not PATIENCE: some servers neither read the rest nor close, whatever the app is
    with socket.create_connection(("127.0.0.1", port), timeout=0.5) as sock:
        with suppress(OSError):
            sock.sendall(refused + follows)
        with suppress(OSError):
            while piece := sock.recv(65_536):
                seen += piece
                if seen.count(b"HTTP/1.1 ") == 2 and seen.endswith(b"\r\n\r\n5"):
                    break
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", seen)
    assert statuses[1:] in ([], [b"200"])
    [after] = ask(port, follows)
    assert (200, b"5") == (after.status, after.body)
