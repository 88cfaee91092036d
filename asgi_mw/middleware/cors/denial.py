"""Say no: an empty 403, or in debug mode one that says why."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from asgi_mw.headers import is_token
from asgi_mw.middleware.cors.origins import split
from asgi_mw.middleware.cors.preflight import Denied
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.headers import Pair
    from asgi_mw.types import Send

_log = logging.getLogger("asgi_mw")


def of_origin(origins: Sequence[bytes]) -> Denied:
    """Why these ``Origin`` lines were denied."""
    if not origins:
        return Denied("there is no Origin", b"")
    if len(origins) > 1:
        return Denied("there are several Origin lines", b"")
    if origins[0] != b"null" and split(origins[0]) is None:
        return Denied("its Origin is none", b"")
    return Denied("no option allows the origin", origins[0])


async def deny(send: Send, why: Denied, *headers: Pair, debug: bool, prefix: str = "http") -> None:
    """Answer 403 with *headers*; with *debug* say why, in the body and in one log record.

    Args:
        send: The server's.
        why: The reason.
        headers: What the answer has beyond its length.
        debug: Whether to say it.
        prefix: Of the messages: ``http``, or ``websocket.http`` for the denial of a handshake.
    """
    body = b""
    if debug:
        log(why)
        body = explain(why).encode("utf-8")
        headers += _TEXT
    length = (b"content-length", b"%d" % len(body))
    start = {"status": 403, "headers": [*headers, length]}
    await send({"type": f"{prefix}.response.start", **start})
    await send({"type": f"{prefix}.response.body", "body": body, "more_body": False})


def log(why: Denied) -> None:
    """Say *why* in one log record."""
    with suppress(Exception):  # a broken log handler is not the app's fault
        _log.warning("asgi_mw.cors: %s", explain(why))


def explain(why: Denied) -> str:
    """*why* as one line.

    Only what is an origin or a token is shown: anything else may hold what is secret.

    >>> explain(Denied("allow_methods has no", b"PUT"))
    'CORS: denied: allow_methods has no PUT'
    """
    value = why.value
    shown = value if split(value) is not None or is_token(value) else b""
    return f"CORS: denied: {why.reason} {printable(shown.decode('latin-1'), 267)}".rstrip()


_TEXT = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
)
