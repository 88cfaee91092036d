"""The scope and the request body of an entry of a HAR."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlencode, urlsplit

from asgi_mw.export.har.values import EntryError, decoded, integer, latin, member, octets, pairs
from asgi_mw.headers import find

if TYPE_CHECKING:
    from collections.abc import Callable

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SOCKETS = {"http": "ws", "https": "wss"}
_VERSIONS = {"h2": "2", "h3": "3", "2.0": "2", "3.0": "3"}
_VERSION = re.compile(r"(?:http/)?(h[23]|[0-9](?:\.[0-9])?)\b", re.IGNORECASE)
# Characters of a URL that a browser does not percent-encode
_SAFE = "!$&'()*+,-./:;=@[]_|~%\\^`{}?"


class Payload(NamedTuple):
    """A body, or a part of one.

    Attributes:
        data: The bytes that were kept.
        size: How many bytes there were.
        decoded: Whether *data* is without its content coding.
        cut: Whether there were more bytes than were kept.
    """

    data: bytes
    size: int
    decoded: bool = False
    cut: bool = False

    @property
    def message(self) -> dict[str, Any]:
        """The keys of a message for it."""
        return {"body": self.data} | ({"decoded": True} if self.decoded else {})


def scope_of(entry: dict[str, Any], *, is_socket: bool) -> dict[str, Any]:
    """The scope of *entry*.

    Raises:
        EntryError: Its URL is no HTTP URL.
    """
    request, ours = member(entry, "request", dict), member(entry, "_asgi", dict)
    text = member(request, "url", str)
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        raise EntryError(f"it has no URL: {text!r:.60}") from None
    if url.scheme not in _PORTS or not host:
        raise EntryError(f"a URL that is none of HTTP: {url.scheme or text:.20}")
    headers = pairs(request, exact=bool(ours))
    if not ours and find(headers, b"host") is None:
        headers.insert(0, (b"host", latin(url.netloc.rpartition("@")[2])))
    version = _VERSION.match(member(request, "httpVersion", str))
    raw = quote(octets(url.path), _SAFE) or "/"
    address = member(entry, "serverIPAddress", str).strip("[]")
    scope = {
        "type": "websocket" if is_socket else "http",
        "asgi": {"version": "3.0"},
        "http_version": _VERSIONS.get(version[1].lower(), version[1]) if version else "1.1",
        "scheme": _SOCKETS.get(url.scheme, url.scheme) if is_socket else url.scheme,
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": quote(octets(url.query), _SAFE).encode(),
        "root_path": "",
        "headers": headers,
        "client": _client(ours.get("client")),
        "server": [address or host, port or _PORTS[url.scheme]],
    }
    if not is_socket:
        return scope | {"method": member(request, "method", str) or "GET"}
    offered = find(headers, b"sec-websocket-protocol") or b""
    names = [one.strip() for one in offered.decode("latin-1").split(",")]
    return scope | {"subprotocols": [one for one in names if one]}


def request_body(entry: dict[str, Any], note: Callable[[str], None]) -> Payload:
    """The request body of *entry*; *note* is called with what cannot be read of it."""
    request = member(entry, "request", dict)
    posted = member(request, "postData", dict)
    text = member(posted, "text", str)
    data = octets(text)
    if "base64" in (posted.get("_encoding"), posted.get("encoding")):
        plain = decoded(text)
        if plain is None:
            note("request bodies that are no base64")
        data = plain or b""
    fields = member(posted, "params", list)
    if not text and fields:
        if "multipart" in member(posted, "mimeType", str):
            note("multipart forms of which the file has only the fields")
        else:
            data = urlencode(
                [(member(one, "name", str), member(one, "value", str)) for one in fields],
                errors="replace",
            ).encode()
    coded = find(pairs(request, exact=True), b"content-encoding") is not None
    size = integer(request.get("bodySize"), 0)
    return payload_of(entry, "receive", data, size, decoded=coded and bool(data))


def payload_of(
    entry: dict[str, Any], direction: str, data: bytes, size: int, *, decoded: bool
) -> Payload:
    """A body of *size* bytes, of which *data* was kept.

    An entry that we wrote says what was cut, because a mask may be longer than what it hides.
    """
    ours = member(entry, "_asgi", dict)
    if ours:
        return Payload(data, size, decoded, direction in member(ours, "cut", list))
    if decoded:
        return Payload(data, size or len(data), decoded=True)
    return Payload(data, max(size, len(data)), cut=len(data) < size)


def _client(value: Any) -> list[Any] | None:
    match value:
        case [str(host), int(port)]:
            return [host, port]
    return None
