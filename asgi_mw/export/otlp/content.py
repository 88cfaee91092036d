"""The body of a request or a response as an attribute: text, decoded and cut.

``http.request.body.content`` in https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/.
The conventions allow bytes as well; but a body that is no text cannot be masked, so a recording has
only its size and a digest.
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, NamedTuple

from asgi_mw.parts import body_of

if TYPE_CHECKING:
    from asgi_mw.events import Direction, Exchange


class Content(NamedTuple):
    """What is said of a body.

    Attributes:
        value: The body; ``None`` if there was none, or nothing of it was kept.
        truncated: There was more of it.
    """

    value: str | None
    truncated: bool


def content_of(exchange: Exchange, direction: Direction, limit: int) -> Content:
    """At most *limit* bytes of the HTTP body that went in one direction; its secrets are masked."""
    body = body_of(exchange, direction)
    if not body.data:
        return Content(None, truncated=body.size > 0)
    cut = body.cut or len(body.data) > limit
    return Content(_text(body.data[:limit], cut=cut), cut)


def _text(data: bytes, *, cut: bool) -> str:
    try:
        # "it SHOULD truncate on a character boundary"
        return getincrementaldecoder("utf-8")().decode(data, final=not cut)
    except UnicodeDecodeError:
        return data.decode("latin-1")
