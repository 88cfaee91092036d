"""One eligible response on its way: hold its start, code its body, stop when the client leaves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from asgi_mw.middleware.compression.decision import kept
from asgi_mw.middleware.compression.messages import BODY, FILES, ZEROCOPY, open_ended, own, part_of
from asgi_mw.middleware.compression.stream import SLICE, Coder, flat, sliced
from asgi_mw.middleware.compression.turns import Turns, code_piece, code_whole, in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from asgi_mw.headers import Pair
    from asgi_mw.middleware.compression.decision import Eligible
    from asgi_mw.middleware.compression.policy import Policy
    from asgi_mw.middleware.compression.stream import Coding, Piece
    from asgi_mw.types import Message, Send

# A longer body is coded and sent in slices, so that what comes out of it is never held whole
_WHOLE = 2 * SLICE
# Of a shorter first piece it cannot be told whether the rest will grow as well
_TELLING = 512
# A shorter body of known length is held until it is there: a coder of its own is far too dear
_SHORT = 65_536
# Of the first piece of such a body, so much tells whether it will grow
_SAMPLE = 1024


class Response:
    """Sends one response that could be compressed, from its start on.

    The start waits for the first message with a body, which decides; what the app sends between
    them waits behind it.  If the app raises before, nothing is sent, and the server may still
    answer with an error page.

    Args:
        start: The app's ``http.response.start``, its headers settled.
        eligible: What was read from it.
        policy: Of the layer.
        codings: Which one the client gets if the length is known, and which one if not; ``None``
            for no coding.
        head: Whether the request is HEAD, so that no body is sent.
        left: Not empty once the client was seen to have left.
        send: Of the server.
    """

    __slots__ = (
        "_coder", "_codings", "_eligible", "_gathered", "_head", "_held", "_left", "_passing",
        "_policy", "_room", "_send", "_step", "_turns",
    )  # fmt: skip

    def __init__(
        self,
        start: Message,
        eligible: Eligible,
        policy: Policy,
        codings: tuple[Coding, Coding] | None,
        *,
        head: bool,
        left: list[bool],
        send: Send,
    ) -> None:
        self._held = [own(start)]
        eligible.headers = self._held[0].get("headers", ())
        self._eligible = eligible
        self._policy = policy
        self._codings = codings
        self._head = head
        self._left = left
        self._send = send
        self._coder: Coder | None = None
        self._gathered = bytearray()
        self._passing = False
        self._room = eligible.length
        self._step = self._begin
        self._turns = Turns()

    def send(self, message: Message) -> Awaitable[None]:
        """Take what the app sends after its start."""
        return self._send(message) if self._passing else self._take(message)

    async def ended(self) -> None:
        """Let go what is held when the app returned without a body, for the server to judge."""
        if self._held:
            await self._left_alone({}, None)

    async def _take(self, message: Message) -> None:
        body = message.get("type") in (BODY, ZEROCOPY)
        try:
            await self._turns.enter()
            try:
                changed = await self._step(message)
            finally:
                self._turns.leave()
            if changed is not None:
                # No turn is kept for it: the server has its own order, and may take its time
                await self._send(changed)
        except BaseException as error:
            if isinstance(error, OSError):
                self._left.append(True)
            if body and self._coder is not None:
                # Coded bytes may be lost, and others behind them would make no sense
                self._step = self._drop
            raise

    async def _begin(self, message: Message) -> Message | None:
        """Decide by the first message that has a body; give what is to be sent of it."""
        kind = message.get("type")
        if kind != BODY:
            if kind not in FILES:
                self._held.append(own(message))
                return None
            return await self._left_alone(message, None)
        body = flat(message.get("body", b""))
        if body is None:
            return await self._left_alone(message, None)  # for the server to refuse
        more = bool(message.get("more_body"))
        size = self._eligible.length if more or self._head else len(body)
        if self._head and size is None and body and not more:
            size = len(body)
        if size is not None and size < self._policy.minimum_size:
            return await self._left_alone(message, None)
        if self._codings is None or self._left:
            return await self._left_alone(message, self._eligible.plain())
        if self._head:
            self._send = partial(open_ended, self._send)
            return await self._left_alone(message, self._eligible.bare())
        coding, for_streams = self._codings
        if size is None and not self._policy.bulk(self._eligible.content_type):
            coder = Coder(for_streams, open_ended=True, pad=self._policy.pad)
            return await self._begin_stream(coder, message, body)
        if size is not None and size <= len(body) <= _WHOLE:
            return await self._at_once(coding, message, body)
        if size is not None and size <= _SHORT and more:
            return await self._begin_short(coding, message, body)
        coder = Coder(coding, open_ended=False, pad=self._policy.pad)
        return await self._begin_stream(coder, message, body)

    async def _at_once(self, coding: Coding, message: Message, body: Piece) -> Message:
        """Send a body that is there; it stays as it is if it would grow."""
        coded = await code_whole(coding, body, self._policy.pad)
        if len(coded) >= len(body):
            return await self._left_alone(message, self._eligible.plain())
        # With trailers to come the length of the body does not end the response (RFC 9112 6.3)
        length = None if self._held[0].get("trailers") else len(coded)
        self._step = self._drop
        await self._release(self._eligible.coded(coding.name, length))
        if not message.get("more_body"):
            self._step = self._after
        return {**message, "body": coded}

    async def _begin_short(self, coding: Coding, message: Message, body: Piece) -> Message | None:
        """Send the start of a short body, and hold the body until all of it is there."""
        sample = bytes(body[:_SAMPLE])
        # What is ASCII does not grow: it has no more than seven bits in eight
        if len(sample) >= _TELLING and not sample.isascii():
            coded = await code_whole(coding, sample, self._policy.pad)
            if len(coded) >= len(sample):
                return await self._left_alone(message, self._eligible.plain())
        self._step = self._drop
        await self._release(self._eligible.coded(coding.name, None))
        self._gathered += self._fitting(message, body)[0]
        self._step = self._gather
        return None

    async def _gather(self, message: Message) -> Message | None:
        """Hold a later message of a short body, and code the body when all of it is there."""
        if message.get("type") != BODY:
            return await self._other(message)
        body = flat(message.get("body", b""))
        if body is None or self._codings is None:
            return message  # for the server to refuse
        gathered = self._gathered
        body, last = self._fitting(message, body)
        gathered += body
        if not last:
            return None
        self._step = self._drop
        self._gathered = bytearray()  # for the app may take its time to end
        if self._left:
            return await self._drop(message)
        await self._turns.yield_to_others()
        return {**message, "body": await code_whole(self._codings[0], gathered, self._policy.pad)}

    async def _begin_stream(self, coder: Coder, message: Message, body: Piece) -> Message | None:
        """Send the first message of a body that comes in several, or is sent in several."""
        body, last = self._fitting(message, body)
        slices = sliced(body)
        piece, ends = next(slices)
        coded = await code_piece(coder, piece, ends=ends, last=ends and last)
        if len(coded) >= len(piece) >= _TELLING:
            return await self._left_alone(message, self._eligible.plain())
        self._coder = coder
        self._step = self._drop
        await self._release(self._eligible.coded(coder.name, None))
        while not ends:
            await self._send({**message, "body": coded, "more_body": True})
            if self._left:
                return {**message, "body": b""}
            piece, ends = next(slices)
            coded = await code_piece(coder, piece, ends=ends, last=ends and last)
        self._step = self._go_on
        if last:
            self._step = self._drop if message.get("more_body") else self._after
        return {**message, "body": coded}

    async def _go_on(self, message: Message) -> Message | None:
        """Code a later message; give what is to be sent of it."""
        if message.get("type") != BODY:
            return await self._other(message)
        body = flat(message.get("body", b""))
        if body is None or self._coder is None:
            return message  # for the server to refuse
        body, last = self._fitting(message, body)
        coded = b""
        for piece, ends in sliced(body):
            if coded:
                await self._send({**message, "body": coded, "more_body": True})
            await self._turns.yield_to_others()
            if self._left:
                self._step = self._drop
                return await self._drop(message)
            coded = await code_piece(self._coder, piece, ends=ends, last=ends and last)
        if last:
            self._step = self._drop if message.get("more_body") else self._after
        elif not coded:
            return None  # an empty chunk would end the body on some servers
        return {**message, "body": coded}

    def _fitting(self, message: Message, body: Piece) -> tuple[Piece, bool]:
        """What of the *body* of *message* has room in the response, and whether it is the last."""
        last = not message.get("more_body")
        if self._room is not None:  # RFC 9112 6.3: all of it is there, however the app goes on
            body = body[: self._room]
            self._room -= len(body)
            last = last or not self._room
        return body, last

    async def _other(self, message: Message) -> Message | None:
        """Pass on a message amid a coded body; a file that it names becomes a part of that body.

        The server would send the file as it is, behind what was coded.
        """
        if message.get("type") != ZEROCOPY:
            return kept(message)
        ready, done, more = None, 0, True
        try:
            while more:
                if ready is not None:
                    await self._send(ready)
                if self._step == self._drop:
                    return await self._drop(message)
                piece = await in_thread(part_of, message, done)
                done += len(piece)
                more = bool(piece) and done != message.get("count")
                goes_on = more or bool(message.get("more_body"))
                ready = await self._step({"type": BODY, "body": piece, "more_body": goes_on})
        except BaseException:
            self._step = self._drop  # some of the file is lost, so nothing fits behind it
            raise
        return ready

    async def _drop(self, message: Message) -> Message | None:
        """Pass on a message of a body that is over already, or that nobody gets any more.

        The app and the server go on as they would without us; only the payload is dropped: it
        cannot be joined to what was coded, and a body that is cut is seen to be so by decoders.
        """
        kind = message.get("type")
        if kind == BODY:
            return {**message, "body": b""}
        if kind == ZEROCOPY:
            return {"type": BODY, "body": b"", "more_body": bool(message.get("more_body"))}
        if kind == "http.response.start":
            self._passing = True  # an error page in the place of what failed
        return kept(message)

    async def _after(self, message: Message) -> Message | None:
        """Pass on what follows the last body message of the app."""
        return kept(message)

    async def _left_alone(self, message: Message, headers: list[Pair] | None) -> Message:
        self._step = self._pass
        await self._release(headers)
        self._passing = True
        return message

    async def _pass(self, message: Message) -> Message:
        return message

    async def _release(self, headers: list[Pair] | None) -> None:
        """Send what was held, the start with *headers* in the place of its own."""
        (start, *others), self._held = self._held, []
        await self._send(start if headers is None else {**start, "headers": headers})
        for message in others:
            await self._send(message)
