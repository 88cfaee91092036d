"""Turn an exchange into JSON text and one BLOB of payloads, and back without loss."""

from __future__ import annotations

import re
from dataclasses import asdict, astuple
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from asgi_mw.errors import StoreError
from asgi_mw.events import FATES, Event, Exchange, Failure, Worker
from asgi_mw.missing import Missing
from asgi_mw.notes import KINDS, Note
from asgi_mw.recorder.passage_codec import passages_from, passages_text
from asgi_mw.recorder.rows import Row, row_of
from asgi_mw.recorder.text import event_text, joined, members, quoted, written
from asgi_mw.recorder.values import (
    Payloads,
    amount,
    checked,
    count,
    count_or_none,
    loads,
    optional,
    text,
    thaw,
)

if TYPE_CHECKING:
    from asgi_mw.events import Fate
    from asgi_mw.recorder.drafts import Draft

# In the order of schema.COLUMNS
Columns: TypeAlias = "tuple[str | int | bytes | None, ...]"

_STATUS, _OUTCOME, _KEPT = map(Row._fields.index, ("status", "outcome", "kept"))
_DIRECTIONS = ("receive", "send")
_ID = re.compile(r"[0-9a-f]{32}")
_NONE = type(None)
# The most that a row may hold, so that it fits into the memory of its readers
LONGEST_BODIES = 64 * 1024 * 1024
_LONGEST_FACTS = 16 * 1024 * 1024
_MOST_VALUES = 250_000


def encode(exchange: Exchange | Draft) -> Columns:
    """The row of *exchange*, in the order of :data:`~asgi_mw.recorder.schema.COLUMNS`.

    Args:
        exchange: A finished one, with its secrets masked, or its draft.

    Raises:
        StoreError: It is larger than :func:`decode` takes.
    """
    bodies = bytearray()
    facts = _facts(exchange, bodies)
    check_size(facts, bodies)
    row = row_of(exchange)
    own = row.status if row.status_by == "app" else None
    return *row[:_STATUS], own, row.status, *row[_OUTCOME:_KEPT], facts, bytes(bodies) or None


def encode_view(exchange: Exchange) -> str:
    """The JSON text of an exchange in flight, whose payloads are withheld."""
    return _facts(exchange, bytearray())


def decode(facts: object, bodies: object = None) -> Exchange:
    """The exchange that :func:`encode` made *facts* and *bodies* of.

    Raises:
        StoreError: They were not made by it.
    """
    try:
        text, payloads = checked(facts, str), checked(bodies, bytes, _NONE) or b""
        check_size(text, payloads)
        return _exchange(loads(text), Payloads(payloads))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        message = f"no readable exchange: {error}; remove it with: asgi-mw purge"
        raise StoreError(message) from error


def check_size(facts: str, bodies: bytes | bytearray) -> None:
    """Check that an exchange is no larger than :func:`decode` takes.

    Raises:
        StoreError: It is larger.
    """
    # A value follows a bracket or a comma
    if (
        len(facts) > _LONGEST_FACTS
        or len(bodies) > LONGEST_BODIES
        or (len(facts) > _MOST_VALUES and sum(map(facts.count, "[{,")) > _MOST_VALUES)
    ):
        message = "an exchange of over 16 MiB of facts, 250,000 values or 64 MiB of payload"
        raise StoreError(message)


def _facts(exchange: Exchange | Draft, bodies: bytearray) -> str:
    scope = getattr(exchange, "scope_text", None) or joined(members(exchange.scope))
    events = ",".join([event_text(event, bodies) for event in exchange.events])
    worker = exchange.worker
    ended = "null" if exchange.ended is None else exchange.ended
    error = exchange.error
    text = (
        f'{{"id":{quoted(exchange.id)},"worker":{_worker(worker.host, worker.pid)},'
        f'"type":{written(exchange.type)},"began":{exchange.began},"ended":{ended},'
        f'"outcome":{written(exchange.outcome)},"scope":{scope},"events":[{events}]'
    )
    if exchange.route is not None:
        text += f',"route":{written(exchange.route)}'
    if exchange.request_id is not None:
        text += f',"request_id":{written(exchange.request_id)}'
    if exchange.trace_id is not None:
        text += f',"trace_id":{written(exchange.trace_id)}'
    if exchange.span_id is not None:
        text += f',"span_id":{written(exchange.span_id)}'
    if exchange.returned is not None:
        text += f',"returned":{exchange.returned}'
    if error is not None:
        said = {name: value for name, value in asdict(error).items() if value is not False}
        text += f',"error":{written(said)}'
    if exchange.dropped:
        text += f',"dropped":{written(dict(exchange.dropped))}'
    if exchange.gap is not None:
        text += f',"gap":{exchange.gap}'
    if exchange.missing != Missing():
        text += f',"missing":{written([*astuple(exchange.missing)])}'
    if exchange.gone is not None:
        text += f',"gone":{exchange.gone}'
    if exchange.redacted:
        text += f',"redacted":{written(list(exchange.redacted))}'
    if exchange.notes:
        text += f',"notes":{written([*map(_noted, exchange.notes)])}'
    if exchange.layers:
        text += f',"layers":{passages_text(exchange.layers)}'
    return text + "}"


def _noted(note: Note) -> dict[str, Any]:
    said = {name: value for name, value in asdict(note).items() if value is not None}
    if not note.detail:
        del said["detail"]
    return said


@lru_cache(maxsize=4)
def _worker(host: str, pid: int) -> str:
    return written({"host": host, "pid": pid})


def _exchange(facts: Any, bodies: Payloads) -> Exchange:
    checked(facts, dict)
    worker = checked(facts["worker"], dict)
    error = checked(facts.get("error"), dict, _NONE)
    dropped = checked(thaw(facts.get("dropped", {})), dict)
    gap = facts.get("gap")
    missing = checked(facts.get("missing", []), list)
    return Exchange(
        id=_id(facts["id"]),
        worker=Worker(text(worker["host"]), amount(worker["pid"])),
        type=text(facts["type"]),
        scope=checked(thaw(facts["scope"]), dict),
        began=count(facts["began"]),
        events=tuple(_event(event, bodies) for event in checked(facts["events"], list)),
        route=optional(facts.get("route")),
        request_id=optional(facts.get("request_id")),
        trace_id=optional(facts.get("trace_id")),
        span_id=optional(facts.get("span_id")),
        ended=count_or_none(facts["ended"]),
        returned=count_or_none(facts.get("returned")),
        outcome=_outcome(facts["outcome"]),
        error=None if error is None else _failure(error),
        dropped={why: amount(missing) for why, missing in dropped.items()},
        gap=None if gap is None else amount(gap),
        redacted=tuple(map(text, checked(facts.get("redacted", []), list))),
        notes=tuple(map(_note, checked(facts.get("notes", []), list))),
        layers=passages_from(facts.get("layers", [])),
        missing=Missing(*map(amount, missing)),
        gone=count_or_none(facts.get("gone")),
    )


def _event(event: Any, bodies: Payloads) -> Event:
    checked(event, dict)
    direction = event["direction"]
    if direction not in _DIRECTIONS:
        message = f"{direction!r:.40} is no direction"
        raise ValueError(message)
    return Event(
        direction=direction,
        called=count(event["called"]),
        returned=count_or_none(event["returned"]),
        message=checked(thaw(event["message"], bodies), dict),
        size=amount(event.get("size", 0)),
        truncated=checked(event.get("truncated", False), bool),
        raised=optional(event.get("raised")),
    )


def _outcome(value: Any) -> Fate | None:
    if value is not None and checked(value, str) not in FATES:
        message = f"{value!r:.40} is no outcome"
        raise ValueError(message)
    return cast("Fate | None", value)


def _failure(error: dict[str, Any]) -> Failure:
    return Failure(
        text(error["type"]),
        text(error["message"]),
        text(error["traceback"]),
        count(error["at"]),
        checked(error.get("swallowed", False), bool),
    )


def _note(note: Any) -> Note:
    checked(note, dict)
    kind = checked(note["kind"], str)
    if kind not in KINDS:
        message = f"{kind!r:.40} is no kind of note"
        raise ValueError(message)
    return Note(
        kind,
        count(note["at"]),
        count_or_none(note.get("until")),
        text(note["title"]),
        optional(note.get("level")),
        checked(thaw(note.get("detail", {})), dict),
    )


def _id(value: Any) -> str:
    one: str = checked(value, str)
    if not _ID.fullmatch(one):
        message = f"{one!r:.40} is no id"
        raise ValueError(message)
    return one
