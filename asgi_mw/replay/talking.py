"""Talk to a server over a WebSocket in place of an app, and pass on what it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio

from asgi_mw.parts import octets
from asgi_mw.replay.asking import BrokenError, target_of

if TYPE_CHECKING:
    from asgi_mw.replay.plan import Plan
    from asgi_mw.types import Message, Receive, Send

# RFC 6455 7.4.1: nobody sends these
_NOT_SENT = frozenset({1005, 1006, 1015})
# RFC 6455 4.2.2: headers of the handshake, which the server makes
_OF_HANDSHAKE = frozenset(
    {"connection", "upgrade", "sec-websocket-accept", "sec-websocket-extensions"}
    | {"sec-websocket-protocol"}
)


async def talk(base: str, given: Plan, receive: Receive, send: Send, *, seconds: float) -> None:
    """Open the WebSocket that is *given* at *base*, and pass on what both sides send.

    Args:
        base: As ``"http://127.0.0.1:8000"``.
        given: The handshake.
        receive: Gives what the client sends.
        send: Takes what the server sends.
        seconds: How long the handshake may take.

    Raises:
        BrokenError: The connection broke.
    """
    try:
        from websockets.exceptions import InvalidStatus, WebSocketException  # noqa: PLC0415  # an extra
    except ImportError:
        raise BrokenError('websockets is not installed: pip install "asgi-mw[cli]"') from None
    if given.inputs and given.inputs[0].message["type"] == "websocket.connect":
        await receive()  # the inputs lack it if the app refused before it called receive
    try:
        socket = await _opened(base, given, seconds)
    except InvalidStatus as error:
        await _refused(error.response, given, send)
        return
    except (OSError, TimeoutError, WebSocketException) as error:
        raise BrokenError(str(error) or type(error).__name__) from error
    try:
        headers = [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in socket.response.headers.raw_items()
            if name.lower() not in _OF_HANDSHAKE
        ]
        accept: Message = {"type": "websocket.accept", "headers": headers}
        if socket.subprotocol is not None:
            accept["subprotocol"] = socket.subprotocol
        await send(accept)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_say, socket, receive, tasks.cancel_scope)
            await _hear(socket, send)
            tasks.cancel_scope.cancel()
    finally:
        socket.transport.abort()


async def _opened(base: str, given: Plan, seconds: float) -> Any:
    """The WebSocket, once it was accepted."""
    from websockets.asyncio.client import connect  # noqa: PLC0415  # an extra

    class Connect(connect):
        """Follows no redirect."""

        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    scope = given.scope
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    own = [value for name, value in headers if name == "host"]
    parts = urlsplit(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    host = own[0] if own else parts.netloc
    return await Connect(
        f"{scheme}://{host}{target_of(scope).decode('latin-1')}",
        host=parts.hostname,
        port=parts.port or (443 if scheme == "wss" else 80),
        subprotocols=scope.get("subprotocols") or None,
        compression=None,
        additional_headers=[one for one in headers if one[0] != "host"],
        user_agent_header=None,
        proxy=None,
        open_timeout=seconds,
        ping_interval=None,
        max_size=None,
        close_timeout=seconds,
    )


async def _refused(response: Any, given: Plan, send: Send) -> None:
    """Send the server's refusal by the messages that the recorded app would have sent."""
    if response.status_code == 403 and "websocket.http.response.start" not in given.sends:
        await send({"type": "websocket.close"})
        return
    kind = "websocket.http.response"
    headers = [
        (name.lower().encode(), value.encode("latin-1"))
        for name, value in response.headers.raw_items()
    ]
    await send({"type": f"{kind}.start", "status": response.status_code, "headers": headers})
    await send({"type": f"{kind}.body", "body": bytes(response.body or b"")})


async def _say(socket: Any, receive: Receive, both: anyio.CancelScope) -> None:
    """Pass on what the client sends, and leave as it does."""
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415  # an extra

    try:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            await socket.send(octets(message.get("bytes")) if text is None else text)
        code = message.get("code", 1005)
        if code == 1006:  # the client's connection broke
            socket.transport.abort()
            both.cancel()
        else:
            await socket.close(1000 if code in _NOT_SENT else code, message.get("reason") or "")
    except ConnectionClosed:
        pass  # the other side closed first, which `_hear` sees


async def _hear(socket: Any, send: Send) -> None:
    """Pass on what the server sends, until either side closes."""
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415  # an extra

    try:
        while True:
            said = await socket.recv()
            key = "text" if isinstance(said, str) else "bytes"
            await send({"type": "websocket.send", key: said})
    except ConnectionClosed as closed:
        received = closed.rcvd
        if closed.sent is not None and not closed.rcvd_then_sent:
            return  # the client closed
        if received is None:
            raise BrokenError("the server broke the WebSocket off") from closed
        close: Message = {"type": "websocket.close", "code": received.code}
        await send({**close, "reason": received.reason} if received.reason else close)
