"""The layer itself: read each request, and hand what could be compressed to ``Response``."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from asgi_mw.awaiting import awaited
from asgi_mw.codings.refusal import Refusal
from asgi_mw.connection import joined
from asgi_mw.headers import listed, settle
from asgi_mw.middleware.compression.decision import eligible
from asgi_mw.middleware.compression.messages import FILES, open_ended
from asgi_mw.middleware.compression.negotiation import MOST_BYTES
from asgi_mw.middleware.compression.response import Response
from asgi_mw.middleware.compression.validators import IF_NONE_MATCH, IF_RANGE, is_strong, mapped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.headers import Headers
    from asgi_mw.middleware.compression.policy import Policy
    from asgi_mw.types import A, Message, Receive, Scope, Send

_ACCEPT_ENCODING = b"accept-encoding"
_CONDITIONS = (IF_NONE_MATCH, IF_RANGE)
# The lengths of the names that are read; hardly any other header has a name as long as one of them
_LENGTHS = frozenset({len(_ACCEPT_ENCODING), len(IF_NONE_MATCH), len(IF_RANGE)})
# Extensions by which the server sends a file itself
_FILES = frozenset(FILES)


@awaited("send_compressed")
def layered(app: A, policy: Policy) -> A:
    """*app* in a layer that compresses as *policy* says."""
    negotiate, skips = policy.negotiate, policy.skips
    compressible, minimum_size = policy.compressible, policy.minimum_size

    async def compressed(scope: Scope, receive: Receive, send: Send) -> None:
        # The headers are read here, and not in a separate function, for speed
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
        accepted = codings = None
        conditional = False
        try:
            for one, value in headers:
                if len(one) in _LENGTHS:
                    lower = one.lower()
                    if lower == _ACCEPT_ENCODING:
                        if accepted is None:
                            accepted = value
                        elif len(accepted) <= MOST_BYTES:
                            accepted += b"," + value  # RFC 9110 5.3: several lines are one list
                    elif lower in _CONDITIONS:
                        conditional = True
            if accepted is not None:
                codings = negotiate(accepted)
        except (AttributeError, TypeError, ValueError):
            conditional = False  # no server sends such headers
        if conditional:
            headers = mapped(headers, coded=codings is not None)
        if given and headers is not given:
            scope = joined({**scope, "headers": headers})[0]
        left: list[bool] = []
        files = False
        if codings is None:
            # A file that the server sends itself is left alone.  Only what follows the start shows
            # that it is one; such a response has a length
            extensions = scope.get("extensions")
            files = extensions is not None and not _FILES.isdisjoint(extensions)
            heard = receive
        else:

            async def heard() -> Message:
                message = await receive()
                if message.get("type") == "http.disconnect" and message.__class__ is not Refusal:
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
            given = message.get("headers", ())
            if given.__class__ is not list or (given and given[0].__class__ is not tuple):
                message = settle(message)
                given = message.get("headers", ())
            status = message.get("status")
            found = eligible(status, given, compressible, minimum_size)
            if found is None or (status == 304 and conditional and is_strong(headers)):
                onward = send
                return send(message)
            opens = found.length is None and (codings is None or found.is_stream())
            bodiless = status == 304 or (method == "HEAD" and (opens or found.length is not None))
            if bodiless or (codings is None and (opens or not files)):
                onward = send if codings is None else partial(open_ended, send)
                changed = found.plain() if codings is None else found.bare()
                return send({**message, "headers": changed})
            response = Response(
                message, found, policy, codings, head=method == "HEAD", left=left, send=send
            )
            onward = response.send
            return _nothing() if codings is None or not opens else response.open(codings)

        try:
            await app(scope, heard, send_compressed)
        except Exception:
            if response is not None:
                with suppress(Exception):  # the client left; what the app raised matters more
                    await response.ended()
            raise
        if response is not None:
            await response.ended()

    return cast("A", compressed)


async def _nothing() -> None:
    """Stand in for the ``send`` of a message that is held for a while."""
