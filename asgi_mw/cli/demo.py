"""``asgi-mw demo``: serve the example apps through every layer, with real traffic."""

from __future__ import annotations

import asyncio
import io
import logging
import signal
import sys
from importlib import import_module
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any

import click

from asgi_mw import layer, open_store, production, record, stack
from asgi_mw.cli.background import serving
from asgi_mw.cli.commands import typed
from asgi_mw.cli.listing import listing_of_groups, row_of, short_id
from asgi_mw.cli.options import json_option, store_option
from asgi_mw.cli.output import say, say_json, terminal_width
from asgi_mw.cli.portrait import portrait
from asgi_mw.errors import AsgiMwError, StoreError
from asgi_mw.inspector.address import page_address
from asgi_mw.inspector.mounting import alone
from asgi_mw.inspector.site import site_of
from asgi_mw.installing import hook
from asgi_mw.logs import configure
from asgi_mw.printable import without_password
from asgi_mw.recorder.objects import summary
from asgi_mw.recorder.query import Query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from asgi_mw.cli.columns import Row
    from asgi_mw.events import Exchange
    from asgi_mw.inspector.site import Site
    from asgi_mw.recorder.store import Store
    from asgi_mw.types import App, Receive, Scope, Send

_APPS = {
    "FastAPI": "examples.fastapi_app",
    "Starlette": "examples.starlette_app",
    "Nexios": "examples.nexios_app",
    "no framework": "examples.raw_app",
}
# What is served beside them
_PAGE = "the page"
_ORIGIN = "https://shop.example.org"  # whose pages may call the apps
# The exchange that is opened: it shows who waited for whom, what was masked, and who closed it
_OPENED = "/ws/echo"
# Clients that make our traffic: what they would log is in our own log already
_CLIENTS = ("httpx", "httpx2", "httpcore", "httpcore2", "websockets")
# What to look at next
_NEXT = ("ls --status 5xx", "show last-error", "ls --sort duration --limit 5")
_PAUSE_SECONDS = 5.0


class ExamplesError(AsgiMwError):
    """The examples cannot be used; the message says how to get them."""


@click.command("demo")
@click.option("--once", is_flag=True, help="Drive the traffic once, show it, and exit.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_531),
    default=0,
    help="Of the first app, the others and the page come after it; any free ones by default.",
)
@store_option
@json_option
def command(*, once: bool, port: int, store: str, as_json: bool) -> None:
    """Serve the four example apps on loopback, each through every layer, with real traffic.

    Prints the address of a page that shows every message of all four, and one log line per request
    until Ctrl-C; with `--once` the recorded exchanges, one of them
    opened, and commands to look further.
    """
    _find_examples()
    drive = _imported("examples.traffic").drive
    opened = open_store(store)
    lines = sys.stderr if as_json else sys.stdout
    configure(format="auto", stream=io.StringIO() if once else lines)
    for name in _CLIENTS:
        logging.getLogger(name).setLevel(logging.WARNING)
    apps = {name: _layered(_imported(module).app, opened) for name, module in _APPS.items()}
    for name in logging.root.manager.loggerDict:
        if name.startswith("nexios"):
            # It logs the handler that fails on purpose a second time, through handlers of its own
            logging.getLogger(name).disabled = True
    began = time_ns()
    site, by_port = _page(opened)
    with serving({**apps, _PAGE: alone(site)}, port) as addresses:
        base = addresses.pop(_PAGE)
        by_port.update({_port(addresses[name]): app for name, app in apps.items()})
        if once:
            asyncio.run(_drive_all(drive, addresses))
        else:
            page = page_address(base, "", site.guard.token.value())
            _serve_on(drive, addresses, page, store, as_json=as_json)
    opened.flush()
    if once:
        recorded = list(opened.exchanges(Query(since=began)))[::-1]
        if not recorded:
            raise StoreError(f"nothing was recorded in {store}; see: asgi-mw doctor")
        if as_json:
            for exchange in recorded:
                say_json(summary(exchange))
        else:
            _show(recorded, addresses, store)
    opened.close()


def _find_examples() -> None:
    """Make `examples` of the checkout importable."""
    for root in (Path.cwd(), Path(__file__).parents[2]):
        if (root / "examples" / "traffic.py").is_file():
            sys.path.insert(0, str(root))
            return
    raise ExamplesError(
        "the example apps are in the checkout of the project and not in the installed package; "
        "run this in a checkout, or record an app of your own: asgi-mw run module:app"
    )


def _imported(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ExamplesError(
            f"{module} needs what is not installed ({error}); `make demo` installs it, "
            'as does: pip install -e ".[dev]"'
        ) from None


def _layered(app: App, store: Store) -> App:
    """Put every layer around *app*, in an order that suits most apps."""
    hook(app)
    return stack(production(app, allow_origins=[_ORIGIN]), layer(record, store=store, layers=True))


def _page(store: Store) -> tuple[Site, dict[int, App]]:
    """The page over *store*; a request sent again goes to the app with the port that it came to."""
    by_port: dict[int, App] = {}

    async def first_asked(scope: Scope, receive: Receive, send: Send) -> None:
        await by_port[scope["server"][1]](scope, receive, send)

    return site_of("demo", store, app=first_asked), by_port


async def _drive_all(
    drive: Callable[[str], Awaitable[object]], addresses: Mapping[str, str]
) -> None:
    await asyncio.gather(*[drive(address) for address in addresses.values()])


def _serve_on(
    drive: Callable[[str], Awaitable[object]],
    addresses: Mapping[str, str],
    page: str,
    store: str,
    *,
    as_json: bool,
) -> None:
    """Drive traffic again and again until Ctrl-C."""
    if as_json:
        say_json({"apps": addresses, "store": without_password(store), "inspector": page})
    else:
        for name, address in addresses.items():
            say([(f"{name.ljust(14)}", "bold"), (address, "cyan")])
        click.echo(f"Look at the traffic in a browser: {page}")
        click.echo("or from another terminal:")
        _say_commands(store, ("tail", *_NEXT[:2]))
        click.echo("Ctrl-C ends it.")

    async def again_and_again() -> None:
        while True:
            await _drive_all(drive, addresses)
            await asyncio.sleep(_PAUSE_SECONDS)

    # SIGTERM ends it like Ctrl-C: the recordings are wanted then, too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(again_and_again())
    except KeyboardInterrupt:
        click.echo(err=True)


def _show(recorded: list[Exchange], addresses: Mapping[str, str], store: str) -> None:
    """All exchanges in one table, by their app; one of them opened; and what to type next."""
    columns = terminal_width()
    names = {address: name for name, address in addresses.items()}
    groups: dict[str, list[Row]] = {address: [] for address in [*names, ""]}
    for one in recorded:
        groups[_address(one) if _address(one) in names else ""].append(row_of(one))
    titled = {f"{names.get(at, 'Lifespans')}  {at}".rstrip(): rows for at, rows in groups.items()}
    say(*listing_of_groups(titled, columns), [])
    of_first = [one for one in recorded if _address(one) in list(names)[:1]]
    opened = next((one for one in of_first if one.path == _OPENED), recorded[-1])
    count = sum(len(one.events) for one in recorded)
    say(
        [
            ("One of them, opened", "bold cyan"),
            (f": {typed(f'show {short_id(opened)}', store)}", ""),
        ],
        [],
    )
    say(*portrait(opened, columns=columns), [])
    click.echo(f"{len(recorded)} exchanges with {count:,} events were recorded. Look further:")
    _say_commands(store, _NEXT)


def _say_commands(store: str, commands: Iterable[str]) -> None:
    say(*[[("  ", ""), (typed(one, store), "bold")] for one in commands])


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _address(exchange: Exchange) -> str:
    match exchange.scope.get("server"):
        case [str(host), int(port)]:
            return f"http://{host}:{port}"
        case _:
            return ""
