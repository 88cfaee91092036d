"""The response as an object of httpx or httpx2, read from the app as the client reads it."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import ModuleType

    from asgi_mw.testing.transport.serving import Serving
    from asgi_mw.types import Message

_BODIES = frozenset({"http.response.body", "websocket.http.response.body"})
# By RFC 9110, responses of these statuses have no body; neither has a response to HEAD
_BODILESS = frozenset({204, 304})


@cache
def package_of(kind: type) -> ModuleType:
    """The package whose request this is: a program may use both.

    >>> import httpx2
    >>> package_of(httpx2.Request).__name__
    'httpx2'
    """
    for base in kind.__mro__:
        root = base.__module__.partition(".")[0]
        if root in ("httpx", "httpx2"):
            return sys.modules[root]
    raise TypeError(f"{kind.__name__} is no request of httpx or httpx2")


class Body:
    """The stream of a response; closing it early lets the client leave."""

    def __init__(self, serving: Serving, package: ModuleType, *, silent: bool) -> None:
        self._serving = serving
        self._package = package
        self._silent = silent

    # No generator: trio warns of generators that are left before their end.
    def __aiter__(self) -> Self:
        """Give the chunks one by one; after the last one, the app has ended."""
        return self

    async def __anext__(self) -> bytes:
        """Wait for the next chunk."""
        serving = self._serving
        while (message := await serving.take()) is not None:
            if message["type"] in _BODIES and not self._silent and (chunk := message.get("body")):
                data: bytes = chunk
                return data
        await serving.finish()
        if not (serving.complete or serving.disconnected):
            raise cut_off(serving, self._package)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Leave, unless the response is complete, and wait until the app has ended."""
        self._serving.leave()
        await self._serving.finish()


@cache
def stream_of(package: ModuleType) -> Any:
    """A `Body` that the client of *package* takes for a stream."""
    return type("ResponseStream", (Body, package.AsyncByteStream), {})


async def respond(serving: Serving, package: ModuleType) -> Any:
    """Wait for the beginning of the response."""
    head = await serving.head()
    return no_response(serving, package) if head is None else response(serving, package, head)


def response(serving: Serving, package: ModuleType, head: Message) -> Any:
    """Make the response that *head* begins."""
    status = head["status"]
    silent = status in _BODILESS or serving.scope.get("method") == "HEAD"
    return package.Response(
        status,
        headers=head.get("headers"),
        stream=stream_of(package)(serving, package, silent=silent),
        extensions={"http_version": b"HTTP/" + serving.scope["http_version"].encode("ascii")},
    )


def no_response(serving: Serving, package: ModuleType) -> Any:
    """Raise what kept the app from responding, or answer as servers do.

    Raises:
        TransportError: The app returned without a response.
    """
    serving.check()
    if serving.terms.raises:
        raise serving.incomplete()
    return package.Response(500, content=b"Internal Server Error")


def cut_off(serving: Serving, package: ModuleType) -> Exception:
    """What a client raises when its server hangs up."""
    if serving.terms.raises:
        return serving.incomplete()
    error: Exception = package.RemoteProtocolError(
        "peer closed connection without sending complete message body"
    )
    return error
