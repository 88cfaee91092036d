"""Addresses and ports: of the server that was asked for, and of the other end of the socket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asgi_mw.caches import remembered

if TYPE_CHECKING:
    from asgi_mw.types import Scope

# RFC 9110 7.2: Host = uri-host [ ":" port ]; only with characters of names and addresses
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._~-]{1,255}))(?::([0-9]{0,5}))?")
_SCHEMES = frozenset({"http", "https", "ws", "wss"})


@remembered(256, longest=300)
def server_of(host: bytes) -> tuple[str | None, int | None]:
    """Name or address, and port, in the value of ``Host``; a malformed value gives neither.

    An address of IPv6 is given without its brackets.  A missing port is unknown: the conventions
    let it be parsed from the header, not guessed.

    >>> server_of(b"api.example.com"), server_of(b"[2001:db8::1]:8443"), server_of(b"a b")
    (('api.example.com', None), ('2001:db8::1', 8443), (None, None))
    """
    match = _HOST.fullmatch(host.decode("latin-1")) if len(host) <= 300 else None
    if match is None:
        return None, None
    address, name, port = match.groups()
    number = int(port) if port else 0
    return address or name, number if 0 < number < 65536 else None


def socket_of(scope: Scope) -> tuple[str | None, int | None]:
    """Address and port of the other end of the socket, as far as the server knows them.

    Servers give a tuple, a list, ``None``, no key, a port that is a ``str``, or ``('', '0')``
    for a Unix socket.

    >>> socket_of({"client": ["192.0.2.1", "50000"]}), socket_of({"client": ("", "0")})
    (('192.0.2.1', 50000), (None, None))
    """
    client = scope.get("client")
    if client.__class__ is tuple and len(client) == 2:  # as most servers give it
        host, port = client
        if host.__class__ is str and host and port.__class__ is int and port:
            return client
    if not client:
        return None, None
    host = client[0]
    if host.__class__ is not str or not host:
        return None, None
    port = client[1] if len(client) > 1 else None
    if port.__class__ is str:
        port = int(port) if port.isascii() and port.isdigit() else None
    return host, port or None


def scheme_of(scope: Scope) -> str:
    """The scheme, as an attribute of metrics that stay bounded: an unknown one is ``_OTHER``.

    >>> scheme_of({"type": "http", "scheme": "https"}), scheme_of({"type": "websocket"})
    ('https', 'ws')
    """
    scheme = scope.get("scheme")
    if scheme in _SCHEMES:
        return str(scheme)
    if not scheme:
        return "ws" if scope["type"] == "websocket" else "http"
    return "_OTHER"
