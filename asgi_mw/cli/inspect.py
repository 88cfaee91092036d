"""``asgi-mw inspect``: show a store in a browser, while others write it."""

from __future__ import annotations

import socket
import webbrowser
from typing import TYPE_CHECKING

import click

from asgi_mw.cli import address
from asgi_mw.cli.options import folders, json_option
from asgi_mw.cli.output import say_json
from asgi_mw.cli.page import SEEN_BY
from asgi_mw.errors import MissingExtraError
from asgi_mw.inspector.address import base_of, page_address
from asgi_mw.inspector.mounting import alone
from asgi_mw.inspector.site import site_of
from asgi_mw.printable import printable, without_password
from asgi_mw.recorder.existing import DEFAULT_STORE, STORE_VARIABLE, recorded

if TYPE_CHECKING:
    from uvicorn import Server

    from asgi_mw.types import App

_PORT = 8765


@click.command("inspect")
@click.argument("store", envvar=STORE_VARIABLE, default=DEFAULT_STORE, shell_complete=folders)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="Where to listen; 0 takes a free port.",
)
@SEEN_BY[0]
@SEEN_BY[1]
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
@json_option
def command(
    *,
    store: str,
    host: str,
    port: int,
    inspect_host: tuple[str, ...],
    inspect_client: tuple[str, ...],
    opens: bool,
    as_json: bool,
) -> None:
    """Show every recorded message of STORE in a browser, live, until Ctrl-C.

    STORE is a folder, or the address of a database, postgresql://...; $ASGI_MW_STORE or else
    .asgi-mw if you name none.  Others may write it meanwhile.  The page
    answers browsers on this machine that open the printed address, and nobody else.
    """
    opened = recorded(store)
    store = without_password(store)
    site = site_of("inspect", opened, allowed_hosts=inspect_host, allowed_clients=inspect_client)
    server = _server(alone(site))
    port = address.checked(host, port)
    where = page_address(base_of(host, port), "", site.guard.token.value())
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen()  # a browser that connects now waits until the server accepts
        if as_json:
            say_json({"inspector": where, "store": store})
        else:
            click.echo(f"{printable(store)} is at {where}", err=True)
            click.echo("Ctrl-C ends it.", err=True)
        if opens:
            webbrowser.open(where)
        try:
            server.run(sockets=[sock])
        except KeyboardInterrupt:  # which uvicorn raises again
            click.echo(err=True)


def _server(app: App) -> Server:
    """A server that serves *app* until a signal comes."""
    try:
        import uvicorn  # noqa: PLC0415  # an extra
    except ImportError:
        raise MissingExtraError("uvicorn", "cli") from None
    return uvicorn.Server(
        uvicorn.Config(
            app, lifespan="off", log_level="warning", access_log=False, proxy_headers=False
        )
    )
