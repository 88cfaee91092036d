"""What each layer did with a connection, found out from the raw facts of its ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.intervals import total, union, without
from asgi_mw.ledger import (
    BOUNDARY,
    CALLED,
    CHANGES,
    ERROR,
    HELD,
    KIND,
    OUTSIDE,
    PAIRS,
    RAISED,
    RETURNED,
    SIZE,
    STATUS,
    STRIDE,
    TYPE,
)
from asgi_mw.passages import Crossing, Fault, Passage, ScopeChanges, Traffic
from asgi_mw.recorder.header_changes import header_changes
from asgi_mw.scope_changes import MISSING
from asgi_mw.spent import waits
from asgi_mw.tracebacks import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.intervals import Spans
    from asgi_mw.ledger import Ledger, Node
    from asgi_mw.passages import What
    from asgi_mw.redaction import Redaction
    from asgi_mw.scope_changes import Change

_LONGEST_TYPE = 100


class Side:
    """What crossed one boundary.

    Attributes:
        calls: The calls of what is inside, each a raw fact.
        crossings: The messages, in the order of the calls.
        pairs: The headers of all that was sent.
        missing: How many messages, and bytes, are not among them, by direction.
    """

    def __init__(self, ledger: Ledger, boundary: int, origin: int) -> None:
        self.calls: list[list[Any]] = []
        self.origin = origin
        self.pairs: list[Any] = []
        self.crossings: list[Crossing] = []
        self.missing = {
            direction: counts
            for (number, direction), counts in ledger.totals.items()
            if number == boundary
        }
        rows = ledger.rows
        for at in range(0, len(rows), STRIDE):
            if rows[at + BOUNDARY] == boundary:
                row = rows[at : at + STRIDE]
                if row[KIND] == "call":
                    self.calls.append(row)
                else:
                    self._cross(row)

    def _cross(self, row: list[Any]) -> None:
        returned, status = row[RETURNED], row[STATUS]
        self.pairs += row[PAIRS] or ()
        self.crossings.append(
            Crossing(
                row[KIND],
                row[CALLED] - self.origin,
                None if returned is None else returned - self.origin,
                "" if row[TYPE] is None else str(row[TYPE])[:_LONGEST_TYPE],
                status if status.__class__ is int else None,
                row[SIZE],
                row[RAISED],
            )
        )

    @property
    def request(self) -> list[Any]:
        """The headers of the request at this boundary."""
        return next((one[PAIRS] for one in reversed(self.calls) if one[PAIRS] is not None), [])

    @property
    def status(self) -> int | None:
        """The status of the response."""
        for one in self.sent:
            if one.type == "websocket.accept":
                return 101
            if one.status is not None:
                return one.status
        return None

    @property
    def sent(self) -> list[Crossing]:
        """What was sent."""
        return [one for one in self.crossings if one.direction == "send"]

    @property
    def received(self) -> list[Crossing]:
        """What was received, without a ``receive`` that still waits."""
        return [one for one in self.crossings if one.direction == "receive" and one.type]

    def spans(self) -> Spans:
        """When a call of what is inside was under way."""
        return union(
            [
                (one[CALLED] - self.origin, one[RETURNED] - self.origin)
                for one in self.calls
                if one[RETURNED]
            ]
        )

    def waits(self, end: int) -> Spans:
        """When what is inside waited for what is outside, until *end*."""
        found = waits(self.crossings, end, http=True)
        return union((at, until) for wait, at, until in found if wait != "listen")


def passages_of(
    ledger: Ledger, origin: int, redact: Redaction, masked: list[str]
) -> tuple[Passage, ...]:
    """What each layer did, outermost first.

    Args:
        ledger: The raw facts.
        origin: The beginning of its clock.
        redact: What masks them.
        masked: Takes the names of what was masked.
    """
    sides = _sides(ledger, origin)
    return tuple(
        _passage(node, sides[node.outer], sides[node.inner], ledger, redact, masked)
        for node in _believed(ledger.nodes, sides)
    )


def _believed(nodes: Sequence[Node], sides: dict[int | None, Side | None]) -> Iterator[Node]:
    """*nodes*, without the boundaries that calls went past: they are not where they seem to be."""
    reached = max(
        (at for at, side in sides.items() if at is not None and side and side.calls), default=0
    )
    passed = {
        at
        for at, side in sides.items()
        if at is not None and at < reached and side and not side.calls
    }
    for node in nodes:
        if node.inner in passed:
            yield node._replace(inner=None, why=node.why or HELD)
        elif node.outer in passed:
            yield node._replace(outer=None, why=node.why or OUTSIDE)
        else:
            yield node


def taken_by_layers(ledger: Ledger, origin: int) -> int | None:
    """The time that all layers together took themselves, in ns; ``None`` without layers."""
    if not ledger.nodes:
        return None
    sides = _sides(ledger, origin)
    both = [(sides[node.outer], sides[node.inner]) for node in _believed(ledger.nodes, sides)]
    return sum(_own(outer, inner) or 0 for outer, inner in both if outer and inner and outer.calls)


def _sides(ledger: Ledger, origin: int) -> dict[int | None, Side | None]:
    """What crossed each boundary that there is."""
    sides: dict[int | None, Side | None] = {None: None}
    for node in ledger.nodes:
        for number in (node.outer, node.inner):
            if number not in sides:
                sides[number] = Side(ledger, number or 0, origin)
    return sides


def _passage(  # noqa: PLR0917  # private
    node: Node,
    outer: Side | None,
    inner: Side | None,
    ledger: Ledger,
    redact: Redaction,
    masked: list[str],
) -> Passage:
    crossings = () if inner is None else tuple(inner.crossings)
    layer = redact.text(node.layer)
    if outer is None or inner is None:
        return Passage(node.name, layer, visible=False, why=node.why, crossings=crossings)
    if not outer.calls:
        return Passage(node.name, layer, visible=True, crossings=crossings)
    entered, left = outer.calls[0][CALLED], outer.calls[-1][RETURNED]
    return Passage(
        node.name,
        layer,
        entered=entered - outer.origin,
        handed_on=inner.calls[0][CALLED] - inner.origin if inner.calls else None,
        left=None if left is None else left - outer.origin,
        own=_own(outer, inner),
        scope=_scope_changes(inner.calls, redact, masked),
        request=_traffic(outer, inner, "receive", redact, masked),
        response=_traffic(inner, outer, "send", redact, masked),
        answered=bool(outer.sent and not inner.sent and "send" not in inner.missing),
        received=_in_its_place(outer, inner),
        fault=_fault(outer, inner, ledger, redact),
        crossings=crossings,
    )


def _own(outer: Side, inner: Side) -> int | None:
    """How long the layer between these took itself; ``None`` if that cannot be known."""
    if (
        outer.missing
        or inner.missing
        or any(one[RETURNED] is None for one in [*outer.calls, *inner.calls])
    ):
        return None
    there = outer.spans()
    end = there[-1][1] if there else 0
    inside = without(inner.spans(), inner.waits(end))
    return total(without(there, [*inside, *outer.waits(end)]))


def _scope_changes(
    calls: Sequence[list[Any]], redact: Redaction, masked: list[str]
) -> ScopeChanges:
    """What had changed at the first call of the inside; *masked* takes the names of secrets."""
    changes: Sequence[Change] = calls[0][CHANGES] if calls else ()

    def shown(key: str, value: Any) -> Any:
        _, dot, member = key.partition(".")
        name = member if key.startswith("state.") and dot else key
        found, names = redact.scope({name: value})
        masked.extend(f"scope {one}" for one in names)
        return found[name]

    return ScopeChanges(
        {key: shown(key, after) for key, before, after in changes if before is MISSING},
        {key: shown(key, before) for key, before, after in changes if after is MISSING},
        {
            key: (shown(key, before), shown(key, after))
            for key, before, after in changes
            if before is not MISSING and after is not MISSING
        },
    )


def _traffic(
    before: Side, after: Side, direction: str, redact: Redaction, masked: list[str]
) -> Traffic:
    sends = direction == "send"
    ones = [before.sent, after.sent] if sends else [before.received, after.received]
    was, now = before.missing.get(direction, (0, 0)), after.missing.get(direction, (0, 0))
    pairs = [before.pairs, after.pairs] if sends else [before.request, after.request]
    if not sends and not after.calls:
        pairs = [[], []]  # nothing was handed on
    status = (before.status, after.status) if sends else None
    headers = header_changes(pairs[0], pairs[1], redact, masked)
    kinds = [[(one.type, one.size, one.status) for one in side] for side in ones]
    return Traffic(
        headers,
        (sum(one.size for one in ones[0]) + was[1], sum(one.size for one in ones[1]) + now[1]),
        (len(ones[0]) + was[0], len(ones[1]) + now[0]),
        bool(headers) or kinds[0] != kinds[1] or was != now,
        None if status == (None, None) else status,
    )


def _in_its_place(outer: Side, inner: Side) -> int:
    """How many messages the layer received for itself, and not for what is inside it."""
    asked = [one for one in inner.crossings if one.direction == "receive"]
    return sum(
        not any(
            one.called <= mine.called and (one.returned is None or mine.called <= one.returned)
            for one in asked
        )
        for mine in outer.received
    )


def _fault(outer: Side, inner: Side, ledger: Ledger, redact: Redaction) -> Fault | None:
    inside = inner.calls[-1][ERROR] if inner.calls else None
    outside = outer.calls[-1][ERROR]
    if inside == outside:
        return None
    what: What = "replaced"
    if outside is None:
        if outer.calls[-1][RETURNED] is None:
            return None  # it may come yet
        what = "swallowed"
    elif inside is None:
        what = "raised"

    def said(place: int | None) -> str | None:
        if place is None:
            return None
        name, message = ledger.errors[place]
        text = shown([message], redact.text)
        return f"{name}: {text}" if text else name

    return Fault(said(inside), said(outside), what)
