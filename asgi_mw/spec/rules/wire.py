"""The rules of HTTP and WebSocket themselves: what clients and proxies will refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.spec.rule import Rule

if TYPE_CHECKING:
    from asgi_mw.spec.rule import Profile

_HTTP: Profile = "http"


def _starts(headers: str, status: int = 200) -> str:
    return (
        f'await send({{"type": "http.response.start", "status": {status}, "headers": {headers}}})'
    )


_BODY = 'await send({"type": "http.response.body", "body": b"hi"})'
_EMPTY = 'await send({"type": "http.response.body"})'
_TWO = '[(b"content-length", b"2")]'
_GOOD = f"{_starts(_TWO)}\n{_BODY}"


def _with(headers: str) -> str:
    return f"{_starts(headers)}\n{_BODY}"


_ACCEPT = 'await receive()\nawait send({"type": "websocket.accept"})\n'

WIRE = (
    Rule(
        id="wire.status",
        fault="app",
        profile=_HTTP,
        sentence="The status code of a response is a three-digit integer code; values outside the "
        "range 100 to 599 are invalid.",
        source="rfc9110#section-15",
        why="Servers raise, or clients treat it as 500.",
        bad=f"{_starts('[]', 700)}\n{_BODY}",
        good=f"{_starts('[]', 599)}\n{_BODY}",
    ),
    Rule(
        id="wire.status.interim",
        fault="app",
        profile=_HTTP,
        sentence="A 1xx response is an interim response, prior to a final response.",
        source="rfc9110#section-15.2",
        why="A client waits for the final response, which never comes.",
        bad=f"{_starts('[]', 103)}\n{_EMPTY}",
        good=f"{_starts('[]', 204)}\n{_EMPTY}",
    ),
    Rule(
        id="wire.header.name",
        fault="app",
        profile=_HTTP,
        sentence="field-name = token",
        source="rfc9110#section-5.1",
        why="Servers raise, or send what a client refuses.",
        bad=_with('[(b"x id", b"1")]'),
        good=_with('[(b"x-id", b"1")]'),
    ),
    Rule(
        id="wire.header.value",
        fault="app",
        profile=_HTTP,
        sentence="Field values containing CR, LF, or NUL characters are invalid and dangerous.",
        source="rfc9110#section-5.5",
        why="Whoever controls the value can split the response in two.",
        bad=_with('[(b"x-id", b"1\\r\\nset-cookie: a=b")]'),
        good=_with('[(b"x-id", b"1")]'),
    ),
    Rule(
        id="wire.header.repeated",
        fault="app",
        profile=_HTTP,
        sentence="A sender MUST NOT generate multiple field lines with the same name unless that "
        "field's definition allows it.",
        source="rfc9110#section-5.3",
        why="Recipients take the first, the last, or both joined by a comma.",
        bad=_with('[(b"content-type", b"text/plain")] * 2'),
        good=_with('[(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]'),
    ),
    Rule(
        id="wire.length.malformed",
        fault="app",
        profile=_HTTP,
        sentence="Content-Length = 1*DIGIT",
        source="rfc9110#section-8.6",
        why="A recipient has to close the connection.",
        bad=_with('[(b"content-length", b"two")]'),
        good=_GOOD,
    ),
    Rule(
        id="wire.length.differs",
        fault="app",
        profile=_HTTP,
        sentence="A sender MUST NOT forward a message with a Content-Length header field value "
        "that is known to be incorrect.",
        source="rfc9110#section-8.6",
        why="The client waits for more, or takes the rest for the next response.",
        bad=_with('[(b"content-length", b"3")]'),
        good=_GOOD,
    ),
    Rule(
        id="wire.length.forbidden",
        fault="app",
        profile=_HTTP,
        sentence="A server MUST NOT send a Content-Length header field in any response with a "
        "status code of 1xx (Informational) or 204 (No Content).",
        source="rfc9110#section-8.6",
        why="Clients wait for a body, or refuse the response.",
        bad=f"{_starts(_TWO, 204)}\n{_EMPTY}",
        good=f"{_starts('[]', 204)}\n{_EMPTY}",
    ),
    Rule(
        id="wire.body.forbidden",
        fault="app",
        profile=_HTTP,
        sentence="1xx, 204 and 304 responses do not include content.",
        source="rfc9110#section-6.4.1",
        why="The client takes the body for the next response.",
        bad=f"{_starts('[]', 304)}\n{_BODY}",
        good=f"{_starts('[]', 304)}\n{_EMPTY}",
    ),
    Rule(
        id="wire.body.of-head",
        fault="app",
        profile="advice",
        sentence="The HEAD method is identical to GET except that the server MUST NOT send content "
        "in the response.",
        source="rfc9110#section-9.3.2",
        why="Servers drop it, and frameworks rely on that: the app has made it for nothing.",
        bad=f'scope["method"] = "HEAD"\n{_GOOD}',
        good=f'scope["method"] = "HEAD"\n{_starts(_TWO)}\n{_EMPTY}',
        severity="should",
    ),
    Rule(
        id="wire.connection",
        fault="app",
        profile=_HTTP,
        sentence="Connection-specific header fields such as Connection, Keep-Alive and Upgrade are "
        "made by whoever holds the connection; HTTP/2 has none.",
        source="rfc9110#section-7.6.1",
        why="The server holds the connection: on HTTP/2 the client refuses the response.",
        bad='scope["http_version"] = "2"\n' + _with('[(b"connection", b"keep-alive")]'),
        good=_GOOD,
    ),
    Rule(
        id="wire.request.length",
        fault="server",
        profile=_HTTP,
        sentence="If a valid Content-Length is present, its decimal value defines the expected "
        "message body length in octets.",
        source="rfc9112#section-6.3",
        why="An app has a part of the body, and takes it for whole.",
        bad='scope["headers"] = [(b"content-length", b"3")]\n'
        'messages[:] = [{"type": "http.request", "body": b"hi"}]',
        good='scope["headers"] = [(b"content-length", b"2")]\n'
        'messages[:] = [{"type": "http.request", "body": b"hi"}]',
    ),
    Rule(
        id="wire.websocket.subprotocol",
        fault="app",
        kind="websocket",
        profile=_HTTP,
        sentence="The server MUST select one of the subprotocols that the client offered, or none.",
        source="rfc6455#section-4.2.2",
        why="A client that did not offer it fails the connection.",
        bad='scope["subprotocols"] = ["chat"]\nawait receive()\n'
        'await send({"type": "websocket.accept", "subprotocol": "talk"})\n'
        'await send({"type": "websocket.close"})',
        good='scope["subprotocols"] = ["chat"]\nawait receive()\n'
        'await send({"type": "websocket.accept", "subprotocol": "chat"})\n'
        'await send({"type": "websocket.close"})',
    ),
    Rule(
        id="wire.websocket.code",
        fault="app",
        kind="websocket",
        profile=_HTTP,
        sentence="1005, 1006 and 1015 MUST NOT be set as a status code in a Close control frame; "
        "codes below 1000 and above 4999 are not used.",
        source="rfc6455#section-7.4",
        why="The client fails the connection.",
        bad=_ACCEPT + 'await send({"type": "websocket.close", "code": 1006})',
        good=_ACCEPT + 'await send({"type": "websocket.close", "code": 4000})',
    ),
    Rule(
        id="wire.websocket.reason",
        fault="app",
        kind="websocket",
        profile=_HTTP,
        sentence="All control frames MUST have a payload length of 125 bytes or less, of which the "
        "code takes two.",
        source="rfc6455#section-5.5",
        why="Servers raise, or cut it.",
        bad=_ACCEPT + 'await send({"type": "websocket.close", "reason": "x" * 124})',
        good=_ACCEPT + 'await send({"type": "websocket.close", "reason": "x" * 123})',
    ),
)
