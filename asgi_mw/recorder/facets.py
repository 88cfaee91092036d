"""The words of the filter language: what each means of an exchange, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from time import time_ns
from typing import TYPE_CHECKING, Any

from asgi_mw.amounts import parse_moment
from asgi_mw.recorder import wanted
from asgi_mw.recorder.looking import in_bodies, in_headers, in_row, same
from asgi_mw.recorder.naming import OUTCOMES, TYPES, nearest, trace_of, type_of
from asgi_mw.recorder.rows import column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgi_mw.recorder.rows import Row

# From how many ns on ``is:slow`` holds: the default of ``slow`` in ``record``
SLOW = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """What one word asks of an exchange.

    Attributes:
        help: What it matches, in a few words.
        examples: How it is used.
        values: All values that there are, or those to offer.
        parse: The value that a text names; raises ``ValueError`` with what to write instead.
        write: The text of a value.
        fits: Whether a row has the value; if *whole*, whether an exchange has it.
        whole: A row is not enough to decide it.
    """

    help: str
    examples: Sequence[str]
    values: Sequence[str] = ()
    parse: Callable[[str], Any]
    write: Callable[[Any], str] = str
    fits: Callable[[Any, Any], bool]
    whole: bool = False


def failed(row: Row) -> bool:
    """Whether it raised, got a 5xx, was left without a whole response, or was lost."""
    return (
        (row.error is not None and row.outcome != "unsupported")
        or row.outcome in FAILED
        or (row.status or 0) >= 500
    )


FAILED = ("error", "incomplete", "lost")
STATES: dict[str, Callable[[Row], bool]] = {
    "error": failed,
    "slow": lambda row: (row.ended or 0) >= SLOW,
    "in_flight": lambda row: row.outcome is None,
    "kept": lambda row: row.kept,
    "swallowed": lambda row: row.swallowed,
}


def _one_of(known: Sequence[str], what: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        word = text.lower()
        if word not in known:
            near = nearest(word, known)
            raise ValueError(f"{text!r} is no {what}; {near}take one of {', '.join(known)}")
        return word

    return parse


def _parse_type(text: str) -> str:
    return type_of(_one_of(TYPES, "type")(text))


def _parse_trace(text: str) -> str:
    trace = trace_of(text)
    if trace is None:
        raise ValueError(f"{text!r} is no trace id; write its 32 hex digits, or the first of them")
    return trace


def _parse_moment(text: str) -> int:
    return parse_moment(text, time_ns()) // 1000 * 1000


def _write_moment(ns: int) -> str:
    return (
        datetime.fromtimestamp(ns // 10**9, UTC).replace(microsecond=ns % 10**9 // 1000).isoformat()
    )


def _of_worker(row: Row, text: str) -> bool:
    return same(row.host, text) or str(row.pid) == text


FACETS: dict[str, Facet] = {
    "method": Facet(
        help="the method, in any case",
        examples=("method:POST", "-method:GET,HEAD"),
        values=("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"),
        parse=lambda text: column(text.upper()),
        fits=lambda row, word: row.method == word,
    ),
    "status": Facet(
        help="the status that the client got, a class of them, or a comparison",
        examples=("status:404", "status:4xx,5xx", "status:>=400"),
        values=("2xx", "3xx", "4xx", "5xx", "101", "404", "500"),
        parse=wanted.parse_status,
        write=wanted.write_status,
        fits=lambda row, span: span.has(row.status),
    ),
    "path": Facet(
        help="a part of the path; all of it after =; a pattern with *, ? or [ab]",
        examples=("path:/api", "path:=/users/7", "path:/users/*", "-path:/health"),
        parse=lambda text: wanted.parse_named(column(text)),
        write=wanted.write_named,
        fits=lambda row, named: named.fits(row.path),
    ),
    "route": Facet(
        help="a part of the route's template; all of it after =; a pattern",
        examples=("route:/users", "route:=/users/{id}"),
        parse=lambda text: wanted.parse_named(column(text)),
        write=wanted.write_named,
        fits=lambda row, named: named.fits(row.route),
    ),
    "type": Facet(
        help="the type of the connection; ws is short for websocket",
        examples=("type:http", "type:ws", "-type:lifespan"),
        values=TYPES,
        parse=_parse_type,
        fits=lambda row, word: row.type == word,
    ),
    "outcome": Facet(
        help="how it ended",
        examples=("outcome:client_gone", "-outcome:complete"),
        values=OUTCOMES,
        parse=_one_of(OUTCOMES, "outcome"),
        fits=lambda row, word: row.outcome == word,
    ),
    "dur": Facet(
        help="how long it took to the end of the response; at least so long, without a sign",
        examples=("dur:>100ms", "dur:<=2s", "dur:10ms..1s"),
        values=(">100ms", ">1s", ">10s"),
        parse=wanted.parse_span,
        write=wanted.write_span,
        fits=lambda row, span: span.has(row.ended),
    ),
    "size": Facet(
        help="bytes of payload in both directions; at least so many, without a sign",
        examples=("size:>1MB",),
        values=(">100kB", ">1MB"),
        parse=wanted.parse_sizes,
        write=wanted.write_sizes,
        fits=lambda row, span: span.has(row.bytes_in + row.bytes_out),
    ),
    "in": Facet(
        help="bytes of payload that the app received",
        examples=("in:>1MB", "in:=0"),
        values=(">100kB", ">1MB"),
        parse=wanted.parse_sizes,
        write=wanted.write_sizes,
        fits=lambda row, span: span.has(row.bytes_in),
    ),
    "out": Facet(
        help="bytes of payload that the app sent",
        examples=("out:>1MB", "out:=0"),
        values=(">100kB", ">1MB"),
        parse=wanted.parse_sizes,
        write=wanted.write_sizes,
        fits=lambda row, span: span.has(row.bytes_out),
    ),
    "text": Facet(
        help="in the path, query, route, ids or error, in any case; a word alone means the same",
        examples=("text:ada", 'text:"no such user"', "ada"),
        parse=column,
        fits=in_row,
    ),
    "error": Facet(
        help="in the type or message of what it raised, in any case",
        examples=("error:ValueError",),
        parse=column,
        fits=lambda row, text: same(row.error, text),
    ),
    "header": Facet(
        help="a header of request or response, or a part of its value, in any case; slower",
        examples=("header:cookie", 'header:"content-type: json"'),
        parse=str,
        fits=in_headers,
        whole=True,
    ),
    "body": Facet(
        help="in what was kept of a body or message; slower",
        examples=('body:"out of stock"',),
        parse=str,
        fits=in_bodies,
        whole=True,
    ),
    "id": Facet(
        help="the beginning or the end of the id",
        examples=("id:28b248",),
        parse=str.lower,
        fits=lambda row, part: row.id.startswith(part) or row.id.endswith(part),
    ),
    "trace": Facet(
        help="a trace id, the beginning of one, or a traceparent",
        examples=("trace:3a11c11e",),
        parse=_parse_trace,
        fits=lambda row, part: (row.trace_id or "").startswith(part),
    ),
    "since": Facet(
        help="began then or later: how long ago, a time of day, or a date",
        examples=("since:10m", "since:14:30", "since:2026-05-04"),
        values=("1m", "10m", "1h", "1d"),
        parse=_parse_moment,
        write=_write_moment,
        fits=lambda row, moment: row.began >= moment,
    ),
    "until": Facet(
        help="began before that",
        examples=("until:10m", "until:2026-05-04T14:30"),
        values=("1m", "10m", "1h", "1d"),
        parse=_parse_moment,
        write=_write_moment,
        fits=lambda row, moment: row.began < moment,
    ),
    "worker": Facet(
        help="the process that served it: its id, or a part of its host's name",
        examples=("worker:4711", "worker:web-1"),
        parse=column,
        fits=_of_worker,
    ),
    "is": Facet(
        help="error: it failed; slow: 1 s or more; in_flight; kept; swallowed: its error was",
        examples=("is:error", "is:kept", "-is:slow"),
        values=tuple(STATES),
        parse=_one_of(tuple(STATES), "state"),
        fits=lambda row, word: STATES[word](row),
    ),
}
