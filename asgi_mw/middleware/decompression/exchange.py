"""One request whose body is coded: the app's receive and send, and our answer if it is refused."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from anyio.lowlevel import checkpoint

from asgi_mw.codings.refusal import Refusal
from asgi_mw.middleware.decompression.body import Body, RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from asgi_mw.middleware.decompression.policy import Policy
    from asgi_mw.types import Message, Receive, Send

# Steps after which the event loop gets a turn; one takes well under a millisecond, but of a window
# of brotli, which is filled before there is anything to be had
_STEPS = 4


class Exchange:
    """Stands between the app and the server for one request."""

    def __init__(self, policy: Policy, names: list[bytes], receive: Receive, send: Send) -> None:
        self._policy, self._names = policy, names
        self._server_receive, self._server_send = receive, send
        self._body: Body | None = None
        self._read: deque[Message] = deque()  # decoded before the app asked
        self._steps = 0
        self._refused = self._begun = self._answered = False

    async def open(self) -> None:
        """Begin decoding, or answer 415 (RFC 9110 15.5.16)."""
        if self._policy.supports(self._names):
            self._body = Body(self._policy, self._names)
        else:
            await self._refuse(415, "the content coding of the body is not supported")

    async def read_ahead(self, limit: int) -> int | None:
        """Read the body, its first *limit* bytes at least; its size if that is all of it."""
        size = 0
        parts: list[Message] = []
        while size <= limit and not (self._body is None or self._body.over):
            parts.append(await self.receive())
            if self._refused:
                return None
            if parts[-1].get("type") != "http.request":  # the client left
                break
            size += len(parts[-1]["body"])
        if self._body is None or not self._body.over or size > limit:
            self._read.extend(parts)
            return None
        whole = b"".join(part["body"] for part in parts)
        self._read.append({"type": "http.request", "body": whole, "more_body": False})
        return size

    async def receive(self) -> Message:
        """What the app awaits: decoded pieces, then whatever the server has to say.

        Several tasks may be in here at once: nothing that was read before an ``await`` is
        believed after it.
        """
        if self._read:
            return self._read.popleft()
        while True:
            if self._refused or self._body is None:
                await checkpoint()  # an app that asks again and again must not stop the loop
                gone: Message = {"type": "http.disconnect"}
                return gone if self._answered else Refusal(gone)
            if self._body.pending:
                if self._steps == _STEPS:
                    self._steps = 0
                    await checkpoint()
                elif (message := await self._step(self._body)) is not None:
                    return message
            else:
                message = await self._server_receive()
                if self._body.over or message.get("type") != "http.request":
                    return message
                self._body.feed(message.get("body") or b"", last=not message.get("more_body"))

    def send(self, message: Message) -> Awaitable[None]:
        """What the app calls: dropped once we answered in its place."""
        if self._answered:
            return checkpoint()  # so that an endless response does not stop the loop
        if message.get("type") == "http.response.start":
            self._begun = True
        return self._server_send(message)

    async def _step(self, body: Body) -> Message | None:
        """The next piece, if there is one by now."""
        self._steps += 1
        try:
            plain = body.step()
        except RefusedError as error:
            await self._refuse(error.status, str(error))
            return None
        if plain or body.over:
            return {"type": "http.request", "body": plain, "more_body": not body.over}
        return None

    async def _refuse(self, status: int, text: str) -> None:
        self._refused = True
        if self._begun:
            return
        self._answered = True
        content = text.encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(content)),
        ]
        if status == 415:
            headers.append((b"accept-encoding", self._policy.accept_encoding))
        try:
            await self._server_send(
                {"type": "http.response.start", "status": status, "headers": headers}
            )
            await self._server_send({"type": "http.response.body", "body": content})
        except OSError:  # the client left, which is what the app is told as well
            return
