"""Who may ask for the page: by which host names, and from which client addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.client import Network
    from asgi_mw.errors import Problems

# RFC 9110 7.2: Host = uri-host [ ":" port ]; names in ASCII, without a dot at the end
_LABELS = r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*"
_AUTHORITY = re.compile(rf"({_LABELS}|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?")
_NAME = re.compile(rf"(?:\*\.)?{_LABELS}|\[[0-9a-f:.]+\]")
_LONGEST = 300
_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MEND = "write a name alone, as 'dev.example.org' or '*.ngrok.app'"


def host_of(authority: str) -> str | None:
    """The name in *authority*, in lower case and without the port; ``None`` if it has none.

    >>> host_of("LocalHost:8000"), host_of("[::1]:8000"), host_of("localhost@evil.example")
    ('localhost', '[::1]', None)
    """
    if len(authority) > _LONGEST:
        return None
    match = _AUTHORITY.fullmatch(authority.lower())
    return match[1] if match else None


def known_hosts(allowed: Iterable[str], problems: Problems) -> Callable[[str | None], bool]:
    """What says whether a name is one of this machine's own, or among *allowed*.

    This machine's own names are ``localhost``, names that end with ``.localhost``, ``127.0.0.1``
    and ``[::1]``: no other site can make a browser take them for its own (RFC 6761 6.3).

    >>> from asgi_mw.errors import Problems
    >>> known = known_hosts(["*.ngrok.app"], Problems("inspect"))
    >>> known("shop.localhost"), known("a.ngrok.app"), known("ngrok.app"), known("localhost.evil")
    (True, True, False, False)
    """
    exact = set(_HERE)
    ends = [".localhost"]
    for name in _listed(allowed, "allowed_hosts", problems, _MEND):
        lower = name.lower()
        if name == "*":
            reason = "would let every site that a browser visits read what is recorded"
            problems.add("allowed_hosts", name, reason, _MEND)
        elif ":" in lower and not lower.startswith("["):
            problems.add("allowed_hosts", name, "has a port or a scheme", _MEND)
        elif not _NAME.fullmatch(lower):
            problems.add("allowed_hosts", name, "is no host name in ASCII", _MEND)
        elif lower.startswith("*."):
            ends.append(lower[1:])
        else:
            exact.add(lower)
    endings = tuple(ends)
    return lambda name: name is not None and (name in exact or name.endswith(endings))


def known_clients(allowed: Iterable[str], problems: Problems) -> Callable[[str | None], bool]:
    """What says whether the address of a client is this machine's own, or among *allowed*.

    >>> from asgi_mw.errors import Problems
    >>> known = known_clients(["172.16.0.0/12"], Problems("inspect"))
    >>> [known(one) for one in ("127.0.0.1", "::ffff:127.0.0.1", "172.17.0.1", "192.0.2.1", None)]
    [True, True, True, False, False]
    """
    networks: list[Network] = []
    unix = False
    mend = "write '172.17.0.1', '192.168.0.0/16' or 'unix'"
    for name in _listed(allowed, "allowed_clients", problems, mend):
        try:
            if name == "unix":
                unix = True
            else:
                networks.append(ip_network(name))
        except ValueError as error:
            problems.add("allowed_clients", name, f"is no address or network ({error})", mend)

    def known(client: str | None) -> bool:
        if client is None:  # as of a Unix socket, where a proxy may pass on anybody's requests
            return unix
        try:
            address = ip_address(client)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_loopback or any(
            address in network for network in networks if network.version == address.version
        )

    return known


def _listed(given: Iterable[str], option: str, problems: Problems, mend: str) -> list[str]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        problems.add(option, given, "a list is meant", f"write {option}=[{given!r}]")
        return []
    found = list(given)
    for one in found:
        if not isinstance(one, str):
            problems.add(option, one, "is no text", mend)
    return [one for one in found if isinstance(one, str)]
