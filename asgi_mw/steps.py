"""The steps of an exchange: what passed each boundary between server, layers and app, in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from asgi_mw.messages import STARTS
from asgi_mw.passages import Crossing
from asgi_mw.spent import last_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from asgi_mw.events import Event, Exchange
    from asgi_mw.passages import HeaderChanges, Passage

Kind: TypeAlias = Literal["call", "receive", "send", "return", "raise"]
# What a layer did to a key of the scope or to a header, and its name
Change: TypeAlias = tuple[Literal["added", "removed", "replaced"], str]
# Within one moment, an end comes last
_ENDS = frozenset({"return", "raise"})


class Step(NamedTuple):
    """What passed one boundary: a message, the call of what is inside it, or the end of that.

    Attributes:
        moment: When it had passed, in ns; while it is awaited, the last moment that is known.
        at: Which boundary: between column *at*, where 0 is the server, and the next.
        kind: What it is.
        type: The type of the message, empty where there is none; or what was raised.
        status: That of the message, if it begins a response.
        size: Bytes of payload.
        raised: Type of the exception that left ``receive`` or ``send``.
        took: How long that was awaited, in ns; ``None`` while it is, and for what is no message.
        number: Which of the calls at this boundary it is; ``None`` for what is no message.
    """

    moment: int
    at: int
    kind: Kind
    type: str = ""
    status: int | None = None
    size: int = 0
    raised: str | None = None
    took: int | None = None
    number: int | None = None

    @property
    def inward(self) -> bool:
        """Whether it goes from the server to the app."""
        return self.kind in {"call", "receive"}

    @property
    def start(self) -> int:
        """The column that it comes from."""
        return self.at if self.inward else self.at + 1

    @property
    def end(self) -> int:
        """The column that it goes to."""
        return self.at + 1 if self.inward else self.at


def steps(exchange: Exchange, layers: Sequence[Passage]) -> list[Step]:
    """All steps of *exchange* through *layers*, in the order of the moments.

    >>> from asgi_mw.events import Event, Exchange, Worker
    >>> sent = Event("send", 30, 80, {"type": "http.response.body"})
    >>> one = Exchange("", Worker("", 1), "http", {}, 0, (sent,), returned=100)
    >>> [(step.moment, step.kind, step.start, step.end) for step in steps(one, ())]
    [(0, 'call', 0, 1), (30, 'send', 1, 0), (100, 'return', 1, 0)]
    """
    until = last_moment(exchange)
    found: list[Step] = []
    for at, moment in enumerate(_calls(layers)):
        found.append(Step(moment, at, "call"))
        calls = calls_at(exchange, layers, at)
        found += [_message(at, number, one, until) for number, one in enumerate(calls)]
        over, what = _left(exchange, layers, at), _raised(exchange, layers, at)
        if over is not None:
            found.append(Step(over, at, "raise" if what else "return", what or ""))
    # Within one moment, what is nearer to where it began comes first
    return sorted(
        found, key=lambda one: (one.moment, one.kind in _ENDS, one.at if one.inward else -one.at)
    )


def calls_at(exchange: Exchange, layers: Sequence[Passage], at: int) -> Sequence[Event | Crossing]:
    """The calls of ``receive`` and ``send`` at a boundary, in their order."""
    return layers[at - 1].crossings if at else exchange.events


def changes(step: Step, layers: Sequence[Passage]) -> list[Change]:
    """What the layer that *step* comes from changed in it, by name; each once."""
    if not 0 < step.start <= len(layers):
        return []  # the server and the app are no layers
    layer = layers[step.start - 1]
    found: list[Change] = []
    if step.kind == "call":
        scope = layer.scope
        found += _changes(scope.added, scope.removed, scope.replaced)
        found += _header_changes(layer.request.headers)
    elif step.type in STARTS:
        found += _header_changes(layer.response.headers)
    return list(dict.fromkeys(found))


def _header_changes(headers: HeaderChanges) -> Iterator[Change]:
    pairs = (headers.added, headers.removed, headers.replaced)
    return _changes(*[[one[0].decode("latin-1").lower() for one in some] for some in pairs])


def _changes(
    added: Iterable[str], removed: Iterable[str], replaced: Iterable[str]
) -> Iterator[Change]:
    yield from (("added", name) for name in added)
    yield from (("removed", name) for name in removed)
    yield from (("replaced", name) for name in replaced)


def _calls(layers: Sequence[Passage]) -> Iterator[int]:
    """When each boundary was called, from outside in, as far as the call went."""
    moment = 0
    for at in range(len(layers) + 1):
        if at:
            outer = layers[at - 1]
            inner = layers[at].entered if at < len(layers) else None
            known = outer.handed_on if inner is None else inner
            if known is None and outer.visible:
                return
            moment = max(moment, known or 0)
        elif layers:
            moment = layers[0].entered or 0
        yield moment


def _message(at: int, number: int, one: Event | Crossing, until: int) -> Step:
    status = one.status if isinstance(one, Crossing) else one.message.get("status")
    arrived = until if one.returned is None else one.returned
    took = None if one.returned is None else one.returned - one.called
    return Step(
        one.called if one.direction == "send" else arrived,
        at,
        one.direction,
        one.type,
        status if isinstance(status, int) else None,
        one.size,
        one.raised,
        took,
        number,
    )


def _left(exchange: Exchange, layers: Sequence[Passage], at: int) -> int | None:
    """When what is inside a boundary returned or raised; ``None`` while it did not."""
    if at < len(layers):
        left = layers[at].left
        if left is None and at:
            return _left(exchange, layers, at - 1)
        return exchange.returned if left is None else left
    if not layers:
        return exchange.returned
    # Nobody saw the app itself return: it did before its layer went on
    over = _left(exchange, layers, at - 1)
    if over is None or layers[-1].fault is None:
        return over
    last = max((one.returned or one.called for one in layers[-1].crossings), default=0)
    sends = (one.called for one in calls_at(exchange, layers, at - 1) if one.direction == "send")
    return next((called for called in sends if last < called <= over), over)


def _raised(exchange: Exchange, layers: Sequence[Passage], at: int) -> str | None:
    """What went out through a boundary as an exception; ``None`` if nothing did."""
    error = exchange.error
    what = None if error is None or error.swallowed else f"{error.type}: {error.message}"
    for layer in layers[:at]:
        what = what if layer.fault is None else layer.fault.inside
    return what
