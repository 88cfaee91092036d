"""Turn what layers did into JSON text, and back without loss; default values are left out.

Crossings are many, so each is a list: direction, called, returned, type, status, size, raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.passages import Crossing, Fault, HeaderChanges, Passage, ScopeChanges, Traffic
from asgi_mw.recorder.text import written
from asgi_mw.recorder.values import (
    amount,
    checked,
    count,
    count_or_none,
    optional,
    text,
    thaw,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.passages import What

_NONE = type(None)
_WHATS: tuple[What, ...] = ("swallowed", "replaced", "raised")
_NOTHING = Traffic()


def passages_text(passages: Sequence[Passage]) -> str:
    """The JSON text of *passages*."""
    return written([_plain(one) for one in passages])


def passages_from(value: Any) -> tuple[Passage, ...]:
    """The passages that :func:`passages_text` wrote, from JSON that anybody may have written.

    Raises:
        ValueError: They were not written by it.
        TypeError: The same.
        KeyError: The same.
    """
    return tuple(map(_passage, checked(value, list)))


def _plain(one: Passage) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": one.name}
    if one.layer != one.name:
        plain["layer"] = one.layer
    if not one.visible:
        plain["why"] = one.why or ""
    for key in ("entered", "handed_on", "left", "own"):
        if getattr(one, key) is not None:
            plain[key] = getattr(one, key)
    if one.answered:
        plain["answered"] = True
    if one.received:
        plain["received"] = one.received
    scope = one.scope
    if scope:
        replaced = {key: [before, after] for key, (before, after) in scope.replaced.items()}
        plain["scope"] = [dict(scope.added), dict(scope.removed), replaced]
    for key in ("request", "response"):
        traffic: Traffic = getattr(one, key)
        if traffic != _NOTHING:
            plain[key] = _plain_traffic(traffic)
    if one.fault is not None:
        plain["fault"] = [one.fault.inside, one.fault.outside, one.fault.what]
    if one.crossings:
        plain["crossings"] = [
            [it.direction, it.called, it.returned, it.type, it.status, it.size, it.raised]
            for it in one.crossings
        ]
    return plain


def _plain_traffic(one: Traffic) -> dict[str, Any]:
    plain: dict[str, Any] = {"body": list(one.body), "messages": list(one.messages)}
    if one.changed:
        plain["changed"] = True
    if one.status is not None:
        plain["status"] = list(one.status)
    headers = one.headers
    if headers:
        plain["headers"] = [list(headers.added), list(headers.removed), _lists(headers.replaced)]
    return plain


def _lists(rows: Sequence[Sequence[bytes]]) -> list[list[bytes]]:
    return [list(row) for row in rows]


def _passage(value: Any) -> Passage:
    one = checked(value, dict)
    name = text(one["name"])
    why = optional(one.get("why"))
    scope = _three(one.get("scope"), {})
    added, removed, replaced = [checked(thaw(part), dict) for part in scope]
    return Passage(
        name,
        text(one["layer"]) if "layer" in one else name,
        visible=why is None,
        why=why,
        entered=count_or_none(one.get("entered")),
        handed_on=count_or_none(one.get("handed_on")),
        left=count_or_none(one.get("left")),
        own=count_or_none(one.get("own")),
        scope=ScopeChanges(
            added, removed, {key: _two(both, list) for key, both in replaced.items()}
        ),
        request=_traffic(one.get("request")),
        response=_traffic(one.get("response")),
        answered=checked(one.get("answered", False), bool),
        received=amount(one.get("received", 0)),
        fault=_fault(one.get("fault")),
        crossings=tuple(map(_crossing, checked(one.get("crossings", []), list))),
    )


def _traffic(value: Any) -> Traffic:
    if value is None:
        return _NOTHING
    one = checked(value, dict)
    status = one.get("status")
    before, after = (None, None) if status is None else _two(status, list)
    added, removed, replaced = _three(one.get("headers"), [])
    body, messages = _two(one["body"], list), _two(one["messages"], list)
    return Traffic(
        HeaderChanges(_pairs(added), _pairs(removed), _triples(replaced)),
        (amount(body[0]), amount(body[1])),
        (amount(messages[0]), amount(messages[1])),
        checked(one.get("changed", False), bool),
        None if status is None else (count_or_none(before), count_or_none(after)),
    )


def _pairs(value: Any) -> tuple[tuple[bytes, bytes], ...]:
    pairs = []
    for pair in checked(thaw(value), list):
        name, content = pair
        pairs.append((checked(name, bytes), checked(content, bytes)))
    return tuple(pairs)


def _triples(value: Any) -> tuple[tuple[bytes, bytes, bytes], ...]:
    triples = []
    for triple in checked(thaw(value), list):
        name, before, after = checked(triple, list)
        triples.append((checked(name, bytes), checked(before, bytes), checked(after, bytes)))
    return tuple(triples)


def _fault(value: Any) -> Fault | None:
    if value is None:
        return None
    inside, outside, what = checked(value, list)
    if what not in _WHATS:
        message = f"{what!r:.40} is nothing that happens to an exception"
        raise ValueError(message)
    return Fault(optional(inside), optional(outside), what)


def _crossing(value: Any) -> Crossing:
    direction, called, returned, kind, status, size, raised = checked(value, list)
    if direction not in {"receive", "send"}:
        message = f"{direction!r:.40} is no direction"
        raise ValueError(message)
    return Crossing(
        direction,
        count(called),
        count_or_none(returned),
        text(kind),
        count_or_none(status),
        amount(size),
        optional(raised),
    )


def _two(value: Any, *kinds: type) -> tuple[Any, Any]:
    one, other = checked(value, *kinds)
    return one, other


def _three(value: Any, nothing: Any) -> tuple[Any, Any, Any]:
    if value is None:
        return nothing, nothing, nothing
    one, two, three = checked(value, list)
    return one, two, three
