"""The client of HTTP/1.1: what it makes of bytes, as a server may send them."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from asgi_mw.conformance.check import FailedError
from asgi_mw.conformance.clock import Clock
from asgi_mw.conformance.http1 import Http

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def answering(*parts: bytes, closes: bool = True) -> Iterator[Http]:
    """A client of a server that sends just that, whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def serve() -> None:
            sock, _ = listening.accept()
            with sock:
                sock.recv(65_536)
                for part in parts:
                    sock.sendall(part)
                if not closes:
                    done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        http = Http(listening.getsockname()[1], Clock(patience=0.5 if not closes else 10))
        http.ask()
        try:
            yield http
        finally:
            http.close()
            done.set()
            thread.join()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "body", "end", "framing"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", b"ok", "whole", "length"),
        (OK + b"Content-Length: 5\r\n\r\nok", b"ok", "cut", "length"),
        (OK + b"\r\nok", b"ok", "closed", "closed"),
        (CHUNKED + b"2\r\nok\r\n1;a=b\r\n!\r\n0\r\n\r\n", b"ok!", "whole", "chunked"),
        (CHUNKED + b"2\r\nok\r\n", b"ok", "cut", "chunked"),
        (CHUNKED + b"2\r\nok\r\n0\r\n", b"ok", "cut", "chunked"),
        (CHUNKED + b"9\r\nok", b"ok", "cut", "chunked"),
        (CHUNKED + b"ok", b"", "cut", "chunked"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", "whole", "none"),
    ],
    ids=["length", "short", "closed", "chunks", "no-last", "no-end", "half", "no-chunk", "204"],
)
def test_a_response_is_whole_or_cut(sent: bytes, body: bytes, end: str, framing: str) -> None:
    """By its framing."""
    with answering(sent) as http:
        response = http.response()

    assert (response.body, response.end, response.framing) == (body, end, framing)


def test_what_comes_before_and_behind_is_kept_apart() -> None:
    """Responses of 1xx, and trailers."""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    with answering(hint, CHUNKED + b"2\r\nok\r\n0\r\nX-Sum:  1 \r\n\r\n") as http:
        response = http.response()

    assert [(one.status, one.headers) for one in response.interim] == [(103, [(b"Link", b"</a>")])]
    assert response.trailers == [(b"X-Sum", b"1")]


def test_two_responses_are_read_one_by_one() -> None:
    """Though they come at once."""
    with answering((OK + b"Content-Length: 1\r\n\r\n%d") % 1 + OK + b"\r\n2") as http:
        assert [http.response().body, http.response().body] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "^the connection ends without a response$"),
        (b"HTTP/1.1 200 OK\r\n", "^the connection ends without a response$"),
        (b"SSH-2.0\r\n\r\n", "^the client reads b'SSH-2.0' in place of a status line$"),
        (OK + b"Content-Length: two\r\n\r\nok", "^content-length is"),
    ],
    ids=["nothing", "half", "other", "length"],
)
def test_what_is_no_response_is_said(sent: bytes, said: str) -> None:
    """As the failure of a check."""
    with answering(sent) as http, pytest.raises(FailedError, match=said):
        http.response()


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    """Nor one that stops in the middle."""
    with answering(OK + b"Content-Length: 5\r\n\r\nok", closes=False) as http:
        with pytest.raises(FailedError, match="waits for 3 of 5 bytes"):
            http.response()
        assert http.silent(0.1) is None
        assert not http.ends(0.1)
