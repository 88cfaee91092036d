"""What layers did, beside what they are known to do: of Starlette and FastAPI, and our own."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import anyio
import fastapi
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from asgi_mw import layer, open_store, production, record, stack
from asgi_mw.middleware.decompression import decompression
from asgi_mw.testing import lifespan, request, websocket

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.passages import HeaderChanges, Passage
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio
_PAGE = "https://shop.example"


async def _timed(request: Any, call_next: Any) -> Any:
    response = await call_next(request)
    response.headers["x-process-time"] = "1"
    return response


async def _home(request: Any) -> Any:
    request.session["user"] = "ada"
    return PlainTextResponse("hello " * 1000)


async def _fail(request: Any) -> Any:
    raise ValueError("no such luck, password=geheim")


async def _echo(socket: Any) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


def _starlette() -> Starlette:
    return Starlette(
        routes=[Route("/", _home), Route("/fail", _fail), WebSocketRoute("/echo", _echo)],
        middleware=[
            Middleware(CORSMiddleware, allow_origins=[_PAGE], allow_credentials=True),
            Middleware(GZipMiddleware),
            Middleware(SessionMiddleware, secret_key="x"),
            Middleware(BaseHTTPMiddleware, dispatch=_timed),
        ],
    )


def _fastapi() -> App:
    app = fastapi.FastAPI()

    @app.post("/items")
    async def items(request: fastapi.Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    return production(app, allow_origins=[_PAGE])


async def _seen(app: App, method: str = "GET", path: str = "/", **more: Any) -> Exchange:
    """The exchange of one request, to *app* with a look between its layers."""
    store = open_store("memory:")
    await request(record(app, store=store, layers=True), method, path, **more)
    [exchange] = store.exchanges()
    assert {} == store.stats().faults
    return exchange


def _by_name(exchange: Exchange) -> dict[str, Passage]:
    return {one.name: one for one in exchange.layers}


def _names(changes: HeaderChanges) -> tuple[list[bytes], list[bytes], list[bytes]]:
    return (
        sorted(name for name, _ in changes.added),
        sorted(name for name, _ in changes.removed),
        sorted(name for name, *_ in changes.replaced),
    )


_BROWSER = {"origin": _PAGE, "accept-encoding": "gzip"}


async def test_each_layer_of_starlette_is_there_by_its_own_name() -> None:
    """The framework itself, its own middleware and that of the app; the router is the app."""
    exchange = await _seen(_starlette(), headers=_BROWSER)
    assert [
        "Starlette",
        "ServerErrorMiddleware",
        "CORSMiddleware",
        "GZipMiddleware",
        "SessionMiddleware",
        "BaseHTTPMiddleware",
        "ExceptionMiddleware",
    ] == [one.name for one in exchange.layers]
    assert "BaseHTTPMiddleware(dispatch=_timed)" == exchange.layers[5].layer
    assert all(one.visible for one in exchange.layers)


async def test_what_layers_of_starlette_add_is_found_where_it_was_added() -> None:
    """Headers of the response; the body before and after compression; the session's secret."""
    exchange = await _seen(_starlette(), headers=_BROWSER)
    responses = {name: one.response for name, one in _by_name(exchange).items()}
    nothing: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
    assert {
        "Starlette": nothing,
        "ServerErrorMiddleware": nothing,
        "CORSMiddleware": (
            [b"access-control-allow-credentials", b"access-control-allow-origin"],
            [],
            [b"vary"],
        ),
        "GZipMiddleware": ([b"content-encoding"], [b"content-length"], [b"vary"]),
        "SessionMiddleware": ([b"set-cookie", b"vary"], [], []),
        "BaseHTTPMiddleware": ([b"x-process-time"], [], []),
        "ExceptionMiddleware": nothing,
    } == {name: _names(one.headers) for name, one in responses.items()}
    before, after = responses["GZipMiddleware"].body
    assert 6000 == before > after == exchange.bytes("send")
    assert (6000, 6000) == responses["SessionMiddleware"].body
    assert (b"vary", b"Cookie", b"Cookie, Accept-Encoding") in responses[
        "GZipMiddleware"
    ].headers.replaced
    [cookie] = [v for n, v in responses["SessionMiddleware"].headers.added if n == b"set-cookie"]
    assert cookie.startswith(b"session=[redacted]")
    assert "header set-cookie" in exchange.redacted


async def test_what_layers_put_into_the_scope_is_found() -> None:
    """As its type's name, where it is an object."""
    layers = _by_name(await _seen(_starlette(), headers=_BROWSER))
    assert {"app": "<Starlette>"} == layers["Starlette"].scope.added
    assert {"session": "[redacted]"} == layers["SessionMiddleware"].scope.added
    assert {} == layers["GZipMiddleware"].scope.added


async def test_a_preflight_is_answered_by_the_layer_that_did() -> None:
    """What is inside of it is not reached."""
    asked = {"origin": _PAGE, "access-control-request-method": "GET"}
    exchange = await _seen(_starlette(), "OPTIONS", headers=asked)
    assert ["CORSMiddleware"] == [one.name for one in exchange.layers if one.answered]
    cors = exchange.layers[2]
    assert ((None, 200), None) == (cors.response.status, cors.handed_on)
    assert [None] * 4 == [one.entered for one in exchange.layers[3:]]


async def test_a_swallowed_exception_is_that_of_the_layer_which_swallowed_it() -> None:
    """Nothing matches the path: the router raises, and the framework's layer answers 404."""
    exchange = await _seen(_starlette(), path="/nothing")
    [(name, fault)] = [(one.name, one.fault) for one in exchange.layers if one.fault]
    assert "ExceptionMiddleware" == name
    assert fault is not None
    assert ("swallowed", None) == (fault.what, fault.outside)
    assert "starlette.exceptions.HTTPException: 404: Not Found" == fault.inside
    assert exchange.layers[-1].handed_on is not None


async def test_an_exception_that_passes_is_nobodys_but_the_answer_is() -> None:
    """The 500 is sent where the framework sends it, and then the same exception goes on."""
    exchange = await _seen(_starlette(), path="/fail")
    assert [] == [one for one in exchange.layers if one.fault]
    assert ["ServerErrorMiddleware"] == [one.name for one in exchange.layers if one.answered]
    assert exchange.error is not None


async def test_an_exception_that_is_replaced_names_both_without_secrets() -> None:
    """And one that a layer raises itself."""

    def replacing(app: App) -> App:
        async def replaced(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await app(scope, receive, send)
            except ValueError as error:
                raise KeyError("other") from error

        return replaced

    def raising(app: App) -> App:
        async def raised(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)
            raise OSError("late")

        return raised

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("password=geheim")

    [one] = (await _seen(stack(broken, replacing))).layers
    assert one.fault is not None
    assert ("ValueError: password=[redacted]", "KeyError: 'other'", "replaced") == (
        one.fault.inside,
        one.fault.outside,
        one.fault.what,
    )
    [one] = (await _seen(stack(_plain, raising))).layers
    assert one.fault is not None
    assert (None, "OSError: late", "raised") == (
        one.fault.inside,
        one.fault.outside,
        one.fault.what,
    )


async def test_production_outside_of_fastapi_names_what_each_of_ours_changed() -> None:
    """Each by itself, though some of them share one driver when nobody looks."""
    body = gzip.compress(b"x" * 3000)
    headers = {**_BROWSER, "content-encoding": "gzip"}
    exchange = await _seen(_fastapi(), "POST", "/items", headers=headers, body=body)
    layers = _by_name(exchange)
    assert [
        *("tracing", "request_id", "access_log", "timing", "cors", "compression"),
        *("decompression", "server_error", "FastAPI", "ServerErrorMiddleware"),
    ] == [one.name for one in exchange.layers][:10]
    assert ([b"x-request-id"], [], []) == _names(layers["request_id"].response.headers)
    assert ([b"server-timing"], [], []) == _names(layers["timing"].response.headers)
    assert [b"access-control-allow-origin"] == [
        name
        for name, _ in layers["cors"].response.headers.added
        if name.startswith(b"access-control-allow-o")
    ]
    ours = layers["decompression"]
    assert 1 == ours.received
    assert (len(body), 3000) == ours.request.body
    assert [b"content-encoding"] == [name for name, _ in ours.request.headers.removed]
    assert [0] * 7 == [one.received for one in exchange.layers if one.name != "decompression"][:7]


async def _plain(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"1")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def test_lists_that_are_changed_in_place_are_as_they_were_at_each_boundary() -> None:
    """Of the response and of the request, by layers that change what they are given."""

    def meddling(app: App) -> App:
        async def meddled(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_more(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].append((b"b", b"2"))
                await send(message)

            scope["headers"].append((b"x-user", b"ada"))
            scope["path"] = "/other"
            scope.setdefault("state", {})["user"] = "ada"
            await app(scope, receive, send_more)

        return meddled

    def still(app: App) -> App:
        async def passed(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)

        return passed

    exchange = await _seen(stack(_plain, still, layer(meddling)))
    outer, inner = exchange.layers
    assert ([b"b"], [], []) == _names(inner.response.headers)
    assert ([b"x-user"], [], []) == _names(inner.request.headers)
    assert {"path": ("/", "/other")} == inner.scope.replaced
    assert "ada" in inner.scope.added.values() or {"state": {"user": "ada"}} == inner.scope.added
    assert ([], [], []) == _names(outer.response.headers)
    assert not outer.request.headers
    assert not outer.scope


async def test_own_time_is_never_negative_and_never_more_than_the_call() -> None:
    """With tasks beside each other, as ``BaseHTTPMiddleware`` has them."""
    exchange = await _seen(_starlette(), headers=_BROWSER)
    for one in exchange.layers:
        assert one.own is not None
        assert one.entered is not None
        assert one.left is not None
        assert 0 <= one.own <= one.left - one.entered


async def test_websockets_and_lifespans_are_seen_too() -> None:
    """Messages of each at each boundary."""
    store = open_store("memory:")
    app = record(_starlette(), store=store, layers=True)
    await websocket(app, "/echo", messages=["hé"])
    [exchange] = store.exchanges()
    crossings = [(it.type, it.size) for it in exchange.layers[-1].crossings]
    assert [
        ("websocket.connect", 0),
        ("websocket.accept", 0),
        ("websocket.receive", 3),
        ("websocket.send", 3),
        ("websocket.close", 0),
    ] == crossings
    await lifespan(app)
    [alive, _] = store.exchanges()
    assert ["Starlette", "ServerErrorMiddleware"] == [one.name for one in alive.layers][:2]
    assert "lifespan.startup" == alive.layers[-1].crossings[0].type


async def test_beyond_the_limit_messages_are_counted_and_sizes_stay_true() -> None:
    """The own time is then not known."""

    async def long(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in range(499, -1, -1):
            await send({"type": "http.response.body", "body": b"xy", "more_body": more > 0})

    def still(app: App) -> App:
        async def passed(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)

        return passed

    store = open_store("memory:")
    await request(record(stack(long, still), store=store, layers=True, connection_limit=16_384))
    [exchange] = store.exchanges()
    [one] = exchange.layers
    assert ((1000, 1000), (501, 501)) == (one.response.body, one.response.messages)
    assert None is one.own
    assert 1002 == exchange.dropped["events between layers over connection_limit"] + 2 * len(
        one.crossings
    )
    store.purge()
    assert 0 == store.stats().bytes


async def test_requests_at_the_same_time_do_not_mix() -> None:
    """Nor do the first ones, which come before the layers were ever linked."""
    store = open_store("memory:")
    app = record(_starlette(), store=store, layers=True)
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(request, app, "GET", f"/{number}" if number % 2 else "/")
    seen = {exchange.path: exchange for exchange in store.exchanges()}
    assert 11 == len(seen)
    for exchange in store.exchanges():
        assert [] == [one for one in exchange.layers[:-1] if one.fault]
        assert 7 == len([one for one in exchange.layers if one.entered is not None])


async def test_a_decoding_that_refuses_answers_in_the_apps_place() -> None:
    """With a 400 that the app never sees."""
    exchange = await _seen(
        decompression(_plain), "POST", headers={"content-encoding": "gzip"}, body=b"no gzip"
    )
    [one] = exchange.layers
    assert (True, (None, 400), None) == (one.answered, one.response.status, one.handed_on)


class _Elsewhere:
    """Shows the app inside where it does not call it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._called = [app]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._called[0](scope, receive, send)


async def test_where_calls_went_past_a_boundary_nobody_is_said_to_have_looked() -> None:
    """It was not reached, but what is inside of it was: so nothing is known of its neighbours."""
    exchange = await _seen(stack(_starlette(), layer(_Elsewhere), decompression))
    assert [
        ("_Elsewhere", "where it holds the app inside it could not be found", False),
        ("decompression", "the layer outside holds it where it could not be found", False),
        ("Starlette", None, False),
    ] == [(one.name, one.why, one.answered) for one in exchange.layers[:3]]
    assert [None, None, True] == [
        one.entered if one.entered is None else one.visible for one in exchange.layers[:3]
    ]
