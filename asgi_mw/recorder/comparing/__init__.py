"""Two exchanges compared, event by event: the answer in a sentence, and each part."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import duration, size
from asgi_mw.parts import body_of, headers_of, readable
from asgi_mw.recorder.comparing.answer import answer, is_even
from asgi_mw.recorder.comparing.bodies import bodies
from asgi_mw.recorder.comparing.usual import Row, kind_of, row
from asgi_mw.recorder.objects import plain, stamp
from asgi_mw.shortest import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from asgi_mw.events import Direction, Event, Exchange
    from asgi_mw.recorder.comparing.bodies import Bodies

# The most rows or lines of one part; of more rows, those that are the same are left out
_MOST = 400
_LONGEST = 200
_DIFFER = frozenset({"changed", "added", "removed"})


def compared(left: Exchange, right: Exchange) -> dict[str, Any]:
    """How *right* differs from *left*, as plain data: described in docs/inspector-api.md."""
    asked, answered = _headers(left, right, "receive"), _headers(left, right, "send")
    asked_body, answered_body = _bodies(left, right, "receive"), _bodies(left, right, "send")
    events = list(_events(left.events, right.events))
    parts = [
        _table("Summary", list(_summary(left, right))),
        _table("Request headers", asked),
        _text("Request body", asked_body),
        _table("Response headers", answered),
        _text("Response body", answered_body),
        _table("Events", events),
        _table("Scope", _rows(_scope(left), _scope(right))),
    ]
    headers = _count(asked) + _count(answered)
    alone = sum(one.kind in {"added", "removed"} for one in events)
    return {
        "answer": answer(
            left, right, asked=asked_body, answered=answered_body, headers=headers, alone=alone
        ),
        "left": _named(left),
        "right": _named(right),
        "usual": sum(part["usual"] for part in parts),
        "parts": parts,
    }


def _named(exchange: Exchange) -> dict[str, str]:
    title = f"{exchange.method or exchange.type} {exchange.path}".rstrip()
    return {"id": exchange.id, "title": title}


def _table(title: str, rows: Sequence[Row]) -> dict[str, Any]:
    usual = sum(one.kind == "usual" for one in rows)
    few = rows if len(rows) <= _MOST else [one for one in rows if one.kind != "same"]
    return {
        "title": title,
        "differ": _count(rows),
        "usual": usual,
        "rows": [list(one) for one in few[:_MOST]],
        "left_out": max(len(few) - _MOST, 0),
    }


def _text(title: str, found: Bodies) -> dict[str, Any]:
    return {
        "title": title,
        "differ": found.differ,
        "usual": found.usual,
        "said": found.said,
        "lines": [list(line) for line in found.lines[:_MOST]],
        "left_out": max(len(found.lines) - _MOST, 0),
    }


def _count(rows: Sequence[Row]) -> int:
    return sum(one.kind in _DIFFER for one in rows)


def _rows(left: Mapping[str, str], right: Mapping[str, str]) -> list[Row]:
    return [row(name, left.get(name), right.get(name)) for name in {**left, **right}]


def _summary(left: Exchange, right: Exchange) -> Iterator[Row]:
    for found in _rows(_facts(left), _facts(right)):
        if found.name == "duration" and found.kind == "changed" and is_even(left, right):
            yield found._replace(kind="usual")
        else:
            yield found


def _facts(exchange: Exchange) -> dict[str, str]:
    found, close, error = exchange.answer, exchange.close, exchange.error
    facts = {
        "method": exchange.method,
        "path": exchange.path,
        "query": readable(exchange.scope.get("query_string") or b""),
        "route": exchange.route,
        "status": found and str(found.status),
        "status_by": found and found.by,
        "outcome": exchange.outcome or "in flight",
        "close": close and f"by {close.by}, {close.code} {close.reason}".rstrip(),
        "error": error and f"{error.type}: {error.message}",
        "began": stamp(exchange.began),
        "request_id": exchange.request_id,
        "trace_id": exchange.trace_id,
        "bytes_in": size(exchange.bytes("receive")),
        "bytes_out": size(exchange.bytes("send")),
        "events": str(len(exchange.events)),
        "duration": None if exchange.ended is None else duration(exchange.ended),
        "worker": f"{exchange.worker.host}, process {exchange.worker.pid}",
    }
    return {name: value for name, value in facts.items() if value}


def _scope(exchange: Exchange) -> dict[str, str]:
    return {key: _json(value) for key, value in exchange.scope.items() if key != "headers"}


def _headers(left: Exchange, right: Exchange, direction: Direction) -> list[Row]:
    """By name, whatever the order of names; several values of one name keep their order."""
    both = []
    for exchange in (left, right):
        values: dict[str, list[str]] = {}
        for name, value in headers_of(exchange, direction):
            values.setdefault(readable(name).lower(), []).append(readable(value))
        both.append({name: "\n".join(all_of) for name, all_of in values.items()})
    return _rows(*both)


def _bodies(left: Exchange, right: Exchange, direction: Direction) -> Bodies:
    return bodies(body_of(left, direction), body_of(right, direction))


def _events(left: Sequence[Event], right: Sequence[Event]) -> Iterator[Row]:
    """Aligned by direction and type; an event that only one has stands beside nothing."""
    for way, x, y in steps([_called(one) for one in left], [_called(one) for one in right]):
        if way == "same":
            kind = kind_of("", _content(left[x]), _content(right[y]))
            said, other = _said(left[x]), _said(right[y])
            more = ", with other content" if kind == "changed" and said == other else ""
            yield Row(kind, _called(left[x]), said, other + more)
        elif way == "removed":
            yield Row(way, _called(left[x]), _said(left[x]), None)
        else:
            yield Row(way, _called(right[y]), None, _said(right[y]))


def _called(event: Event) -> str:
    return f"{'→' if event.direction == 'receive' else '←'} {event.type or '(awaited)'}"


def _content(event: Event) -> str:
    message = {key: value for key, value in event.message.items() if key != "headers"}
    return _json([message, event.size, event.raised])


def _said(event: Event) -> str:
    message = event.message
    said = [message.get("status"), message.get("code"), size(event.size) if event.size else None]
    said += [str(message.get("text") or "")[:_LONGEST], event.raised]
    words = [str(one) for one in said if one not in {None, ""}]
    return " ".join([*words, f"at {duration(event.called)}"])


def _json(value: object) -> str:
    found = plain(value)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
