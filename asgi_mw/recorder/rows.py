"""One exchange as a row of a list: flat, small, and enough for every filter but two.

A spool keeps the same in columns, so that a list or a filter need not read whole exchanges.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from asgi_mw.answers import amounts_of
from asgi_mw.messages import STARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_mw.events import Event, Exchange
    from asgi_mw.recorder.drafts import Draft, EventDraft

_BIGGEST = 2**63
# How much of an error is in its row; the exchange has all of it
LONGEST_ERROR = 2000
# What is shown of one text of a row
_SHOWN = 1000


class Row(NamedTuple):
    r"""What a list shows of one exchange; times are ns after it began, sizes are bytes.

    Texts are as SQLite can compare them: NUL and lone surrogates are written as ``\x00`` and
    ``\udc80``.

    Attributes:
        status: The status that the client got.
        status_by: Who chose it, ``"app"`` or ``"server"``.
        first_byte: When the app began its response, or accepted the WebSocket.
        layers: What all layers together took themselves, if they were recorded.
        error: Type and message, at most 2000 characters.
        kept: Somebody marked it to be kept.
        awaiting: In flight only: what the app awaits, ``"receive"`` or ``"send"``, or ``"app"``
            where it is at work itself.
        awaiting_since: Since when.
    """

    id: str
    began: int
    ended: int | None
    returned: int | None
    first_byte: int | None
    type: str
    method: str
    path: str
    query: str
    status: int | None
    status_by: Literal["app", "server"] | None
    outcome: str | None
    route: str | None
    request_id: str | None
    trace_id: str | None
    span_id: str | None
    error: str | None
    swallowed: bool
    bytes_in: int
    bytes_out: int
    event_count: int
    close_code: int | None
    close_by: str | None
    layers: int | None
    host: str
    pid: int
    kept: bool = False
    awaiting: Literal["receive", "send", "app"] | None = None
    awaiting_since: int | None = None

    @property
    def state(self) -> str:
        """The outcome; before it, ``"in flight"``, or ``"background"`` after the response."""
        if self.outcome is not None:
            return self.outcome
        return "in flight" if self.ended is None else "background"


_BY = Row._fields.index("status_by")


def row_of(exchange: Exchange | Draft) -> Row:
    """The row of *exchange*, in flight or over, or of its draft."""
    answer = exchange.answer
    close = exchange.close if exchange.type == "websocket" else None
    error = exchange.crash
    query = exchange.scope.get("query_string")
    events = exchange.events
    starts = (one.called for one in events if one.type in STARTS and one.direction == "send")
    first = next(starts, None)
    bytes_in, bytes_out = amounts_of(exchange)
    awaiting, since = _awaited(exchange) if exchange.outcome is None else (None, None)
    return Row(
        exchange.id,
        _number(exchange.began) or 0,
        _number(exchange.ended),
        _number(exchange.returned),
        _number(first),
        column(exchange.type),
        column(exchange.method.upper()),
        column(exchange.path),
        column(query.decode("latin-1")) if isinstance(query, bytes) else "",
        _number(answer.status) if answer else None,
        answer.by if answer and _number(answer.status) is not None else None,
        exchange.outcome,
        column(exchange.route),
        column(exchange.request_id),
        column(exchange.trace_id),
        column(exchange.span_id),
        column(f"{error.type}: {error.message}"[:LONGEST_ERROR]) if error else None,
        error.swallowed if error else False,
        _number(bytes_in) or 0,
        _number(bytes_out) or 0,
        len(events),
        _number(close.code) if close else None,
        close.by if close else None,
        _number(spent_in_layers(exchange)),
        column(exchange.worker.host),
        _number(exchange.worker.pid) or 0,
        bool(getattr(exchange, "kept", False)),
        awaiting,
        since,
    )


# What SQLite may give for each field up to ``pid``
_NUMBERS, _TEXT, _TEXTS = (int, type(None)), (str,), (str, type(None))
_KINDS = (
    *(_TEXT, (int,), *[_NUMBERS] * 3, *[_TEXT] * 4, _NUMBERS, _TEXTS, _TEXTS, _TEXTS, _TEXTS),
    *(_TEXTS, _TEXTS, _TEXTS, *[_NUMBERS] * 5, _TEXTS, _NUMBERS, _TEXTS, _NUMBERS),
)
_ID = re.compile(r"[0-9a-f]{32}")


def row_from(columns: Sequence[Any], *, kept: bool) -> Row:
    """The row that the columns of a spool file hold, in the order of the fields up to ``pid``.

    In place of ``status_by`` is the status that the app sent, if it did.

    Raises:
        ValueError: They hold something else.
    """
    values = list(columns)
    own = values[_BY]
    values[_BY] = None
    if (
        not _fit(tuple([value.__class__ for value in values]))
        or own.__class__ not in _NUMBERS
        or not _ID.fullmatch(values[0])
    ):
        raise ValueError("it is no row of ours")
    if values[_BY - 1] is not None:
        values[_BY] = "server" if own is None else "app"
    row = Row._make([*values, kept, None, None])
    return row._replace(
        swallowed=bool(row.swallowed),
        bytes_in=row.bytes_in or 0,
        bytes_out=row.bytes_out or 0,
        event_count=row.event_count or 0,
        host=row.host or "",
        pid=row.pid or 0,
    )


@lru_cache(maxsize=256)
def _fit(found: tuple[type, ...]) -> bool:
    """Whether values of these types may be a row; most rows have the same few."""
    return all(kind in kinds for kind, kinds in zip(found, _KINDS, strict=True))


def row(exchange: Exchange) -> dict[str, Any]:
    """A line of the page's list, as one flat object of JSON."""
    return object_of(row_of(exchange))


def object_of(row: Row) -> dict[str, Any]:
    """*row* as one flat object of JSON: ``began`` in ms since the epoch, all else in ms after it.

    A longer text is cut after 1000 characters and ends with ``…``.
    """
    return {
        "id": row.id,
        "type": _short(row.type),
        "method": _short(row.method),
        "path": _short(row.path),
        "query": _short(row.query) or None,
        "route": _short(row.route),
        "status": row.status,
        "status_by": row.status_by,
        "outcome": row.outcome,
        "state": row.state,
        "close_code": row.close_code,
        "close_by": row.close_by,
        "began": row.began / 1e6,
        "duration_ms": _ms(row.ended),
        "returned_ms": _ms(row.returned),
        "first_byte_ms": _ms(row.first_byte),
        "bytes_in": row.bytes_in,
        "bytes_out": row.bytes_out,
        "event_count": row.event_count,
        "layers_ms": _ms(row.layers),
        "host": _short(row.host),
        "pid": row.pid,
        "request_id": _short(row.request_id),
        "trace_id": _short(row.trace_id),
        "error": _short(row.error),
        "swallowed": row.swallowed,
        "awaiting": row.awaiting,
        "awaiting_since_ms": _ms(row.awaiting_since),
        "kept": row.kept,
    }


def spent_in_layers(exchange: Exchange | Draft) -> int | None:
    """What all layers together took themselves, in ns; ``None`` where they were not recorded."""
    passages = getattr(exchange, "layers", ())
    return sum(one.own or 0 for one in passages) if passages else None


@overload
def column(text: str) -> str: ...
@overload
def column(text: None) -> None: ...
@overload
def column(text: str | None) -> str | None: ...
def column(text: str | None) -> str | None:
    r"""*text* as SQLite can compare it: without NUL and lone surrogates.

    >>> column("a\0b")
    'a\\x00b'
    """
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _awaited(exchange: Exchange | Draft) -> tuple[Literal["receive", "send", "app"], int]:
    """What the app of an exchange in flight awaits, and since when."""
    events: Sequence[Event | EventDraft] = exchange.events
    for event in reversed(events):
        if event.returned is None:
            return event.direction, event.called
    return "app", max((event.returned or 0 for event in events), default=0)


def _number(value: int | None) -> int | None:
    """*value* if it fits a column; the facts have it in any case."""
    return value if value is not None and -_BIGGEST <= value < _BIGGEST else None


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _ms(ns: int | None) -> float | None:
    return None if ns is None else ns / 1e6
