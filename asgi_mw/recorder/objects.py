"""An exchange as one object of JSON: the same for every command and for the page.

Times are in ISO 8601, durations in ms.  Each number is exact also for a reader whose numbers are
doubles, such as jq.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from asgi_mw.answers import answer_json, close_json
from asgi_mw.json_numbers import EXACT, ms
from asgi_mw.missing import Missing
from asgi_mw.recorder.besides import notes_json, spent_json
from asgi_mw.recorder.passages_json import passage_json

if TYPE_CHECKING:
    from asgi_mw.events import Event, Exchange

_PLAIN = frozenset({str, bool, type(None)})


def summary(exchange: Exchange) -> dict[str, Any]:
    """What a line of ``ls`` shows, and more of the same kind."""
    error = exchange.error
    query = exchange.scope.get("query_string")
    return {
        "id": exchange.id,
        "type": exchange.type,
        "method": exchange.method or None,
        "path": exchange.path or None,
        "query": query if query and isinstance(query, (bytes, str)) else None,
        "route": exchange.route,
        **answer_json(exchange.answer),
        "outcome": exchange.outcome,
        "state": exchange.state,
        "close": close_json(exchange.close),
        "began": stamp(exchange.began),
        "duration_ms": ms(exchange.ended),
        "returned_ms": ms(exchange.returned),
        "request_id": exchange.request_id,
        "trace_id": exchange.trace_id,
        "span_id": exchange.span_id,
        # In a forged recording the sum may be more than a double holds exactly
        "bytes_in": min(exchange.bytes("receive"), EXACT),
        "bytes_out": min(exchange.bytes("send"), EXACT),
        "event_count": len(exchange.events),
        "error": error
        and {
            "type": error.type,
            "message": error.message,
            "traceback": error.traceback,
            "at_ms": ms(error.at),
            "swallowed": error.swallowed,
        },
        "worker": {"host": exchange.worker.host, "pid": exchange.worker.pid},
        "dropped": exchange.dropped,
        "redacted": exchange.redacted,
        "kept": exchange.kept,
    }


def whole(exchange: Exchange) -> dict[str, Any]:
    """The summary, with the scope, the events, the notes, the layers and where the time went."""
    return {
        **summary(exchange),
        "scope": exchange.scope,
        "events": [_event(event) for event in exchange.events],
        "events_missing_at": exchange.gap,
        "missing": _missing(exchange.missing),
        "gone_ms": ms(exchange.gone),
        "spent": spent_json(exchange),
        "notes": notes_json(exchange),
        "layers": [passage_json(one) for one in exchange.layers],
    }


def _missing(missing: Missing) -> dict[str, Any] | None:
    if missing == Missing():
        return None
    return {
        "bytes_in": missing.received,
        "bytes_out": missing.sent,
        "since_ms": ms(missing.since),
        "until_ms": ms(missing.until),
        "receive_ms": ms(missing.receive),
        "send_ms": ms(missing.send),
    }


def plain(value: Any) -> Any:
    """*value* as JSON has it; bytes as text where they are UTF-8."""
    if value.__class__ in _PLAIN:  # most are
        return value
    if isinstance(value, int):  # text, where a reader whose numbers are doubles would round it
        return value if abs(value) <= EXACT else str(value)
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {
            str(key): one if one.__class__ in _PLAIN else plain(one) for key, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [one if one.__class__ in _PLAIN else plain(one) for one in value]
    return value


def ascii_json(value: Any) -> str:
    r"""*value* as one line of JSON, in ASCII, without any control character.

    >>> ascii_json({"path": "/\x1b[2J", "body": b"\x7f"})
    '{"path": "/\\u001b[2J", "body": "\\u007f"}'
    """
    # DEL is the one control character that ASCII JSON leaves as it is
    return json.dumps(plain(value)).replace("\x7f", "\\u007f")


def stamp(ns: int) -> str:
    """*ns* since the epoch in UTC, to the nanosecond, as ISO 8601 writes it.

    >>> stamp(1_750_000_000_123_456_789)
    '2025-06-15T15:06:40.123456789Z'
    """
    seconds, rest = divmod(ns, 10**9)
    try:
        then = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):  # a recording may say anything
        then = datetime.fromtimestamp(0, UTC)
    return f"{then:%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def _event(event: Event) -> dict[str, Any]:
    return {
        "direction": event.direction,
        "called_ms": ms(event.called),
        "returned_ms": ms(event.returned),
        "awaited_ms": ms(event.awaited),
        "message": event.message,
        "bytes": event.size,
        "truncated": event.truncated,
        "raised": event.raised,
    }
