"""What one event of the access log says, every text of it safe to print."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from asgi_mw.connection import current
from asgi_mw.headers import find
from asgi_mw.middleware.access_log.policy import LONG
from asgi_mw.printable import printable, text_of, unused
from asgi_mw.progress import is_cancellation
from asgi_mw.telemetry.trace_context import ids_of, span_of
from asgi_mw.tracebacks import excerpt, shown, summary, traceback_text

if TYPE_CHECKING:
    from asgi_mw.connection import Connection
    from asgi_mw.middleware.access_log.policy import Policy
    from asgi_mw.progress import Outcome, Progress
    from asgi_mw.redaction import Redaction

# Names to which loggers and renderers give a meaning of their own
RESERVED = frozenset(
    {
        "event",
        "exc_info",
        "level",
        "logger",
        "method_name",
        "positional_args",
        "self",
        "stack_info",
        "stacklevel",
        "timestamp",
        "_from_structlog",
        "_record",
        "exception",
        "stack",
    }
)
_MOST_FIELDS = 64
# Every reader of JSON can be expected to read whole numbers of 64 bits
_WHOLE = 1 << 63


def log_fields(**fields: object) -> None:
    """Add *fields* to the access log event of the current request.

    Works in the handler and in what it calls, threads included.  Outside of ``access_log``, and
    after the event was logged, it does nothing.  At most 64 fields are kept.  A name that the
    event already uses gets a ``_`` at its end.

    >>> log_fields(user_id=7)
    """
    connection = current.get()
    extra = None if connection is None else connection.fields
    if extra is not None:
        for name, value in fields.items():
            if name in extra or len(extra) < _MOST_FIELDS:
                extra[name] = value


class Facts:
    """One connection, as far as the log is concerned."""

    emitted = False

    def __init__(self, connection: Connection, progress: Progress, began: int) -> None:
        self.connection = connection
        self.scope = connection.given
        self.headers = connection.headers
        self.progress = progress
        self.began = began
        self.type = progress.type
        self.extra: dict[str, object] = {}
        self.outer, connection.fields = connection.fields, self.extra

    def fields(
        self, policy: Policy, outcome: Outcome, error: BaseException | None, ended: int
    ) -> dict[str, object]:
        """The fields of the event; what is not known is left out."""
        connection, scope, headers = self.connection, self.scope, self.headers
        progress, redact = self.progress, policy.redact
        fields: dict[str, object] = {}
        method = scope.get("method")
        if method is not None:
            fields["method"] = printable(method, 32)
        fields["path"] = policy.path(scope.get("path") or "")
        if query := scope.get("query_string"):
            fields["query"] = policy.query(query)
        route = connection.route
        if route is not None:
            fields["route"] = printable(route)
        if progress.status is not None:
            fields["status"] = progress.status
        fields["outcome"] = outcome
        if connection.refused is not None:
            fields["refused"] = printable(redact.text(connection.refused))
        if progress.first is not None:
            fields["ttfb_ms"] = milliseconds(progress.first - self.began)
        fields["duration_ms"] = milliseconds(ended - self.began)
        fields["bytes_in"] = progress.bytes_in
        fields["bytes_out"] = progress.bytes_out
        if self.type == "websocket":
            self._add_websocket(fields, redact)
        if client := policy.client(scope, headers):
            fields["client"] = printable(client, 64)
        if version := scope.get("http_version"):
            fields["http_version"] = printable(version, 8)
        if agent := find(headers, b"user-agent"):
            fields["user_agent"] = policy.agent(agent)
        if policy.headers:
            self._add_headers(fields, policy)
        if connection.request_id:
            fields["request_id"] = printable(connection.request_id, 128)
        if (span := span_of(connection)) is not None:
            fields["trace_id"], fields["span_id"], _ = ids_of(span)
        if error is not None:
            add_error(fields, error, redact)
        if self.extra:
            self._add_extra(fields, redact)
        return fields

    def _add_headers(self, fields: dict[str, object], policy: Policy) -> None:
        for field, name in policy.headers:
            value = find(self.headers, name)
            if value is not None:
                cut = len(value) > LONG
                [(_, masked)], _ = policy.redact.headers([(name, value[:LONG])], cut=cut)
                fields[field] = printable(masked.decode("latin-1"), 256)

    def _add_websocket(self, fields: dict[str, object], redact: Redaction) -> None:
        progress = self.progress
        fields["messages_in"] = progress.messages_in
        fields["messages_out"] = progress.messages_out
        if progress.close_code is not None:
            fields["close_code"] = _plain(progress.close_code, redact)
        if progress.close_reason:
            reason = excerpt(text_of(progress.close_reason))
            fields["close_reason"] = printable(shown([reason], redact.text), 128)
        if progress.subprotocol:
            [chosen], _ = redact.subprotocols([text_of(progress.subprotocol)[:LONG]])
            fields["subprotocol"] = printable(chosen, 128)

    def _add_extra(self, fields: dict[str, object], redact: Redaction) -> None:
        for name, value in list(self.extra.items()):
            key = unused(printable(name.replace(" ", "_").replace("=", "_"), 64), fields, RESERVED)
            fields[key] = "[redacted]" if redact.secret(name) else _plain(value, redact)


def add_error(fields: dict[str, object], error: BaseException, redact: Redaction) -> None:
    """Add what left the app: in one line, and as a traceback unless it was a cancellation.

    The traceback is text already: a renderer that shows the values of variables would show
    secrets among them.
    """
    fields["error"] = summary(error, redact.text)
    if not is_cancellation(error):
        fields["exception"] = traceback_text(error, redact.text)


def milliseconds(nanoseconds: int) -> float:
    """*nanoseconds* as milliseconds with three decimals."""
    return nanoseconds // 1000 / 1000


def _plain(value: object, redact: Redaction) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and -_WHOLE <= value < _WHOLE:
        return int.__int__(value)
    if isinstance(value, float) and isfinite(value):
        return float.__float__(value)
    return _shown(value if isinstance(value, str) else text_of(value), redact)


def _shown(text: str, redact: Redaction) -> str:
    return printable(shown([excerpt(text)], redact.text))
