"""Decide which responses could be compressed, and write the headers of those that could.

A response is *eligible* if some client's ``Accept-Encoding`` would have it compressed.  Every
eligible response, compressed or not, must show that to caches: by ``Vary`` and a weak ETag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asgi_mw.headers import add_vary, find, is_named, settle
from asgi_mw.middleware.compression.content_types import streamed
from asgi_mw.middleware.compression.validators import weak

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.headers import Headers, Pair
    from asgi_mw.types import Message

# In its usual letter case, for readers that compare it as text
_ACCEPT_ENCODING = b"Accept-Encoding"
_VARY = (b"vary", _ACCEPT_ENCODING)
_CACHE_CONTROL, _NO_TRANSFORM = b"cache-control", b"no-transform"
_BUFFERING = b"x-accel-buffering"
# RFC 9110 6.4.1: responses without content; 206 is a part of something (15.3.7)
_WITHOUT = frozenset({204, 205, 206})
_MOST_DIGITS = 18
# The app encoded the body itself, or sends a part of it
_FINAL = frozenset({b"content-encoding", b"content-range"})
# Digests of the bytes that are sent: now (RFC 9530 2, 3), or as once defined (RFC 3230, RFC 1864)
_DIGESTS = frozenset({b"content-digest", b"repr-digest", b"digest", b"content-md5"})
# RFC 9110 14.3: there are no ranges of a compressed body, so no header may promise them
_WRONG_WHEN_CODED = _DIGESTS | {b"content-length", b"content-encoding", b"accept-ranges"}


@dataclass(slots=True)
class Eligible:
    """What was read from the start of an eligible response.

    Attributes:
        headers: The headers of the app.
        length: The value of ``Content-Length``; ``None`` if there is none.
        content_type: The value of ``Content-Type``; ``None`` if there is none.
        strong: Whether there is a strong ETag.
        varies: Whether there is a ``Vary``.
    """

    headers: Headers
    length: int | None
    content_type: bytes | None
    strong: bool
    varies: bool

    def is_stream(self) -> bool:
        """Whether the headers alone show that the body comes bit by bit, and is to be compressed.

        They do by the content type, or if the app asks proxies not to buffer, in nginx's way.
        """
        if streamed(self.content_type):
            return True
        buffering = find(self.headers, _BUFFERING)
        return buffering is not None and buffering.strip().lower() == b"no"

    def plain(self) -> list[Pair]:
        """Headers of the response if it is sent without a coding."""
        headers = self._weakened() if self.strong else self.headers
        return add_vary(headers, _ACCEPT_ENCODING) if self.varies else [*headers, _VARY]

    def coded(self, coding: bytes, length: int | None) -> list[Pair]:
        """Headers of the response in *coding*, with its *length* if known and declared before."""
        headers = self.bare()
        headers.append((b"content-encoding", coding))
        if length is not None and self.length is not None:
            headers.append((b"content-length", b"%d" % length))
        return headers

    def bare(self) -> list[Pair]:
        """Headers of a response to HEAD, or 304, where that to GET would be compressed.

        What is known only once the body is compressed is left out (RFC 9110 9.3.2).
        """
        headers = without_wrong(self._weakened() if self.strong else self.headers)
        return add_vary(headers, _ACCEPT_ENCODING) if self.varies else [*headers, _VARY]

    def _weakened(self) -> Headers:
        return [
            (pair[0], weak(pair[1])) if pair[0].lower() == b"etag" else pair
            for pair in self.headers
        ]


def eligible(
    status: object,
    headers: Headers,
    compressible: Callable[[bytes | None], bool],
    minimum_size: int,
) -> Eligible | None:
    """What is read from a response that could be compressed; ``None`` for any other.

    A malformed one is not touched: judging it is the server's part.

    Args:
        status: The status of the response.
        headers: Its headers, which can be read more than once.
        compressible: Decides whether a content type is compressed.
        minimum_size: A response that declares fewer bytes is not eligible.
    """
    if not isinstance(status, int) or status < 200 or status in _WITHOUT:
        return None
    content_type = length = None
    strong = varies = False
    try:
        for name, value in headers:
            lower = name.lower()
            if lower == b"content-length":
                # RFC 9110 8.6: digits, and one value; another is for the server to refuse
                if length is not None or not value.isdigit() or len(value) > _MOST_DIGITS:
                    return None
                length = int(value)
                if length < minimum_size:
                    return None
            elif lower == b"content-type":
                content_type = value
            elif lower == b"etag":
                strong = strong or value.startswith(b'"')
            elif lower == b"vary":
                varies = True
            elif lower in _FINAL or (lower == _CACHE_CONTROL and _NO_TRANSFORM in value.lower()):
                return None
        if not compressible(content_type):
            return None
    except (AttributeError, TypeError, ValueError):
        return None
    return Eligible(headers, length, content_type, strong, varies)


def without_wrong(headers: Headers) -> list[Pair]:
    """*headers* without those that are wrong as soon as a body is compressed."""
    return [pair for pair in headers if pair[0].lower() not in _WRONG_WHEN_CODED]


def kept(message: Message) -> Message:
    """A *message* after the start of a compressed response: trailers lose digests of the body.

    >>> kept({"type": "http.response.trailers", "headers": [(b"digest", b"sha-256=AA==")]})
    {'type': 'http.response.trailers', 'headers': []}
    """
    if message.get("type") != "http.response.trailers":
        return message
    settled = settle(message)
    headers = settled.get("headers") or ()
    wrong = [pair for pair in headers if any(is_named(pair, name) for name in _DIGESTS)]
    if not wrong:
        return settled
    return {**settled, "headers": [pair for pair in headers if pair not in wrong]}
