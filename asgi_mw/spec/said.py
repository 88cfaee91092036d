"""What is wrong with one message, whatever came before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.headers import find
from asgi_mw.spec.kinds import pairs_in
from asgi_mw.spec.scopes import names_wrong
from asgi_mw.spec.values import OPAQUE, no_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.spec.scopes import Wrong
    from asgi_mw.spec.tables import Event, Key

NEWEST = (2, 5)


def wrong_in_message(
    kind: str, event: Event, message: dict[str, Any], which: str, version: tuple[int, ...] = NEWEST
) -> Iterator[Wrong]:
    """What is wrong with *message* of this *kind*.

    Args:
        kind: Its type.
        event: The entry of the tables for that type.
        message: The message.
        which: The first word of the ids of rules for all types: ``"message"`` or ``"received"``.
        version: Which version of the specification the server claims.
    """
    keys = event.keys
    for name, value in message.items():
        key = keys.get(name)
        if key is None:
            if name == "type" or value is OPAQUE:
                continue
            if not isinstance(name, str):
                yield f"{which}.values", f"it has a key {name!r}"
            elif why := no_value(value):
                yield f"{which}.values", f'"{name}" is {why}, or holds it'
        elif value.__class__ not in key.kind.quick and (
            why := "" if value is OPAQUE else key.kind.wrong(value)
        ):
            yield f"{kind}.{name}", f'"{name}" {why}'
        elif value and key.since and version < key.since:
            said = f'"{name}" is of version {_dotted(key.since)}, and the server has'
            yield f"{which}.version", f"{said} {_dotted(version)}"
    for name, key in keys.items():
        if key.required and name not in message:
            yield f"{kind}.{name}", f'"{name}" is missing'
    yield from _details(kind, keys, message)


def _details(kind: str, keys: dict[str, Key], message: dict[str, Any]) -> Iterator[Wrong]:
    pairs = pairs_in(message.get("headers", ())) if "headers" in keys else None
    if pairs:
        yield from names_wrong(pairs, "message.headers")
    if kind in {"websocket.send", "websocket.receive"}:
        if (message.get("bytes") is None) is (message.get("text") is None):
            has = "neither" if message.get("text") is None else "both"
            yield f"{kind}.one", f'it has {has} of "bytes" and "text"'
    elif kind == "websocket.accept" and pairs:
        if find(pairs, b"sec-websocket-protocol") is not None:
            yield "websocket.accept.protocol-header", "there is a header sec-websocket-protocol"
    elif kind == "http.response.pathsend":
        path = message.get("path")
        if isinstance(path, str) and not _is_absolute(path):
            yield "http.pathsend.relative", f'"path" is {path!r}'
    elif (
        kind == "http.response.start"
        and message.get("trailers")
        and pairs is not None
        and find(pairs, b"trailer") is None
    ):
        yield "http.trailers.header", 'there is no header "trailer"'


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _is_absolute(path: str) -> bool:
    """Whether *path* is absolute on any platform: a recording may come from another one."""
    return path[:1] in {"/", "\\"} or path[1:3] in {":\\", ":/"}


def ordered(kind: str, state: str) -> str:
    """Say that a message of *kind* comes out of order; *state* is that of the response."""
    said = f"{kind.rstrip('+')!r}"
    if state == "over":
        return f"{said} after the app returned"
    return f"{said} while the response is {state!r}" if state else f"{said} came out of order"
