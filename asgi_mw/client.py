"""Who the client is: one rule for trusted proxies, shared by log, tracing and ids."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from asgi_mw.headers import find_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.errors import Problems
    from asgi_mw.headers import Headers
    from asgi_mw.types import Scope

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def peer(scope: Scope) -> str | None:
    """The address at the other end of the socket; ``None`` where the server knows none.

    Servers give a tuple, a list, ``None``, no key, or ``('', '0')`` for a Unix socket.

    >>> peer({"type": "http", "client": ["192.0.2.1", 50000]})
    '192.0.2.1'
    """
    client = scope.get("client")
    if not client:
        return None
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
    networks, unix = _compile(trusted, problems)
    if not networks and not unix:
        return lambda scope, _: peer(scope)

    @lru_cache(maxsize=1024)
    def is_proxy(host: str) -> bool:
        address = _address(host)
        return address is not None and any(
            address in network for network in networks if network.version == address.version
        )

    def client(scope: Scope, headers: Headers) -> str | None:
        host = peer(scope)
        if not (unix if host is None else is_proxy(host)):
            return host
        hops = b",".join(find_all(headers, b"x-forwarded-for")).decode("latin-1")
        # The right end counts, and as many proxies as anybody has
        for hop in reversed(hops[-4096:].split(",")[-64:]):
            address = _address(hop.strip(" \t"))
            if address is None:
                break
            host = str(address)
            if not is_proxy(host):
                break
        return host

    return client


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
    """The address in *text*, which may have brackets and a port; IPv4 in IPv6 is IPv4."""
    if len(text) > 64:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
