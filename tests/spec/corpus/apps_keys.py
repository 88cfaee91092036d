"""Apps that send messages of the wrong content on HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.testing import UVICORN
from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import body, more, start

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Send

KEYS = Shelf()
breaks = KEYS.app

_STATUS, _BODY, _MORE = (
    "http.response.start.status",
    "http.response.body.body",
    "http.response.body.more_body",
)
_HEADERS, _VALUES = "http.response.start.headers", "message.values"


@breaks(_STATUS)
async def says_its_status_in_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start("200"))
    await send(body())


@breaks(_STATUS)
async def says_its_status_with_a_reason(scope: Any, receive: Receive, send: Send) -> None:
    await send(start((200, "OK")))
    await send(body())


@breaks(_STATUS)
async def says_its_status_as_a_float(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(200.0))
    await send(body())


@breaks(_STATUS)
async def has_no_status(scope: Any, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "headers": []})
    await send(body())


@breaks(_STATUS)
async def has_None_for_its_status(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    await send(start(None))
    await send(body())


@breaks(_STATUS)
async def has_a_status_beyond_64_bits(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(2**63))
    await send(body())


@breaks(_STATUS, _STATUS, behaviour=UVICORN)
async def tries_another_wrong_status_once_refused(scope: Any, receive: Receive, send: Send) -> None:
    for status in ("200", None):
        try:
            await send(start(status))
        except RuntimeError:
            continue
    await send(start())
    await send(body())


@breaks(_HEADERS)
async def has_headers_of_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[("content-type", "text/plain")]))
    await send(body())


@breaks(_HEADERS)
async def has_a_value_of_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"a", b"1"), (b"content-type", "text/plain")]))
    await send(body())


@breaks(_HEADERS)
async def has_a_length_that_is_a_number(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"content-length", 2)]))
    await send(body())


@breaks(_HEADERS)
async def has_headers_in_a_dict(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers={b"content-type": b"text/plain"}))
    await send(body())


@breaks(_HEADERS)
async def has_None_for_headers(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    await send(start(headers=None))
    await send(body())


@breaks(_HEADERS)
async def has_headers_of_three_parts(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"set-cookie", b"a=1", b"b=2")]))
    await send(body())


@breaks(_HEADERS)
async def has_one_header_in_place_of_many(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=(b"content-type", b"text/plain")))
    await send(body())


@breaks(_HEADERS)
async def has_headers_in_one_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=b"content-type: text/plain\r\n"))
    await send(body())


@breaks(_HEADERS)
async def has_a_header_of_None(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    await send(start(headers=[(b"etag", None)]))
    await send(body())


@breaks(_HEADERS)
async def has_a_header_that_is_a_bytearray(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(bytearray(b"a"), b"1")]))
    await send(body())


@breaks("message.headers.lower-case")
async def has_a_header_in_capitals(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b"Content-Type", b"text/plain")]))
    await send(body())


@breaks("message.headers.lower-case", "message.headers.lower-case")
async def has_two_headers_in_capitals_and_one_without(
    scope: Any, receive: Receive, send: Send
) -> None:
    await send(start(headers=[(b"X-A", b"1"), (b"x-b", b"2"), (b"x-C", b"3")]))
    await send(body())


@breaks("message.headers.pseudo")
async def has_a_header_status(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[(b":status", b"200")]))
    await send(body())


@breaks("message.headers.lower-case")
async def adds_a_header_in_capitals_to_the_one_before(
    scope: Any, receive: Receive, send: Send
) -> None:
    """What is right once is remembered, in its case."""
    await send(start(headers=[(b"x-seen-before", b"1"), (b"X-Seen-Before", b"1")]))
    await send(body())


@breaks(_BODY)
async def has_a_body_of_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body("hi"))


@breaks(_BODY)
async def has_None_for_its_body(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    await send(start())
    await send(body(None))


@breaks(_BODY)
async def has_a_body_that_is_a_dict(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body({"answer": 42}))


@breaks(_BODY)
async def has_a_body_in_parts(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body([b"a", b"b"]))


@breaks(_BODY, _BODY)
async def has_bodies_that_are_buffers(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(more(bytearray(b"a")))
    await send(body(memoryview(b"b")))


@breaks(_BODY)
async def has_a_body_that_is_a_generator(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(part for part in (b"a", b"b")))


@breaks(_MORE)
async def says_no_in_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(more_body=""))


@breaks(_MORE, _MORE)
async def counts_what_is_to_come(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(b"a", more_body=1))
    await send(body(b"b", more_body=0))


@breaks(_MORE)
async def has_None_for_more_body(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    await send(start())
    await send(body(more_body=None))


@breaks(_MORE, "http.unfinished")
async def says_no_in_a_text_that_is_true(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(more_body="no"))


@breaks("http.response.start.trailers")
async def says_no_trailers_with_a_zero(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(trailers=0))
    await send(body())


@breaks(_VALUES)
async def adds_an_object(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(request=object()))
    await send(body())


@breaks(_VALUES)
async def adds_what_is_no_number(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(took=float("nan")))
    await send(body())


@breaks(_VALUES)
async def adds_infinity_deep_inside(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(took={"db": [1.5, {"queue": float("inf")}]}))
    await send(body())


@breaks(_VALUES)
async def adds_a_large_number(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(id=2**64))
    await send(body())


@breaks(_VALUES)
async def adds_a_set(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(tags={"a"}))


@breaks(_VALUES)
async def adds_a_key_that_is_a_number(scope: Any, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, 7: "seven"})  # type: ignore[dict-item]  # the point
    await send(body())


@breaks(_VALUES)
async def adds_a_dict_with_numbers_for_keys(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(counts={1: "one"}))
    await send(body())


@breaks(_STATUS, _HEADERS, _BODY)
async def has_everything_in_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(start("200", headers=[("a", "1")]))
    await send(body("hi"))
