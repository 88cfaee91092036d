"""Apps that break HTTP or WebSocket itself: found with the profile ``http``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.testing import UVICORN
from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import (
    accept,
    body,
    close,
    deny,
    extra,
    more,
    no,
    start,
    trailers,
    trailing,
)

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Send

WIRES = Shelf(profile="http")
breaks = WIRES.app

_DIFFERS, _NAME, _VALUE, _REPEATED = (
    "wire.length.differs",
    "wire.header.name",
    "wire.header.value",
    "wire.header.repeated",
)


def _long(length: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", length)]


@breaks(_DIFFERS)
async def sends_less_than_it_says(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"3")))
    await send(body())


@breaks(_DIFFERS)
async def sends_more_than_it_says(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"1")))
    await send(body())


@breaks(_DIFFERS)
async def sends_more_in_parts(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"3")))
    for _ in range(3):
        await send(more())
    await send(body(b""))


@breaks(_DIFFERS)
async def sends_nothing_of_what_it_says(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"2")))
    await send(body(b""))


@breaks(_DIFFERS)
async def counts_characters(scope: Any, receive: Receive, send: Send) -> None:
    said = "Grüße"
    await send(start(headers=_long(b"%d" % len(said))))
    await send(body(said.encode()))


@breaks(_DIFFERS)
async def keeps_the_length_of_what_it_packed(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[*_long(b"900"), (b"content-encoding", b"gzip")]))
    await send(body(b"\x1f\x8b" + b"x" * 90))


@breaks("http.body.before-start", _DIFFERS, behaviour=UVICORN)
async def is_refused_once_and_still_too_short(scope: Any, receive: Receive, send: Send) -> None:
    try:
        await send(body(b"123456789"))
    except RuntimeError:
        await send(start(headers=_long(b"9")))
        await send(body())


@breaks("wire.length.malformed")
async def has_a_length_in_words(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"two")))
    await send(body())


@breaks("wire.length.malformed")
async def has_a_length_with_a_sign(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"+2")))
    await send(body())


@breaks("wire.length.malformed")
async def has_an_empty_length(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"")))
    await send(body())


@breaks("wire.length.forbidden")
async def has_a_length_of_nothing(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(204, headers=_long(b"0")))
    await send(body(b""))


@breaks("wire.body.forbidden")
async def has_a_body_of_no_content(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(204))
    await send(body())


@breaks("wire.body.forbidden")
async def has_a_body_that_was_not_modified(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(304))
    await send(more())
    await send(body())


@breaks("wire.body.of-head", scope={"method": "HEAD"}, profile="advice")
async def has_a_body_for_HEAD(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the method
    await send(start(headers=_long(b"2")))
    await send(body())


@breaks("wire.status")
async def has_a_status_of_its_own(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(999))
    await send(body())


@breaks("wire.status")
async def has_a_status_of_zero(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(0))
    await send(body(b""))


@breaks("wire.status.interim")
async def says_that_it_continues(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(100))
    await send(body(b""))


@breaks("wire.status.interim", "http.start.twice")
async def hints_with_a_start(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(103, headers=[(b"link", b"</a.css>; rel=preload")]))
    await send(start())
    await send(body(b""))


@breaks(_NAME)
async def has_a_space_in_a_name(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"x id", b"1")]))
    await send(body())


@breaks(_NAME)
async def has_a_name_with_its_colon(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"x-id:", b"1")]))
    await send(body())


@breaks(_NAME)
async def has_an_empty_name(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"", b"1")]))
    await send(body())


@breaks(_NAME)
async def has_a_name_beyond_ascii(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[("größe".encode(), b"1")]))
    await send(body())


@breaks(_NAME, _VALUE)
async def splits_its_response_by_a_name(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"x: 1\r\nset-cookie", b"a=b\r\n\r\n<html>")]))
    await send(body())


@breaks(_VALUE)
async def splits_its_response_by_a_value(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(302, headers=[(b"location", b"/\r\nset-cookie: a=b")]))
    await send(body(b""))


@breaks(_VALUE)
async def folds_a_value(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"x-note", b"a long\n note")]))
    await send(body())


@breaks(_VALUE)
async def has_a_NUL_in_a_value(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the byte
    await send(start(headers=[(b"x-note", b"a\0b")]))
    await send(body())


@breaks(_REPEATED)
async def has_two_types(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"content-type", b"a/b"), (b"content-type", b"a/c")]))
    await send(body())


@breaks(_REPEATED)
async def has_its_length_twice(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"2") * 2))
    await send(body())


@breaks(_REPEATED, _REPEATED)
async def leads_to_three_places(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(302, headers=[(b"location", b"/%d" % n) for n in range(3)]))
    await send(body(b""))


@breaks("message.headers.lower-case", _REPEATED)
async def has_two_dates_in_two_cases(scope: Any, receive: Receive, send: Send) -> None:
    date = b"Sat, 21 Nov 2026 07:00:00 GMT"
    await send(start(headers=[(b"date", date), (b"Date", date)]))
    await send(body())


@breaks("wire.connection", "wire.connection", scope={"http_version": "2"})
async def holds_a_connection_of_http2(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"connection", b"keep-alive"), (b"keep-alive", b"timeout=5")]))
    await send(body())


@breaks("advice.transfer-encoding", profile="advice")
async def encodes_the_transfer(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"transfer-encoding", b"chunked")]))
    await send(body(b"2\r\nhi\r\n0\r\n\r\n"))


@breaks(_VALUE)
async def has_a_line_break_in_a_trailer(scope: Any, receive: Receive, send: Send) -> None:
    await send(trailing())
    await send(body())
    await send(trailers((b"x-sum", b"1\r\n")))


@breaks("wire.status", "wire.body.forbidden")
async def has_status_and_body_of_nothing(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(42))
    await send(body())


@breaks("http.debug.after-start", _DIFFERS)
async def debugs_too_late_and_ends_too_early(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=_long(b"3")))
    await send(extra("debug", info={}))
    await send(body())


@breaks("wire.websocket.code", on="websocket")
async def closes_with_a_code_that_is_never_sent(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=1006))


@breaks("wire.websocket.code", on="websocket")
async def closes_with_a_status_of_http(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=403))


@breaks("wire.websocket.code", on="websocket")
async def closes_with_a_code_beyond_all(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=5000))


@breaks("wire.websocket.reason", on="websocket")
async def closes_with_a_long_reason(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=1011, reason="Ü" * 62))


@breaks("wire.websocket.subprotocol", on="websocket", scope={"subprotocols": ["chat"]})
async def chooses_what_was_not_offered(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(subprotocol="talk"))
    await send(close())


@breaks("wire.websocket.subprotocol", on="websocket")
async def chooses_where_nothing_was_offered(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(subprotocol="chat"))
    await send(close())


@breaks(_NAME, on="websocket")
async def accepts_with_a_name_that_is_none(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(headers=[(b"x(id)", b"1")]))
    await send(close())


@breaks(_DIFFERS, on="websocket")
async def denies_at_less_length_than_it_says(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny(headers=_long(b"9")))
    await send(no())
