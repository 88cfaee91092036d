"""Send a compressed body, message by message: until it ends or is cut, or the client leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_mw.middleware.compression.decision import kept
from asgi_mw.middleware.compression.messages import BODY, FILES, START, part_of
from asgi_mw.middleware.compression.owed import Owed
from asgi_mw.middleware.compression.stream import flat, sliced
from asgi_mw.middleware.compression.turns import Turns, code_piece, code_whole, in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_mw.middleware.compression.stream import Coder, Coding, Piece
    from asgi_mw.types import Message, Send

# A function of the class: a bound method would hold the body that holds it, so that the whole
# request would wait for the garbage collector
Step: TypeAlias = "Callable[[Any, Message], Awaitable[Message | None]]"


class Body:
    """Takes the messages of one response in turn, and sends what becomes of each.

    Each goes through one step, which depends on the messages before it: it is gathered, it is
    compressed, or it is dropped after a body that is over or a part that is lost.

    Args:
        start: What is held until it is known how the body is sent.
        codings: Which one the client gets if the length is known, and which one if not; ``None``
            for no coding.
        length: The length of the body, as the app declared it.
        pad: The most random bytes that are added; ``None`` for nothing.
        left: Not empty once the client was seen to have left.
        send: The ``send`` of the server.
    """

    __slots__ = (
        "_coder", "_codings", "_gathered", "_held", "_left", "_owed", "_pad", "_passing", "_send",
        "_step", "_turns", "_unread",
    )  # fmt: skip

    _step: Step

    def __init__(
        self,
        start: Message,
        codings: tuple[Coding, Coding] | None,
        *,
        length: int | None,
        pad: int | None,
        left: list[bool],
        send: Send,
    ) -> None:
        self._held = [start]
        self._codings = codings
        self._left = left
        self._send = send
        self._coder: Coder | None = None
        self._gathered = bytearray()
        self._owed = Owed(length)
        self._pad = pad
        self._unread: OSError | None = None
        self._passing = False
        self._turns = Turns()

    async def _take(self, message: Message) -> None:
        body = message.get("type") in (BODY, *FILES)
        try:
            await self._turns.enter()
            try:
                changed = await self._step(self, message)
            finally:
                self._turns.leave()
            if changed is not None:
                # Its turn is over by now: the server has its own order, and may take its time
                await self._send(changed)
        except BaseException as error:
            if isinstance(error, OSError) and error is not self._unread:
                self._left.append(True)
            if body and not self._held and self._step is not Body._pass:
                # A part of the body may be lost, and what follows it would make no sense
                self._step = Body._drop
            raise

    async def _gather(self, message: Message) -> Message | None:
        """Hold a later message of a short body, and compress the body when all of it is there."""
        if message.get("type") != BODY:
            return await self._other(message)
        body = flat(message.get("body", b""))
        if body is None or self._codings is None:
            return message  # for the server to refuse
        gathered = self._gathered
        if not self._left:
            last = self._ends(message, body)
            gathered += body
            if not last:
                return None
        self._step = Body._drop
        self._gathered = bytearray()  # freed now: the app may take its time to end
        if self._left:
            return await self._drop(message)
        await self._turns.yield_to_others()
        coded = await code_whole(self._codings[0], gathered, self._pad)
        return self._last(message, coded)

    async def _go_on(self, message: Message) -> Message | None:
        """Compress a later message; return what is to be sent of it."""
        if message.get("type") != BODY:
            return await self._other(message)
        body = flat(message.get("body", b""))
        if body is None or self._coder is None:
            return message  # for the server to refuse
        last = not self._left and self._ends(message, body)
        coded = b""
        for piece, ends in sliced(body):
            if coded:
                await self._send({**message, "body": coded, "more_body": True})
            await self._turns.yield_to_others()
            if self._left:
                self._step = Body._drop
                return await self._drop(message)
            coded = await code_piece(self._coder, piece, ends=ends, last=ends and last)
        if last:
            return self._last(message, coded)
        # The client waits for no empty message
        return {**message, "body": coded} if coded else None

    def _ends(self, message: Message, body: Piece) -> bool:
        """Whether the response ends with *body*; one of another length than declared never ends."""
        try:
            return self._owed.take(len(body), more=bool(message.get("more_body")))
        except RuntimeError:
            self._step = Body._drop
            raise

    def _last(self, message: Message, coded: bytes) -> Message:
        self._step = Body._over if message.get("more_body") else Body._after
        return {**message, "body": coded}

    async def _other(self, message: Message) -> Message | None:
        """Pass on a message amid a compressed body; a file that it names becomes a part of that.

        The server would send the file uncompressed, after compressed bytes.
        """
        if message.get("type") not in FILES:
            return kept(message)
        ready, done, more = None, 0, True
        try:
            while more:
                if ready is not None:
                    await self._send(ready)
                if self._step is Body._drop:
                    return await self._drop(message)
                piece = await self._read(message, done)
                done += len(piece)
                more = bool(piece) and done != message.get("count")
                goes_on = more or bool(message.get("more_body"))
                ready = await self._step(self, {"type": BODY, "body": piece, "more_body": goes_on})
        except BaseException:
            self._step = Body._drop  # some of the file is lost, so nothing fits after it
            raise
        return ready

    async def _read(self, message: Message, done: int) -> bytes:
        try:
            return await in_thread(part_of, message, done)
        except OSError as error:
            self._unread = error  # says nothing about the client
            raise

    async def _drop(self, message: Message) -> Message | None:
        """Pass on a message after one that is lost, or one that nobody gets any more.

        The compressed body is cut there.  A client that is still there has to notice that.  Many
        decoders report nothing, so the server must not end the response either: it gets no end.
        """
        kind = message.get("type")
        if kind == START:
            self._passing = True  # an error page in the place of what failed
        elif kind in (BODY, *FILES) and not self._left:
            await self._turns.yield_to_others()
            return None
        return await self._over(message)

    async def _over(self, message: Message) -> Message:
        """Pass on a message after a body that is over, though the app has not said so yet.

        The app and the server go on as they would without us; only the payload is dropped.
        """
        if message.get("type") not in (BODY, *FILES):
            return kept(message)
        more = bool(message.get("more_body"))
        if not more:
            self._step = Body._after
        return {"type": BODY, "body": b"", "more_body": more}

    async def _after(self, message: Message) -> Message | None:
        """Pass on what follows the last body message of the app."""
        return kept(message)

    async def _pass(self, message: Message) -> Message:
        """Pass on a message of a response that is not compressed."""
        return message
