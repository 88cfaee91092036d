"""One eligible response from its start on: hold it or send it, and decide how its body is sent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from asgi_mw.middleware.compression.body import Body
from asgi_mw.middleware.compression.decision import kept
from asgi_mw.middleware.compression.messages import BODY, FILES, START, open_ended, own
from asgi_mw.middleware.compression.stream import SLICE, Coder, flat, sliced
from asgi_mw.middleware.compression.turns import code_piece, code_whole

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from asgi_mw.headers import Pair
    from asgi_mw.middleware.compression.decision import Eligible
    from asgi_mw.middleware.compression.policy import Policy
    from asgi_mw.middleware.compression.stream import Coding, Piece
    from asgi_mw.types import Message, Send

# A longer body is compressed and sent in slices, so that the result is never held as a whole
_WHOLE = 2 * SLICE
# A shorter first piece does not show whether the rest will grow as well
_TELLING = 512
# A shorter body of known length is held until it is there: a coder of its own costs far too much
_SHORT = 65_536
# So many bytes of the first piece of such a body show whether it will grow
_SAMPLE = 1024


class Response(Body):
    """Sends one response that could be compressed, from its start on.

    :meth:`open` sends the start if its headers show a stream.  Any other start waits for the first
    message with a body, which decides; what the app sends between the two waits as well.

    Args:
        start: The app's ``http.response.start``, its headers settled.
        eligible: What was read from it.
        policy: The options of the layer.
        codings: Which one the client gets if the length is known, and which one if not; ``None``
            for no coding.
        head: Whether the request is HEAD, so that no body is sent.
        left: Not empty once the client was seen to have left.
        send: The ``send`` of the server.
    """

    __slots__ = ("_eligible", "_head", "_policy")

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
        super().__init__(
            own(start), codings, length=eligible.length, pad=policy.pad, left=left, send=send
        )
        eligible.headers = self._held[0].get("headers", ())
        self._eligible = eligible
        self._policy = policy
        self._head = head
        self._step = Response._begin

    def open(self, codings: tuple[Coding, Coding]) -> Awaitable[None]:
        """Send the start now: the response is compressed whatever its body is."""
        [start], self._held = self._held, []
        if self._left:
            self._passing = True
            return self._send({**start, "headers": self._eligible.plain()})
        self._step = Response._begin_opened
        name = codings[self._is_flushed()].name
        return self._send({**start, "headers": self._eligible.coded(name, None)})

    def send(self, message: Message) -> Awaitable[None]:
        """Take what the app sends after its start."""
        return self._send(message) if self._passing else self._take(message)

    async def ended(self) -> None:
        """Send what is still held, once the app has returned or raised."""
        if self._held:
            await self._left_alone({}, None)  # without a body, for the server to judge
        elif self._step is Response._over:
            # With the declared length, the client would have known that it has all
            await self._send({"type": BODY, "body": b"", "more_body": False})
        elif (
            (self._gathered or self._step is Response._gather)
            and self._codings is not None
            and not self._left
        ):
            # It is cut: the client gets what there is, and the start if its server held that back
            coder = Coder(self._codings[0], open_ended=False, pad=self._pad)
            coded = await code_piece(coder, bytes(self._gathered), ends=True, last=False)
            await self._send({"type": BODY, "body": coded, "more_body": True})

    async def _begin(self, message: Message) -> Message | None:
        """Decide by the first message that has a body; return what is to be sent of it."""
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
        size = self._eligible.length
        if size is None:
            size = None if more or (self._head and not body) else len(body)
        elif size < len(body) or (size > len(body) and not more):
            # Not as it was declared: for the server to judge, which sees the length
            return await self._left_alone(message, self._eligible.plain())
        if size is not None and size < self._policy.minimum_size:
            return await self._left_alone(message, None)
        if self._codings is None or self._left:
            return await self._left_alone(message, self._eligible.plain())
        if self._head:
            self._send = partial(open_ended, self._send)
            return await self._left_alone(message, self._eligible.bare())
        if size is not None and size <= len(body) <= _WHOLE:
            return await self._at_once(self._codings[0], message, body)
        if size is not None and size <= _SHORT and more:
            return await self._begin_short(self._codings[0], message, body)
        return await self._begin_stream(self._coder_of(self._codings, size), message, body)

    def _is_flushed(self) -> bool:
        """Whether a response of unknown length is flushed with every message."""
        return not self._policy.bulk(self._eligible.content_type)

    def _coder_of(self, codings: tuple[Coding, Coding], size: int | None) -> Coder:
        flushed = size is None and self._is_flushed()
        return Coder(codings[flushed], open_ended=flushed, pad=self._pad)

    async def _begin_opened(self, message: Message) -> Message | None:
        """Make the coder when there is something to compress; streams may be silent for hours."""
        kind = message.get("type")
        if kind == START:
            self._passing = True  # an error page in the place of a start that the server refused
            return message
        if kind not in (BODY, *FILES) or self._codings is None:
            return kept(message)
        self._coder = self._coder_of(self._codings, None)
        self._step = Response._go_on
        return await self._go_on(message)

    async def _at_once(self, coding: Coding, message: Message, body: Piece) -> Message:
        """Send a body that is there as a whole; it stays as it is if it would grow."""
        coded = await code_whole(coding, body, self._pad)
        if len(coded) >= len(body):
            return await self._left_alone(message, self._eligible.plain())
        # With trailers to come the length of the body does not end the response (RFC 9112 6.3)
        length = None if self._held[0].get("trailers") else len(coded)
        self._step = Response._drop
        await self._release(self._eligible.coded(coding.name, length))
        return self._last(message, coded)

    async def _begin_short(self, coding: Coding, message: Message, body: Piece) -> Message | None:
        """Send the start of a short body, and hold the body until all of it is there."""
        sample = bytes(body[:_SAMPLE])
        # ASCII does not grow: it uses no more than seven bits of eight
        if len(sample) >= _TELLING and not sample.isascii():
            coded = await code_whole(coding, sample, self._pad)
            if len(coded) >= len(sample):
                return await self._left_alone(message, self._eligible.plain())
        self._step = Response._drop
        await self._release(self._eligible.coded(coding.name, None))
        self._ends(message, body)
        self._gathered += body
        self._step = Response._gather
        return None

    async def _begin_stream(self, coder: Coder, message: Message, body: Piece) -> Message | None:
        """Send the first message of a body that comes in several, or is sent in several."""
        last = not message.get("more_body") or len(body) == self._eligible.length
        slices = sliced(body)
        piece, ends = next(slices)
        coded = await code_piece(coder, piece, ends=ends, last=ends and last)
        if len(coded) >= len(piece) >= _TELLING:
            return await self._left_alone(message, self._eligible.plain())
        self._coder = coder
        self._ends(message, body)
        self._step = Response._drop
        await self._release(self._eligible.coded(coder.name, None))
        while not ends:
            await self._send({**message, "body": coded, "more_body": True})
            if self._left:
                return {**message, "body": b""}
            piece, ends = next(slices)
            coded = await code_piece(coder, piece, ends=ends, last=ends and last)
        self._step = Response._go_on
        return self._last(message, coded) if last else {**message, "body": coded}

    async def _left_alone(self, message: Message, headers: list[Pair] | None) -> Message:
        self._step = Response._pass
        await self._release(headers)
        self._passing = True
        return message

    async def _release(self, headers: list[Pair] | None) -> None:
        """Send what was held, the start with *headers* in the place of its own."""
        (start, *others), self._held = self._held, []
        await self._send(start if headers is None else {**start, "headers": headers})
        for message in others:
            await self._send(message)
