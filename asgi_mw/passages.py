"""What each layer of an app did with a connection, as frozen facts: :class:`Passage`.

A layer stands between two boundaries, where messages were seen: its outside, which is the server
or the next layer outward, and its inside, the next layer inward or the app.  Times are nanoseconds
after :attr:`Exchange.began <asgi_mw.Exchange>`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Header: TypeAlias = tuple[bytes, bytes]
What: TypeAlias = Literal["swallowed", "replaced", "raised"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """One call of ``receive`` or ``send`` that crossed the inner boundary of a layer.

    Attributes:
        direction: ``"receive"`` or ``"send"``, as for an :class:`~asgi_mw.Event`.
        called: When what is inside called it, in ns.
        returned: When the call returned or raised, in ns; ``None`` while it is awaited.
        type: The type of the message; empty where there is none.
        status: That of the message, if it begins a response.
        size: Bytes of payload.
        raised: Type of the exception that left the call.
    """

    direction: Literal["receive", "send"]
    called: int
    returned: int | None
    type: str
    status: int | None = None
    size: int = 0
    raised: str | None = None


@dataclass(frozen=True, slots=True)
class HeaderChanges:
    """What a layer did to headers, with secrets masked.

    Attributes:
        added: Pairs of name and value.
        removed: The same.
        replaced: Name, value before, value after.
    """

    added: tuple[Header, ...] = ()
    removed: tuple[Header, ...] = ()
    replaced: tuple[tuple[bytes, bytes, bytes], ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.added or self.removed or self.replaced)


@dataclass(frozen=True, slots=True)
class ScopeChanges:
    """What a layer did to the scope, except for its headers, with secrets masked."""

    added: Mapping[str, Any] = field(default_factory=dict)
    removed: Mapping[str, Any] = field(default_factory=dict)
    replaced: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.added or self.removed or self.replaced)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The messages of one direction at both boundaries of a layer, in the order they go.

    For a request that is outside, then inside; for a response inside, then outside.

    Attributes:
        headers: What the layer did to them.
        body: Bytes of payload before and after.
        messages: How many messages before and after.
        changed: The layer changed anything of it.
        status: That of a response before and after; ``None`` if there is neither.
    """

    headers: HeaderChanges = HeaderChanges()
    body: tuple[int, int] = (0, 0)
    messages: tuple[int, int] = (0, 0)
    changed: bool = False
    status: tuple[int | None, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What a layer did with an exception, as ``"ValueError: no such luck"``, secrets masked.

    Attributes:
        inside: What left the inside of the layer.
        outside: What left the layer.
        what: ``"swallowed"``, ``"replaced"`` by another, or ``"raised"`` by the layer itself.
    """

    inside: str | None
    outside: str | None
    what: What


@dataclass(frozen=True, slots=True)
class Passage:
    """What one layer did with a connection.

    Attributes:
        name: What the layer is called.
        layer: The same with its options, as :func:`~asgi_mw.explain` shows it.
        visible: Both of its boundaries were seen.
        why: Why one was not.
        entered: When it was called, in ns; ``None`` if it never was, or that is not known.
        handed_on: When it first called what is inside it, in ns; ``None`` if it never did.
        left: When it returned or raised, in ns; ``None`` in flight.
        own: How long it took itself, in ns: without what is inside it, and without waiting for
            what is outside; ``None`` if that is not known.
        scope: What it changed in the scope.
        request: What it changed in what the app receives.
        response: What it changed in what the app sends.
        answered: It answered instead of what is inside it.
        received: How many messages it received instead of what is inside it.
        fault: What it did with an exception; ``None`` if it let it pass, or there was none.
        crossings: What crossed its inner boundary, in the order of the calls.
    """

    name: str
    layer: str
    visible: bool = True
    why: str | None = None
    entered: int | None = None
    handed_on: int | None = None
    left: int | None = None
    own: int | None = None
    scope: ScopeChanges = field(default_factory=ScopeChanges)
    request: Traffic = Traffic()
    response: Traffic = Traffic()
    answered: bool = False
    received: int = 0
    fault: Fault | None = None
    crossings: tuple[Crossing, ...] = ()
