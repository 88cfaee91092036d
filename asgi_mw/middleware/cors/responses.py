"""Put the policy's headers on a response, in the place of those that the app set itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_mw.caches import remembered
from asgi_mw.headers import is_named, members, settle

if TYPE_CHECKING:
    from asgi_mw.headers import Headers, Pair
    from asgi_mw.types import Message

# The answer depends on the origin (Fetch, CORS protocol and HTTP caches), a denial as well
VARY = (b"vary", b"Origin")
DENIED = (VARY,)
_CORS = b"access-control-"
_SHORTEST = len(b"access-control-max-age")
_EXPOSE = b"access-control-expose-headers"


def decorated(message: Message, extra: tuple[Pair, ...]) -> Message:
    """A new message like *message*, the start of a response, with *extra*.

    What the app itself says about CORS is taken out: it may contradict the policy, and a
    browser that gets two values of ``Access-Control-Allow-Origin`` denies the page.  The one
    exception is ``Access-Control-Expose-Headers`` of a response that may be read:
    the app knows best what is in it, and the names add up.
    """
    headers = message.get("headers", ())
    if headers.__class__ is not list or (headers and headers[0].__class__ is not tuple):
        message = settle(message)
        headers = message.get("headers", ())
        if headers.__class__ is not list and headers != ():
            return message  # for the server to refuse
    try:
        for pair in headers:
            length = len(pair[0])
            if length == 4 or length >= _SHORTEST:
                name = pair[0].lower()
                if name.startswith(_CORS) or (name == b"vary" and _has_said(pair[1])):
                    return {**message, "headers": _merged(headers, extra)}
    except (AttributeError, IndexError, KeyError, TypeError):  # malformed: for the server to refuse
        return {**message, "headers": _merged(headers, extra)}
    changed = {**message}
    changed["headers"] = [*headers, *extra]
    return changed


def _merged(headers: Headers, extra: tuple[Pair, ...]) -> list[Pair]:
    """*headers* without the app's CORS headers, and with those of *extra* that say more."""
    kept = []
    said: set[bytes] = set()
    allowed = extra is not DENIED
    for pair in headers:
        if is_named(pair, b"vary"):
            value = _once(pair[1], said)
            if value is pair[1] or VARY not in extra:
                kept.append(pair)
            elif value:
                kept.append((pair[0], value))
        elif not _is_cors(pair) or (allowed and is_named(pair, _EXPOSE)):
            kept.append(pair)
    # * says more than Origin (RFC 9110 12.5.5)
    varies = not said.isdisjoint({b"origin", b"*"})
    kept += [pair for pair in extra if not (varies and pair is VARY)]
    return kept


@remembered(256, longest=256)
def _has_said(value: bytes) -> bool:
    """Whether *value*, a ``Vary``, says already that the response depends on the origin."""
    return not {b"origin", b"*"}.isdisjoint(member.lower() for member in members(value))


def _once(value: bytes, said: set[bytes]) -> bytes:
    """*value*, a ``Vary``, without ``Origin`` if that was *said* before; adds to *said*."""
    kept = []
    named = members(value)
    for member in named:
        name = member.lower()
        if name != b"origin" or name not in said:
            kept.append(member)
        said.add(name)
    return value if len(kept) == len(named) else b", ".join(kept)


def _is_cors(pair: Pair) -> bool:
    try:
        return pair[0].lower().startswith(_CORS)
    except (AttributeError, IndexError, KeyError, TypeError):
        return False
