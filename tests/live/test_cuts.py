"""Over real servers a client can tell that a response was cut, as it can without the layers."""

from __future__ import annotations

from contextlib import closing
from http.client import BadStatusLine, HTTPConnection, HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

from tests.live.cuts_app import ORIGIN, PART
from tests.live.servers import running
from tests.middleware.compression.decoding import Decoder
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

CODINGS = ("gzip", "br", "zstd", "identity")
# These send the start with the first part of the body, and answer in its place without one
HOLD_STARTS = ("granian", "gunicorn")
# These send a body that is too long as far as it was declared
CUT_OFF = ("granian", "gunicorn")


class Seen(NamedTuple):
    """What a client made of a response."""

    status: int | None
    headers: dict[str, str]
    body: bytes
    end: Literal["whole", "cut", "none"]


@pytest.fixture(scope="module")
def port(server: str) -> Iterator[int]:
    """Serve the app."""
    with running(server, "tests.live.cuts_app:app") as port:
        yield port


def connected(port: int) -> Any:
    """A connection that is closed in the end."""
    return closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE))


def read(response: HTTPResponse) -> tuple[bytes, Literal["whole", "cut"]]:
    """The body as far as it came."""
    try:
        return response.read(), "whole"
    except IncompleteRead as error:
        return error.partial, "cut"
    except OSError:  # a reset
        return b"", "cut"


def ask(port: int, path: str, coding: str) -> Seen:
    """Make one request on a connection of its own."""
    with connected(port) as connection:
        connection.request("GET", path, headers={"accept-encoding": coding, "origin": ORIGIN})
        try:
            response = connection.getresponse()
        except (BadStatusLine, OSError):
            return Seen(None, {}, b"", "none")
        headers = {name.lower(): value for name, value in response.getheaders()}
        body, end = read(response)
        if coding == headers.get("content-encoding"):
            decoder = Decoder(coding.encode())
            body = decoder.feed(body)
            assert decoder.ended == (end == "whole")
        return Seen(response.status, headers, body, end)


CUTS = {
    "a length, ends early": "short/text/90000",
    "a short length, ends early": "short/text/30000",
    "a length, one message": "at-once/text/90000",
    "a length, goes beyond": "beyond/text/90000",
    "a length, raises": "raises/text/90000",
    "a short length, raises": "raises/text/30000",
    "a length, returns": "returns/text/90000",
    "a short length, returns": "returns/text/30000",
    "a length, the error is swallowed": "swallowed",
    "a stream, raises": "raises/text/none",
    "a stream, returns": "returns/text/none",
    "events, raise": "raises/events/none",
    "events, return": "returns/events/none",
    "an image, raises": "raises/image/90000",
}
WHOLE = {
    "a stream": "whole/text/none",
    "a length": "whole/text/90000",
    "events": "whole/events/none",
    "a length, returns without saying that it is all": "all-returns/text/90000",
    "a length, raises when all is sent": "all-raises/text/90000",
}


@pytest.mark.parametrize("layer", ["compression", "production"])
@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("how", CUTS)
# It lets the client wait for the rest
@pytest.mark.not_where(server=["granian"], how=["a length, one message"])
def test_a_cut_response_is_seen_to_be_cut(
    port: int, server: str, layer: str, coding: str, how: str
) -> None:
    """As beside the bare app, and whatever came before the cut is right."""
    bare, seen = ask(port, f"/bare/{CUTS[how]}", coding), ask(port, f"/{layer}/{CUTS[how]}", coding)

    if not (how == "a length, goes beyond" and server in CUT_OFF):
        assert bare.end == "cut"
        assert bare.end == seen.end or coding == "identity"
    assert (seen.status, seen.end) == (200, bare.end if coding == "identity" else "cut")
    assert bare.body.startswith(seen.body)
    if layer == "production":
        assert seen.headers["access-control-allow-origin"] == ORIGIN
        assert "x-request-id" in seen.headers


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("how", WHOLE)
def test_a_whole_response_is_whole(port: int, coding: str, how: str) -> None:
    """To all that can be seen, whether the app said so or its length did."""
    bare, seen = [ask(port, f"/{layer}/{WHOLE[how]}", coding) for layer in ("bare", "production")]

    assert (bare.status, bare.body, bare.end) == (200, PART * 6, "whole")
    assert (seen.status, seen.body, seen.end) == (200, PART * 6, "whole")


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize(
    "kind", ["text/none", "text/90000", "text/30000", "events/none", "image/none"]
)
def test_what_fails_behind_its_start_has_the_headers_of_all_layers(
    port: int, server: str, coding: str, kind: str
) -> None:
    """Whatever the client gets; without `server_error` it gets what it gets of the bare app."""
    path = f"raises-first/{kind}"
    bare, coded, whole = [
        ask(port, f"/{layer}/{path}", coding) for layer in ("bare", "compression", "production")
    ]

    assert (bare.status, bare.end) == (coded.status, coded.end)
    if whole.status is None:
        assert (server, bare.status) == ("gunicorn", None)  # closes without a word
        return
    assert (whole.status, whole.end) == (200, "cut")
    assert whole.headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in whole.headers


@pytest.mark.parametrize("layer", ["bare", "compression", "production"])
@pytest.mark.parametrize(
    ("kind", "coding"),
    [("events", coding) for coding in CODINGS] + [("text", "identity"), ("image", "gzip")],
)
@pytest.mark.not_where(server=HOLD_STARTS)
def test_the_start_of_a_stream_is_there_before_its_first_part(
    port: int, layer: str, kind: str, coding: str
) -> None:
    """No clock: the app goes on when the client has said that it has the start."""
    with connected(port) as stream, connected(port) as other:
        stream.request("GET", f"/{layer}/waits/{kind}/none", headers={"accept-encoding": coding})
        response = stream.getresponse()
        assert response.status == 200
        other.request("GET", f"/bare/go/{kind}")
        assert other.getresponse().read() == b""
        body, end = read(response)
        named = response.getheader("content-encoding")

        assert (Decoder(named and named.encode()).feed(body), end) == (PART, "whole")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_kept_connection_answers_what_is_asked_next(port: int, coding: str) -> None:
    """Behind a stream, behind HEAD of one, and behind a body whose end nobody said."""
    paths = [
        ("GET", "whole/events/none"),
        ("HEAD", "whole/events/none"),
        ("HEAD", "whole/text/none"),
        ("GET", "whole/text/none"),
        ("GET", "whole/text/90000"),
    ]
    with connected(port) as connection:
        for method, path in paths * 2:
            connection.request(method, f"/production/{path}", headers={"accept-encoding": coding})
            response = connection.getresponse()
            body, end = read(response)
            named = response.getheader("content-encoding")
            plain = Decoder(named and named.encode()).feed(body)

            assert (response.status, end) == (200, "whole")
            assert plain == (PART * 6 if method == "GET" else b"")
            assert response.getheader("vary") is not None


def test_a_cut_connection_is_not_used_again(port: int) -> None:
    """The server closes it, so that no other answer is taken for the rest."""
    with connected(port) as connection:
        connection.request(
            "GET", "/production/short/text/90000", headers={"accept-encoding": "gzip"}
        )
        read(connection.getresponse())
        connection.auto_open = False
        with pytest.raises((HTTPException, OSError)):
            _again(connection)


def _again(connection: HTTPConnection) -> None:
    connection.request("GET", "/production/whole/text/none")
    connection.getresponse()
