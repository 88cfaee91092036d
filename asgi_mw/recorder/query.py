"""Say with the fields of a :class:`Query` which exchanges are wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.errors import Problems
from asgi_mw.recorder.naming import OUTCOMES, is_status_word, nearest, trace_of, type_of
from asgi_mw.recorder.rows import column
from asgi_mw.recorder.search import Search, Term
from asgi_mw.recorder.wanted import Named, Span, is_pattern, parse_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_mw.events import Exchange

# One value, or several of which one has to fit
Words: TypeAlias = "str | Iterable[str] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A filter on exchanges; what is ``None`` filters nothing.

    All fields have to fit at once.  A field of text takes one value, or several of which one has
    to fit.

    Attributes:
        type: ``"http"``, ``"websocket"`` or ``"ws"``, ``"lifespan"``.
        method: For example ``"GET"``; case does not matter.
        path: A path, or a pattern with ``*`` and ``?``, such as ``"/users/*"``.
        status: A status that the client got or a class of them, such as ``"404"`` or ``"5xx"``;
            also the 500 that a server answers for an app that did not answer.
        outcome: For example ``"error"``.
        longer: Only what took at least this many seconds.
        trace: Only what belongs to this trace: its id, the beginning of it, or a ``traceparent``.
        text: Only what has this text in the path, query, route, error, or an id: its own, that of
            the request, the trace or the span.
        since, until: Only what began in ``[since, until)``: wall clock, ns since the epoch.
        route: The template of a route, such as ``"/users/{id}"``, or a pattern as for *path*.
        header: The name of a header of the request or the response, such as ``"content-type"``,
            or with a part of its value, ``"content-type: json"``; case does not matter.
        body: Only what has this text in what was kept of a body or message, in either direction.
        id: The beginning or the end of an id.

    Raises:
        ConfigError: *status*, *outcome* or *trace* has an impossible value.

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
    search: Search = field(init=False, repr=False, compare=False, default=Search())

    def __post_init__(self) -> None:
        """Make several values a tuple, and refuse what can match nothing."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Iterable) and not isinstance(value, str):
                object.__setattr__(self, each.name, tuple(value))
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
            found = trace_of(trace)
            if found is None:
                mend = "write its 32 hex digits, or the first of them"
                problems.add("trace", trace, "is no trace id", mend)
            else:
                traces.append(found)
        if self.trace is not None:
            object.__setattr__(self, "trace", tuple(traces))
        problems.check()
        object.__setattr__(self, "search", Search(tuple(self._terms())))

    def matches(self, exchange: Exchange) -> bool:
        """Whether *exchange* is one of those asked for."""
        return self.search.matches(exchange)

    def _terms(self) -> Iterator[Term]:
        """The fields as terms of the filter language."""
        for name, value_of in _VALUES.items():
            wanted = getattr(self, name)
            if wanted is not None:
                yield Term(name, tuple(map(value_of, words(wanted))))
        if self.longer is not None and self.longer > 0:
            yield Term("dur", (Span(self.longer * 1e9, None),))
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None:
                yield Term(name, (moment,))


def words(wanted: Words) -> tuple[str, ...]:
    """The values of a field.

    >>> words("GET"), words(None)
    (('GET',), ())
    """
    if wanted is None:
        return ()
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


def search_of(asked: Query | Search | None) -> Search:
    """The search that *asked* is or has; for ``None`` the one that everything matches."""
    if asked is None:
        return Search()
    return asked if isinstance(asked, Search) else asked.search


def _named(text: str) -> Named:
    return Named("like" if is_pattern(text) else "is", column(text))


# Turns a value of each field of text into a value of a term
_VALUES: dict[str, Callable[[str], object]] = {
    "type": lambda word: column(type_of(word)),
    "method": lambda word: column(word.upper()),
    "path": _named,
    "status": parse_status,
    "outcome": str,
    "id": str,
    "route": _named,
    "trace": str,
    "text": column,
    "header": str,
    "body": str,
}
