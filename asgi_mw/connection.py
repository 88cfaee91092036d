"""One connection as all of our layers know it: made by the outermost, found by the others."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from asgi_mw.headers import listed
from asgi_mw.routes import left

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_mw.headers import Headers
    from asgi_mw.types import Scope

KEY = "asgi_mw"

# The connection that is being served, for what a handler may ask
current: ContextVar[Connection | None] = ContextVar("asgi_mw_connection", default=None)


class Connection:
    """What the layers of one connection know together.

    The outermost layer makes it and puts it into its copy of the scope; the others find it
    there.  A framework writes the route it chose into the scope that it was handed, so that the
    newest copy is where it is looked up, when somebody asks.

    Attributes:
        type: ``http`` or ``websocket``; or what else the server said.
        given: The scope that the newest run of our layers was called with.
        scope: Its copy, which is handed on.
        older: The copies before it.  All of them hold the connection: the outermost run lets go.
        request_id: The id of the request, once there is one.
        traced: A layer has a span or a measurement of this connection, or skips it.
        entered: A layer keeps out of its context what other requests left there.
        entries: What ``measure`` timed and nobody told yet, behind the clock of its layer.
        fields: What ``log_fields`` added to the log line.
    """

    __slots__ = (
        "_named",
        "_pairs",
        "_route",
        "_server",
        "entered",
        "entries",
        "fields",
        "given",
        "older",
        "request_id",
        "scope",
        "traced",
        "type",
    )

    def __init__(self, scope: Scope) -> None:
        self.type: str = scope["type"]
        headers = scope.get("headers") or ()
        if headers.__class__ is not list or headers[0].__class__ is not tuple:
            headers = listed(headers)
        self._pairs: Headers = headers
        self._named: Named | None = None
        self._server = self.given = scope
        self.scope: Scope = {**scope, KEY: self, "headers": headers}
        self.older: tuple[Scope, ...] = ()
        self._route: str | None = None
        self.request_id: str | None = None
        self.traced = self.entered = False
        self.entries: list[Any] | None = None
        self.fields: dict[str, object] | None = None

    @property
    def headers(self) -> Named:
        """The headers of the request, as the newest copy has them."""
        if self._named is None:
            self._named = Named(self._pairs)
        return self._named

    @property
    def root_path(self) -> str:
        """What the server gave, before the app mounted anything."""
        return self._server.get("root_path") or ""

    @property
    def route(self) -> str | None:
        """The template of the route, once the framework chose one or :func:`set_route` said it."""
        if self._route is None:
            self._route = left(self.scope, self._server)
            if self._route is None and self.older:
                found = (left(scope, self._server) for scope in self.older)
                self._route = next(filter(None, found), None)
        return self._route

    @route.setter
    def route(self, template: str | None) -> None:
        self._route = template

    def copy(self, scope: Scope) -> Scope:
        """A copy of *scope*, of somebody further inside, to hand on in the place of it."""
        inner: Scope = {**scope}
        given = scope.get("headers") or ()
        if given is not self._pairs:
            self._named = None
            self._pairs = inner["headers"] = listed(given)
        self.older = (self.scope, *self.older)
        self.given, self.scope = scope, inner
        return inner

    def own(self) -> Scope:
        """The copy of the scope, to be added to."""
        if self.scope is self.given:
            self.scope = {**self.given, KEY: self, "headers": self._pairs}
        return self.scope

    def rewrite(self, headers: Headers) -> None:
        """Hand on other *headers* of the request."""
        self._named = None
        self._pairs = self.own()["headers"] = headers

    def leave(self) -> None:
        """Let go of the copies, which hold the connection: nobody needs them any more."""
        self.scope = self.given = self._server
        self.older = ()

    def pass_on(self) -> Scope:
        """The scope that was given, where its copy is not needed after all."""
        if self._pairs is (self.given.get("headers") or ()):
            self.scope = self.given
        return self.scope  # headers that could be read only once are in the copy alone


class Named:
    """Headers that are asked for by name, again and again: they are gone through once.

    Attributes:
        pairs: The headers themselves.

    >>> named = Named([(b"a", b"1"), (b"B", b"2"), (b"a", b"3")])
    >>> named.first(b"a"), named.all(b"a"), named.first(b"b"), named.all(b"c")
    (b'1', [b'1', b'3'], b'2', [])
    >>> named.firsts()
    {b'a': b'1', b'b': b'2'}
    """

    __slots__ = ("_again", "_first", "pairs")

    def __init__(self, pairs: Headers) -> None:
        self.pairs = pairs
        self._first: dict[bytes, bytes] | None = None
        self._again: dict[bytes, list[bytes]] | None = None

    def first(self, name: bytes) -> bytes | None:
        """The value of the first header called *name* (given in lower case), or ``None``."""
        first = self._first
        if first is None:
            first = self._index()
        return first.get(name)

    def firsts(self) -> Mapping[bytes, bytes]:
        """The first value of each header, by its name in lower case."""
        return self._index() if self._first is None else self._first

    def all(self, name: bytes) -> list[bytes]:
        """The values of all headers called *name* (given in lower case), in order."""
        first = self.first(name)
        if first is None:
            return []
        return [first] if self._again is None else self._again.get(name, [first])

    def _index(self) -> dict[bytes, bytes]:
        pairs = self.pairs
        try:
            # Passes in C are faster than one here: servers send lower case, and most names once
            first: dict[bytes, bytes] = dict(pairs)
            b"".join(first.values())
            if len(first) == len(pairs) and b"".join(first).islower():
                self._first = first
                return first
        except (TypeError, ValueError):  # some pair is none
            pass
        first = {}
        again: dict[bytes, list[bytes]] = {}
        for pair in pairs:
            if isinstance(pair, (tuple, list)) and len(pair) == 2:
                name, value = pair
                if isinstance(name, bytes) and isinstance(value, bytes):
                    lower = name.lower()
                    if lower in first:
                        again.setdefault(lower, [first[lower]]).append(value)
                    else:
                        first[lower] = value
        self._first, self._again = first, again
        return first


def joined(scope: Scope) -> tuple[Scope, Connection]:
    """A copy of *scope* to hand on, with the connection in it: found there, or new.

    >>> inner, made = joined({"type": "http", "headers": []})
    >>> joined(inner)[1] is made
    True
    """
    found = scope.get(KEY)
    if found.__class__ is Connection:
        return found.copy(scope), found
    made = Connection(scope)
    return made.scope, made


def set_route(scope: Scope, template: str) -> None:
    """Tell our layers the route of this connection, where the framework leaves none in *scope*.

    Without a layer of ours round the app it does nothing.

    Args:
        scope: The scope that the app was called with, or any copy of it.
        template: As ``"/users/{id}"``; never the path itself.  An empty one is none.

    >>> inner, made = joined({"type": "http"})
    >>> set_route(inner, "/users/{id}")
    >>> made.route
    '/users/{id}'
    """
    found = scope.get(KEY)
    if isinstance(found, Connection):
        found.route = template or None
