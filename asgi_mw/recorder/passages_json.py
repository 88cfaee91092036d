"""What a layer did, as one object of JSON, described in docs/json.md; times are in ms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.json_numbers import ms, number

if TYPE_CHECKING:
    from asgi_mw.passages import Crossing, HeaderChanges, Passage, Traffic


def passage_json(one: Passage) -> dict[str, Any]:
    """*one* as plain data, in which bytes stay bytes for the code that writes JSON.

    >>> from asgi_mw.passages import Passage
    >>> passage_json(Passage("cors", "cors()", entered=1_500_000))["entered_ms"]
    1.5
    """
    scope, fault = one.scope, one.fault
    return {
        "name": one.name,
        "layer": one.layer,
        "visible": one.visible,
        "why": one.why,
        "entered_ms": ms(one.entered),
        "handed_on_ms": ms(one.handed_on),
        "left_ms": ms(one.left),
        "own_ms": ms(one.own),
        "scope": {
            "added": dict(scope.added),
            "removed": dict(scope.removed),
            "replaced": {key: list(both) for key, both in scope.replaced.items()},
        },
        "request": _traffic(one.request),
        "response": {
            "status": None
            if one.response.status is None
            else list(map(number, one.response.status)),
            **_traffic(one.response),
        },
        "answered": one.answered,
        "received": one.received,
        "error": fault and {"inside": fault.inside, "outside": fault.outside, "what": fault.what},
        "events": [_crossing(crossing) for crossing in one.crossings],
    }


def _traffic(one: Traffic) -> dict[str, Any]:
    return {
        "headers": _headers(one.headers),
        "bytes": list(one.body),
        "messages": list(one.messages),
        "changed": one.changed,
    }


def _headers(one: HeaderChanges) -> dict[str, Any]:
    return {
        "added": [list(pair) for pair in one.added],
        "removed": [list(pair) for pair in one.removed],
        "replaced": [list(three) for three in one.replaced],
    }


def _crossing(one: Crossing) -> dict[str, Any]:
    return {
        "direction": one.direction,
        "called_ms": ms(one.called),
        "returned_ms": ms(one.returned),
        "type": one.type or None,
        "status": number(one.status),
        "bytes": one.size,
        "raised": one.raised,
    }
