"""A WebSocket as httpx2 and httpx-ws have it: frames for the client, messages for the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.errors import MissingExtraError
from asgi_mw.testing.transport.response import no_response, response, stream_of

if TYPE_CHECKING:
    from types import ModuleType

    from asgi_mw.testing.transport.serving import Serving
    from asgi_mw.types import Message

_ERROR = 1011


async def connect(serving: Serving, package: ModuleType) -> Any:
    """Open a WebSocket, and give the response to its handshake.

    Raises:
        MissingExtraError: wsproto is not installed.
    """
    try:
        import wsproto  # noqa: PLC0415  # only for those who have WebSockets
    except ImportError:
        raise MissingExtraError("wsproto", "test") from None
    head = await serving.head()
    if head is None:
        return no_response(serving, package)
    if head["type"] == "websocket.http.response.start":
        return response(serving, package, head)
    stream = stream_of(package)(serving, package, silent=True)
    if head["type"] == "websocket.close":
        # "the server must close the connection with an HTTP 403" (close before accept)
        return package.Response(403, stream=stream)
    return package.Response(
        101,
        headers=_handshake(serving, head, wsproto),
        stream=stream,
        extensions={"network_stream": Socket(serving, wsproto)},
    )


def _handshake(serving: Serving, accept: Message, wsproto: Any) -> list[tuple[bytes, bytes]]:
    key = next((value for name, value in serving.scope["headers"] if name == _KEY), b"")
    token = wsproto.utilities.generate_accept_token(key)
    chosen = accept.get("subprotocol")
    return [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", token),
        *([] if chosen is None else [(b"sec-websocket-protocol", chosen.encode("latin-1"))]),
        *(accept.get("headers") or ()),
    ]


_KEY = b"sec-websocket-key"


class Socket:
    """The end of the network that the client holds: it reads and writes bytes."""

    def __init__(self, serving: Serving, wsproto: Any) -> None:
        self._serving = serving
        self._events = wsproto.events
        self._frames = wsproto.connection.Connection(wsproto.ConnectionType.SERVER)
        self._closed = wsproto.connection.ConnectionState.CLOSED
        self._answers = b""  # pongs, and the answer to a close
        self._parts: list[Any] = []  # of a message that is not finished

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109  # as network streams have them
        """Wait for the next frames; nothing once the connection is gone."""
        serving = self._serving
        while not self._answers and not serving.sent and not serving.over:
            await serving.changed()
        if self._answers:
            data, self._answers = self._answers, b""
            return data
        message = await serving.take()
        if message is not None:
            return self._frame(message)
        if serving.complete or serving.disconnected or self._frames.state is self._closed:
            return b""
        failed = serving.raised is not None
        serving.check()
        close = self._events.CloseConnection(_ERROR if failed else 1000)
        return self._send(close)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109  # the same
        """Take frames of the client."""
        if self._frames.state is self._closed:
            return
        self._frames.receive_data(buffer)
        for event in self._frames.events():
            if isinstance(event, self._events.Message):
                self._take(event)
            elif isinstance(event, self._events.Ping):
                self._answers += self._send(event.response())
            elif isinstance(event, self._events.CloseConnection):
                if self._frames.state is not self._closed:
                    self._answers += self._send(event.response())
                self._serving.leave(int(event.code), event.reason or "")
        self._serving.notify()

    async def aclose(self) -> None:
        """Hang up, and wait until the app has ended."""
        self._serving.leave()
        await self._serving.finish()

    def get_extra_info(self, info: str) -> None:
        """Give ``None``: there is no socket."""

    def _take(self, event: Any) -> None:
        self._parts.append(event.data)
        if event.message_finished:
            text = isinstance(event.data, str)
            whole = "".join(self._parts) if text else b"".join(self._parts)
            self._parts.clear()
            if not self._serving.over:
                message = {"type": "websocket.receive", "text" if text else "bytes": whole}
                self._serving.inbox.append(message)

    def _frame(self, message: Message) -> bytes:
        if message["type"] == "websocket.close":
            code, reason = message.get("code", 1000), message.get("reason") or None
            return self._send(self._events.CloseConnection(code, reason))
        text = message.get("text")
        if text is not None:
            return self._send(self._events.TextMessage(text))
        return self._send(self._events.BytesMessage(message.get("bytes") or b""))

    def _send(self, event: Any) -> bytes:
        data: bytes = self._frames.send(event)
        return data
