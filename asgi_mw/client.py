"""Who the client is: one rule for trusted proxies, shared by log, tracing and ids."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from asgi_mw.caches import remembered
from asgi_mw.headers import find_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.errors import Problems
    from asgi_mw.headers import Headers
    from asgi_mw.types import Scope

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Hops: TypeAlias = "Callable[[Scope, Headers], tuple[str | None, int]]"

# RFC 6874 2: ZoneID = 1*( unreserved / pct-encoded ); no name of an interface has a %
_ZONE = re.compile(r"[A-Za-z0-9._~-]+")
_SCHEMES = frozenset({"http", "https", "ws", "wss"})


class Origin(NamedTuple):
    """Where a request came from, before the proxies.

    Attributes:
        client: Address of the client.
        scheme: The scheme that it used, ``None`` if no trusted proxy said so.
        host: What it asked for in ``Host``, ``None`` if no trusted proxy said so.
    """

    client: str | None
    scheme: str | None
    host: str | None


def peer(scope: Scope) -> str | None:
    """The address at the other end of the socket; ``None`` where the server knows none.

    Servers give a tuple, a list, ``None``, no key, or ``('', '0')`` for a Unix socket.

    >>> peer({"type": "http", "client": ["192.0.2.1", 50000]})
    '192.0.2.1'
    """
    client = scope.get("client")
    if not client:
        return None
    if client.__class__ is tuple:
        host = client[0]
        if host.__class__ is str:
            return host or None
    else:
        host, *_ = client
    return str(host) or None


def client_finder(
    trusted: Iterable[str], problems: Problems
) -> Callable[[Scope, Headers], str | None]:
    """Compile *trusted* to a function from a scope and its headers to the client's address.

    ``X-Forwarded-For`` counts only where the peer is trusted.  It is read from the right, since
    each proxy adds the peer it saw at the end; the first address that is no trusted proxy is the
    client.  What stands to the left of it, or is no address, was written by the client itself.

    Args:
        trusted: Addresses and networks of proxies, as ``"10.0.0.0/8"``, and ``"unix"`` for a
            peer without address, such as a proxy that connects through a Unix socket.
        problems: Collects what is wrong with *trusted*.

    >>> from asgi_mw.errors import Problems
    >>> client = client_finder(["10.0.0.0/8"], Problems("access_log"))
    >>> headers = [(b"x-forwarded-for", b"6.6.6.6, 203.0.113.7, 10.0.0.9")]
    >>> client({"type": "http", "client": ("10.0.0.1", 1)}, headers)
    '203.0.113.7'
    >>> client({"type": "http", "client": ("192.0.2.1", 1)}, headers)
    '192.0.2.1'
    """
    hops = _hops(trusted, problems)
    return _peer if hops is None else lambda scope, headers: hops(scope, headers)[0]


def origin_finder(
    trusted: Iterable[str], problems: Problems
) -> Callable[[Scope, Headers], Origin] | None:
    """Like :func:`client_finder`, with scheme and host too; ``None`` if no proxy is trusted.

    ``X-Forwarded-Proto`` and ``X-Forwarded-Host`` count only where the peer is trusted.  If every
    proxy added a value of its own, the value of the proxy that saw the client counts; otherwise
    the last one, for which the peer itself vouches.  A trusted proxy has to set or remove these
    headers: if it lets them through, the client can choose them.  ``Forwarded`` (RFC 7239) is
    not read: proxies that set the other headers let it through.

    >>> from asgi_mw.errors import Problems
    >>> origin = origin_finder(["10.0.0.0/8"], Problems("tracing"))
    >>> headers = [(b"x-forwarded-for", b"203.0.113.7"), (b"x-forwarded-proto", b"https")]
    >>> origin({"type": "http", "client": ("10.0.0.1", 1)}, headers)
    Origin(client='203.0.113.7', scheme='https', host=None)
    """
    hops = _hops(trusted, problems)
    if hops is None:
        return None

    def origin(scope: Scope, headers: Headers) -> Origin:
        host, behind = hops(scope, headers)
        if not behind:
            return Origin(host, None, None)
        scheme = _said(headers, b"x-forwarded-proto", behind)
        return Origin(
            host,
            scheme.lower() if scheme is not None and scheme.lower() in _SCHEMES else None,
            _said(headers, b"x-forwarded-host", behind),
        )

    return origin


def _peer(scope: Scope, _: Headers) -> str | None:
    """The :func:`peer`, where no proxy is trusted."""
    return peer(scope)


def _hops(trusted: Iterable[str], problems: Problems) -> Hops | None:
    """The function that finds the client, and how many trusted proxies are in front of it."""
    networks, unix = _compile(trusted, problems)
    if not networks and not unix:
        return None

    @remembered(1024, longest=64)
    def is_proxy(host: str) -> bool:
        address = _address(host)
        return address is not None and any(
            address in network for network in networks if network.version == address.version
        )

    def hops(scope: Scope, headers: Headers) -> tuple[str | None, int]:
        host = peer(scope)
        if not (unix if host is None else is_proxy(host)):
            return host, 0
        behind = 1
        given = b",".join(find_all(headers, b"x-forwarded-for")).decode("latin-1")
        # Only the right end counts, and no more proxies than anybody has
        for hop in reversed(given[-4096:].split(",")[-64:]):
            address = _address(hop.strip(" \t"))
            if address is None:
                break
            host = str(address)
            if not is_proxy(host):
                break
            behind += 1
        return host, behind

    return hops


def _said(headers: Headers, name: bytes, behind: int) -> str | None:
    """The value of the proxy that saw the client, if each of *behind* proxies added one."""
    values = b",".join(find_all(headers, name))[-4096:].decode("latin-1").split(",")
    value = values[-behind if len(values) >= behind else -1].strip(" \t")
    return value or None


def _compile(trusted: Iterable[str], problems: Problems) -> tuple[list[Network], bool]:
    networks: list[Network] = []
    unix = False
    if isinstance(trusted, (str, bytes)) or not isinstance(trusted, Iterable):
        mend = "write it as ['10.0.0.0/8']"
        problems.add("trusted_proxies", trusted, "a list of addresses is meant", mend)
        return [], False
    for entry in trusted:
        if entry == "unix":
            unix = True
            continue
        try:
            if not isinstance(entry, str):
                raise TypeError("no text")  # noqa: TRY301  # reported like a malformed one
            networks.append(ip_network(entry))
        except (TypeError, ValueError) as error:
            mend = "write it as '10.0.0.0/8', '192.0.2.1' or 'unix'"
            problems.add("trusted_proxies", entry, f"is no address or network ({error})", mend)
    return networks, unix


def _address(text: str) -> Address | None:
    """The address in *text*, which may have brackets and a port; IPv4 in IPv6 is IPv4.

    A zone, as in ``fe80::1%eth0``, is left out: it means nothing on another machine (RFC 4007 6).
    """
    if len(text) > 64:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    text, percent, zone = text.partition("%")
    if percent and not (":" in text and _ZONE.fullmatch(zone)):
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
