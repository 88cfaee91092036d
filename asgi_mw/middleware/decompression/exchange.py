"""One request with an encoded body: the app's receive and send, and our answer if we refuse it."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar, checkpoint

from asgi_mw.codings.refusal import Refusal
from asgi_mw.middleware.decompression.body import PIECE, Body, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.middleware.decompression.policy import Policy, Upload
    from asgi_mw.types import Message, Receive, Send

# Steps after which the event loop gets a turn; one takes well under a millisecond
_STEPS = 4
# Heavy steps have threads of their own, as many as processors, and leave the app's threads alone
_threads: RunVar[anyio.CapacityLimiter] = RunVar("asgi_mw_decoders")
# Seconds after which a task looks again whether the heavy step of another is over
_RETRY = 0.002
# Bytes of a refused body that are read and dropped, so that its connection can be used again; as
# many as Go's net/http reads and, as there, before the answer: most clients send the body first
_REST = 262_144


class Exchange:
    """Stands between the app and the server for one request.

    Attributes:
        answered: The answer is ours.
        gone: The client left before *app* was called.
    """

    answered = gone = False

    def __init__(
        self,
        policy: Policy,
        upload: Upload,
        receive: Receive,
        send: Send,
        note: Callable[[str], None],
    ) -> None:
        self._policy, self._upload, self._note = policy, upload, note
        self._server_receive, self._server_send = receive, send
        self._body = Body(policy, upload.codings) if policy.supports(upload.codings) else None
        self._read: deque[Message] = deque()  # decoded before the app asked
        self._steps = self._came = self._asking = 0
        self._refused = self._begun = self._ended = self._working = False
        self._outcome: bytes | RefusedError | None = None  # of a heavy step
        self._due: tuple[int, str] | None = None

    async def begin(self) -> int | None:
        """Read ahead, or refuse what need not be read; return the decoded size if it is known."""
        upload, policy = self._upload, self._policy
        if self._body is None:  # RFC 9110 15.5.16
            text = "the content coding of the body is not supported"
            await self._refuse(415, text, policy.lacks(upload.codings))
        elif (upload.size or 0) > policy.most_coded:
            why = f"the coded body is over {policy.most_coded} bytes, by max_size={policy.max_size}"
            await self._refuse(413, "the coded body is too large", why)
        elif policy.buffer is None:
            return await self._read_ahead(self._body, policy.max_size)
        elif upload.size and upload.size <= policy.buffer and not upload.waits:
            return await self._read_ahead(self._body, policy.buffer)
        return None

    async def _read_ahead(self, body: Body, limit: int) -> int | None:
        """Read at least the first *limit* bytes of *body*; return its size if that is all of it."""
        size, pending = 0, bytearray()
        read: list[Message] = []
        odd: list[Message] = []
        while size <= limit and not (body.over or odd):
            message = await self.receive()
            kind = message.get("type")
            if kind == "http.disconnect":
                self.gone = True
                return None
            if kind == "http.request":
                size += len(message["body"])
                pending += message["body"]
                while len(pending) > PIECE:
                    read.append(_taken(pending, more=True))
            else:
                odd.append(message)
        if body.over or pending:
            read.append(_taken(pending, more=not body.over))
        self._read.extend((*read, *odd))
        return size if body.over else None

    async def receive(self) -> Message:
        """The ``receive`` of the app: decoded pieces, then whatever the server sends.

        Several tasks may be in here at once: state that was read before an ``await`` is read again
        after it.
        """
        if self._read:
            return self._read.popleft()
        while True:
            if self._refused or self._body is None:
                await checkpoint()  # an app that calls again and again must not stop the loop
                gone: Message = {"type": "http.disconnect"}
                return gone if self.answered else Refusal(gone)
            if self._working:
                await anyio.sleep(_RETRY)
            elif self._body.pending or self._outcome is not None:
                if self._outcome is None and self._body.heavy:
                    await self._step_in_thread(self._body)
                elif self._steps == _STEPS:
                    self._steps = 0
                    await checkpoint()
                elif (message := await self._step(self._body)) is not None:
                    return message
            else:
                message = await self._ask()
                if self._body.over or message.get("type") != "http.request":
                    return message
                self._body.feed(message.get("body") or b"", last=self._ended)

    async def send(self, message: Message) -> None:
        """The ``send`` of the app: messages are dropped once we have answered in its place."""
        if self.answered:
            await checkpoint()  # so that an endless response does not stop the loop
            return
        if message.get("type") == "http.response.start":
            self._begun = True
        await self._server_send(message)

    async def answer(self) -> None:
        """Send our answer, if it is still due."""
        if self._due is None:
            return
        (status, text), self._due = self._due, None
        content = text.encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(content)),
        ]
        if status == 415:
            headers.append((b"accept-encoding", self._policy.accept_encoding))
        if self._upload.http1 and not self._ended:
            headers.append((b"connection", b"close"))  # RFC 9112 9.6: what follows is no request
        try:
            await self._server_send(
                {"type": "http.response.start", "status": status, "headers": headers}
            )
            await self._server_send({"type": "http.response.body", "body": content})
        except OSError:  # the client left, and the app hears the same
            return

    async def _ask(self) -> Message:
        self._asking += 1
        try:
            message = await self._server_receive()
        finally:
            self._asking -= 1
        if message.get("type") == "http.request":
            self._came += len(message.get("body") or b"")
            self._ended = self._ended or not message.get("more_body")
        return message

    async def _step(self, body: Body) -> Message | None:
        """The next piece, if there is one by now."""
        self._steps += 1
        outcome, self._outcome = self._outcome, None
        if outcome is None:
            outcome = _stepped(body)
        if isinstance(outcome, RefusedError):
            await self._refuse(outcome.status, str(outcome), outcome.why)
        elif outcome or body.over:
            return {"type": "http.request", "body": outcome, "more_body": not body.over}
        return None

    async def _step_in_thread(self, body: Body) -> None:
        """Leave the outcome of a step where whoever receives next finds it.

        If asyncio itself cancels the task, a thread that has begun works on; one that has not does
        nothing any more.
        """
        try:
            limiter = _threads.get()
        except LookupError:
            limiter = anyio.CapacityLimiter(os.cpu_count() or 1)
            _threads.set(limiter)
        unclaimed = [True]

        def work() -> None:
            try:
                unclaimed.pop()
            except IndexError:
                return
            try:
                self._outcome = _stepped(body)
            finally:
                self._working = False

        self._working = True
        try:
            await anyio.to_thread.run_sync(work, limiter=limiter)
        finally:
            with suppress(IndexError):  # which says that the thread has begun
                unclaimed.pop()
                self._working = False

    async def _refuse(self, status: int, text: str, why: str) -> None:
        self._refused = True
        self._note(why)
        if self._begun:
            return
        self.answered = True
        self._due = status, text
        await self._drop_rest()
        await self.answer()

    async def _drop_rest(self) -> None:
        """Read on to the end of the body, if that can be near.

        On HTTP/2 and 3 a response may end before its request (RFC 9113 8.1).
        """
        upload = self._upload
        most = self._came + _REST
        if (
            not upload.http1
            or (upload.waits and not self._came)  # a client that hears no 100 sends no body
            or (upload.size or 0) > most
            or self._asking  # another task of the app gets the next message
        ):
            return
        while not self._ended and self._came <= most:
            if (await self._ask()).get("type") == "http.disconnect":
                return


def _taken(pending: bytearray, *, more: bool) -> Message:
    """Take the next message for the app out of *pending*, where pieces of any size are joined."""
    piece = bytes(pending[:PIECE])
    del pending[:PIECE]
    return {"type": "http.request", "body": piece, "more_body": more}


def _stepped(body: Body) -> bytes | RefusedError:
    try:
        return body.step()
    except RefusedError as error:
        return error
