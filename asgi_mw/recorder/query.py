"""Which exchanges somebody wants to see: filters that every store and command shares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from asgi_mw.errors import Problems

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

_STATUS = re.compile(r"[1-5](?:xx|[0-9][0-9])")
# A trace id or its beginning, alone or in a ``traceparent``
_TRACE = re.compile(r"(?:[0-9a-f]{2}-)?([0-9a-f]{1,32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?")
OUTCOMES = (
    *("complete", "client_gone", "error", "cancelled", "incomplete", "lost", "unsupported"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A filter on exchanges; what is ``None`` filters nothing.

    Attributes:
        type: ``"http"``, ``"websocket"``, ``"lifespan"``.
        method: As ``"GET"``; case does not matter.
        path: A path, or a pattern with ``*`` and ``?``, as ``"/users/*"``.
        status: A status or a class of them, as ``"404"`` or ``"5xx"``.
        outcome: As ``"error"``.
        longer: Only what took at least so many seconds.
        trace: Only what belongs to this trace: its id, the beginning of it, or a ``traceparent``.
        text: Only what has this text in the path, query, route, error, or an id: its own, that of
            the request, the trace or the span.
        since, until: Wall clock, ns since the epoch: began in ``[since, until)``.

    Raises:
        ConfigError: *status*, *outcome* or *trace* is none.

    >>> Query(status="5xx", path="/users/*")  # doctest: +ELLIPSIS
    Query(type=None, method=None, path='/users/*', status='5xx', ...)
    """

    type: str | None = None
    method: str | None = None
    path: str | None = None
    status: str | None = None
    outcome: str | None = None
    longer: float | None = None
    trace: str | None = None
    text: str | None = None
    since: int | None = None
    until: int | None = None

    def __post_init__(self) -> None:
        """Refuse what can match nothing."""
        problems = Problems("query")
        if self.status is not None and not is_status_word(self.status):
            problems.add("status", self.status, "is no status", "write it as 404 or 5xx")
        if self.outcome is not None and self.outcome not in OUTCOMES:
            mend = f"take one of {', '.join(OUTCOMES)}"
            problems.add("outcome", self.outcome, "is no outcome", mend)
        if self.trace is not None:
            found = _TRACE.fullmatch(self.trace.strip().lower())
            if found is None:
                mend = "write its 32 hex digits, or the first of them"
                problems.add("trace", self.trace, "is no trace id", mend)
            else:
                object.__setattr__(self, "trace", found[1])
        problems.check()

    def matches(self, exchange: Exchange) -> bool:
        """Whether *exchange* is one of those asked for."""
        return (
            (self.type is None or exchange.type == self.type)
            and (self.method is None or exchange.method.upper() == self.method.upper())
            and (self.path is None or fnmatchcase(exchange.path, self.path))
            and (self.status is None or is_status(exchange.status, self.status))
            and (self.outcome is None or exchange.outcome == self.outcome)
            and (self.longer is None or (exchange.ended or 0) >= self.longer * 1e9)
            and (self.since is None or exchange.began >= self.since)
            and (self.until is None or exchange.began < self.until)
            and (self.trace is None or (exchange.trace_id or "").startswith(self.trace))
            and (self.text is None or self.text in _text(exchange))
        )


def is_status_word(word: str) -> bool:
    """Whether *word* names a status or a class of them."""
    return _STATUS.fullmatch(word) is not None


def is_status(status: int | None, wanted: str) -> bool:
    """Whether *status* is the one wanted, or of the class wanted, as ``"5xx"``."""
    return str(status)[: 1 if wanted.endswith("xx") else 3] == wanted.removesuffix("xx")


def _text(exchange: Exchange) -> str:
    error = exchange.error
    query = exchange.scope.get("query_string") or b""
    return "\n".join(
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
