"""Apps that are unusual on a WebSocket or in a lifespan, and do nothing that is forbidden."""

from __future__ import annotations

from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import anyio

from asgi_mw.testing import H2CORN, after
from tests.spec.corpus.cases import Shelf
from tests.spec.corpus.words import (
    accept,
    close,
    connect,
    deny,
    down,
    down_failed,
    left,
    no,
    receive,
    startup,
    text,
    up,
    up_failed,
)

if TYPE_CHECKING:
    from asgi_mw.types import Receive, Send

LEGAL_SOCKETS, LEGAL_LIVES = Shelf(on="websocket"), Shelf(on="lifespan")
legal, lives = LEGAL_SOCKETS.app, LEGAL_LIVES.app


class _Code(IntEnum):
    AWAY = 1001


@legal()
async def accepts_with_nothing(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(subprotocol=None, headers=()))
    await send(close(reason=None))


@legal(scope={"spec_version": "2.0"})
async def accepts_with_no_headers_on_an_old_server(
    scope: Any, receive: Receive, send: Send
) -> None:
    await receive()
    await send(accept(headers=[]))
    await send(close(reason=""))


@legal()
async def accepts_with_headers_from_a_generator(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept(headers=(pair for pair in [(b"x-id", b"1")])))
    await send(close())


@legal()
async def sends_one_of_two_keys(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(text("hi", bytes=None))
    await send(text(None, bytes=b"hi"))
    await send({"type": "websocket.send", "bytes": b"hi"})
    await send(close())


@legal()
async def sends_nothing_in_both_ways(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(text(""))
    await send({"type": "websocket.send", "bytes": b""})
    await send(close())


@legal()
async def closes_with_a_code_from_an_enum(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=_Code.AWAY, reason="bye"))


@legal()
async def closes_before_it_accepts(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(close(code=4003, reason="no"))


@legal()
async def closes_before_it_receives(scope: Any, receive: Receive, send: Send) -> None:
    await send(close())


@legal(messages=[connect(), left(1005)])
async def returns_as_its_client_has_left(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await receive()


@legal(messages=[connect(), left(1006)])
async def returns_as_its_client_left_the_handshake(
    scope: Any, receive: Receive, send: Send
) -> None:
    await receive()
    await receive()


@legal(messages=[connect(), left(1001)])
async def closes_as_its_client_has_left(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await receive()
    await send(close())


@legal(messages=[connect(), left(1001)])
async def speaks_to_who_left(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await receive()
    await send(text())
    await receive()


@legal(behaviour=H2CORN, messages=[connect(), left(1001)])
async def hears_that_it_cannot_speak(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await receive()
    with suppress(OSError):
        await send(text())


@legal()
async def receives_behind_its_close(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close(code=1000))
    for _ in range(2):
        assert (await receive())["type"] == "websocket.disconnect"


@legal()
async def raises_in_the_handshake(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    raise PermissionError


@legal()
async def raises_while_it_is_open(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    raise ValueError


@legal()
async def refuses_a_websocket(scope: Any, receive: Receive, send: Send) -> None:
    raise ValueError(scope["type"])


@legal()
async def denies_in_parts(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny(headers=[(b"content-type", b"text/plain")]))
    await send(no(more_body=True))
    await send({"type": "websocket.http.response.body"})


@legal()
async def denies_and_receives_the_end(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(deny(404))
    await send(no(b""))
    await receive()


@legal(messages=[connect(), receive("a"), receive("b"), left()])
async def listens_as_it_speaks(scope: Any, receive: Any, send: Any) -> None:
    async def speak() -> None:
        for word in ("a", "b"):
            await send(text(word))

    await receive()
    await send(accept())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(speak)
        while (await receive())["type"] != "websocket.disconnect":
            pass


@legal(cancel=after("send", 1))
async def is_cancelled_while_it_is_open(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await anyio.sleep_forever()


@legal("websocket.returned-open")
async def leaves_the_close_to_the_server(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())


@legal("websocket.sent-after-close")
async def says_goodbye_too_late(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await send(close())
    await send(text("goodbye"))


@lives()
async def has_no_lifespan(scope: Any, receive: Receive, send: Send) -> None:
    raise ValueError(scope["type"])


@lives()
async def has_no_lifespan_as_it_hears_of_it(scope: Any, receive: Receive, send: Send) -> None:
    """The text lets it, and it is advice to say that it failed."""
    await receive()
    raise ValueError(scope["type"])


@lives()
async def lives_by_the_example(scope: Any, receive: Receive, send: Send) -> None:
    while True:
        if (await receive())["type"] == "lifespan.startup":
            scope["state"]["pool"] = object()
            await send(up())
        else:
            await send(down())
            return


@lives(messages=[startup()])
async def fails_without_a_word(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed"})


@lives(messages=[startup()])
async def fails_and_raises(scope: Any, receive: Receive, send: Send) -> None:
    """As frameworks do, so that the server logs it."""
    await receive()
    await send(up_failed("Traceback ..."))
    raise OSError


@lives()
async def fails_to_stop_and_raises(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await receive()
    await send(down_failed(""))
    raise OSError


@lives(messages=[startup()])
async def fails_while_it_is_up(scope: Any, receive: Receive, send: Send) -> None:
    """What it held is broken: as frameworks say of an exception between start and end."""
    await receive()
    await send(up())
    await send(down_failed())
    raise OSError


@lives(messages=[startup()], cancel=after("send", 1))
async def is_cancelled_while_it_is_up(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up(workers=4))
    await anyio.sleep_forever()


@lives(scope={"spec_version": None, "omit": ["state"]})
async def lives_on_an_old_server(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    await receive()
    await send(down())


@lives("lifespan.returned-early")
async def has_nothing_to_clean_up(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())


@lives("lifespan.raised-late")
async def dies_while_it_is_up(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up())
    raise OSError
