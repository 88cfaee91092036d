"""Servers that give wrong messages, or take messages as they should not."""

from __future__ import annotations

from collections import UserDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from asgi_mw.testing import http_scope, lifespan_scope, websocket_scope
from tests.spec.corpus.cases import Shelf, bare
from tests.spec.corpus.words import (
    accept,
    close,
    connect,
    gone,
    left,
    more,
    receive,
    request,
    shutdown,
    start,
    startup,
    text,
    up_failed,
)

if TYPE_CHECKING:
    from asgi_mw.types import App, Receive, Send

SERVED = Shelf()
breaks = SERVED.server

_GONE, _KIND = "send.gone", "send.gone.kind"


async def _http(app: App, *messages: Any, **keys: Any) -> None:
    await bare(app, http_scope(**keys), messages)


async def _websocket(app: App, *messages: Any, **keys: Any) -> None:
    await bare(app, websocket_scope(**{"spec_version": "2.3", **keys}), messages)


async def _lifespan(app: App, *messages: Any) -> None:
    await bare(app, lifespan_scope(), messages)


async def _streams(scope: Any, receive: Receive, send: Send) -> None:
    """Goes on for a client that left, as it may not have noticed."""
    await receive()
    await send(start())
    await receive()
    await send(more())


async def _speaks(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(accept())
    await receive()
    await send(text())


async def _eager(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await receive()
    await send(accept())
    await send(close())


async def _fails(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await send(up_failed())
    await receive()


async def _refuses(scope: Any, receive: Receive, send: Send) -> None:
    raise ValueError((await receive())["type"])


async def _tries_twice(scope: Any, receive: Receive, send: Send) -> None:
    await receive()
    await receive()
    for _ in range(2):
        with suppress(RuntimeError):
            await send(start())


@breaks("received.dict")
async def gives_a_list(app: App) -> None:
    await _http(app, [("type", "http.request")])


@breaks("received.dict")
async def gives_None(app: App) -> None:  # noqa: N802  # the value
    await _http(app, None)


@breaks("received.dict")
async def gives_what_is_only_like_a_dict(app: App) -> None:
    await _http(app, UserDict(request()))


@breaks("received.type")
async def gives_a_message_without_a_type(app: App) -> None:
    await _http(app, {"body": b"", "more_body": False})


@breaks("received.type")
async def gives_a_type_of_bytes(app: App) -> None:
    await _websocket(app, {"type": b"websocket.connect"})


@breaks("received.unknown")
async def gives_a_message_of_another_protocol(app: App) -> None:
    await _http(app, connect())


@breaks("received.unknown")
async def gives_what_nobody_knows(app: App) -> None:
    await _http(app, {"type": "http.request.start"})


@breaks("received.unknown")
async def gives_an_app_what_apps_send(app: App) -> None:
    await _http(app, start())


@breaks("received.unknown", receives=2)
async def gives_a_websocket_the_end_of_a_request(app: App) -> None:
    await _websocket(app, connect(), gone())


@breaks("received.values")
async def gives_an_object(app: App) -> None:
    await _http(app, request(socket=object()))


@breaks("received.values")
async def gives_what_is_no_number(app: App) -> None:
    await _http(app, request(at=float("inf")))


@breaks("http.request.body")
async def gives_a_body_of_text(app: App) -> None:
    await _http(app, request("hi"))


@breaks("http.request.body")
async def gives_None_for_a_body(app: App) -> None:  # noqa: N802  # the value
    await _http(app, request(None))


@breaks("http.request.body")
async def gives_a_body_that_is_a_buffer(app: App) -> None:
    await _http(app, request(bytearray(b"hi")))


@breaks("http.request.more_body", "http.request.more_body", receives=2)
async def counts_what_it_has_to_give(app: App) -> None:
    await _http(app, request(b"a", more_body=1), request(b"b", more_body=0))


@breaks("http.request.after-end", receives=2)
async def goes_on_behind_the_end_of_the_body(app: App) -> None:
    await _http(app, request(b"a"), request(b"b"))


@breaks("http.request.after-end", "http.request.after-end", receives=3)
async def repeats_the_end_of_the_body(app: App) -> None:
    await _http(app, request(b"a"), request(), request())


@breaks("http.request.after-disconnect", receives=2)
async def gives_the_body_of_who_left(app: App) -> None:
    await _http(app, gone(), request(b"late"))


@breaks("http.request.after-disconnect", receives=4)
async def gives_the_rest_of_the_body_of_who_left(app: App) -> None:
    await _http(app, request(b"a", more_body=True), gone(), request(b"b"), gone())


@breaks("websocket.receive.before-accept", "websocket.connect.missing")
async def begins_with_a_message(app: App) -> None:
    await _websocket(app, receive())


@breaks("websocket.connect.missing")
async def begins_with_the_end(app: App) -> None:
    await _websocket(app, left(1006))


@breaks("websocket.connect.twice", receives=2)
async def connects_twice(app: App) -> None:
    await _websocket(app, connect(), connect())


@breaks("websocket.connect.twice", receives=3)
async def connects_again_who_left(app: App) -> None:
    await _websocket(app, connect(), left(), connect())


@breaks("websocket.receive.before-accept", app=_eager)
async def gives_a_message_before_it_is_accepted(app: App) -> None:
    await _websocket(app, connect(), receive())


@breaks("websocket.receive.one", "websocket.receive.one", receives=3)
async def gives_messages_of_nothing(app: App) -> None:
    await _websocket(app, connect(), {"type": "websocket.receive"}, receive(None))


@breaks("websocket.receive.one", receives=2)
async def gives_text_and_bytes(app: App) -> None:
    await _websocket(app, connect(), receive("hi", bytes=b"hi"))


@breaks("websocket.receive.text", "websocket.receive.bytes", receives=3)
async def gives_each_in_the_place_of_the_other(app: App) -> None:
    await _websocket(app, connect(), receive(b"a"), {"type": "websocket.receive", "bytes": "b"})


@breaks("websocket.receive.bytes", receives=2)
async def gives_a_message_that_is_a_buffer(app: App) -> None:
    await _websocket(app, connect(), {"type": "websocket.receive", "bytes": memoryview(b"hi")})


@breaks("websocket.receive.after-disconnect", receives=3)
async def gives_a_message_of_who_left(app: App) -> None:
    await _websocket(app, connect(), left(), receive())


@breaks("websocket.disconnect.code", receives=2)
async def does_not_say_how_it_ended(app: App) -> None:
    await _websocket(app, connect(), {"type": "websocket.disconnect"})


@breaks("websocket.disconnect.code", receives=2)
async def has_None_for_how_it_ended(app: App) -> None:  # noqa: N802  # the value
    """As a well-known server does."""
    await _websocket(app, connect(), left(None))


@breaks("websocket.disconnect.code", "websocket.disconnect.reason", receives=2)
async def says_in_the_wrong_types_how_it_ended(app: App) -> None:
    await _websocket(app, connect(), left("1000", reason=b"bye"))


@breaks("lifespan.startup.given-twice", "lifespan.startup.twice", receives=3)
async def starts_the_app_twice(app: App) -> None:
    await _lifespan(app, startup(), startup(), shutdown())


@breaks("lifespan.shutdown.before-startup", receives=1)
async def stops_an_app_that_it_never_started(app: App) -> None:
    await _lifespan(app, shutdown())


@breaks("lifespan.shutdown.after-failure", app=_fails)
async def stops_an_app_that_failed_to_start(app: App) -> None:
    await _lifespan(app, startup(), shutdown())


@breaks("lifespan.shutdown.given-twice", "lifespan.shutdown.twice", receives=3)
async def stops_the_app_twice(app: App) -> None:
    await _lifespan(app, startup(), shutdown(), shutdown())


@breaks("received.unknown", app=_refuses)
async def gives_a_request_in_a_lifespan(app: App) -> None:
    await _lifespan(app, request())


@breaks(_GONE, app=_streams)
async def takes_what_is_sent_to_nobody(app: App) -> None:
    await _http(app, request(), gone(), spec_version="2.4")


@breaks(_GONE, app=_speaks)
async def takes_a_message_to_nobody(app: App) -> None:
    await _websocket(app, connect(), left(), spec_version="2.5")


@breaks(_KIND, app=_streams)
async def raises_what_no_app_expects(app: App) -> None:
    scope = http_scope(spec_version="2.4")
    await bare(app, scope, [request(), gone()], raises={2: RuntimeError("gone")})


@breaks(_KIND, app=_speaks)
async def raises_what_no_app_expects_on_a_websocket(app: App) -> None:
    scope = websocket_scope(spec_version="2.4")
    await bare(app, scope, [connect(), left()], raises={2: KeyError("socket")})


@breaks(_KIND, _KIND, app=_tries_twice)
async def raises_it_again_and_again(app: App) -> None:
    scope = http_scope(spec_version="2.5")
    error = RuntimeError("gone")
    await bare(app, scope, [request(), gone()], raises={1: error, 2: error})


@breaks("wire.request.length", profile="http")
async def gives_less_than_the_length_says(app: App) -> None:
    await _http(app, request(b"hi"), headers=[(b"content-length", b"3")])


@breaks("wire.request.length", profile="http", receives=2)
async def gives_more_than_the_length_says(app: App) -> None:
    messages = request(b"hi", more_body=True), request(b"hi")
    await _http(app, *messages, headers=[(b"content-length", b"3")])


@breaks("wire.request.length", profile="http")
async def gives_nothing_of_what_the_length_says(app: App) -> None:
    await _http(app, request(), headers=[(b"content-length", b"3")])


@breaks("received.dict", "received.type", receives=2)
async def gives_two_things_that_are_no_messages(app: App) -> None:
    await _http(app, "http.request", {})
