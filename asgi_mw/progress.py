"""Follow one connection through its messages: :class:`Progress`.

The order of messages is in the `HTTP and WebSocket specification
<https://asgi.readthedocs.io/en/latest/specs/www.html>`_.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from asgi_mw.messages import RESPONSE_STARTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import Message

Outcome: TypeAlias = Literal["complete", "client_gone", "error", "cancelled", "incomplete"]


class Progress:
    """The state of one connection, as its messages pass by.

    Feed it each message with its :func:`payload_size` and each moment (ns of one monotonic
    clock): :meth:`received` after ``receive`` returned, :meth:`sending` when ``send`` is called,
    :meth:`over` once the send that ended the response returned, :meth:`failed` when a send
    raised.  It only observes: messages that the specification forbids do not change it.  Log,
    span and recording all use it, and so they never differ.

    A response is over when its last message was sent, a WebSocket when either side closed it in
    order (a disconnect with code 1006 means that nobody said goodbye, RFC 6455 7.1.5), a
    lifespan when the shutdown was answered.  Some servers report a disconnect after every
    response: if one comes while the last message is being sent, the end of that send decides.

    Attributes:
        begun: The response was started, the WebSocket accepted or denied.
        complete: It is over, and nothing went wrong before.
        gone: The client was seen to have left before it was over.
        refused: The app said that its startup or shutdown failed.
        first: When the response began; ``None`` before.
        ended: When it was over; ``None`` before.
        left: When the app returned or raised, if it was not over then.
        status: HTTP status; 101 for an accepted WebSocket, 403 for one closed before.
        bytes_in, bytes_out: Payload bytes that the app received and sent.
        messages_in, messages_out: WebSocket messages that the app received and sent.
        close_code, close_reason: How the WebSocket was closed; ``None`` before.
        subprotocol: The one that the app chose.
        waits: What the app awaits, by the moment of the call: ``receive``, or the type of a
            message that it sends; see ``Part.waits``.
        expects: Whether more of the request is to come; known only where ``waits`` is.
        uncounted: Part of the body was sent by the server itself, its bytes unknown here.

    >>> progress = Progress("http")
    >>> progress.sending({"type": "http.response.start", "status": 204}, 0, 10)
    False
    >>> progress.sending({"type": "http.response.body"}, 0, 11)
    True
    >>> progress.over(12)
    >>> progress.status, progress.ended, progress.outcome(None)
    (204, 12, 'complete')
    """

    refused = uncounted = False
    left: int | None = None
    _parted: Message | None = None  # the disconnect that came while the last message was sent
    close_code: int | None = None
    close_reason: str | None = None
    subprotocol: str | None = None
    waits: dict[int, str | None]
    expects: object = True

    def __init__(self, type: str) -> None:  # noqa: A002  # the scope's own word
        self.type = type
        self._moved_by = _MOVED_BY.get(type, _NOTHING)
        # What most connections change is set here, not on the class, for speed
        self.begun = self.complete = self.gone = self._trailers = False
        self._awaits = ""  # what a response that was begun goes on with: body or trailers
        self._ending = False  # its last message is being sent
        self.first: int | None = None
        self.ended: int | None = None
        self.status: int | None = None
        self.bytes_in = self.bytes_out = self.messages_in = self.messages_out = 0

    @property
    def streaming(self) -> bool:
        """Whether the body of a response is under way."""
        return self._awaits == "body"

    def last(self, clock: Callable[[], int]) -> int:
        """When it was over, or else when the app returned or raised; before that, now."""
        if self.ended is not None:
            return self.ended
        return clock() if self.left is None else self.left

    def received(self, message: Message, size: int, now: int) -> None:
        """Note what ``receive`` returned, with *size* bytes of payload."""
        kind = message.get("type")
        if kind == "websocket.receive":
            self.messages_in += 1
            self.bytes_in += size
        elif kind == "http.request":
            self.bytes_in += size
        elif self.complete:
            return  # servers repeat the disconnect after every response
        elif kind in _DISCONNECTS and self.gone:
            if self.close_code is None:  # a send found it before, which does not say how
                self._closed(message)
        elif kind in _DISCONNECTS:
            if self._ending:
                self.gone, self._parted = True, message
            else:
                self._disconnected(message, now)

    def _disconnected(self, message: Message, now: int) -> None:
        self.gone = True
        if message.get("type") == "websocket.disconnect":
            self._closed(message)
            if self.begun and self.close_code != 1006:
                self.over(now)

    def _closed(self, message: Message) -> None:
        self.close_code, self.close_reason = message.get("code"), message.get("reason")

    def sending(self, message: Message, size: int, now: int) -> bool:
        """Note what the app sends, with *size* bytes; ``True`` if it ends the response.

        A client that was seen to have left gets no complete response any more.
        """
        kind = message.get("type")
        if self.complete or kind not in self._moved_by:
            return False
        if kind == "websocket.send":
            if self.begun and not self._awaits:
                self.messages_out += 1
                self.bytes_out += size
            return False
        if kind in _BODIES:
            if self._awaits != "body":
                return False
            self.bytes_out += size
            if kind in _BY_THE_SERVER:
                self.uncounted = True
            if message.get("more_body"):
                return False
            self._awaits = "trailers" if self._trailers else ""
            ends = not self._trailers
        elif kind in RESPONSE_STARTS:
            if not self.begun:
                self._begin(now, message.get("status"))
                self._awaits = "body"
                self._trailers = bool(message.get("trailers"))
            return False
        elif kind == "websocket.accept":
            if not self.begun:
                self._begin(now, 101)
                self.subprotocol = message.get("subprotocol")
            return False
        elif kind == "http.response.trailers":
            ends = self._awaits == "trailers" and not message.get("more_trailers")
        elif kind == "websocket.close":
            if self.gone or self._awaits:
                return False
            if not self.begun:
                self._begin(now, 403)
            self.close_code = message.get("code", 1000)
            self.close_reason = message.get("reason")
            ends = True
        else:
            return self._lifespan(kind, now)
        self._ending = ends and not self.gone
        return self._ending

    def over(self, now: int) -> None:
        """Note that the message that ends the response was sent."""
        if not self.complete:
            self.complete = True
            self.gone = False
            self.ended = now

    def failed(self, error: BaseException, now: int = 0, *, ends: bool = False) -> None:
        """Note that a send raised *error*: an ``OSError`` means that the client left.

        Since HTTP specification 2.4 a server should raise one on a closed connection.  A send
        that *ends* the response and is cancelled after the disconnect has done its work: the
        server reported the disconnect at the end, and the framework took it for the client's.
        """
        if self.complete:
            return
        parted = self._parted
        if ends:
            self._ending, self._parted = False, None
        if ends and parted is not None:
            if is_cancellation(error):
                self.over(now)
            else:
                self._disconnected(parted, now)
        elif isinstance(error, OSError):
            self.gone = True

    def outcome(self, error: BaseException | None) -> Outcome:
        """How the connection ended, given what left the app."""
        if self.refused:
            return "error"
        if self.complete:
            # A 500 that is sent and then raised is one fact; background work is another.
            failed = error is not None and not is_cancellation(error)
            return "error" if failed and (self.status or 0) >= 500 else "complete"
        if self.gone:
            return "client_gone"
        if error is None:
            return "incomplete" if self.type in _MOVED_BY else "complete"
        return "cancelled" if is_cancellation(error) else "error"

    def _begin(self, now: int, status: object) -> None:
        self.begun = True
        self.first = now
        self.status = status if isinstance(status, int) else None

    def _lifespan(self, kind: object, now: int) -> bool:
        if kind == "lifespan.startup.complete":
            if not self.begun:
                self._begin(now, None)
            return False
        if kind == "lifespan.shutdown.complete":
            return self.begun
        # Which of the two failures it is has to fit what went before
        fits = self.begun == (kind == "lifespan.shutdown.failed")
        self.refused = self.refused or fits
        return fits


def is_cancellation(error: BaseException) -> bool:
    """Whether *error* means that the app was told to stop, by asyncio, trio or its closing.

    Cancellation is no ``Exception`` in either; a group is one when all of its members are.

    >>> is_cancellation(GeneratorExit()), is_cancellation(ValueError())
    (True, False)
    """
    found: list[BaseException] = [error]
    while found:
        one = found.pop()
        # Not ``subgroup``: it calls what the group's author wrote, and recurses
        if isinstance(one, BaseExceptionGroup):
            found += one.exceptions
        elif isinstance(one, (Exception, KeyboardInterrupt, SystemExit)):
            return False
    return True


_BY_THE_SERVER = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
_BODIES = _BY_THE_SERVER | {"http.response.body", "websocket.http.response.body"}
_DISCONNECTS = frozenset({"http.disconnect", "websocket.disconnect"})
_NOTHING: frozenset[str] = frozenset()
# The messages of an app that matter here, by the type of the connection
_MOVED_BY = {
    "http": frozenset(
        {
            *("http.response.start", "http.response.body", "http.response.trailers"),
            *("http.response.zerocopysend", "http.response.pathsend"),
        }
    ),
    "websocket": frozenset(
        {
            *("websocket.accept", "websocket.send", "websocket.close"),
            *("websocket.http.response.start", "websocket.http.response.body"),
        }
    ),
    "lifespan": frozenset(
        {
            *("lifespan.startup.complete", "lifespan.startup.failed"),
            *("lifespan.shutdown.complete", "lifespan.shutdown.failed"),
        }
    ),
}
