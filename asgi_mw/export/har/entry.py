"""One exchange as an entry of a HAR (http://www.softwareishard.com/blog/har-12-spec/#entries)."""

from __future__ import annotations

from base64 import b64encode
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from asgi_mw.export.har import conversation, parts
from asgi_mw.messages import STARTS
from asgi_mw.parts import body_of, headers_of, is_event_stream, utf8
from asgi_mw.recorder.copying.again import origin_of, target_of
from asgi_mw.recorder.objects import stamp, summary
from asgi_mw.redaction.coding import UndecodableError, codings_of, decode
from asgi_mw.spent import last_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Direction, Exchange
    from asgi_mw.parts import Body

# How many bytes of a response are decoded at most, if it has a content coding
_DECODED = 64 * 1024 * 1024
_SCHEMES = {"http": "ws", "https": "wss"}
# The facts that only a recording of ASGI has
_OURS = (
    *("id", "route", "outcome", "status_by", "close", "returned_ms", "request_id", "trace_id"),
    *("span_id", "error", "worker", "dropped", "redacted"),
)
_KINDS = ("http", "websocket")


def is_http(exchange: Exchange) -> bool:
    """Whether a HAR has an entry for it."""
    return exchange.type in _KINDS


def entry_of(exchange: Exchange) -> dict[str, Any]:
    """The entry of *exchange*, of HTTP or a WebSocket; numbers that do not apply are -1.

    ``_asgi`` has the facts that only a recording of ASGI has, so that an import restores them.
    """
    total, timings = _timings(exchange)
    client, server = exchange.scope.get("client"), exchange.scope.get("server")
    ways: tuple[Direction, ...] = ("receive", "send")
    entry: dict[str, Any] = {
        "startedDateTime": moment(exchange.began),
        "time": total,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": timings,
    }
    match server:
        case [str(host), *_] if _is_address(host):
            entry["serverIPAddress"] = host
    match client:
        case [_, int(port)]:
            entry["connection"] = str(port)
    if exchange.type == "websocket":
        entry |= {
            "_resourceType": "websocket",
            "_webSocketMessages": conversation.frames(exchange),
        }
    elif is_event_stream(exchange):
        entry |= {
            "_resourceType": "eventsource",
            "_eventSourceMessages": conversation.events(exchange),
        }
    said = "; ".join(_comments(exchange))
    if said:
        entry["comment"] = said
    facts = summary(exchange)
    cut = [way for way in ways if body_of(exchange, way).cut]
    entry["_asgi"] = {
        "client": client,
        "cut": cut,
        **{name: facts[name] for name in _OURS if facts[name]},
    }
    return entry


def moment(ns: int) -> str:
    """*ns* since the epoch, in UTC, to the microsecond."""
    return stamp(ns)[:-4] + "Z"


def _timings(exchange: Exchange) -> tuple[float, dict[str, float]]:
    """The total time, in ms, and its parts: sending, waiting and receiving make up all of it.

    Sending ends when the app has the whole request; waiting ends when the response begins.
    """
    total = last_moment(exchange) if exchange.ended is None else exchange.ended
    sent, start = 0, total
    for event in exchange.events:
        if event.type == "http.request" and event.returned is not None:
            sent = event.returned
        elif event.type in STARTS:
            start = min(event.called, total)
            break
    sent = min(sent, start)
    spans = {"send": sent / 1e6, "wait": (start - sent) / 1e6, "receive": (total - start) / 1e6}
    unknown = {"blocked": -1, "dns": -1, "connect": -1, "ssl": -1}
    return total / 1e6, unknown | spans


def _request(exchange: Exchange) -> dict[str, Any]:
    path, query = target_of(exchange)
    scheme, _, authority = origin_of(exchange).partition(":")
    if exchange.type == "websocket":
        scheme = _SCHEMES.get(scheme, scheme)
    pairs = headers_of(exchange, "receive")
    request: dict[str, Any] = {
        "method": exchange.method or "GET",
        "url": f"{scheme}:{authority}{'' if path.startswith('/') else '/'}{path}"
        + (f"?{query}" if query else ""),
        "httpVersion": _version(exchange),
        "cookies": parts.request_cookies(pairs),
        "headers": parts.headers(pairs),
        "queryString": parts.query(query),
        "headersSize": -1,
        "bodySize": 0,
    }
    body = body_of(exchange, "receive")
    if exchange.type == "http" and body.size:
        request["bodySize"] = body.size
        request["postData"] = _post_data(_content_type(pairs), body)
    return request


def _post_data(content_type: str, body: Body) -> dict[str, Any]:
    """A HAR cannot hold bytes here, so ``_encoding`` says base64, as later proposals have it."""
    text = utf8(body.data)
    posted: dict[str, Any] = {"mimeType": content_type, "text": text}
    if text is None:
        posted |= {"text": b64encode(body.data).decode(), "_encoding": "base64"}
    fields = parts.params(content_type, body.data)
    if fields is not None:
        posted["params"] = fields
    if body.cut:
        posted["comment"] = _cut(body)
    return posted


def _response(exchange: Exchange) -> dict[str, Any]:
    answer = exchange.answer
    status = answer.status if answer else 0
    pairs = [*headers_of(exchange, "send"), *_chosen(exchange)]
    body = body_of(exchange, "send")
    location = next((value for name, value in pairs if name.lower() == b"location"), b"")
    response = {
        "status": status,
        "statusText": _phrase(status),
        "httpVersion": _version(exchange) if status else "",
        "cookies": parts.response_cookies(pairs),
        "headers": parts.headers(pairs),
        "content": _content(_mime_type(pairs), pairs, body),
        "redirectURL": location.decode("latin-1"),
        "headersSize": -1,
        "bodySize": body.size if status else -1,
    }
    if answer and answer.by == "server":
        response["comment"] = "the server's own: the app sent none"
    if exchange.outcome != "complete":
        error = exchange.error
        why = f": {error.type}: {error.message}" if error else ""
        response["_error"] = f"{exchange.outcome or 'in flight'}{why}"
    return response


def _chosen(exchange: Exchange) -> Iterator[tuple[bytes, bytes]]:
    """The header that the server adds for the subprotocol that the app chose."""
    for event in exchange.events:
        chosen = event.message.get("subprotocol")
        if event.type == "websocket.accept" and isinstance(chosen, str):
            yield b"sec-websocket-protocol", chosen.encode("latin-1", "replace")


def _content(mime_type: str, pairs: list[tuple[bytes, bytes]], body: Body) -> dict[str, Any]:
    data, plain = body.data, body.decoded
    if data and not plain:
        data, plain = _decoded(pairs, body)
    content: dict[str, Any] = {
        "size": len(data) if plain and not body.cut else body.size,
        "mimeType": mime_type,
    }
    if plain and not body.cut:
        content["compression"] = len(data) - body.size
    if data:
        text = utf8(data)
        content["text"] = b64encode(data).decode() if text is None else text
        if text is None:
            content["encoding"] = "base64"
    if body.cut:
        content["comment"] = _cut(body)
    return content


def _decoded(pairs: list[tuple[bytes, bytes]], body: Body) -> tuple[bytes, bool]:
    """The body without its content coding, if that can be removed; and whether it was removed."""
    coding = next((value for name, value in pairs if name.lower() == b"content-encoding"), b"")
    codings = codings_of(coding.decode("latin-1"))
    if not codings or body.cut:
        return body.data, False
    try:
        plain = decode([body.data], codings, limit=_DECODED)
    except UndecodableError:
        return body.data, False
    return (body.data, False) if plain.cut else (b"".join(plain.pieces), True)


def _comments(exchange: Exchange) -> Iterator[str]:
    """What of the exchange is missing, or was changed."""
    if exchange.redacted:
        yield f"masked: {', '.join(exchange.redacted)}"
    request, response = body_of(exchange, "receive"), body_of(exchange, "send")
    if request.cut:
        yield f"body of the request: {_cut(request)}"
    if response.cut:
        yield f"body of the response: {_cut(response)}"
    cut = sum(event.truncated for event in exchange.events if "http." not in event.type)
    if cut:
        yield f"messages not kept whole: {cut}"
    for reason, count in exchange.dropped.items():
        yield f"{reason}: {count}"


def _cut(body: Body) -> str:
    return f"{len(body.data)} of {body.size} bytes were kept"


def _version(exchange: Exchange) -> str:
    return f"HTTP/{exchange.scope.get('http_version') or '1.1'}"


def _content_type(pairs: list[tuple[bytes, bytes]]) -> str:
    found = (value for name, value in pairs if name.lower() == b"content-type")
    return next(found, b"").decode("latin-1")


def _mime_type(pairs: list[tuple[bytes, bytes]]) -> str:
    return _content_type(pairs) or "x-unknown"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
