"""Replay to a server, over sockets, what its app was given."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import anyio

from asgi_mw.errors import ConfigError, Problem
from asgi_mw.parts import is_event_stream, octets
from asgi_mw.replay.asking import Asker, BrokenError, left_early
from asgi_mw.replay.pace import AS_FAST_AS_POSSIBLE
from asgi_mw.replay.replaying import Replayed, Replayer
from asgi_mw.replay.talking import talk
from asgi_mw.testing import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from asgi_mw.differences import Difference
    from asgi_mw.events import Exchange
    from asgi_mw.recorder.store import Store
    from asgi_mw.replay.plan import Plan
    from asgi_mw.types import Receive, Scope, Send

# Headers that a server adds to the response of an app
_ADDED = frozenset({"date", "server", "transfer-encoding", "connection", "keep-alive"}) | {
    "content-length"
}
# Headers of one connection only (RFC 9110 7.6.1), and those of the handshake, which the client
# makes
_OF_CONNECTION = frozenset(
    {b"connection", b"expect", b"keep-alive", b"proxy-connection", b"te", b"trailer"}
    | {b"transfer-encoding", b"upgrade", b"content-length"}
    | {b"sec-websocket-accept", b"sec-websocket-extensions", b"sec-websocket-key"}
    | {b"sec-websocket-protocol", b"sec-websocket-version"}
)


class Remote(Replayer):
    """Replays exchanges to the server at *url*, as `Replayer` does to an app.

    It runs on asyncio.  HTTP needs httpx2 or httpx, WebSockets need websockets.  The path is sent
    as it was recorded, a body in the chunks in which it came, or with ``content-length`` if the
    request had one.

    Args:
        url: Scheme, host and port, as ``"http://127.0.0.1:8000"``.
        keep_host: Send the ``Host`` that was recorded, instead of that of *url*.
        pace: As of `Replayer`.
        secrets: The same.
        prepare: The same.
        timeout: Seconds that the server has for each step.
        store: As of `Replayer`.

    Raises:
        ConfigError: An option cannot be right.
        MissingExtraError: There is no client for HTTP.
    """

    def __init__(
        self,
        url: str,
        *,
        keep_host: bool = False,
        pace: float = AS_FAST_AS_POSSIBLE,
        secrets: Mapping[str, str] | None = None,
        prepare: Callable[[Exchange], Exchange] | None = None,
        timeout: float = 5.0,
        store: Store | None = None,
    ) -> None:
        super().__init__(
            self._forward,
            pace=pace,
            secrets=secrets,
            prepare=prepare,
            lifespan=False,
            timeout=timeout,
            store=store,
        )
        self._base = _base(url)
        # Import both clients now: it takes some time, during which an event loop would be blocked
        self._asker = Asker()
        with suppress(ImportError):
            import_module("websockets.asyncio.client")
        self._keep_host = keep_host
        self._seconds = timeout
        self._broken = ""

    async def __aenter__(self) -> Self:
        """Check that a server listens there.

        Raises:
            TransportError: None does.
        """
        parts = urlsplit(self._base)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        try:
            with anyio.fail_after(self._seconds):
                stream = await anyio.connect_tcp(host, port)
        except (OSError, TimeoutError) as error:
            why = str(error) or "it does not answer"
            raise TransportError(f"nothing can be sent to {self._base}: {why}") from None
        await stream.aclose()
        return await super().__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Close the client."""
        await self._asker.close()
        return await super().__aexit__(kind, error, traceback)

    def _given(self, exchange: Exchange) -> Plan:
        self._broken = ""
        given = super()._given(exchange)
        headers = given.scope["headers"]
        length = [] if not any(name == b"content-length" for name, _ in headers) else _length(given)
        kept = [
            (name, value)
            for name, value in headers
            if name not in _OF_CONNECTION and (self._keep_host or name != b"host")
        ]
        given = given._replace(scope={**given.scope, "headers": [*kept, *length]})
        self._now = given, exchange
        return given

    def _replayed(
        self, recorded: Exchange, exchange: Exchange, departed: str, given: Plan
    ) -> Replayed:
        def expected(difference: Difference) -> bool:
            return _is_of_server(recorded, difference)

        # If the recorded app failed, it is no departure that a server breaks the connection
        broken = "" if recorded.outcome in ("error", "incomplete") else self._broken
        return Replayed(recorded, exchange, broken or departed, given, expected)

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as an app that gives the answers of the server."""
        given, exchange = self._now
        try:
            if scope["type"] == "websocket":
                await talk(self._base, given, receive, send, seconds=self._seconds)
            else:
                flows = is_event_stream(exchange) and not given.left_after
                sizes = [] if flows else _sizes(exchange)
                await self._asker.ask(
                    self._base, given, sizes, receive, send, seconds=self._seconds
                )
        except* BrokenError as group:
            first: BaseException = group
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            self._broken = f"the connection to {self._base} broke: {first}"


def _base(url: str) -> str:
    """*url* without a slash at its end.

    Raises:
        ConfigError: It is not the URL of a server.
    """
    parts = urlsplit(url)
    try:
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        sound = False
    if not sound or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        what = "is no scheme, host and port"
        problem = Problem("url", url, what, "write http://127.0.0.1:8000")
        raise ConfigError("Remote", (problem,))
    return f"{parts.scheme}://{parts.netloc}"


def _length(given: Plan) -> list[tuple[bytes, bytes]]:
    """The length of the body that is sent; if only a part of it is known, that of this part."""
    size = sum(len(octets(one.message.get("body") or b"")) for one in given.inputs)
    if left_early(given):
        size += 1  # the client was about to send more
    return [(b"content-length", b"%d" % size)]


def _sizes(exchange: Exchange) -> list[int]:
    """The sizes of the pieces in which the app sent its body."""
    return [one.size for one in exchange.events if one.type == "http.response.body" and one.size]


def _is_of_server(recorded: Exchange, one: Difference) -> bool:
    """Whether the difference *one* comes from the server, and not from its app."""
    if one.part == "header" and one.kind == "added":
        # Where the app refuses a handshake with an answer, servers add the type of its text
        refused = recorded.type == "websocket" and one.path == "content-type"
        if refused or one.path in _ADDED:
            return True
    if one.part == "body" and recorded.method == "HEAD":
        return True  # RFC 9110 9.3.2: a server sends none
    if one.part == "error" and one.kind == "removed":
        return True  # a server does not pass on what its app raises
    if one.part == "close" and recorded.status == 403:
        return True  # RFC 6455 4.4: a handshake that is refused has no close code
    if recorded.outcome == "client_gone" and _left_unanswered(recorded):
        return one.part != "request"
    if recorded.outcome in ("error", "incomplete"):
        answered = recorded.answer is None or recorded.answer.by == "app"
        return one.part in ("outcome", "error", "close") or (
            not answered and one.part in ("header", "body")
        )
    return False


def _left_unanswered(recorded: Exchange) -> bool:
    """Whether the client left before the app began its answer, and so saw nothing of it."""
    first = next((one for one in recorded.events if one.direction == "send"), None)
    gone = next((one for one in recorded.events if one.type.endswith(".disconnect")), None)
    return first is None or (
        gone is not None and gone.returned is not None and gone.returned <= first.called
    )
