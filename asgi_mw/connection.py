"""One connection as all of our layers know it: made by the outermost, found by the others."""

from __future__ import annotations

import sys
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from asgi_mw import context
from asgi_mw.chains import peek
from asgi_mw.headers import listed
from asgi_mw.ids import id_at
from asgi_mw.progress import is_cancellation
from asgi_mw.routes import left

if TYPE_CHECKING:
    from contextvars import ContextVar

    from asgi_mw.headers import Headers
    from asgi_mw.types import Scope

KEY = "asgi_mw"
# Where frameworks keep the status in an exception that is meant as an answer
_STATUSES = ("status_code", "status", "code")

current: ContextVar[Connection | None] = context.current


class Connection:
    """What all layers of one connection know about it.

    The outermost layer makes it and puts it into its copy of the scope; the others find it
    there.  A framework writes the route that it chose into the scope that it got.  So the route
    is looked up in the newest copy first, and only on request.

    Attributes:
        type: ``http`` or ``websocket``; or what else the server said.
        given: The scope that the newest run of our layers was called with.
        scope: Its copy, which is handed on.
        headers: The headers of the request, as the newest copy has them.
        older: The earlier copies.  All of them hold the connection; the outermost run drops them.
        request_id: The id of the request, once there is one.
        span: The ``SpanContext`` of its span, once it is known; see
            :func:`~asgi_mw.telemetry.trace_context.span_of`.
        swallowed: An exception that did not leave the app, since the app answered for it, and
            the moment in which that was known.
        traced: A layer has a span or a measurement of this connection, or skips it.
        begun: The app began its answer, and a layer judged by it what was swallowed.
        entered: A layer hides what other requests left in its context.
        entries: The clock of the ``timing`` layer, then what ``measure`` timed and no header has
            reported yet.
        notes: The objects that take notes of what else happens, see :mod:`asgi_mw.noting`.
        fields: What ``log_fields`` added to the log line.
        refused: Why a layer refused it, for the log line.
        recorded: When its recording began, in ns since the epoch, and the random part of the id
            of that; ``None`` unless it is recorded and will be kept.
        ledgers: The ledgers of those who look between the layers, the innermost first.
        number: Its number in the log of crashes; 0 until a crash was logged.
    """

    # Defaults on the class: a connection pays only for what it changes
    older: tuple[Scope, ...] = ()
    span: Any = None
    swallowed: tuple[BaseException, int] | None = None
    _around: BaseException | None = None
    notes: tuple[Any, ...] = ()
    fields: dict[str, object] | None = None
    refused: str | None = None
    recorded: tuple[int, int] | None = None
    ledgers: tuple[Any, ...] = ()
    number = 0

    def __init__(self, scope: Scope) -> None:
        self._route: str | None = None
        self.request_id: str | None = None
        self.traced = self.begun = False
        self.entered = KEY in scope  # its app is called by another one, on purpose
        self.entries: list[Any] | None = None
        self.type: str = scope["type"]
        headers = scope.get("headers") or ()
        if headers.__class__ is not list or headers[0].__class__ is not tuple:
            headers = listed(headers)
        self.headers: Headers = headers
        self._server = self.given = scope
        if (around := sys.exception()) is not None:
            self._around = around
        self.scope: Scope = {**scope, KEY: self, "headers": headers}

    @property
    def root_path(self) -> str:
        """``root_path`` as the server gave it, before the app mounted anything."""
        return self._server.get("root_path") or ""

    @property
    def route(self) -> str | None:
        """The template of the route, once the framework chose one or :func:`set_route` set it."""
        if self._route is None:
            self._route = left(self.scope, self._server)
            if self._route is None and self.older:
                found = (left(scope, self._server) for scope in self.older)
                self._route = next(filter(None, found), None)
        return self._route

    @route.setter
    def route(self, template: str | None) -> None:
        self._route = template

    def serves(self, scope: Scope) -> bool:
        """Whether *scope* is of this connection, as a mounted app may get it.

        An app may also call another one with a copy of its own scope, for another path.  That is
        a request of its own.  A prefix that was taken off or put on makes none.
        """
        path, given = scope.get("path"), self._server.get("path")
        if path == given or path.__class__ is not str or given.__class__ is not str:
            return True
        path, given = path.rstrip("/"), given.rstrip("/")
        if path:
            return bool(given.endswith(path) or path.endswith(given))
        return (scope.get("root_path") or "").rstrip("/").endswith(given)

    def copy(self, scope: Scope) -> Scope:
        """A copy of *scope*, which a run further inside was called with, to hand on instead."""
        inner: Scope = {**scope}
        given = scope.get("headers") or ()
        if given is not self.headers:
            self.headers = inner["headers"] = listed(given)
        self.older = (self.scope, *self.older)
        self.given, self.scope = scope, inner
        return inner

    def own(self) -> Scope:
        """The copy of the scope, to which keys may be added; made now if there is none."""
        if self.scope is self.given:
            self.scope = {**self.given, KEY: self, "headers": self.headers}
        return self.scope

    def rewrite(self, headers: Headers) -> None:
        """Hand on other *headers* of the request."""
        self.headers = self.own()["headers"] = headers

    def answers(self, status: int) -> None:
        """Decide by the *status* of the app's answer which exception the app swallowed.

        A 5xx answers the exception that was noted, or the one that is being handled now: several
        frameworks answer before they leave the ``except``.  An exception that names the status
        itself is an answer, and no fault.  One that was being handled when the connection began
        is somebody else's.  Any other status means that the noted exception is no fault.
        """
        error, at = self.swallowed or (sys.exception(), 0)
        if (
            status >= 500
            and isinstance(error, Exception)
            and error is not self._around
            and all(peek(error, name) != status for name in _STATUSES)
        ):
            self.swallowed = error, at or perf_counter_ns()
        else:
            self.swallowed = None

    def named(self, error: BaseException | None) -> BaseException | None:
        """The exception to name: *error*, which left the app; if it is no fault, the swallowed."""
        if self.swallowed is None or not (error is None or is_cancellation(error)):
            return error
        return self.swallowed[0]

    def leave(self) -> None:
        """Drop what refers to the connection: nobody needs it any more."""
        self.scope = self._server
        if self.swallowed is not None or self._around is not None:
            self.swallowed = self._around = None
        if self.older:
            self.given, self.older = self._server, ()

    def pass_on(self) -> Scope:
        """The scope to hand on where no layer needs a copy: as a rule the one that was given."""
        if self.headers is (self.given.get("headers") or ()):
            self.scope = self.given
        return self.scope  # headers that could be read only once are in the copy alone


def joined(scope: Scope) -> tuple[Scope, Connection]:
    """A copy of *scope* to hand on, with the connection in it: found there, or new.

    >>> inner, made = joined({"type": "http", "headers": []})
    >>> joined(inner)[1] is made
    True
    """
    found = scope.get(KEY)
    if found.__class__ is Connection and found.serves(scope):
        return found.copy(scope), found
    made = Connection(scope)
    return made.scope, made


def set_route(scope: Scope, template: str) -> None:
    """Set the route of this connection for our layers, if the framework puts none into *scope*.

    Without one of our layers around the app it does nothing.

    Args:
        scope: The scope that the app was called with, or any copy of it.
        template: Such as ``"/users/{id}"``; never the path itself.  An empty one means no route.

    >>> inner, made = joined({"type": "http"})
    >>> set_route(inner, "/users/{id}")
    >>> made.route
    '/users/{id}'
    """
    found = scope.get(KEY)
    if isinstance(found, Connection):
        found.route = template or None


def get_request_id() -> str | None:
    """The id of the current request; ``None`` outside of one.

    >>> get_request_id() is None
    True
    """
    connection = current.get()
    return None if connection is None else connection.request_id


def get_recording_id() -> str | None:
    """The id by which the current connection is recorded; ``None`` if it is not.

    >>> get_recording_id() is None
    True
    """
    connection = current.get()
    recorded = None if connection is None else connection.recorded
    return None if recorded is None else id_at(*recorded)


def note_error(scope: Scope, error: BaseException) -> None:
    """Report to our layers an exception that was caught, and may not leave the app.

    If the app answers with a 5xx, or had begun its answer, then log, span and recording name the
    exception as one that was swallowed.  If there are several, the last counts.  Without one of
    our layers around the app it does nothing.

    Args:
        scope: The scope that the app was called with, or any copy of it.
        error: What was caught.

    >>> inner, made = joined({"type": "http"})
    >>> note_error(inner, KeyError("7"))
    >>> made.swallowed[0]
    KeyError('7')
    """
    found = scope.get(KEY)
    if isinstance(found, Connection):
        found.swallowed = error, perf_counter_ns()
