"""Decode the bodies of requests, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.connection import joined
from asgi_mw.headers import listed
from asgi_mw.layers import middleware

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.types import App, Receive, Scope, Send


@middleware(not_outside={"cors": "its own 413, 415 and 400 would lack the CORS headers"})
def decompression(
    app: App,
    *,
    max_size: int = 10_485_760,
    max_ratio: float = 200,
    encodings: Iterable[str] = ("zstd", "br", "gzip", "deflate"),
    max_codings: int = 3,
    buffer: int = 65_536,
) -> App:
    """Give *app* the bodies of requests without their ``Content-Encoding``.

    The body is decoded as *app* asks for it, in messages of at most 64 KiB.  What cannot be
    taken is answered here while *app* has not begun its response: 413 beyond a limit, 415 with
    ``Accept-Encoding`` for a coding that is not known, 400 for a body that is not so coded or is
    cut.  For *app* it is then as if the client had left: ``receive`` gives ``http.disconnect``,
    and what it sends goes nowhere.  Once it has begun its response, only ``receive`` tells.

    *app* gets a copy of the scope without ``Content-Encoding``, ``Content-Length`` and the
    digests of the coded bytes.  A small body of announced length is read before *app* is called,
    so that ``Content-Length`` can say the decoded size; not where the client wants to be asked
    with ``Expect: 100-continue``, for *app* may not want the body.

    Bodies without a coding, WebSocket and lifespan pass untouched.

    Args:
        max_size: Bytes that a body may have once it is decoded.
        max_ratio: How many times larger than coded a body may be, beyond its first 64 KiB.
        encodings: What to decode.  One whose library is not installed is left out.
        max_codings: How many codings one body may have.
        buffer: Bytes up to which a body is read ahead, coded and decoded; 0 for never.

    Raises:
        ConfigError: A limit is no number or out of range, a coding unknown, or none installed.

    >>> import gzip
    >>> from asgi_mw.testing import request, run
    >>> async def app(scope, receive, send):
    ...     body = (await receive())["body"]
    ...     await send({"type": "http.response.start", "status": 200})
    ...     await send({"type": "http.response.body", "body": body.upper()})
    >>> coded = {"content-encoding": "gzip"}
    >>> layered = decompression(app, max_size=1000)
    >>> run(request(layered, "POST", headers=coded, body=gzip.compress(b"hello"))).body
    b'HELLO'
    >>> run(request(layered, "POST", headers=coded, body=gzip.compress(bytes(1001)))).status
    413
    """
    # Only who makes such a layer needs anyio, and waits until the codings are imported
    from asgi_mw.middleware.decompression.exchange import Exchange  # noqa: PLC0415  # see above
    from asgi_mw.middleware.decompression.policy import (  # noqa: PLC0415  # see above
        announced,
        applied,
        asks_first,
        compiled,
        decoded,
    )

    policy = compiled(
        encodings,
        max_size=max_size,
        max_ratio=max_ratio,
        max_codings=max_codings,
        buffer=buffer,
    )

    async def decompressed(scope: Scope, receive: Receive, send: Send) -> None:
        given = scope.get("headers") or () if scope["type"] == "http" else ()
        headers = listed(given) if given else given
        names = applied(headers)
        coded_size = announced(headers) if names else 0
        if coded_size == 0:  # no coding, or nothing that is coded
            if headers is given:
                await app(scope, receive, send)
                return
            names = []
        if names:
            exchange = Exchange(policy, names, receive, send)
            await exchange.open()
            size = None
            if coded_size and coded_size <= policy.buffer and not asks_first(headers):
                size = await exchange.read_ahead(policy.buffer)
            headers = decoded(headers, size)
            receive, send = exchange.receive, exchange.send
        await app(joined({**scope, "headers": headers})[0], receive, send)

    return decompressed
