"""What HTTP and WebSocket themselves ask of a connection: lengths, statuses, headers."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from asgi_mw.headers import find, is_token
from asgi_mw.messages import payload_size
from asgi_mw.spec.kinds import pairs_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.headers import Headers
    from asgi_mw.spec.scopes import Wrong

# RFC 9110: fields of which a message has one at most
_SINGLE = frozenset(
    {
        *(b"content-type", b"content-length", b"content-location", b"content-range", b"date"),
        *(b"etag", b"expires", b"last-modified", b"location", b"retry-after", b"server"),
    }
)
_OF_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"upgrade"})
_UNSAFE = re.compile(rb"[\r\n\0]")
_BODILESS = frozenset({204, 304})
_UNSENT_CODES = frozenset({1005, 1006, 1015})
_LONGEST_REASON = 123
_UNCOUNTED = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})


class Wire:
    """Follows one connection as it would be on the wire."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self._head = scope.get("method") == "HEAD"
        self._version = scope.get("http_version")
        self._offered = _items(scope.get("subprotocols"))
        headers = pairs_in(scope.get("headers", ())) or ()
        chunked = find(headers, b"transfer-encoding") is not None
        self._asked = None if chunked else _length(headers)
        self._got = 0
        self._status: int | None = None
        self._length: int | None = None
        self._sent = 0
        self._counted = True
        # A handshake that is refused gets a 403, without code or reason
        self._accepted = False
        self.keep()

    def keep(self) -> None:
        """Remember the state before a message is sent."""
        self._before = self._status, self._length, self._sent, self._counted

    def undo(self) -> None:
        """Go back to that state: the message did not count."""
        self._status, self._length, self._sent, self._counted = self._before

    def received(self, message: dict[str, Any], size: int | None) -> Iterator[Wrong]:
        """What is wrong with what was received."""
        if message.get("type") != "http.request":
            return
        self._got += payload_size(message) if size is None else size
        if self._asked is None:
            return
        if self._got > self._asked or (not message.get("more_body") and self._got < self._asked):
            said = f"content-length is {self._asked:,}, and the body has {self._got:,} bytes"
            self._asked = None
            yield "wire.request.length", said

    def sending(
        self, kind: str, message: dict[str, Any], size: int | None, *, over: bool
    ) -> Iterator[Wrong]:
        """What is wrong with what is sent; *over* says whether the response is over with it."""
        if kind in _STARTS:
            if self._status is None:
                yield from self._started(message)
        elif kind == "http.response.trailers":
            yield from _headers(pairs_in(message.get("headers", ())) or (), self._version)
        elif kind in _UNCOUNTED:
            self._counted = False
        elif kind in {"http.response.body", "websocket.http.response.body"}:
            yield from self._continued(payload_size(message) if size is None else size, over=over)
        elif kind == "websocket.accept":
            self._accepted = True
            yield from _headers(pairs_in(message.get("headers", ())) or (), None)
            chosen = message.get("subprotocol")
            offered = self._offered
            if isinstance(chosen, str) and offered is not None and chosen not in offered:
                yield "wire.websocket.subprotocol", f"the client did not offer {chosen!r}"
        elif kind == "websocket.close" and self._accepted:
            yield from _closed(message)

    def _started(self, message: dict[str, Any]) -> Iterator[Wrong]:
        status = message.get("status")
        headers = pairs_in(message.get("headers", ())) or ()
        if isinstance(status, int):
            self._status = status
            if not 100 <= status <= 599:
                yield "wire.status", f"the status is {status}"
            elif status < 200:
                yield "wire.status.interim", f"the status is {status}"
        yield from _headers(headers, self._version)
        self._length = _length(headers)
        if self._length is None:
            if find(headers, b"content-length") is not None:
                yield "wire.length.malformed", "content-length is no number"
        elif self._status is not None and (self._status < 200 or self._status == 204):
            yield "wire.length.forbidden", f"status {self._status} has a content-length"

    def _continued(self, size: int, *, over: bool) -> Iterator[Wrong]:
        before, self._sent = self._sent, self._sent + size
        if self._status in _BODILESS or (self._status or 200) < 200:
            if size and not before:
                yield "wire.body.forbidden", f"status {self._status} has a body"
            return
        if self._head:
            if size and not before:
                yield "wire.body.of-head", "a response to HEAD has a body"
            return
        if self._length is None or not self._counted:
            return
        if self._sent > self._length or (over and self._sent < self._length):
            said = f"content-length is {self._length:,}, and the body has {self._sent:,} bytes"
            self._length = None
            yield "wire.length.differs", said
        elif over:
            self._length = None  # what comes now is ignored


def _items(value: Any) -> list[Any] | None:
    return list(value) if isinstance(value, Collection) else None


def _length(headers: Headers) -> int | None:
    given = find(headers, b"content-length")
    return int(given) if given and given.isdigit() and len(given) < 20 else None


def _headers(headers: Headers, version: Any) -> Iterator[Wrong]:
    seen: set[bytes] = set()
    for name, value in headers:
        lowered = name.lower()
        if name[:1] != b":" and not is_token(name):
            yield "wire.header.name", f"{name!r} is no name of a header"
        if _UNSAFE.search(value):
            yield "wire.header.value", f"the value of {name!r} has a line break or NUL"
        if lowered in seen and lowered in _SINGLE:
            yield "wire.header.repeated", f"there are two headers {name!r}"
        seen.add(lowered)
        if version in ("2", "3") and lowered in _OF_CONNECTION:
            yield "wire.connection", f"there is a header {name!r} on HTTP/{version}"
        if lowered == b"transfer-encoding":
            yield "advice.transfer-encoding", "there is a header transfer-encoding"


def _closed(message: dict[str, Any]) -> Iterator[Wrong]:
    code, reason = message.get("code", 1000), message.get("reason")
    if isinstance(code, int) and (not 1000 <= code <= 4999 or code in _UNSENT_CODES):
        yield "wire.websocket.code", f"the code is {code}"
    if isinstance(reason, str):
        length = len(reason.encode("utf-8", "surrogatepass"))
        if length > _LONGEST_REASON:
            yield "wire.websocket.reason", f"the reason has {length} bytes"
