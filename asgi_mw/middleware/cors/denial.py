"""Say no: an empty 403, or in debug mode one that says why."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from asgi_mw.caches import remembered
from asgi_mw.headers import is_token
from asgi_mw.middleware.cors.origins import MOST_ORIGIN, lines, split
from asgi_mw.middleware.cors.preflight import Denied
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.headers import Headers, Pair
    from asgi_mw.refusals import Refusals
    from asgi_mw.types import Scope, Send


def of_origin(origins: Sequence[bytes]) -> Denied:
    """Why these ``Origin`` lines were denied."""
    if not origins:
        return Denied("there is no Origin", b"")
    if len(origins) > 1:
        return Denied("there are several Origin lines", b"")
    if origins[0] != b"null" and not _is_origin(origins[0]):
        return Denied("Origin is malformed", b"")
    return Denied("origin {} is not allowed", origins[0])


def reads(headers: Headers, origins: Sequence[bytes]) -> bool:
    """Whether a page of another origin wants to read the answer, as far as the request shows.

    The app's own pages send an ``Origin`` as well, and so do forms, which read nothing.  Browsers
    show that in ``Sec-Fetch-Mode`` and ``-Site``, except on plain http, where ``Host`` shows whose
    page it is.
    """
    modes = lines(headers, b"sec-fetch-mode")
    if modes:
        return modes == [b"cors"] and lines(headers, b"sec-fetch-site") != [b"same-origin"]
    hosts = lines(headers, b"host")
    return [origin.partition(b"://")[2] for origin in origins] != hosts


def note(refusals: Refusals, scope: Scope, why: Denied, *, debug: bool) -> None:
    """Say *why* in the log."""
    refusals.note(scope, explain(why), level=logging.WARNING if debug else logging.INFO)


async def deny(send: Send, why: Denied, *headers: Pair, debug: bool, prefix: str = "http") -> None:
    """Answer 403 with *headers*; with *debug* say why, in the body.

    Args:
        send: The ``send`` of the server.
        why: The reason.
        headers: The headers of the answer besides its length.
        debug: Whether to say why.
        prefix: Of the message types: ``http``, or ``websocket.http`` for a denied handshake.
    """
    body = b""
    if debug:
        body = f"CORS: denied: {explain(why)}".encode()
        headers += _TEXT
    length = (b"content-length", b"%d" % len(body))
    start = {"status": 403, "headers": [*headers, length]}
    await send({"type": f"{prefix}.response.start", **start})
    await send({"type": f"{prefix}.response.body", "body": body, "more_body": False})


def explain(why: Denied) -> str:
    """*why* as one line.

    Only what is an origin or a token is shown: anything else may hold a secret.

    >>> explain(Denied("method {} is not in allow_methods", b"PUT"))
    'method PUT is not in allow_methods'
    >>> explain(Denied("method {} is not in allow_methods", b"PUT token=s3cret"))
    'method is not in allow_methods'
    """
    value = why.value
    shown = value if _is_origin(value) or is_token(value) else b""
    return why.reason.replace("{}" if shown else "{} ", printable(shown.decode("latin-1"), 267))


# Remembered, since a page that is denied asks again
@remembered(256, longest=MOST_ORIGIN)
def _is_origin(value: bytes) -> bool:
    return split(value) is not None


_TEXT = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
)
