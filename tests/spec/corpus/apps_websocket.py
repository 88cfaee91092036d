"""Apps that break WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.testing import UVICORN
from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import accept, body, close, connect, deny, left, no, receive, start
from tests.spec.corpus.words import text as say

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Send

SOCKETS = Shelf(on="websocket")
breaks = SOCKETS.app

_OPEN, _AFTER, _MIXED = (
    "websocket.returned-open",
    "websocket.sent-after-close",
    "websocket.denial.mixed",
)
_TWO: dict[str, Any] = {"spec_version": "2.0"}


@breaks("websocket.no-answer")
async def returns_without_an_answer(scope: Any, receive: Receive, send: Send) -> None:
    await receive()


@breaks("websocket.no-answer")
async def takes_it_for_http_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send(start())


@breaks("message.protocol", "message.protocol", "websocket.no-answer")
async def answers_a_handshake_like_a_request(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(start(403))
    await send(body())


@breaks("websocket.send.before-accept", _OPEN)
async def speaks_before_it_accepts(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(say())
    await send(accept())


@breaks("websocket.accept.twice")
async def accepts_twice(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(accept(subprotocol="chat"))
    await send(close())


@breaks("websocket.accept.after-close")
async def closes_and_accepts(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(close())
    await send(accept())


@breaks(_OPEN)
async def leaves_it_open(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(say())


@breaks(_AFTER)
async def closes_twice(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close())
    await send(close(code=1001))


@breaks(_AFTER, _AFTER, behaviour=UVICORN)
async def speaks_on_after_its_close(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close())
    for word in ("a", "b"):
        try:
            await send(say(word))
        except RuntimeError:
            continue


@breaks(_AFTER)
async def closes_a_handshake_twice(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(close())
    await send(close())


@breaks("websocket.send.one")
async def sends_text_and_bytes(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(say("hi", bytes=b"hi"))
    await send(close())


@breaks("websocket.send.one", "websocket.send.one")
async def sends_neither(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send({"type": "websocket.send"})
    await send(say(None, bytes=None))
    await send(close())


@breaks("websocket.send.text", "websocket.send.bytes")
async def sends_each_in_the_place_of_the_other(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(say(b"hi"))
    await send({"type": "websocket.send", "bytes": "hi"})
    await send(close())


@breaks("websocket.send.text")
async def sends_a_dict(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(say({"a": 1}))
    await send(close())


@breaks("websocket.send.bytes")
async def sends_a_buffer(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send({"type": "websocket.send", "bytes": bytearray(b"hi")})
    await send(close())


@breaks("websocket.accept.subprotocol")
async def chooses_a_subprotocol_of_bytes(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(subprotocol=b"chat"))
    await send(close())


@breaks("websocket.accept.subprotocol")
async def chooses_all_subprotocols(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(subprotocol=["chat", "talk"]))
    await send(close())


@breaks("websocket.accept.protocol-header")
async def names_the_subprotocol_in_a_header(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(headers=[(b"sec-websocket-protocol", b"chat")]))
    await send(close())


@breaks("message.headers.lower-case", "websocket.accept.protocol-header")
async def names_it_in_capitals(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(headers=[(b"Sec-WebSocket-Protocol", b"chat")]))
    await send(close())


@breaks("websocket.accept.headers")
async def accepts_with_headers_of_text(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(headers={"x-id": "1"}))
    await send(close())


@breaks("message.version", scope=_TWO)
async def accepts_with_headers_on_an_old_server(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(headers=[(b"x-id", b"1")]))
    await send(close())


@breaks("message.version", scope={"spec_version": None})
async def closes_with_a_reason_on_a_server_without_version(
    scope: Any, receive: Receive, send: Send
) -> None:
    await receive()
    await send(accept())
    await send(close(reason="bye"))


@breaks("message.version", scope={"spec_version": "2.2"})
async def closes_with_a_reason_too_early(scope: Any, receive: Receive, send: Send) -> None:
    """And has written into the scope that it may."""
    scope["asgi"] = {"version": "3.0", "spec_version": "2.3"}
    await receive()
    await send(accept())
    await send(close(reason="bye"))


@breaks("websocket.close.code")
async def closes_with_a_code_of_text(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code="1000"))


@breaks("websocket.close.code")
async def closes_with_None(scope: Any, receive: Receive, send: Send) -> None:  # noqa: N802  # the value
    await receive()
    await send(accept())
    await send(close(code=None))


@breaks("websocket.close.reason")
async def closes_with_a_reason_of_bytes(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=1000, reason=b"bye"))


@breaks("websocket.denial.unfinished")
async def denies_and_returns(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny())


@breaks("websocket.denial.unfinished")
async def denies_and_never_ends(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny())
    await send(no(more_body=True))


@breaks(_MIXED)
async def denies_and_closes(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny())
    await send(no())
    await send(close())


@breaks(_MIXED)
async def denies_and_accepts(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny())
    await send(accept())
    await send(no())


@breaks(_MIXED, _MIXED)
async def closes_and_denies(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(close())
    await send(deny())
    await send(no())


@breaks("websocket.denial.after-accept", "websocket.denial.after-accept", _OPEN)
async def accepts_and_denies(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(deny())
    await send(no())


@breaks("websocket.denial.twice")
async def denies_twice(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny())
    await send(deny(403))
    await send(no())


@breaks("websocket.denial.twice")
async def ends_its_denial_twice(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny())
    await send(no())
    await send(no(b""))


@breaks("websocket.denial.before-start", "websocket.no-answer")
async def denies_without_a_start(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(no())


@breaks("message.protocol")
async def ends_its_denial_like_a_response(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny())
    await send(body(b"no"))
    await send(no())


@breaks("message.extension", "message.extension", scope={"extensions": {}})
async def denies_on_a_server_that_cannot(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny())
    await send(no())


@breaks(
    "websocket.http.response.start.status",
    "websocket.http.response.start.headers",
    "websocket.http.response.body.body",
    "websocket.http.response.body.more_body",
)
async def denies_in_text(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny("401", headers=[("a", "1")]))
    await send(no("no", more_body=0))


@breaks("message.unknown", "websocket.no-answer")
async def sends_back_a_connect(scope: Any, receive: Receive, send: Send) -> None:
    await send(await receive())


@breaks("message.unknown")
async def answers_a_message_with_itself(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send({"type": "websocket.receive", "text": "hi"})
    await send(close())


@breaks("websocket.accept.twice", messages=[connect(), receive(), left()])
async def accepts_every_message(scope: Any, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        await send(accept())


@breaks("message.values")
async def sends_with_an_object(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(say("hi", room=object()))
    await send(close())
