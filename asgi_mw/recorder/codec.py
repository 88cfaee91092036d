"""Turn an exchange into JSON text and one BLOB of payloads, and back without loss."""

from __future__ import annotations

from typing import Any, TypeAlias

from asgi_mw.errors import StoreError
from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.recorder.text import event_text, joined, members
from asgi_mw.recorder.values import (
    checked,
    dumps,
    freeze,
    freeze_text,
    loads,
    text,
    thaw,
)

# In the order of schema.COLUMNS
Row: TypeAlias = "tuple[str | int | bytes | None, ...]"

_DIRECTIONS = ("receive", "send")
_NONE = type(None)
_BIGGEST = 2**63


def encode(exchange: Exchange) -> Row:
    """The row of *exchange*, in the order of :data:`~asgi_mw.recorder.schema.COLUMNS`.

    Args:
        exchange: A finished one, with its secrets masked.
    """
    payloads: list[bytes] = []
    facts = _facts(exchange, payloads)
    error = exchange.error
    query = exchange.scope.get("query_string")
    return (
        exchange.id,
        _number(exchange.began),
        _number(exchange.ended),
        column(exchange.type),
        column(exchange.method.upper()),
        column(exchange.path),
        column(query.decode("latin-1") if isinstance(query, bytes) else ""),
        _number(exchange.status),
        exchange.outcome,
        column(exchange.route),
        column(exchange.request_id),
        column(f"{error.type}: {error.message}") if error else None,
        facts,
        b"".join(payloads) if payloads else None,
    )


def encode_view(exchange: Exchange) -> str:
    """The JSON text of an exchange in flight, whose payloads are withheld."""
    return _facts(exchange, [])


def decode(facts: object, bodies: object = None) -> Exchange:
    """The exchange that :func:`encode` made *facts* and *bodies* of.

    Raises:
        StoreError: They were not made by it.
    """
    try:
        return _exchange(loads(checked(facts, str)), checked(bodies, bytes, _NONE) or b"")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        message = f"no readable exchange: {error}; remove it with: asgi-mw purge"
        raise StoreError(message) from error


def column(text: str | None) -> str | None:
    r"""*text* as SQLite can compare it: without NUL and lone surrogates.

    >>> column("a\0b")
    'a\\x00b'
    """
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _number(value: int | None) -> int | None:
    """*value* if it fits a column; the facts have it in any case."""
    return value if value is not None and -_BIGGEST <= value < _BIGGEST else None


def _facts(exchange: Exchange, payloads: list[bytes]) -> str:
    facts: dict[str, Any] = {
        "id": exchange.id,
        "worker": {"host": freeze_text(exchange.worker.host), "pid": exchange.worker.pid},
        "type": freeze_text(exchange.type),
        "began": exchange.began,
        "ended": exchange.ended,
        "outcome": exchange.outcome,
    }
    if exchange.route is not None:
        facts["route"] = freeze_text(exchange.route)
    if exchange.request_id is not None:
        facts["request_id"] = freeze_text(exchange.request_id)
    if exchange.error is not None:
        error = exchange.error
        facts["error"] = {
            "type": freeze_text(error.type),
            "message": freeze_text(error.message),
            "traceback": freeze_text(error.traceback),
            "at": error.at,
        }
    if exchange.dropped:
        facts["dropped"] = freeze(exchange.dropped)
    if exchange.gap is not None:
        facts["gap"] = exchange.gap
    if exchange.redacted:
        facts["redacted"] = [freeze_text(name) for name in exchange.redacted]
    events = []
    at = 0
    for event in exchange.events:
        events.append(event_text(event, payloads, at))
        at = sum(map(len, payloads))
    scope = joined(members(exchange.scope))
    return f'{dumps(facts)[:-1]},"scope":{scope},"events":[{",".join(events)}]}}'


def _exchange(facts: Any, bodies: bytes) -> Exchange:
    checked(facts, dict)
    worker = checked(facts["worker"], dict)
    error = checked(facts.get("error"), dict, _NONE)
    dropped = checked(thaw(facts.get("dropped", {})), dict)
    return Exchange(
        id=checked(facts["id"], str),
        worker=Worker(text(worker["host"]), checked(worker["pid"], int)),
        type=text(facts["type"]),
        scope=checked(thaw(facts["scope"]), dict),
        began=checked(facts["began"], int),
        events=tuple(_event(event, bodies) for event in checked(facts["events"], list)),
        route=_optional(facts.get("route")),
        request_id=_optional(facts.get("request_id")),
        ended=checked(facts["ended"], int, _NONE),
        outcome=checked(facts["outcome"], str, _NONE),
        error=None if error is None else _failure(error),
        dropped={why: checked(count, int) for why, count in dropped.items()},
        gap=checked(facts.get("gap"), int, _NONE),
        redacted=tuple(map(text, checked(facts.get("redacted", []), list))),
    )


def _event(event: Any, bodies: bytes) -> Event:
    checked(event, dict)
    direction = event["direction"]
    if direction not in _DIRECTIONS:
        message = f"{direction!r:.40} is no direction"
        raise ValueError(message)
    return Event(
        direction=direction,
        called=checked(event["called"], int),
        returned=checked(event["returned"], int, _NONE),
        message=checked(thaw(event["message"], bodies), dict),
        size=checked(event.get("size", 0), int),
        truncated=checked(event.get("truncated", False), bool),
        raised=_optional(event.get("raised")),
    )


def _failure(error: dict[str, Any]) -> Failure:
    return Failure(
        text(error["type"]),
        text(error["message"]),
        text(error["traceback"]),
        checked(error["at"], int),
    )


def _optional(value: Any) -> str | None:
    return None if value is None else text(value)
