"""Apps that break the course of an HTTP connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio

from asgi_mw.testing import DAPHNE, H2CORN, UVICORN, before
from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import body, deny, gone, more, request, start, text, up

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Send

COURSE = Shelf()
breaks = COURSE.app

_TWICE, _LATE = "http.start.twice", "http.sent-after-end"


@breaks("http.no-response")
async def returns_without_a_word(scope: Any, receive: Receive, send: Send) -> None:
    return


@breaks("http.no-response")
async def reads_the_body_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    await receive()


@breaks("http.no-response", messages=[request(b"a", more_body=True), request(b"b")])
async def reads_half_of_the_body_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    await receive()


@breaks("http.no-body")
async def starts_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())


@breaks("http.no-body", scope={"method": "HEAD"})
async def answers_HEAD_without_a_body_message(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the method
    await send(start())


@breaks("http.no-body")
async def answers_204_without_a_body_message(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(204))


@breaks("http.unfinished")
async def never_ends_its_body(scope: Any, receive: Receive, send: Send) -> None:
    await send(start(headers=[]))
    await send(more())
    await send(more())


@breaks("http.unfinished")
async def goes_away_in_the_middle(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    for number in range(9):
        await send(more(b"%d" % number))
        if number == 3:
            return


@breaks("http.body.before-start", "http.no-response")
async def sends_only_a_body(scope: Any, receive: Receive, send: Send) -> None:
    await send(body())


@breaks("http.body.before-start")
async def sends_a_body_and_then_a_response(scope: Any, receive: Receive, send: Send) -> None:
    await send(body())
    await send(start())
    await send(body())


@breaks("http.body.before-start", "http.body.before-start", "http.no-body")
async def sends_the_start_last(scope: Any, receive: Receive, send: Send) -> None:
    await send(more())
    await send(body())
    await send(start())


@breaks(_TWICE)
async def starts_twice(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(start(500))
    await send(body())


@breaks(_TWICE, _TWICE)
async def starts_with_every_part_of_the_body(scope: Any, receive: Receive, send: Send) -> None:
    """As the middleware of a well-known rate limit does."""
    for part in (more(b"a"), more(b"b"), body(b"c")):
        await send(start(headers=[]))
        await send(part)


@breaks(_TWICE, _LATE)
async def answers_twice(scope: Any, receive: Receive, send: Send) -> None:
    for _ in range(2):
        await send(start())
        await send(body())


@breaks(_TWICE)
async def starts_a_500_in_the_middle_of_its_200(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    try:
        await send(more(b"%d" % int("none")))
    except ValueError:
        await send(start(500))
        await send(body(b"sorry"))


@breaks(_LATE)
async def sends_a_body_too_many(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())
    await send(body())


@breaks(_LATE)
async def ends_with_an_empty_body_twice(scope: Any, receive: Receive, send: Send) -> None:
    """The first said that it was the last, as it did not say otherwise."""
    await send(start())
    await send(body(b"all of it"))
    await send(body(b"", more_body=False))


@breaks(_LATE, _LATE, _LATE)
async def forgets_more_body(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    for part in (b"a", b"b", b"c", b""):
        await send(body(part))


@breaks(_LATE, behaviour=UVICORN)
async def swallows_what_a_server_raises_for_a_body_too_many(
    scope: Any, receive: Receive, send: Send
) -> None:
    await send(start())
    await send(body())
    try:
        await send(body())
    except RuntimeError:
        return


@breaks(_LATE)
async def sends_a_body_too_many_from_a_task(scope: Any, receive: Any, send: Any) -> None:
    await send(start())
    await send(body())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send, body(b"from a task"))


@breaks("http.raised-after-start")
async def raises_after_the_start(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    raise ValueError


@breaks("http.raised-after-start")
async def raises_in_the_middle(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(more())
    raise LookupError


@breaks("http.raised-after-start")
async def raises_a_group_in_the_middle(scope: Any, receive: Any, send: Any) -> None:
    await send(start())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send, more())
        raise ValueError


@breaks("http.raised-after-start", messages=[request(b"{")])
async def parses_the_body_too_late(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(more())
    int((await receive())["body"])


@breaks(_TWICE, "http.raised-after-start", behaviour=UVICORN)
async def starts_twice_on_a_strict_server(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(start())


@breaks("message.dict", "http.no-response")
async def sends_a_list(scope: Any, receive: Receive, send: Send) -> None:
    await send([("type", "http.response.start"), ("status", 200)])  # type: ignore[arg-type]  # the point


@breaks("message.dict", "message.dict", "http.no-response")
async def sends_bytes_and_text(scope: Any, receive: Receive, send: Send) -> None:
    await send(b"HTTP/1.1 200 OK\r\n\r\n")  # type: ignore[arg-type]  # the point
    await send("hi")  # type: ignore[arg-type]  # the point


@breaks("message.dict")
async def sends_None_first(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    await send(None)  # type: ignore[arg-type]  # the point
    await send(start())
    await send(body())


@breaks("message.type")
async def sends_a_message_without_a_type(scope: Any, receive: Receive, send: Send) -> None:
    await send({"status": 200})
    await send(start())
    await send(body())


@breaks("message.type", "http.body.before-start", "http.no-response")
async def sends_a_type_of_bytes(scope: Any, receive: Receive, send: Send) -> None:
    await send({"type": b"http.response.start", "status": 200})
    await send(body())


@breaks("message.unknown")
async def misspells_a_type(scope: Any, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.begin", "status": 200})
    await send(start())
    await send(body())


@breaks("message.unknown")
async def writes_a_type_in_capitals(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body())
    await send({"type": "http.response.BODY"})


@breaks("message.unknown")
async def sends_back_what_it_received(scope: Any, receive: Receive, send: Send) -> None:
    await send(await receive())
    await send(start())
    await send(body())


@breaks("message.protocol", "http.no-response")
async def speaks_websocket_on_http(scope: Any, receive: Receive, send: Send) -> None:
    await send(text())


@breaks("message.protocol", "message.protocol", "http.no-response")
async def denies_a_request_as_if_it_were_a_handshake(
    scope: Any, receive: Receive, send: Send
) -> None:
    await send(deny())
    await send({"type": "websocket.http.response.body"})


@breaks("message.protocol")
async def says_on_a_request_that_it_is_up(scope: Any, receive: Receive, send: Send) -> None:
    await send(up())
    await send(start())
    await send(body())


@breaks("http.no-response", behaviour=DAPHNE)
async def waits_for_the_client_to_leave_and_returns(
    scope: Any, receive: Receive, send: Send
) -> None:
    """It leaves never: the app gives up."""
    with anyio.move_on_after(0.001):
        while True:
            await receive()


@breaks(_TWICE, messages=[request(), gone()])
async def starts_twice_for_a_client_that_left(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await receive()
    await receive()
    await send(start(499))


@breaks(_TWICE, behaviour=H2CORN, disconnect=before("send", 2))
async def starts_again_for_a_client_that_left(scope: Any, receive: Receive, send: Send) -> None:
    await send(start())
    await send(start())


@breaks("advice.receive.at-once", profile="advice")
async def receives_twice_at_once(scope: Any, receive: Any, send: Any) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        tasks.start_soon(receive)
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        await send(start())
        await send(body())


@breaks("scope.not-refused", on="mqtt")
async def takes_any_protocol_and_does_nothing(scope: Any, receive: Receive, send: Send) -> None:
    return


@breaks("message.dict", on="mqtt")
async def sends_a_tuple_on_a_protocol_of_its_own(scope: Any, receive: Receive, send: Send) -> None:
    await send(("mqtt.publish",))  # type: ignore[arg-type]  # the point


@breaks("message.type", on="mqtt")
async def forgets_the_type_on_a_protocol_of_its_own(
    scope: Any, receive: Receive, send: Send
) -> None:
    await send({"topic": "a"})
