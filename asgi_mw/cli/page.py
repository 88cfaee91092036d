"""The page that ``asgi-mw run`` puts into an app: its options, and the address to open."""

from __future__ import annotations

import functools
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from asgi_mw.errors import Problems
from asgi_mw.inspector.address import base_of, page_address
from asgi_mw.inspector.hosts import known_clients, known_hosts
from asgi_mw.inspector.paths import checked_path
from asgi_mw.inspector.production import says_production, switched
from asgi_mw.inspector.token import Token
from asgi_mw.printable import printable
from asgi_mw.recorder.open import open_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.cli.plan import Listening, Served


class Page(NamedTuple):
    """What the options say.

    Attributes:
        wanted: Whether the user wants it; ``None`` if no option says so.
        path: Where it is.
        hosts: Names by which it may be called besides those of this machine.
        clients: Addresses of clients that may open it besides this machine.
    """

    wanted: bool | None
    path: str
    hosts: tuple[str, ...]
    clients: tuple[str, ...]

    def path_for(self, at: Listening) -> str | None:
        """Where the page is to be; ``None`` for nowhere: then say why, unless the user chose it."""
        problems = Problems("run")
        switch = switched(problems)
        problems.check()
        wanted = switch if self.wanted is None else self.wanted
        if wanted is not None:
            return self.path if wanted else None
        said = says_production()
        if said:
            click.echo(f"No page in the app, for {printable(said)}; --inspect makes one", err=True)
            return None
        if at.uds is not None and "unix" not in self.clients:
            click.echo(
                "No page in the app, for a Unix socket tells no client from another; "
                "see: asgi-mw inspect",
                err=True,
            )
            return None
        return self.path


_OPTIONS = (
    click.option(
        "--inspect/--no-inspect",
        default=None,
        help="Put a page into the app that shows every message; not in production.",
    ),
    click.option(
        "--inspect-path", metavar="PATH", default="/__asgi__", show_default=True, help="Where."
    ),
)
SEEN_BY = (
    click.option(
        "--inspect-host",
        metavar="NAME",
        multiple=True,
        help="Let the page be called by this name too, as that of a tunnel.",
    ),
    click.option(
        "--inspect-client",
        metavar="ADDRESS",
        multiple=True,
        help="Let these clients see it too: an address or network, as 172.17.0.1.",
    ),
)


def page_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and hand it them as one :class:`Page`, ``page``.

    Raises:
        ConfigError: One of them is not valid.
    """

    @functools.wraps(function)
    def with_options(
        *,
        inspect: bool | None,
        inspect_path: str,
        inspect_host: tuple[str, ...],
        inspect_client: tuple[str, ...],
        **others: Any,
    ) -> None:
        problems = Problems("run")
        checked_path(inspect_path, problems, "--inspect-path")
        known_hosts(inspect_host, problems)
        known_clients(inspect_client, problems)
        problems.check()
        page = Page(inspect, inspect_path, inspect_host, inspect_client)
        function(page=page, **others)

    return functools.reduce(
        lambda command, option: option(command), reversed((*_OPTIONS, *SEEN_BY)), with_options
    )


def own_address(at: Listening) -> tuple[str, ...]:
    """The address that the server listens on, if it is just one: it is this machine's own.

    A site can have its name point there, but it cannot be called by the address.
    """
    try:
        address = ip_address(at.host)
    except ValueError:
        return ()
    several = address.is_unspecified or address.is_loopback or address.version == 6
    return () if several else (str(address),)


def opening_address(app: Served, at: Listening) -> str:
    """The address that opens the page; empty where there is none, or where it is not known."""
    if app.page is None or at.uds is not None:
        return ""
    base = base_of(at.host, at.port, secure=at.certfile is not None)
    token = Token(open_store(app.store), Problems("run"))
    # With --reload, the app may not be there yet: no store is made for it
    return page_address(base, app.page, token.promised() if at.reload else token.value())
