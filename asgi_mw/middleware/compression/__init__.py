"""Compress responses: zstd, brotli and gzip, whole or streamed, as RFC 9110 says.

Negotiation, decision, validators and the coder are apart from the shell and do no I/O; the shell
reads the request and hands each response that could be compressed to ``Response``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.layers import middleware
from asgi_mw.middleware.compression.content_types import COMPRESSIBLE as COMPRESSIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asgi_mw.types import A, Scope


@middleware(kind="compression")
def compression(
    app: A,
    *,
    encodings: Iterable[str] = ("zstd", "br", "gzip"),
    minimum_size: int = 500,
    level: int | Mapping[str, int] | None = None,
    content_types: Iterable[str] = COMPRESSIBLE,
    bulk: Iterable[str] = (),
    pad: int = 0,
    skip: Callable[[Scope], bool] | Iterable[str] = (),
) -> A:
    """Compress the responses of *app* with the content coding that the client prefers.

    A response of unknown length is flushed with every message, so that the client can decode
    each at once.  The start of server-sent events does not wait.  These are left alone: responses
    to HEAD, 1xx, 204, 205, 206 and 304, those with ``Content-Encoding``, ``Content-Range`` or
    ``Cache-Control: no-transform``, other content types, files that the server sends itself,
    small bodies, and bodies that would grow.  Every response that could be compressed has
    ``Vary: Accept-Encoding`` and a weak ETag, whether it is compressed or not.  WebSocket and
    lifespan pass unchanged.

    Once the client has left, nothing more is compressed.  Large pieces are compressed in a
    thread.  A body that is shorter or longer than its declared length never ends, and ``send``
    raises a ``RuntimeError``, as servers do.

    If a page shows both a secret and what the visitor sent, the length of the compressed page
    can reveal the secret (BREACH).  By default nothing is done about that: use *pad*, or *skip*
    such pages.

    Args:
        encodings: Content codings to offer.  If the client likes several equally, the first is
            used, but br last for a response of unknown length, since small messages would grow.
            One whose library is missing is left out.
        minimum_size: Bodies that are known to be smaller are left alone, in bytes.
        level: One for all codings, or one per coding, such as ``{"br": 5}``; by default what
            measured best.  To keep the memory of streams of unknown length small, zstd and
            brotli choose the level themselves.
        content_types: Which to compress: ``"application/json"``, ``"text/*"``, ``"*/*"`` or
            ``"+json"``.  Name types that are already compressed, such as ``image/png``, in
            full.  ``"!text/csv"`` leaves a type out, of the default if nothing else is listed.
        bulk: Content types, in the same form, whose streams are not flushed, such as
            ``"text/csv"``.  They are smaller and faster, but the client may wait for what the app
            has sent, and each takes as much memory as a body of known length.
        pad: Hides the length of compressed bodies.  Up to this many random bytes, at most 255, are
            added to each, in a place that decoders skip.  The more, the better.  The parts of a
            flushed stream still show their length.
        skip: Exact paths, or a predicate on the scope, to leave alone.

    Raises:
        ConfigError: A coding, level or content type does not exist, or a number is out of range.

    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 200, "headers": []})
    ...     await send({"type": "http.response.body", "body": b"hello " * 1000})
    >>> result = run(request(compression(app), headers={"accept-encoding": "gzip, br;q=0.9"}))
    >>> result.header("content-encoding"), result.header("vary"), len(result.body) < 100
    (b'gzip', b'Accept-Encoding', True)
    """
    return _layered(
        app,
        "compression",
        encodings=encodings,
        minimum_size=minimum_size,
        level=level,
        content_types=content_types,
        bulk=bulk,
        pad=pad,
        skip=skip,
    )


@middleware(kind="compression")
def gzip(app: A, *, minimum_size: int = 500, level: int | None = None) -> A:
    """Compress the responses of *app* with gzip only; otherwise the same as :func:`compression`.

    Args:
        minimum_size: Bodies that are known to be smaller are left alone, in bytes.
        level: 1 to 9; by default what measured best.

    Raises:
        ConfigError: A number is out of range.
    """
    return _layered(
        app,
        "gzip",
        encodings=("gzip",),
        minimum_size=minimum_size,
        level=level,
        content_types=COMPRESSIBLE,
        bulk=(),
        pad=0,
        skip=(),
    )


def _layered(app: A, where: str, **options: Any) -> A:
    # Imported only where such a layer is made: it needs anyio, and the codings take their time
    from asgi_mw.middleware.compression.policy import compiled  # noqa: PLC0415  # see above
    from asgi_mw.middleware.compression.shell import layered  # noqa: PLC0415  # see above

    return layered(app, compiled(where, **options))
