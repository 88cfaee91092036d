"""Compress responses: zstd, brotli and gzip, whole or streamed, right by RFC 9110.

Negotiation, decision, validators and the coder are apart from the shell and do no I/O; the shell
here reads the request and hands each response that could be compressed to ``Response``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.headers import listed, settle
from asgi_mw.layers import middleware
from asgi_mw.middleware.compression.content_types import COMPRESSIBLE as COMPRESSIBLE
from asgi_mw.middleware.compression.decision import eligible
from asgi_mw.middleware.compression.policy import compiled
from asgi_mw.middleware.compression.validators import IF_NONE_MATCH, IF_RANGE, mapped
from asgi_mw.routes import KEY, holder, publish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from asgi_mw.headers import Headers
    from asgi_mw.middleware.compression.policy import Policy
    from asgi_mw.types import App, Message, Receive, Scope, Send

_ACCEPT_ENCODING = b"accept-encoding"
_CONDITIONS = (IF_NONE_MATCH, IF_RANGE)
# Of the headers that are read; the name of hardly any other header is as long
_LENGTHS = frozenset({len(_ACCEPT_ENCODING), len(IF_NONE_MATCH), len(IF_RANGE)})
# Extensions by which the server sends a file itself
_FILES = frozenset({"http.response.pathsend", "http.response.zerocopysend"})


@middleware(kind="compression")
def compression(
    app: App,
    *,
    encodings: Iterable[str] = ("zstd", "br", "gzip"),
    minimum_size: int = 500,
    level: int | Mapping[str, int] | None = None,
    content_types: Iterable[str] = COMPRESSIBLE,
    bulk: Iterable[str] = (),
    pad: int = 0,
    skip: Callable[[Scope], bool] | Iterable[str] = (),
) -> App:
    """Compress the responses of *app* with the coding that the client likes best.

    A response of unknown length is flushed with every message: the client can decode at once
    what the app sent, as in server-sent events.  Left alone are responses to HEAD, 1xx, 204,
    205, 206 and 304, whatever has ``Content-Encoding``, ``Content-Range`` or ``Cache-Control:
    no-transform``, other content types, files that the server sends itself, small bodies, and
    bodies that would grow.  Every response that could be compressed says ``Vary:
    Accept-Encoding`` and has a weak ETag, whether it is compressed or not.  WebSocket and
    lifespan pass untouched.

    Once the client has left, nothing more is compressed.  Large pieces are coded in a thread.

    Where a page shows what the visitor sent beside a secret, the length of the compressed page
    can tell the secret (BREACH).  Nothing is done about that by default: use *pad*, or *skip*
    such pages.

    Args:
        encodings: What to offer; among what the client likes equally the first one is taken, but
            for a response of unknown length br only if there is no other: small messages would
            grow.  One whose library is missing is left out.
        minimum_size: Bodies that are known to be smaller are left alone, in bytes.
        level: For all codings, or by coding, as ``{"br": 5}``; by default what measured best.
            Streams of unknown length keep their memory small, for which zstd and brotli choose
            the level themselves.
        content_types: Which to compress: ``"application/json"``, ``"text/*"``, ``"*/*"`` or
            ``"+json"``.  What is compressed already, as ``image/png``, has to be named itself.
        bulk: Content types, in the same form, whose streams are not flushed, as ``"text/csv"``:
            smaller and faster, but the client may wait for what the app has sent, and each takes
            as much memory as a body of known length.
        pad: Hides the length of compressed bodies: up to this many random bytes, at most 255, are
            added to each, in a place that decoders skip.  The more, the better.  What a stream
            is flushed with shows its length all the same.
        skip: Exact paths, or a predicate on the scope, to leave alone.

    Raises:
        ConfigError: A coding, level or content type that there is not, a number out of range.

    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 200, "headers": []})
    ...     await send({"type": "http.response.body", "body": b"hello " * 1000})
    >>> result = run(request(compression(app), headers={"accept-encoding": "gzip, br;q=0.9"}))
    >>> result.header("content-encoding"), result.header("vary"), len(result.body) < 100
    (b'gzip', b'Accept-Encoding', True)
    """
    policy = compiled(
        "compression",
        encodings=encodings,
        minimum_size=minimum_size,
        level=level,
        content_types=content_types,
        bulk=bulk,
        pad=pad,
        skip=skip,
    )
    return _layered(app, policy)


@middleware(kind="compression")
def gzip(app: App, *, minimum_size: int = 500, level: int | None = None) -> App:
    """Compress the responses of *app* with gzip alone; all else is as in :func:`compression`.

    Args:
        minimum_size: Bodies that are known to be smaller are left alone, in bytes.
        level: 1 to 9; by default what measured best.

    Raises:
        ConfigError: A number is out of range.
    """
    policy = compiled(
        "gzip",
        encodings=("gzip",),
        minimum_size=minimum_size,
        level=level,
        content_types=COMPRESSIBLE,
        bulk=(),
        pad=0,
        skip=(),
    )
    return _layered(app, policy)


def _layered(app: App, policy: Policy) -> App:
    from asgi_mw.middleware.compression.response import Response  # noqa: PLC0415  # needs anyio

    negotiate, skips = policy.negotiate, policy.skips
    compressible, minimum_size = policy.compressible, policy.minimum_size

    async def compressed(scope: Scope, receive: Receive, send: Send) -> None:
        # The headers are read here and not in a function of its own, for speed
        if (
            scope["type"] != "http"
            or (method := scope.get("method")) == "CONNECT"
            or (skips is not None and skips(scope))
        ):
            await app(scope, receive, send)
            return
        given = scope.get("headers")
        headers: Headers
        if given.__class__ is list and given and given[0].__class__ is tuple:
            headers = given
        else:
            headers = listed(given) if given else []
        lines: list[bytes] = []
        codings = None
        conditional = False
        try:
            for one, value in headers:
                if len(one) in _LENGTHS:
                    lower = one.lower()
                    if lower == _ACCEPT_ENCODING:
                        lines.append(value)
                    elif lower in _CONDITIONS:
                        conditional = True
            if lines:
                codings = negotiate(lines)
        except (AttributeError, TypeError, ValueError):
            conditional = False  # no server's headers
        if conditional:
            headers = mapped(headers, coded=codings is not None)
        shared = None
        if given and headers is not given:
            shared = holder(scope)
            scope = {**scope, KEY: shared, "headers": headers}
        left: list[bool] = []
        files = False
        if codings is None:
            # A file that the server sends itself is left alone, which is seen after its start only
            extensions = scope.get("extensions")
            files = extensions is not None and not _FILES.isdisjoint(extensions)
            heard = receive
        else:

            async def heard() -> Message:
                message = await receive()
                if message.get("type") == "http.disconnect":
                    left.append(True)
                return message

        onward: Callable[[Message], Awaitable[None]] | None = None
        response: Response | None = None

        def send_compressed(message: Message) -> Awaitable[None]:
            nonlocal onward, response
            if onward is not None:
                return onward(message)
            if message.get("type") != "http.response.start":
                return send(message)
            if shared is not None:
                publish(scope, shared)
            given = message.get("headers", ())
            if given.__class__ is not list or (given and given[0].__class__ is not tuple):
                message = settle(message)
                given = message.get("headers", ())
            status = message.get("status")
            found = eligible(status, given, compressible, minimum_size)
            if found is None:
                onward = send
                return send(message)
            bodiless = status == 304 or (found.length is not None and method == "HEAD")
            if bodiless or (codings is None and found.length is not None and not files):
                onward = send
                changed = found.plain() if codings is None else found.bare()
                return send({**message, "headers": changed})
            response = Response(
                message, found, policy, codings, head=method == "HEAD", left=left, send=send
            )
            onward = response.send
            return _nothing()

        try:
            await app(scope, heard, send_compressed)
        finally:
            if shared is not None:
                publish(scope, shared)
        if response is not None:
            await response.ended()

    return compressed


async def _nothing() -> None:
    """Be the ``send`` of a message that is held for a while."""
