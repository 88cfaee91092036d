"""Models of the layers as documented, without speed, to compare the real ones with.

A model sends what its layer is documented to send, byte for byte, except that times read ``#``
and that no body is encoded: the comparison decodes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tests.properties.coding_models import compression, decompression
from tests.properties.model_parts import listed, named, pairs_of, settled, values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.types import App, Message, Receive, Scope, Send
    from tests.properties.model_parts import Notes

MADE = "made-by-the-layer"
ALLOWED = b"https://shop.example.org"
CORS: dict[str, Any] = {
    "allow_origins": [ALLOWED.decode()],
    "allow_methods": ["GET", "PUT"],
    "allow_headers": ["x-a"],
    "allow_credentials": True,
    "expose_headers": ["x-sum"],
}
_ID, _TIMING, _VARY = b"x-request-id", b"server-timing", b"vary"
_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_PARTS = {"http.response.body", "http.response.pathsend", "http.response.zerocopysend"}
_STARTS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}
_PREFLIGHT_VARY = (
    b"vary",
    b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
)
# What a preflight of the strategies may ask for
_GRANTED = {
    (b"GET", ()): [],
    (b"PUT", ()): [(b"access-control-allow-methods", b"PUT")],
    (b"GET", (b"X-A",)): [(b"access-control-allow-headers", b"x-a")],
    (b"PUT", (b"X-A",)): [
        (b"access-control-allow-methods", b"PUT"),
        (b"access-control-allow-headers", b"x-a"),
    ],
}


def modelled(app: App, name: str, notes: Notes) -> App:
    """*app* in the model of the layer *name*."""
    model = _MODELS.get(name.split(maxsplit=1)[0])

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            notes.entered[name] = notes.entered.get(name, 0) + 1
        if model is None:
            await app(scope, receive, send)
        else:
            await model(app, name, notes)(scope, receive, send)

    return counted


def _timing(app: App, name: str, notes: Notes) -> App:
    async def model(scope: Scope, receive: Receive, send: Send) -> None:
        announced = False

        def told(message: Message) -> Awaitable[None]:
            nonlocal announced
            message, pairs = settled(message)
            more: list[Any] = []
            if message.get("type") == "http.response.start":
                if message.get("trailers"):
                    announced = True
                    more = [(b"trailer", _TIMING)]
                more.append((_TIMING, b"app;dur=#"))
            elif message.get("type") == "http.response.trailers" and announced:
                more = [] if message.get("more_trailers") else [(_TIMING, b"total;dur=#")]
            if more and pairs is not None:
                message = {**message, "headers": [*pairs, *more]}
            return send(message)

        await app(scope, receive, told if scope["type"] == "http" else send)

    return model


def _tracing(app: App, name: str, notes: Notes) -> App:
    async def model(scope: Scope, receive: Receive, send: Send) -> None:
        def told(message: Message) -> Awaitable[None]:
            if message.get("type") in _STARTS - {"websocket.accept"}:
                message, pairs = settled(message)
                if pairs is not None:
                    message = {**message, "headers": [*pairs, (_TIMING, b'traceparent;desc="#"')]}
            return send(message)

        traced = scope["type"] in {"http", "websocket"} and name == "tracing"
        await app(scope, receive, told if traced else send)

    return model


def _request_id(app: App, name: str, notes: Notes) -> App:
    async def model(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await app(scope, receive, send)
            return
        asked = pairs_of(scope) or []
        given = values(asked, _ID)
        chosen = given[0] if len(given) == 1 and given[0] else MADE.encode()

        def identified(message: Message) -> Awaitable[None]:
            message, pairs = settled(message)
            if message.get("type") not in _STARTS or pairs is None:
                return send(message)
            own = values(pairs, _ID)
            value = next(filter(None, own), chosen)
            kept = []
            for pair in pairs:
                if not named(pair, _ID):
                    kept.append(pair)
                elif (_ID, value) not in kept:
                    kept.append((_ID, value))
            old = scope["asgi"].get("spec_version") == "2.0"
            if not own and (
                "headers" in message or message["type"] != "websocket.accept" or not old
            ):
                kept.append((_ID, value))
            return send({**message, "headers": kept} if kept != pairs else message)

        await app({**scope, "headers": asked}, receive, identified)

    return model


def _server_error(app: App, name: str, notes: Notes) -> App:
    async def model(scope: Scope, receive: Receive, send: Send) -> None:
        started = sent = parted = False

        async def noted(message: Message) -> None:
            nonlocal started, sent, parted
            kind = message.get("type")
            starts = kind == "http.response.start"
            started = started or starts
            parted = parted or kind in _PARTS
            await send(message)
            sent = sent or starts

        try:
            await app(scope, receive, noted)
        except Exception:
            with suppress(Exception):
                if scope["type"] == "http" and not started:
                    close = str(scope.get("http_version", "1.1")).startswith("1")
                    after = [(b"connection", b"close")] * close
                    await _answer(send, 500, b"Internal Server Error", _TEXT, after=after)
                elif sent and not parted:
                    await send({"type": "http.response.body", "body": b"", "more_body": True})
            raise

    return model


async def _answer(
    send: Send, status: int, body: bytes, *pairs: Any, prefix: str = "", after: Any = ()
) -> None:
    start = f"{prefix}http.response.start"
    headers = [*pairs, (b"content-length", b"%d" % len(body)), *after]
    await send({"type": start, "status": status, "headers": headers})
    await send({"type": f"{prefix}http.response.body", "body": body, "more_body": False})


def _cors(app: App, name: str, notes: Notes) -> App:
    star = "star" in name

    async def model(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await app(scope, receive, send)
            return
        asked = pairs_of(scope) or []
        scope = {**scope, "headers": asked}
        origins = values(asked, b"origin")
        allowed = star or origins == [ALLOWED]
        extra = [] if star else [(_VARY, b"Origin")]
        if allowed:
            origin = b"*" if star else ALLOWED
            extra.append((b"access-control-allow-origin", origin))
        if allowed and not star:
            extra.append((b"access-control-allow-credentials", b"true"))
            extra.append((b"access-control-expose-headers", b"x-sum"))
        if scope["type"] == "websocket":
            if allowed or not origins:
                await app(scope, receive, send)
            elif (await receive()).get("type") != "websocket.connect":
                pass  # the client left
            elif "websocket.http.response" in (scope.get("extensions") or ()):
                await _answer(send, 403, b"", prefix="websocket.")
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        methods = values(asked, b"access-control-request-method")
        if scope["method"] == "OPTIONS" and origins and methods:
            wanted = methods[0], tuple(values(asked, b"access-control-request-headers"))
            granted = (_GRANTED if not star else {(b"GET", ()): []}).get(wanted)
            if not allowed or len(origins) > 1 or granted is None:
                await _answer(send, 403, b"", _PREFLIGHT_VARY)
                return
            granted = [(b"access-control-allow-origin", b"*" if star else ALLOWED), *granted]
            if not star:
                granted.append((b"access-control-allow-credentials", b"true"))
            headers = [_PREFLIGHT_VARY, *granted, (b"access-control-max-age", b"600")]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        def decorated(message: Message) -> Awaitable[None]:
            message, pairs = settled(message)
            if message.get("type") != "http.response.start" or pairs is None:
                return send(message)
            exposes = b"access-control-expose-headers"
            kept = [
                pair
                for pair in pairs
                if not named(pair, b"access-control-allow-origin")
                and (allowed or not named(pair, exposes))
            ]
            more = extra
            if not {b"origin", b"*"}.isdisjoint(listed(kept, _VARY)):
                more = [pair for pair in extra if pair[0] != _VARY]
            return send({**message, "headers": [*kept, *more]})

        await app(scope, receive, decorated)

    return model


_MODELS: dict[str, Callable[[App, str, Notes], App]] = {
    "timing": _timing,
    "tracing": _tracing,
    "request_id": _request_id,
    "server_error": _server_error,
    "cors": _cors,
    "compression": compression,
    "gzip": compression,
    "decompression": decompression,
}
