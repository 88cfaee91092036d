"""Follow one connection, and say where it breaks a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from asgi_mw.spec import orders
from asgi_mw.spec.endings import UNFINISHED
from asgi_mw.spec.order import kind_of
from asgi_mw.spec.quick import is_sound_scope, known, note_names
from asgi_mw.spec.rule import Finding
from asgi_mw.spec.rules import RULES
from asgi_mw.spec.said import NEWEST, ordered, wrong_in_message
from asgi_mw.spec.scopes import advice_on, as_version, claimed_by, extensions_of, wrong_in
from asgi_mw.spec.tables import EXTENSIONS, RECEIVED, SENT
from asgi_mw.spec.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.spec.rule import Profile

PROFILES: dict[str, frozenset[str]] = {
    "spec": frozenset({"spec"}),
    "http": frozenset({"spec", "http"}),
    "advice": frozenset({"spec", "http", "advice"}),
}
"""The rules of each profile; each includes those of the one before."""

_ORDERS = {
    "http": (orders.HTTP_SENT, orders.HTTP_RECEIVED),
    "websocket": (orders.WEBSOCKET_SENT, orders.WEBSOCKET_RECEIVED),
    "lifespan": (orders.LIFESPAN_SENT, orders.LIFESPAN_RECEIVED),
}
_UNACCEPTED = frozenset({"connecting", "denying", "denied"})
# The states after the last part of the body was sent
_OVER = frozenset({"trailing", "trailed", "done", "denied"})
_LEAVING = frozenset({"http.disconnect", "websocket.disconnect"})
_FIRST = {kind: (sent.first, received.first) for kind, (sent, received) in _ORDERS.items()}
_QUICK = frozenset({"http", "websocket"})
_BEGUN = frozenset({"started", "streaming", "trailing"})
_NONE: frozenset[int] = frozenset()

How = Literal["returned", "raised", "cancelled"]
"""How the call of the app ended."""


class Checker:
    """Follows one connection; each thing that it finds goes to *report*, once.

    Args:
        scope: As the app got it.
        report: Takes what is found.
        profile: Which rules hold, see :data:`PROFILES`.

    Attributes:
        blind: Whether events are missing: then neither their order nor the end is judged.
        protocol: The type of the connection.
        late: The numbers of the sends of an app that knew that its client had left.
    """

    _gone = _trailers = False
    _wire: Wire | None = None
    # What the scope said before the app could write into it
    _offered: frozenset[str] = frozenset()
    _claims = True

    def __init__(
        self, scope: Any, report: Callable[[Finding], None], profile: Profile = "spec"
    ) -> None:
        # Each event reads these: an attribute of the class, changed later, takes twice the time
        self.blind = False
        self.late = _NONE
        self._events = self._waiting = 0
        # The number of the last send, and the state before it
        self._last, self._before = -1, ""
        self._report = report
        self._profiles = profiles = PROFILES[profile]
        if is_sound_scope(scope):
            kind: str = scope["type"]
            self._claimed: Any = scope["asgi"]["spec_version"]
        else:
            kind = self._judge(scope)
        self.protocol = kind
        self._sent, self._received = _FIRST.get(kind, ("", ""))
        self._quick = "http" not in profiles and kind in _QUICK
        if "http" in profiles:
            kept = scope if isinstance(scope, dict) else {}
            self._wire = Wire(kept)
            for rule, said in advice_on(kept):
                self.found(rule, said, None, "scope")

    def _judge(self, scope: Any) -> str:
        """Report what is wrong with a scope, keep what is needed of it, and return its type."""
        for rule, said in wrong_in(scope):
            self.found(rule, said, None, "scope")
        kept = scope if isinstance(scope, dict) else {}
        self._claimed = claimed_by(kept)
        self._claims = "asgi" in kept
        self._offered = frozenset(extensions_of(kept))
        note_names(kept.get("headers"))
        kind = kept.get("type")
        return kind if isinstance(kind, str) else ""

    def receiving(self) -> int:
        """The app calls ``receive``; return the number of the event."""
        number = self._events
        self._events = number + 1
        if self._waiting:
            self.found("advice.receive.at-once", "another receive still waits", number, "receive")
        self._waiting += 1
        return number

    def received(self, number: int, message: Any, size: int | None = None) -> None:
        """That call returned *message*, with *size* bytes of payload if *message* has less."""
        self._waiting -= 1
        if self._quick:
            before, sent = self._received, self._sent
            if (
                sent == "open"
                and before == "connected"
                and message.__class__ is dict
                and len(message) == 2
                and message.get("text").__class__ is str
                and (kind := message.get("type")).__class__ is str
                and kind == "websocket.receive"
            ):
                return  # most of a WebSocket
            state = known((before, sent), message)
            if state is not None:
                self._received = state
                return
        kind = self._known(number, message, "receive", RECEIVED)
        if kind is None:
            return
        for rule, said in wrong_in_message(kind, RECEIVED[kind], message, "received"):
            self.found(rule, said, number, "receive")
        if kind == "websocket.receive" and self._sent in _UNACCEPTED and not self.blind:
            said = "the app did not accept yet"
            self.found("websocket.receive.before-accept", said, number, "receive")
        if self._wire is not None:
            for rule, said in self._wire.received(message, size):
                self.found(rule, said, number, "receive")
        self._move(number, message, "receive")
        if kind in _LEAVING:
            self._gone = True
            self._quick = False

    def not_received(self) -> None:
        """That call raised."""
        self._waiting -= 1

    def sending(self, message: Any, size: int | None = None) -> int:
        """The app calls ``send`` with *message*; return the number of the event."""
        number = self._events
        self._events = number + 1
        before = self._before = self._sent
        self._last = number
        if self._quick:
            if (
                before == "open"
                and message.__class__ is dict
                and len(message) == 2
                and message.get("text").__class__ is str
                and (kind := message.get("type")).__class__ is str
                and kind == "websocket.send"
            ):
                return number  # most of a WebSocket
            state = known(before, message)
            if state is not None:
                self._sent = state
                return number
        if self._wire is not None:
            self._wire.keep()
        if self._gone and before in _BEGUN | {"waiting", "open"}:
            self.late |= {number}
        kind = self._known(number, message, "send", SENT)
        if kind is None:
            return number
        event = SENT[kind]
        if event.extension and event.extension not in self._offered:
            said = f"the server does not offer {event.extension}"
            self.found("message.extension", said, number, "send")
        # A test client that leaves "asgi" out of the scope does not claim an old version
        version = self._version() if self._claims else NEWEST
        for rule, said in wrong_in_message(kind, event, message, "message", version):
            self.found(rule, said, number, "send")
        self._move(number, message, "send")
        # A response that nobody receives need not be complete
        if self._wire is not None and not (self.blind or self._gone or self._sent == "over"):
            for rule, said in self._wire.sending(kind, message, size, over=self._sent in _OVER):
                self.found(rule, said, number, "send")
        if self._trailers:
            self._quick = False
        elif "headers" in event.keys:
            note_names(message.get("headers"))
        return number

    def sent(self, number: int) -> None:
        """That call returned."""
        if number in self.late and self._version() >= (2, 4):
            self.found("send.gone", "the client has left, and it did not raise", number, "send")

    def not_sent(self, number: int, raised: type[BaseException] | None) -> None:
        """That call raised *raised*, ``None`` if that is not known: the message did not count."""
        if self._last == number:
            self._sent = self._before
            if self._wire is not None:
                self._wire.undo()
        if raised is None or not issubclass(raised, Exception):
            return
        if issubclass(raised, OSError):
            self._gone, self._quick = True, False
        elif number in self.late and self._version() >= (2, 4):
            said = f"the client has left, and it raised {raised.__name__}"
            self.found("send.gone.kind", said, number, "send")

    def ended(self, how: How) -> None:
        """The app's call is over."""
        state = self._sent
        self._sent = "over"
        if state == "done" or self.blind or how == "cancelled":
            return
        if how == "raised":
            self._raised(state)
        elif self._refuses_quietly(state):
            said = "the app returned, and did nothing"
            self.found("scope.not-refused", said, None, "end")
        elif not self._gone or self.protocol == "lifespan":
            missing = UNFINISHED.get((self.protocol, state))
            if missing is not None:
                self.found(*missing, None, "end")

    def found(
        self,
        rule: str,
        said: str,
        at: int | None,
        where: Literal["scope", "receive", "send", "end"],
    ) -> None:
        """Report it, if the profile has the rule."""
        broken = RULES[rule]
        if broken.profile in self._profiles:
            self._report(Finding(broken, said, at, where))

    def _version(self) -> tuple[int, ...]:
        return as_version(self._claimed)

    def _raised(self, state: str) -> None:
        if self.protocol == "http" and state in _BEGUN and not self._gone:
            said = "an exception left the app in the middle of its response"
            self.found("http.raised-after-start", said, None, "end")
        elif self.protocol == "lifespan" and state == "starting":
            said = "an exception left the app after it was asked to start"
            self.found("advice.lifespan.raised", said, None, "end")
        elif self.protocol == "lifespan" and state in {"up", "stopping"}:
            self.found("lifespan.raised-late", "an exception left the app", None, "end")

    def _refuses_quietly(self, state: str) -> bool:
        """Whether the app did nothing with a protocol that it need not know."""
        return self._events == 0 and (self.protocol not in _ORDERS or state == "idle")

    def _known(
        self, number: int, message: Any, where: Literal["receive", "send"], table: dict[str, Any]
    ) -> str | None:
        """The type of a message, if the table has it for this protocol; otherwise report it."""
        which = "received" if where == "receive" else "message"
        if not isinstance(message, dict):
            said = f"the message is {type(message).__qualname__}, not dict"
            self.found(f"{which}.dict", said, number, where)
            return None
        kind = message.get("type")
        if not isinstance(kind, str):
            self.found(f"{which}.type", "the message has no type", number, where)
            return None
        if self.protocol not in _ORDERS:
            return None
        kind = str.__str__(kind)
        if kind in table and kind.startswith(self.protocol + "."):
            return kind
        protocol = kind.partition(".")[0]
        if protocol != self.protocol and where == "send":
            said = f"{kind!r} on a connection of type {self.protocol!r}"
            self.found("message.protocol", said, number, where)
        elif protocol != self.protocol or not self._offered - EXTENSIONS:
            self.found(f"{which}.unknown", f"{kind!r} is not known", number, where)
        return None

    def _move(self, number: int, message: Any, where: Literal["receive", "send"]) -> None:
        """Go on to the next state."""
        sends = where == "send"
        shared = self.protocol == "lifespan"
        order = _ORDERS[self.protocol][0 if sends else 1]
        kind = kind_of(message)
        step = order.step(self._sent if sends or shared else self._received, kind)
        if step.rule and not self.blind:
            self.found(step.rule, ordered(kind, self._sent if sends else ""), number, where)
        state = step.state
        if kind == "http.response.start" and not step.rule:
            self._trailers = bool(message.get("trailers"))
        if state in {"ended", "filed"} and self._trailers:
            state = "trailing"
        elif state == "ended":
            state = "done"
        if sends or shared:
            self._sent = state
        else:
            self._received = state
