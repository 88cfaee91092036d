"""The request of an exchange, to be made again: what was masked has a named place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from asgi_mw.parts import body_of, headers_of, octets, readable
from asgi_mw.recorder.copying.masks import filled

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# A line break would begin another header, or another request; no server takes other controls
_NO_VALUE = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?")
_HOST = re.compile(r"[A-Za-z0-9_.:-]+")
_PATH = "!$&'()*+,-./:;=@[]_|~"
_RAW_PATH = _PATH + "%\\^`{}"
_QUERY = _RAW_PATH + "?"
# Of one connection, or set by the client that sends the request
_NOT_SENT = {b"host", b"content-length", b"transfer-encoding", b"expect"}
# What stands in the place of a file of a form
_FILE = re.compile(rb"\r\n\r\n\[[0-9]+ bytes\]")


class Request(NamedTuple):
    """A request to make.

    Attributes:
        method: A token.
        origin: Scheme and authority.
        target: As it stands in the first line of the request.
        headers: Only those that a request can carry.
        body: Empty if there is none.
        version: Of HTTP.
        notes: What differs from the request that was recorded; each fits on a line.
    """

    method: str
    origin: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes
    version: str
    notes: list[str]

    def says(self, name: bytes) -> bool:
        """Whether it has a header called *name*."""
        return any(one.lower() == name for one, _ in self.headers)


def request_again(exchange: Exchange, place: str = "<{}>") -> Request:
    """The request of *exchange*, to be made again.

    Args:
        exchange: HTTP, or the handshake of a WebSocket.
        place: What stands for something that was masked; ``{}`` is its name.
    """
    scope, kept = exchange.scope, body_of(exchange, "receive")
    places, notes = _Places(place), list[str]()
    headers = []
    for name, value in headers_of(exchange, "receive"):
        known = name.lower()
        if known in _NOT_SENT or (known == b"content-encoding" and kept.decoded):
            continue
        if not _TOKEN.fullmatch(name.decode("latin-1")) or _NO_VALUE.search(value):
            said = f"{readable(name)}: {readable(value)}"
            notes.append(f"left out, as no request can carry it: {said!a}")
        else:
            headers.append((name, places.named(value.strip(b" \t"), known.decode())))
    path, query = target_of(exchange)
    target = places.named(path.encode(), "path").decode()
    if query:
        target += f"?{places.named(query.encode(), 'query').decode()}"
    body = places.named(kept.data, "body")
    if _FILE.search(body):
        notes.append("the recording has no files: put each where it says [… bytes]")
    method = exchange.method or "GET"
    if not _TOKEN.fullmatch(method):
        notes.append(f"GET stands for a method that no request can carry: {method!a}")
        method = "GET"
    if body and method == "HEAD":
        notes.append("the body of this HEAD is left out")
        body = b""
    if kept.decoded:
        notes.append("the body was recorded decoded: content-encoding is left out")
    if kept.cut:
        notes.append(f"the body is cut: {len(kept.data)} of {kept.size} bytes were kept")
    if exchange.type == "websocket":
        notes.append("a WebSocket: this makes only the handshake")
    if places.names:
        notes.append(f"masked in the recording, to be filled in: {' '.join(places.names)}")
    version = str(scope.get("http_version") or "1.1")
    return Request(method, origin_of(exchange), target, headers, body, version, notes)


class _Places:
    """Named places for what was masked."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.names: dict[str, None] = {}

    def named(self, data: bytes, otherwise: str) -> bytes:
        """*data* with a place for each mask, named by what stands before it, or *otherwise*."""

        def place(name: str) -> bytes:
            found = self._place.format(name)
            self.names[found] = None
            return found.encode()

        return filled(data, otherwise, place)


def target_of(exchange: Exchange) -> tuple[str, str]:
    """The path and the query as they stand in the first line of a request, in ASCII."""
    scope = exchange.scope
    raw = octets(scope.get("raw_path"))
    path = quote(raw, _RAW_PATH) if raw else quote(octets(exchange.path or "/"), _PATH)
    return path, quote(octets(scope.get("query_string")), _QUERY)


def origin_of(exchange: Exchange) -> str:
    """Scheme and authority, such as ``"http://shop.test:8000"``, also for a WebSocket."""
    scheme = "https" if exchange.scope.get("scheme") in {"https", "wss"} else "http"
    authority = exchange.header("host") or ""
    if not _AUTHORITY.fullmatch(authority):
        match exchange.scope.get("server"):
            case [str(host), port] if _HOST.fullmatch(host):
                authority = f"[{host}]" if ":" in host else host
                authority += f":{port}" if isinstance(port, int) else ""
            case _:
                authority = "localhost"
    return f"{scheme}://{authority}"
