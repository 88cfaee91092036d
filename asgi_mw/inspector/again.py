"""Rebuild the request of a recorded exchange, or say why that cannot be done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.parts import payloads
from asgi_mw.redaction.spans import MASK, MASK_BYTES

if TYPE_CHECKING:
    from asgi_mw.events import Exchange
    from asgi_mw.types import Message, Scope

MARK = b"x-asgi-mw-resend"
# RFC 9110 7.6.1: headers of one connection only; the length is taken from the body that is sent
_NOT_SENT = frozenset(
    {b"connection", b"content-length", b"expect", b"keep-alive", b"proxy-connection", b"te"}
    | {b"trailer", b"transfer-encoding", b"upgrade", MARK}
)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 5.5: characters after which some servers would see another header
_BREAKS = re.compile(rb"[\r\n\x00]")


class NotAgainError(Exception):
    """The exchange cannot be sent again; the message says why."""


class Request(NamedTuple):
    """A request to make.

    Attributes:
        scope: The scope.
        messages: The messages that the app receives.
        left_out: The parts of the recorded request that are missing because they were masked.
    """

    scope: Scope
    messages: list[Message]
    left_out: tuple[str, ...]


def request_of(exchange: Exchange, state: dict[str, Any] | None) -> Request:
    """Rebuild the request of *exchange*.

    Args:
        exchange: What was recorded.
        state: What the lifespan of the app put into ``scope["state"]``.

    Raises:
        NotAgainError: It was no HTTP request, or the record does not hold all of it.
    """
    given = exchange.scope
    if exchange.type != "http":
        raise NotAgainError(f"only an HTTP request can be sent again, and this is {exchange.type}")
    raw_path, query = _octets(given.get("raw_path")), _octets(given.get("query_string"))
    path = exchange.path
    if not _TOKEN.fullmatch(exchange.method) or not path.startswith("/"):
        raise NotAgainError("its method or its path is none")
    if MASK in path or MASK_BYTES in raw_path or MASK_BYTES in query:
        raise NotAgainError("its path or query held a secret, which was not recorded")
    body = _body(exchange)
    headers, left_out = _headers(exchange)
    if body:
        headers.append((b"content-length", b"%d" % len(body)))
    headers.append((MARK, exchange.id.encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": exchange.method,
        "scheme": str(given.get("scheme") or "http"),
        "path": path,
        "raw_path": raw_path or None,
        "query_string": query,
        "root_path": str(given.get("root_path") or ""),
        "headers": headers,
        "client": _pair(given.get("client")),
        "server": _pair(given.get("server")),
        "extensions": {},
    }
    if not raw_path:
        del scope["raw_path"]
    if state is not None:
        scope["state"] = dict(state)
    return Request(scope, [{"type": "http.request", "body": body, "more_body": False}], left_out)


def _body(exchange: Exchange) -> bytes:
    received = [one for one in exchange.events if one.type == "http.request"]
    body = payloads(exchange, "receive")
    if MASK_BYTES in body:
        raise NotAgainError("its body held a secret, which was not recorded")
    if exchange.gap is not None or any(one.truncated for one in received):
        raise NotAgainError("its body was not recorded whole; see body_limit")
    if sum(one.size for one in received) != len(body):
        raise NotAgainError("its body could not be searched for secrets, and was not recorded")
    last = received[-1].message if received else {}
    promised = exchange.header("content-length")
    if last.get("more_body") or (not received and promised not in {None, "0"}):
        raise NotAgainError("the app did not read its whole body, so that it was not recorded")
    return body


def _headers(exchange: Exchange) -> tuple[list[tuple[bytes, bytes]], tuple[str, ...]]:
    """The headers to send, and the names of those that were masked."""
    headers: list[tuple[bytes, bytes]] = []
    left_out: dict[str, None] = {}
    for name, value in exchange.scope.get("headers") or ():
        name, value = _octets(name).lower(), _octets(value)  # noqa: PLW2901  # the same, as bytes
        if _BREAKS.search(name + value) or not _TOKEN.fullmatch(name.decode("latin-1")):
            raise NotAgainError("one of its headers would be two")
        if name in _NOT_SENT:
            continue
        if MASK_BYTES in value:
            left_out[f"header {name.decode('latin-1')}"] = None
        else:
            headers.append((name, value))
    return headers, tuple(left_out)


def _octets(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value or "").encode("latin-1", "replace")


def _pair(value: Any) -> tuple[str, int | None] | None:
    match value:
        case [str(host), int() | None as port]:
            return host, port
        case _:
            return None
