"""An exchange as one object of JSON: the same for every command, and described in docs/cli.md.

Times are those of ISO 8601, spans of time are ms, and each number is one that a reader whose
numbers are doubles, as jq, reads as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.cli.words import stamp
from asgi_mw.recorder.passages_json import passage_json

if TYPE_CHECKING:
    from asgi_mw.events import Event, Exchange


def summary(exchange: Exchange) -> dict[str, Any]:
    """What a line of ``ls`` says, and more of the same kind."""
    answer, close, error = exchange.answer, exchange.close, exchange.error
    return {
        "id": exchange.id,
        "type": exchange.type,
        "method": exchange.method or None,
        "path": exchange.path or None,
        "query": exchange.scope.get("query_string") or None,
        "route": exchange.route,
        "status": answer.status if answer else None,
        "status_by": answer.by if answer else None,
        "outcome": exchange.outcome,
        "state": exchange.state,
        "close": close and {"by": close.by, "code": close.code, "reason": close.reason or None},
        "began": stamp(exchange.began),
        "duration_ms": _ms(exchange.ended),
        "returned_ms": _ms(exchange.returned),
        "request_id": exchange.request_id,
        "trace_id": exchange.trace_id,
        "span_id": exchange.span_id,
        "bytes_in": exchange.bytes("receive"),
        "bytes_out": exchange.bytes("send"),
        "event_count": len(exchange.events),
        "error": error
        and {
            "type": error.type,
            "message": error.message,
            "traceback": error.traceback,
            "at_ms": _ms(error.at),
            "swallowed": error.swallowed,
        },
        "worker": {"host": exchange.worker.host, "pid": exchange.worker.pid},
        "dropped": exchange.dropped,
        "redacted": exchange.redacted,
    }


def whole(exchange: Exchange) -> dict[str, Any]:
    """The same, with the scope and the events."""
    return {
        **summary(exchange),
        "scope": exchange.scope,
        "events": [_event(event) for event in exchange.events],
        "events_missing_at": exchange.gap,
        "layers": [passage_json(one) for one in exchange.layers],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "direction": event.direction,
        "called_ms": _ms(event.called),
        "returned_ms": _ms(event.returned),
        "awaited_ms": _ms(event.awaited),
        "message": event.message,
        "bytes": event.size,
        "truncated": event.truncated,
        "raised": event.raised,
    }


def _ms(ns: int | None) -> float | None:
    return None if ns is None else ns / 1e6
