"""Believe the ``X-Forwarded-*`` headers of the proxies that are trusted, whichever server serves.

The servers differ in whom they believe, and hypercorn believes anybody.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import click

from asgi_mw.client import origin_finder, peer
from asgi_mw.errors import Problems
from asgi_mw.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.types import App, Receive, Scope, Send

ANYBODY = ("0.0.0.0/0", "::/0", "unix")


def trusted(given: str) -> tuple[str, ...]:
    """The proxies that ``--forwarded-allow-ips`` names, as :mod:`asgi_mw.client` takes them.

    A peer on a Unix socket has no address and is named ``unix``: servers let anybody on the machine
    connect there.

    Raises:
        click.UsageError: One of them is no address.

    >>> trusted("127.0.0.1, 10.0.0.0/8")
    ('127.0.0.1', '10.0.0.0/8')
    """
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    if "*" in names:
        return ANYBODY
    for name in names:
        try:
            ip_network(name if name != "unix" else "::")
        except ValueError as error:
            raise click.UsageError(
                f"--forwarded-allow-ips {printable(name)}: {printable(str(error))}; "
                "write addresses and networks as 192.0.2.1 or 10.0.0.0/8, unix, or *"
            ) from None
    return names


def behind_proxies(app: App, proxies: Iterable[str]) -> App:
    """*app*, which gets client and scheme from what *proxies* say.

    Args:
        proxies: As :func:`trusted` gives them.
    """
    find = origin_finder(proxies, Problems("run"))
    if find is None:
        return app

    async def forwarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = list(scope["headers"])
            origin = find(scope, headers)
            scope = {**scope, "headers": headers}
            if origin.client != peer(scope):
                scope["client"] = (origin.client, 0)
            if origin.scheme is not None:
                secure = origin.scheme in ("https", "wss")
                plain, safe = ("http", "https") if scope["type"] == "http" else ("ws", "wss")
                scope["scheme"] = safe if secure else plain
        await app(scope, receive, send)

    return forwarded
