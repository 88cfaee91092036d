"""Decode the bodies of requests, within limits."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Literal

from asgi_mw.connection import joined
from asgi_mw.headers import listed
from asgi_mw.layers import middleware

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.types import App, Receive, Scope, Send

_log = logging.getLogger("asgi_mw")


@middleware(not_outside={"cors": "its own 413, 415 and 400 would lack the CORS headers"})
def decompression(
    app: App,
    *,
    max_size: int = 10_485_760,
    max_ratio: float = 200,
    encodings: Iterable[str] = ("zstd", "br", "gzip", "deflate"),
    max_codings: int = 3,
    buffer: int | None = None,
    unknown: Literal["refuse", "pass"] = "refuse",
    skip: Callable[[Scope], bool] | Iterable[str] = (),
) -> App:
    """Give *app* the bodies of requests without their ``Content-Encoding``.

    The body is read and decoded before *app* is called, so that ``Content-Length`` says its true
    size: WSGI apps, and forms in Django, read nothing without one.  With *buffer* it is decoded
    as *app* asks for it.  In both cases *app* gets it in messages of at most 64 KiB.

    What cannot be taken is answered here: 413 beyond a limit, 415 with ``Accept-Encoding`` for a
    coding that is not known, 400 for a body that is not so coded or is cut.  *app* is not called
    then.  Where it runs already, for it is as if the client had left: ``receive`` gives
    ``http.disconnect``, what it sends goes nowhere, and what it raises is logged as debug.  Once
    it has begun its response, only ``receive`` tells.  The rest of the refused body is read, up to
    256 KiB; if there is more, the answer says ``Connection: close``.  Which limit it was stands in
    ``refused`` of :func:`~asgi_mw.access_log`'s event, and where there is none in a record of the
    logger ``asgi_mw.decompression``.

    *app* gets a copy of the scope without ``Content-Encoding``, ``Content-Length`` and the
    digests of the coded bytes.  Bodies without a coding, WebSocket and lifespan pass untouched.

    Args:
        max_size: Bytes that a body may have once it is decoded; without *buffer*, one request
            takes as much memory.
        max_ratio: How many times larger than coded a body may be, beyond its first 64 KiB.
        encodings: What to decode.  One whose library is not installed is left out.
        max_codings: How many codings one body may have.
        buffer: Bytes, coded and decoded, up to which a body of announced length is read before
            *app* is called, but where the client wants to be asked with ``Expect:
            100-continue``; others come as they are decoded, and without ``Content-Length``.  0 is
            never, ``None`` is all.
        unknown: ``"pass"`` leaves a body whose codings are not all decoded here as it is, with
            its ``Content-Encoding``; ``"refuse"`` answers 415.
        skip: Paths, or a predicate on the scope, to leave alone: where a signature is of the
            coded bytes, say.

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
        compiled,
        decoded,
        upload,
    )
    from asgi_mw.refusals import Refusals  # noqa: PLC0415  # see above

    refusals = Refusals("decompression")
    policy = compiled(
        encodings,
        max_size=max_size,
        max_ratio=max_ratio,
        max_codings=max_codings,
        buffer=buffer,
        unknown=unknown,
        skip=skip,
    )

    async def decompressed(scope: Scope, receive: Receive, send: Send) -> None:
        given = scope.get("headers") or () if scope["type"] == "http" else ()
        headers = listed(given) if given else given
        names = applied(headers)
        coded_size = announced(headers) if names else 0
        if (
            coded_size == 0  # no coding, or nothing that is coded
            or (policy.lets_pass and not policy.supports(names))
            or (policy.skips is not None and policy.skips(scope))
        ):
            if headers is given:
                await app(scope, receive, send)
                return
            names = []
        exchange = None
        if names:
            asked = upload(scope, headers, names, coded_size)
            exchange = Exchange(policy, asked, receive, send, partial(refusals.note, scope))
            size = await exchange.begin()
            if exchange.answered or exchange.gone:
                return
            headers = decoded(headers, size)
            receive, send = exchange.receive, exchange.send
        inner, _ = joined({**scope, "headers": headers})
        try:
            await app(inner, receive, send)
        except Exception as error:
            if exchange is None or not exchange.answered:
                raise
            # The client is there and has its answer: that it seemed to have left was our word
            with suppress(Exception):  # a broken log handler is not the app's fault
                _log.debug("asgi_mw.decompression: raised after our answer", exc_info=error)
        if exchange is not None:
            await exchange.answer()

    return decompressed
