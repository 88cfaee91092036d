"""Give every request one id: in the response, in the logs, in what the app calls."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from asgi_mw.connection import get_request_id
from asgi_mw.driver import Part, drive
from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.headers import find_all, replace, without
from asgi_mw.ids import new_id
from asgi_mw.layers import middleware
from asgi_mw.middleware.request_id.policy import legality, maker, names_of
from asgi_mw.options import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence

    from asgi_mw.connection import Connection
    from asgi_mw.headers import Headers, Pair
    from asgi_mw.middleware.request_id.policy import Accept, Generate
    from asgi_mw.types import A, Message, Scope


@middleware(
    not_inside={
        "cors": "the answer to a preflight would lack the id",
        "decompression": "its own 413, 415 and 400 would lack the id",
    },
)
def request_id(
    app: A,
    *,
    header: str | Sequence[str] = "x-request-id",
    trust: bool | Callable[[Scope], bool] = True,
    generate: Generate = new_id,
    accept: Accept = None,
    in_request: bool = False,
) -> A:
    """Put one id on every response, WebSocket acceptance and denial of *app*.

    The caller's id is used if it is trusted, appears in one header line and matches
    ``^[A-Za-z0-9._-]{1,128}$``.  Otherwise a new one is made.  If the app sets an id itself, that
    one wins and is logged.  :func:`get_request_id` returns the id, ``scope["request_id"]`` of the
    copy that *app* gets has it, and the other layers know it.  Lifespan passes unchanged.

    Args:
        header: Name of the header, in request and response.  Or several, in order of preference:
            the first one that has an id is used, and the response has the first.
        trust: Whether to use the caller's id; or a predicate on the scope that says so.
        generate: Makes an id, a ``str``, without arguments or from the scope; by default a UUIDv7
            as 32 hex digits, which sorts by time.
        accept: Which other ids to accept: further characters, such as ``"=/;@:|"``, a compiled
            pattern that matches the whole id, or a function of it.  In any case, an id is one
            word of at most 256 visible ASCII characters.
        in_request: Whether *app* also finds the id in the request headers, under the first name,
            in place of what the caller sent.  Refused ids are removed there, under all names.

    Raises:
        ConfigError: *header* is no token, *generate* takes neither nothing nor the scope,
            *trust* is neither a bool nor a callable, *accept* cannot decide what is an id.

    >>> from asgi_mw.testing import run, request
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.start", "status": 204})
    ...     await send({"type": "http.response.body"})
    >>> layered = request_id(app, generate=lambda: "made-here")
    >>> run(request(layered, "GET", "/")).header("x-request-id")
    b'made-here'
    >>> result = run(request(layered, "GET", "/", headers=[("x-request-id", "a-1")]))
    >>> result.header("x-request-id")
    b'a-1'
    """
    problems = Problems("request_id")
    names = names_of(header, problems)
    name = names[0] if names else b""
    faults = Faults("request_id")
    legal = legality(accept, problems, faults)
    make = maker(generate, legal, problems, faults)
    if not callable(trust) and not isinstance(trust, bool):
        mend = "write True, False or a function of the scope"
        problems.add("trust", trust, "is neither a bool nor a predicate", mend)
    if not isinstance(in_request, bool):
        problems.add("in_request", in_request, "is no bool", "write True or False")
    problems.check()

    trusted = guarded(trust, "trust", faults, otherwise=False) if callable(trust) else None

    def given(headers: Headers, scope: Scope) -> str | None:
        for one in names:
            values = find_all(headers, one)
            if len(values) == 1:
                text = values[0].decode("latin-1")
                if legal(text):
                    return text if trusted is None or trusted(scope) else None
        return None

    def rewritten(headers: Headers, chosen: str, *, taken: bool) -> Headers:
        for one in names[1:]:
            values = find_all(headers, one)
            if values and not (taken and len(values) == 1 and legal(values[0].decode("latin-1"))):
                headers = without(headers, one)
        return replace(headers, name, chosen.encode("ascii"))

    def begin(connection: Connection, _: object, __: int) -> tuple[Connection, str, bytes]:
        scope = connection.own()
        taken = given(connection.headers, connection.given) if trust else None
        chosen = taken or make(scope)
        connection.request_id = scope["request_id"] = chosen
        if in_request:
            headers = connection.headers
            connection.rewrite(rewritten(headers, chosen, taken=taken is not None))
        return connection, chosen, chosen.encode("ascii")

    def start(
        state: tuple[Connection, str, bytes], message: Message, headers: list[Pair], _: int
    ) -> None:
        connection, chosen, value = state
        own = find_all(headers, name)
        if own:
            value = next(filter(None, own), value)
            connection.request_id = value.decode("latin-1")
            headers[:] = replace(headers, name, value)
        elif "headers" in message or _takes_headers(message, connection.given):
            headers.append((name, value))
            connection.request_id = chosen  # an app that this one called may have changed it

    return drive(
        app, Part(name="request_id", begin=begin, start=start, isolates=True, faults=faults)
    )


def add_request_id(
    logger: object,  # noqa: ARG001  # what structlog hands to a processor
    method: str,  # noqa: ARG001  # the same
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """A structlog processor: adds ``request_id`` to every event inside a request.

    >>> add_request_id(None, "info", {"event": "outside of a request"})
    {'event': 'outside of a request'}
    """
    found = get_request_id()
    if found is not None:
        event.setdefault("request_id", found)
    return event


class RequestIdFilter(logging.Filter):
    """A filter for stdlib logging: gives every record a ``request_id``, ``"-"`` outside of one.

    >>> record = logging.makeLogRecord({"msg": "hello"})
    >>> RequestIdFilter().filter(record), record.request_id
    (True, '-')
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; let every record pass."""
        if not hasattr(record, "request_id"):
            record.request_id = get_request_id() or "-"
        return True


def _takes_headers(message: Message, scope: Scope) -> bool:
    """Headers on ``websocket.accept`` came with version 2.1 of the specification."""
    if message["type"] != "websocket.accept":
        return True
    return (scope.get("asgi") or {}).get("spec_version") != "2.0"
