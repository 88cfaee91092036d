"""One WebSocket as a test: the conversation, in the order in which it was held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.export.places import Places
from asgi_mw.export.suite.literals import Code, expected, filled, of_json, quoted, varies, written
from asgi_mw.export.suite.requests import head, notes, sent_headers
from asgi_mw.parts import payload_in
from asgi_mw.recorder.copying.again import request_again
from asgi_mw.redaction.spans import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.events import Event, Exchange
    from asgi_mw.export.suite.literals import Used

_SCHEMES = {"http": "ws", "https": "wss"}
# Codes that an endpoint may send (RFC 6455 7.4.1)
_SENT = frozenset({1000, *range(3000, 5000)})
_OF_SOCKETS = frozenset({"upgrade", "connection"})


def socket_test(exchange: Exchange, name: str, used: Used) -> Iterator[str]:
    """The lines of the test of *exchange*, an accepted WebSocket whose messages were kept."""
    places = Places()
    request = request_again(exchange, places.mark)
    yield from head(exchange, name)
    yield from notes(request)
    scheme, _, rest = request.origin.partition("://")
    address = f"{_SCHEMES[scheme]}://{rest}{request.target}"
    yield "    async with client.websocket("
    yield f"        {filled(address, places, used)},"
    headers = sent_headers(request, places, used, _OF_SOCKETS)
    if headers:
        yield f"        headers={written(headers, 8, 9)},"
    offered = exchange.scope.get("subprotocols") or []
    if offered:
        yield f"        subprotocols={written(list(offered), 8, 14)},"
    yield "    ) as socket:"
    for event in exchange.events:
        yield from _line(event, places, used, exchange.began)
    close = exchange.close
    if close is not None and close.by == "app":
        yield "        with pytest.raises(httpx2.websockets.WebSocketDisconnect) as closed:"
        yield "            await socket.receive_text()"
        yield f"        assert closed.value.code == {close.code}"
    else:
        yield f"        await socket.close({close.code if close and close.code in _SENT else ''})"


def is_testable(exchange: Exchange) -> bool:
    """Whether it was accepted, and each message can be sent and compared again."""
    return exchange.status == 101 and not any(
        event.truncated or (event.type == "websocket.receive" and MASK in str(event.message))
        for event in exchange.events
    )


def _line(event: Event, places: Places, used: Used, began: int) -> Iterator[str]:
    found = payload_in(event.message)
    name, payload = found or ("text", "")
    kind = "bytes" if name == "bytes" else "text"
    indent = " " * 8
    if event.type == "websocket.receive":
        said = filled(payload, places, used) if isinstance(payload, str) else Code(quoted(payload))
        yield f"{indent}await socket.send_{kind}({said})"
    elif event.type == "websocket.send":
        yield from _heard(kind, payload, used, began)


def _heard(kind: str, payload: str | bytes, used: Used, began: int) -> Iterator[str]:
    indent = " " * 8
    said = f"await socket.receive_{kind}()"
    if isinstance(payload, bytes):
        yield f"{indent}assert {said} == {quoted(payload)}"
        return
    value = of_json(payload.encode("utf-8", "surrogatepass"))
    if value is not None:
        used.json_ = True
        yield f"{indent}assert json.loads({said}) == {written(expected(value, used, began), 8, 60)}"
    elif varies(payload, began):
        yield f"{indent}{said}  # differs from run to run, or was masked"
    else:
        yield f"{indent}assert {said} == {quoted(payload)}"
