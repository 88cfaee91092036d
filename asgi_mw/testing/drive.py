"""One call for the usual connection: a request, a WebSocket, a lifespan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack

import anyio

from asgi_mw.testing.line import kind_of
from asgi_mw.testing.scopes import http_scope, lifespan_scope, websocket_scope
from asgi_mw.testing.wire import Wire, WireError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from asgi_mw.testing.behaviour import Behaviour, Moment
    from asgi_mw.testing.headers import Headers
    from asgi_mw.testing.result import Result
    from asgi_mw.types import AnyApp, Message, Scope

T = TypeVar("T")

_ANSWERS = ("lifespan.startup.complete", "lifespan.startup.failed")


class Options(TypedDict, total=False):
    """The options of `Wire` that are handed on."""

    behaviour: Behaviour
    disconnect: Moment | anyio.Event
    cancel: Moment | anyio.Event
    on_send: Callable[[Any], Awaitable[object]]
    on_receive: Callable[[], Awaitable[object]]
    send_errors: Mapping[int, BaseException]
    timeout: float


async def play(
    app: AnyApp, scope: Scope, messages: Iterable[Message] = (), **options: Unpack[Options]
) -> Result:
    """Call *app* with a scope and script of your own, and wait for its end.

    Args:
        app: Any ASGI 3 app.
        scope: Handed to the app as the object it is.
        messages: Given one by one as the app calls ``receive``; then nothing more comes until
            the app completes its response.
        options: See `Wire`.

    Raises:
        WireError: The app does not end in time.
    """
    async with Wire(app, scope, messages=messages, **options) as wire:
        return await wire.finished()


async def request(
    app: AnyApp,
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers | None = None,
    body: bytes | Iterable[bytes] = b"",
    scope: Mapping[str, Any] | None = None,
    **options: Unpack[Options],
) -> Result:
    """Make one HTTP request to *app*, and wait for the end of its call.

    The client stays until the response is complete, unless ``disconnect=`` says otherwise.

    Args:
        app: Any ASGI 3 app.
        method: As ``"GET"``.
        target: Path and query, as ``"/users?page=2"``.
        headers: All of the headers; see `http_scope`.
        body: The request body; an iterable gives one message for each of its chunks.
        scope: More arguments for `http_scope`, as ``{"omit": ["client"], "scheme": "https"}``.
        options: See `Wire`.

    Raises:
        WireError: The app does not end in time.
    """
    made = http_scope(method, target, **_arguments("http", options, scope, headers=headers))
    chunks = [body] if isinstance(body, bytes) else (list(body) or [b""])
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]
    return await play(app, made, messages, **options)


async def websocket(
    app: AnyApp,
    target: str = "/",
    *,
    messages: Iterable[str | bytes | Message] = (),
    close: tuple[int, str] | None = (1000, ""),
    headers: Headers | None = None,
    subprotocols: Iterable[str] = (),
    scope: Mapping[str, Any] | None = None,
    **options: Unpack[Options],
) -> Result:
    """Open one WebSocket to *app*, send *messages*, close, and wait for the end of its call.

    Args:
        app: Any ASGI 3 app.
        target: Path and query.
        messages: A ``str`` is a text, ``bytes`` a binary message; a mapping is given as it is.
        close: Code and reason with which the client closes once the app received all messages;
            ``None`` lets it stay until the app closes.
        headers: All of the headers; see `websocket_scope`.
        subprotocols: Those that the client offers.
        scope: More arguments for `websocket_scope`.
        options: See `Wire`.

    Raises:
        WireError: The app does not end in time.
    """
    arguments = _arguments("websocket", options, scope, headers=headers)
    made = websocket_scope(target, subprotocols=subprotocols, **arguments)
    script: list[Message] = [{"type": "websocket.connect"}]
    for message in messages:
        if isinstance(message, Mapping):
            script.append(message)
        else:
            key = "text" if isinstance(message, str) else "bytes"
            script.append({"type": "websocket.receive", key: message})
    if close is not None:
        code, reason = close
        script.append({"type": "websocket.disconnect", "code": code, "reason": reason})
    return await play(app, made, script, **options)


async def lifespan(
    app: AnyApp, *, scope: Mapping[str, Any] | None = None, **options: Unpack[Options]
) -> Result:
    """Start *app* up and shut it down; ``result.scope["state"]`` holds what it put there.

    Shutdown is given once startup is complete, and only then.  An app that still waits after
    it said ``lifespan.startup.failed`` is cancelled, because a server exits then.

    Args:
        app: Any ASGI 3 app.
        scope: More arguments for `lifespan_scope`.
        options: See `Wire`.

    Raises:
        WireError: The app does not answer, or does not end, in time.
    """
    made = lifespan_scope(**_arguments("lifespan", options, scope))
    async with Wire(app, made, messages=[{"type": "lifespan.startup"}], **options) as wire:
        try:
            while (answer := kind_of(await wire.take())) not in _ANSWERS:
                pass
            if answer == "lifespan.startup.complete":
                wire.queue({"type": "lifespan.shutdown"})
                await wire.finished()
            else:
                await wire.until_receiving()
        except WireError:
            if not wire.result.ended:
                raise
    return wire.result


def run(outcome: Awaitable[T], *, backend: Literal["asyncio", "trio"] = "asyncio") -> T:
    """Wait for *outcome* where no event loop runs: in a plain function or a doctest.

    Args:
        outcome: As ``request(app, "GET", "/")``, not yet awaited.
        backend: The event loop to use.
    """

    async def main() -> T:
        return await outcome

    return anyio.run(main, backend=backend)


def _arguments(
    kind: Literal["http", "websocket", "lifespan"],
    options: Options,
    own: Mapping[str, Any] | None,
    **named: object,
) -> dict[str, Any]:
    """Join the arguments for a scope: those of the test outrank those of the server."""
    behaviour = options.get("behaviour")
    theirs = {} if behaviour is None else getattr(behaviour, kind)
    joined = {**named, **theirs, **(own or {})}
    if "omit" in joined:
        joined["omit"] = (*theirs.get("omit", ()), *(own or {}).get("omit", ()))
    return joined
