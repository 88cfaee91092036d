"""Which exchanges somebody wants to see: filters that every store and command shares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.errors import Problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.events import Exchange

# One value, or several of which one has to fit
Words: TypeAlias = "str | Iterable[str] | None"

_STATUS = re.compile(r"[1-5](?:xx|[0-9][0-9])", re.IGNORECASE)
# A trace id or its beginning, alone or in a ``traceparent``
_TRACE = re.compile(r"(?:[0-9a-f]{2}-)?([0-9a-f]{1,32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?")
OUTCOMES = (
    *("complete", "client_gone", "error", "cancelled", "incomplete", "lost", "unsupported"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A filter on exchanges; what is ``None`` filters nothing.

    What several fields say has to hold at once.  A field of text takes one value, or several of
    which one has to fit.

    Attributes:
        type: ``"http"``, ``"websocket"`` or ``"ws"``, ``"lifespan"``.
        method: As ``"GET"``; case does not matter.
        path: A path, or a pattern with ``*`` and ``?``, as ``"/users/*"``.
        status: A status that the client got or a class of them, as ``"404"`` or ``"5xx"``; the
            500 that a server answers for an app that did not is one, too.
        outcome: As ``"error"``.
        longer: Only what took at least so many seconds.
        trace: Only what belongs to this trace: its id, the beginning of it, or a ``traceparent``.
        text: Only what has this text in the path, query, route, error, or an id: its own, that of
            the request, the trace or the span.
        since, until: Wall clock, ns since the epoch: began in ``[since, until)``.
        route: The template of a route, as ``"/users/{id}"``, or a pattern, as of a path.
        header: The name of a header of the request or the response, as ``"content-type"``, or
            with a part of its value, as ``"content-type: json"``; case does not matter.
        body: Only what has this text in what was kept of a body or message, in either direction.
        id: The beginning or the end of an id.

    Raises:
        ConfigError: *status*, *outcome* or *trace* is none.

    >>> Query(status=["404", "5xx"], path="/users/*")  # doctest: +ELLIPSIS
    Query(type=None, method=None, path='/users/*', status=('404', '5xx'), ...)
    """

    type: Words = None
    method: Words = None
    path: Words = None
    status: Words = None
    outcome: Words = None
    longer: float | None = None
    trace: Words = None
    text: Words = None
    since: int | None = None
    until: int | None = None
    route: Words = None
    header: Words = None
    body: Words = None
    id: Words = None

    def __post_init__(self) -> None:
        """Take several values as they are, and refuse what can match nothing."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Iterable) and not isinstance(value, str):
                object.__setattr__(self, field.name, tuple(value))
        problems = Problems("query")
        for status in words(self.status):
            if not is_status_word(status):
                problems.add("status", status, "is no status", "write it as 404 or 5xx")
        for outcome in words(self.outcome):
            if outcome not in OUTCOMES:
                mend = f"take one of {', '.join(OUTCOMES)}"
                near = nearest(outcome, OUTCOMES)
                problems.add("outcome", outcome, "is no outcome", f"{near}{mend}")
        traces = []
        for trace in words(self.trace):
            found = _TRACE.fullmatch(trace.strip().lower()) if isinstance(trace, str) else None
            if found is None:
                mend = "write its 32 hex digits, or the first of them"
                problems.add("trace", trace, "is no trace id", mend)
            else:
                traces.append(found[1])
        if self.trace is not None:
            object.__setattr__(self, "trace", tuple(traces))
        problems.check()

    def matches(self, exchange: Exchange) -> bool:
        """Whether *exchange* is one of those asked for."""
        return (
            (self.longer is None or (exchange.ended or 0) >= self.longer * 1e9)
            and (self.since is None or exchange.began >= self.since)
            and (self.until is None or exchange.began < self.until)
            and all(
                any(fits(exchange, word) for word in words(wanted))
                for name, fits in _FITS.items()
                if (wanted := getattr(self, name)) is not None
            )
        )


def words(wanted: Words) -> tuple[str, ...]:
    """The values of a field.

    >>> words("GET"), words(None)
    (('GET',), ())
    """
    if wanted is None:
        return ()
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


def type_of(word: str) -> str:
    """The type of scope that *word* names; ``ws`` is short for ``websocket``."""
    return "websocket" if word == "ws" else word


def is_status_word(word: str) -> bool:
    """Whether *word* names a status or a class of them."""
    return isinstance(word, str) and _STATUS.fullmatch(word) is not None


def is_status(status: int | None, wanted: str) -> bool:
    """Whether *status* is the one wanted, or of the class wanted, as ``"5xx"``."""
    wanted = wanted.lower()
    return str(status)[: 1 if wanted.endswith("xx") else 3] == wanted.removesuffix("xx")


def nearest(word: object, known: Iterable[str]) -> str:
    """A question for the word that was meant; empty where there is none like it.

    >>> nearest("webscoket", ["http", "websocket"]), nearest("x", ["http"])
    ('is it websocket? ', '')
    """
    near = get_close_matches(str(word).lower(), known, n=1)
    return f"is it {near[0]}? " if near else ""


def _of_answer(exchange: Exchange, wanted: str) -> bool:
    answer = exchange.answer
    return answer is not None and is_status(answer.status, wanted)


def _in_text(exchange: Exchange, wanted: str) -> bool:
    error = exchange.error
    query = exchange.scope.get("query_string") or b""
    return wanted in "\n".join(
        [
            exchange.path,
            query.decode("latin-1") if isinstance(query, bytes) else "",
            exchange.route or "",
            exchange.id,
            exchange.request_id or "",
            exchange.trace_id or "",
            exchange.span_id or "",
            f"{error.type}: {error.message}" if error else "",
        ]
    )


def _in_headers(exchange: Exchange, wanted: str) -> bool:
    name, _, value = wanted.lower().partition(":")
    name, value = name.strip(), value.strip()
    lists = [
        exchange.scope.get("headers"),
        *(one.message.get("headers") for one in exchange.events),
    ]
    for headers in lists:
        if isinstance(headers, (list, tuple)):
            for pair in headers:
                match pair:
                    case [bytes(key), bytes(given)] if _latin(key) == name and value in _latin(
                        given
                    ):
                        return True
    return False


def _latin(text: bytes) -> str:
    return text.decode("latin-1").lower()


def _in_bodies(exchange: Exchange, wanted: str) -> bool:
    sought = wanted.encode("utf-8", "surrogatepass")
    # An HTTP body comes in pieces, which have the text together; a message of a WebSocket is whole
    bodies: dict[str, list[bytes]] = {"receive": [], "send": []}
    for event in exchange.events:
        message = event.message
        if isinstance(body := message.get("body"), bytes):
            bodies[event.direction].append(body)
        text, data = message.get("text"), message.get("bytes")
        if isinstance(text, str) and wanted in text:
            return True
        if isinstance(data, bytes) and sought in data:
            return True
    return any(sought in b"".join(pieces) for pieces in bodies.values())


# How one value of each field of text is looked for
_FITS: dict[str, Callable[[Exchange, str], bool]] = {
    "type": lambda exchange, word: exchange.type == type_of(word),
    "method": lambda exchange, word: exchange.method.upper() == word.upper(),
    "path": lambda exchange, word: fnmatchcase(exchange.path, word),
    "status": _of_answer,
    "outcome": lambda exchange, word: exchange.outcome == word,
    "id": lambda exchange, word: exchange.id.startswith(word) or exchange.id.endswith(word),
    "route": lambda exchange, word: (
        exchange.route is not None and fnmatchcase(exchange.route, word)
    ),
    "trace": lambda exchange, word: (exchange.trace_id or "").startswith(word),
    "text": _in_text,
    "header": _in_headers,
    "body": _in_bodies,
}
