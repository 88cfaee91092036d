"""Apps that HTTP and WebSocket allow, as it may not seem: with the profile ``http``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from asgi_mw.testing import before
from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import accept, body, close, extra, gone, more, request, start

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Send

LEGAL_WIRE = Shelf(profile="http")
legal = LEGAL_WIRE.app

_HEAD: dict[str, Any] = {"method": "HEAD"}


def _long(length: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", length)]


@legal(scope=_HEAD)
async def says_to_HEAD_how_long_it_would_be(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the method
    await send(start(headers=_long(b"4096")))
    await send(body(b""))


@legal(scope=_HEAD)
async def leaves_the_body_of_HEAD_to_the_server(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the method
    """It is advice not to."""
    await send(start(headers=_long(b"2")))
    await send(body())


@legal()
async def says_how_long_it_would_be_if_modified(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(304, headers=[*_long(b"4096"), (b"etag", b'"a"')]))
    await send(body(b""))


@legal()
async def has_no_content(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(204))
    await send({"type": "http.response.body"})


@legal()
async def has_a_length_of_zero(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200, headers=_long(b"0")))
    await send(body(b""))


@legal()
async def has_a_length_with_zeros_before_it(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"0002")))
    await send(body())


@legal()
async def has_the_length_of_a_file(scope: Any, receive: Receive, send: Send) -> None:
    """What the file has is not known here."""
    await send(start(headers=_long(b"12")))
    await send(extra("pathsend", path="/etc/hosts"))


@legal()
async def repeats_what_may_be_repeated(scope: Any, receive: Receive, send: Send) -> None:
    names = (b"set-cookie", b"vary", b"www-authenticate", b"cache-control", b"link", b"via")
    await send(start(headers=[(name, b"a") for name in names * 2]))
    await send(body())


@legal()
async def has_odd_headers(scope: Any, receive: Receive, send: Send) -> None:
    pairs = [(b"x!#$%&'*+-.^_`|~0", b""), (b"x", b" \t padded\t "), (b"y", b"\x80\xff")]
    await send(start(599, headers=pairs))
    await send(body())


@legal()
async def closes_a_connection_of_HTTP_1(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the name
    await send(start(headers=[(b"connection", b"close")]))
    await send(body())


@legal(messages=[request(), gone()])
async def stops_early_as_its_client_has_left(scope: Any, receive: Receive, send: Send) -> None:
    """It ends in order: nobody gets too little."""
    await send(start(headers=_long(b"1000000")))
    await send(more(b"x" * 1000))
    await receive()
    await receive()
    await send(body(b""))


@legal(send_errors={2: RuntimeError("busy")})
async def says_again_what_was_refused(scope: Any, receive: Receive, send: Send) -> None:
    """A part that did not get through does not count."""
    await send(start(headers=_long(b"2")))
    with suppress(RuntimeError):
        await send(more())
    await send(body())


@legal(send_errors={1: RuntimeError("busy")})
async def answers_in_another_way_as_it_is_refused(scope: Any, receive: Receive, send: Send) -> None:
    with suppress(RuntimeError):
        await send(start(headers=_long(b"9")))
    await send(start(503, headers=_long(b"2")))
    await send(body())


@legal(profile="spec", send_errors={1: RuntimeError("busy")})
async def starts_again_as_its_start_was_refused(scope: Any, receive: Receive, send: Send) -> None:
    """The first did not count, plain as it was."""
    with suppress(RuntimeError):
        await send(start(headers=[]))
    await send(start(503, headers=[]))
    await send(body())


@legal(profile="spec", send_errors={2: RuntimeError("busy")})
async def ends_again_as_its_end_was_refused(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[]))
    with suppress(RuntimeError):
        await send(body())
    await send(body())


@legal(on="websocket", disconnect=before("send", 2))
async def closes_for_who_left(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=1001, reason="gone"))


@legal(on="websocket")
async def closes_a_handshake_with_a_code_that_is_never_sent(
    scope: Any, receive: Receive, send: Send
) -> None:
    """The client gets a 403, and no frame that could hold it, nor the reason."""
    await receive()
    await send(close(code=1006, reason="x" * 200))


@legal(on="websocket", scope={"subprotocols": ("chat", "talk")})
async def chooses_one_of_the_subprotocols(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(subprotocol="talk", headers=[(b"x-id", b"1")]))
    await send(close(code=4999))


@legal(on="websocket")
async def closes_with_a_code_that_is_reserved(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=1012, reason="Ü" * 61))


@legal(on="websocket")
async def closes_with_a_code_of_libraries(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=3000, reason=""))
