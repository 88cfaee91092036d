"""Decode the bodies of requests, within limits."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

from asgi_mw.connection import joined
from asgi_mw.headers import listed
from asgi_mw.layers import middleware

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_mw.types import A, Receive, Scope, Send

_log = logging.getLogger("asgi_mw")


@middleware(not_outside={"cors": "its own 413, 415 and 400 would lack the CORS headers"})
def decompression(
    app: A,
    *,
    max_size: int = 10_485_760,
    max_ratio: float = 200,
    encodings: Iterable[str] = ("zstd", "br", "gzip", "deflate"),
    max_codings: int = 3,
    buffer: int | None = None,
    unknown: Literal["refuse", "pass"] = "refuse",
    skip: Callable[[Scope], bool] | Iterable[str] = (),
) -> A:
    """Give *app* the bodies of requests without their ``Content-Encoding``.

    The body is read and decoded before *app* is called, so that ``Content-Length`` is its true
    size: WSGI apps, and forms in Django, read nothing without one.  With *buffer* it is decoded
    as *app* reads it.  In both cases *app* gets it in messages of at most 64 KiB.

    The layer itself answers what it cannot accept: 413 beyond a limit, 415 with
    ``Accept-Encoding`` for an unknown content coding, 400 for a body that is cut or not encoded
    as declared.  Then *app* is not called.  If *app* already runs, it sees a client that has
    left: ``receive`` returns ``http.disconnect``, what *app* sends goes nowhere, and what it
    raises is logged at level debug.  Once it has begun its response, only ``receive`` shows this.
    The rest of the refused body is read, up to 256 KiB; if there is more, the answer says
    ``Connection: close``.  ``refused`` in the :func:`~asgi_mw.access_log` event says which limit
    it was; without an access log, a record of the logger ``asgi_mw.decompression`` does.

    *app* gets a copy of the scope without ``Content-Encoding``, ``Content-Length`` and the
    digests of the encoded bytes.  Bodies without a content coding, WebSocket and lifespan pass
    unchanged.

    Args:
        max_size: Most bytes of a decoded body; without *buffer*, one request takes as much
            memory.
        max_ratio: How many times larger than the encoded body the decoded one may be, after its
            first 64 KiB.
        encodings: What to decode.  One whose library is not installed is left out.
        max_codings: How many codings one body may have.
        buffer: Bodies of declared length and at most this many bytes, both encoded and decoded,
            are read before *app* is called, unless the client waits with ``Expect:
            100-continue``.  Others come as they are decoded, without ``Content-Length``.  0 reads
            none of them before, ``None`` all.
        unknown: ``"pass"`` leaves a body whose codings are not all decoded here as it is, with
            its ``Content-Encoding``; ``"refuse"`` answers 415.
        skip: Paths, or a predicate on the scope, to leave alone, for example if a signature
            covers the encoded bytes.

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
    # Imported only where such a layer is made: it needs anyio, and the codings take their time
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
            coded_size == 0  # no coding, or no body
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
            # The client is there and has its answer: only we told the app that it had left
            with suppress(Exception):  # a broken log handler is not the app's fault
                _log.debug("asgi_mw.decompression: raised after our answer", exc_info=error)
        if exchange is not None:
            await exchange.answer()

    return cast("A", decompressed)
