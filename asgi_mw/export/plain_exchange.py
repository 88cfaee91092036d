"""Make an exchange from the object of ``show --json``, as far as that says everything."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

from asgi_mw.events import Event, Exchange, Failure, Worker
from asgi_mw.missing import Missing
from asgi_mw.notes import Note

_EPOCH = datetime.fromtimestamp(0, UTC)
_BYTES = frozenset({"raw_path", "query_string", "body", "bytes"})


def exchange_from(plain: dict[str, Any]) -> Exchange:
    """The exchange that *plain* was made of, without its layers.

    The key says which values are bytes, because JSON has no type for them.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: It is no such object.
    """
    worker, error = plain["worker"], plain["error"]
    return Exchange(
        id=plain["id"],
        worker=Worker(worker["host"], worker["pid"]),
        type=plain["type"],
        scope=_holder(plain["scope"]),
        began=_ns_of(plain["began"]),
        events=tuple(map(_event, plain["events"])),
        route=plain["route"],
        request_id=plain["request_id"],
        trace_id=plain["trace_id"],
        span_id=plain["span_id"],
        ended=_ns(plain["duration_ms"]),
        returned=_ns(plain["returned_ms"]),
        outcome=plain["outcome"],
        error=error and _failure(error),
        dropped=dict(plain["dropped"]),
        gap=plain["events_missing_at"],
        redacted=tuple(plain["redacted"]),
        notes=tuple(map(_note, plain["notes"])),
        kept=plain["kept"] is True,
        missing=_missing(plain.get("missing")),
        gone=_ns(plain.get("gone_ms")),
    )


def _holder(holder: dict[str, Any]) -> dict[str, Any]:
    """A scope or a message."""
    return {name: _value(name, value) for name, value in holder.items()}


def _value(name: str, value: Any) -> Any:
    if name in _BYTES and value is not None:
        return _octets(value)
    if name == "headers":
        return [(_octets(key), _octets(given)) for key, given in value]
    return value


def _octets(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else b64decode(value["base64"], validate=True)


def _event(plain: dict[str, Any]) -> Event:
    return Event(
        plain["direction"],
        _moment(plain["called_ms"]),
        _ns(plain["returned_ms"]),
        _holder(plain["message"]),
        plain["bytes"],
        plain["truncated"],
        plain["raised"],
    )


def _failure(plain: dict[str, Any]) -> Failure:
    return Failure(
        plain["type"],
        plain["message"],
        plain["traceback"],
        _moment(plain["at_ms"]),
        plain["swallowed"],
    )


def _note(plain: dict[str, Any]) -> Note:
    return Note(
        plain["kind"],
        _moment(plain["at_ms"]),
        _ns(plain["until_ms"]),
        plain["title"],
        plain["level"],
        plain["detail"],
    )


def _missing(plain: dict[str, Any] | None) -> Missing:
    if plain is None:  # or it was written before there was any
        return Missing()
    times = (plain[name] for name in ("since_ms", "until_ms", "receive_ms", "send_ms"))
    return Missing(plain["bytes_in"], plain["bytes_out"], *map(_moment, times))


def _ns(ms: float | None) -> int | None:
    return None if ms is None else _moment(ms)


def _moment(ms: float) -> int:
    return round(ms * 1e6)


def _ns_of(stamp: str) -> int:
    """The moment of a stamp, which has nine digits of a second and ends with Z."""
    then = datetime.fromisoformat(stamp[:19]).replace(tzinfo=UTC)
    return (then - _EPOCH) // timedelta(seconds=1) * 10**9 + int(stamp[20:29])
