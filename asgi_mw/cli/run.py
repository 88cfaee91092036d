"""``asgi-mw run``: serve the user's app, and record its traffic."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from asgi_mw.cli import address, process_logs, served, servers
from asgi_mw.cli.options import is_address, json_option, store_option
from asgi_mw.cli.output import say_json
from asgi_mw.cli.page import opening_address, own_address, page_options
from asgi_mw.cli.plan import Served
from asgi_mw.cli.server_options import server_options
from asgi_mw.errors import Problems, StoreError
from asgi_mw.printable import printable, without_password
from asgi_mw.recorder.open import open_store
from asgi_mw.redaction import DEFAULT

if TYPE_CHECKING:
    from types import FrameType

    from asgi_mw.cli.page import Page
    from asgi_mw.cli.plan import Listening

_STATUSES = (
    "Exit status: 0 stopped by Ctrl-C or SIGTERM; 1 the app, its startup, the address or a worker "
    "failed, or the server is not installed; 2 an option is wrong, or the store cannot be written."
)


@click.command("run", epilog=_STATUSES)
@click.argument("app")
@click.option("--factory", is_flag=True, help="APP is a function that makes the app.")
@server_options
@click.option(
    "--access-log/--no-access-log", default=True, help="Log each request, unless the app does."
)
@click.option(
    "--layers/--no-layers",
    default=None,
    help="Record what each layer changes, too; by default, if there is a page.",
)
@click.option(
    "--otlp",
    metavar="URL",
    help="Trace the app, and send traces, metrics and logs to this collector, as "
    "http://127.0.0.1:4318.",
)
@page_options
@store_option
@json_option
def command(
    *,
    app: str,
    factory: bool,
    at: Listening,
    access_log: bool,
    layers: bool | None,
    otlp: str | None,
    page: Page,
    store: str,
    as_json: bool,
) -> None:
    """Serve an ASGI app, and record its traffic.

    APP is written as module:app.  The app behaves as without recording; secrets are masked
    before anything is written.  ASGI 2 and WSGI apps are adapted.  An app that sets up no logging
    gets one; each request is logged once.

    A page in the app shows every message, live, to browsers on this machine that open the printed
    address.  Where the environment says production, as APP_ENV=production, there is none.

    With --otlp the service is named by OTEL_SERVICE_NAME, or else by APP; the other OTEL_*
    variables count too.
    """
    if otlp is not None:
        _check_collector(otlp)
    servers.check(at.server, reload=at.reload)
    folder = _folder(store)
    _check_writable(folder, made=False)
    if at.uds is None:
        at = replace(at, port=address.checked(at.host, at.port))
    else:
        address.check_uds(at.uds)
    page_path = page.path_for(at)
    served_app = Served(
        target=app,
        factory=factory,
        app_dir=at.app_dir,
        store=folder,
        otlp=otlp,
        level=at.level,
        access=access_log,
        proxies=at.proxies,
        page=page_path,
        page_hosts=(*page.hosts, *own_address(at)),
        page_clients=(*page.clients, *own_address(at)),
        layers=page_path is not None if layers is None else layers,
        reload=at.reload,
    )
    served_app.leave()
    signal.signal(signal.SIGTERM, _stop)
    try:
        _make_ready(at)
        if not at.reload:
            _check_writable(folder, made=True)
        _say(served_app, at, as_json=as_json)
        stopped = servers.serve(at)
    except KeyboardInterrupt:
        stopped = True
    finally:
        if at.uds is not None:
            address.remove_uds(at.uds)
    if not stopped:
        raise click.exceptions.Exit(1)


def _stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # what signal gives
    """End with status 0, as was asked: uvicorn raises the signal again when it has shut down."""
    sys.exit(0)


def _check_collector(url: str) -> None:
    """Go on if *url* can be that of a collector, before the app is imported.

    Raises:
        click.UsageError: It is empty.
        ConfigError: It is no such URL.
    """
    from asgi_mw.otlp.settings import check_endpoint  # noqa: PLC0415  # only with --otlp

    if not url:
        raise click.UsageError(
            "--otlp is empty; name a collector, as http://127.0.0.1:4318, or leave it out"
        )
    problems = Problems("run")
    check_endpoint("--otlp", url, problems)
    problems.check()


def _folder(store: str) -> str:
    """The folder called *store*.

    Raises:
        click.UsageError: Nobody could read it.
        ConfigError: It is no name of a folder.
        StoreError: It is a file.
    """
    if store.startswith("memory"):
        raise click.UsageError(
            f"--store {store} could be read by nobody: the server is a process of its own; "
            "name a folder"
        )
    if is_address(store):
        raise click.UsageError(
            f"--store {without_password(store)} would make requests wait: record to a folder, "
            "as --store .asgi-mw, and ship that: asgi-mw ship .asgi-mw --to ADDRESS"
        )
    with suppress(OSError):  # the check whether it can be written reports it
        open_store(store)
    return os.path.abspath(store)  # noqa: PTH100  # resolve() would follow links


def _check_writable(name: str, *, made: bool) -> None:
    """Go on if the folder called *name* can be written, or, if it is not *made* yet, can be made.

    It is not made here.  An app that is not there gets no store: otherwise other commands could no
    longer say that there are no recordings yet.

    Raises:
        StoreError: It cannot be written; the message says why, and what to do.
    """
    from asgi_mw.recorder.writable import why_not_makable, why_not_writable  # noqa: PLC0415  # --help needs no store

    folder = Path(name)
    try:
        why = why_not_writable(folder) if made or folder.exists() else why_not_makable(folder)
    except OSError as error:  # even to look at the folders above it may be forbidden
        why = error.strerror or str(error)
    if why:
        raise StoreError(
            f"the store {folder} cannot be written: {why}; name another folder: --store FOLDER"
        )


def _make_ready(at: Listening) -> None:
    """Import the app before anything is announced; in another process if others will serve.

    Raises:
        click.exceptions.Exit: It failed; why was printed.
    """
    if at.workers == 1 and not at.reload:
        try:
            served.application()
        except SystemExit:
            raise click.exceptions.Exit(1) from None
        return
    # With --reload, the server waits until a wrong app is fixed
    process_logs.set_up(at.level, json=not at.reload and _tried())


def _tried() -> bool:
    """Import the app in a process of its own; return whether its log lines are JSON of ours.

    The parent of workers never imports it, and would restart workers that fail for ever.
    """
    code = (
        "from asgi_mw.cli import process_logs, served; "
        "served.application(); print(process_logs.is_json())"
    )
    command = [sys.executable, "-c", code]
    tried = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own words
    if tried.returncode:
        raise click.exceptions.Exit(1)
    return tried.stdout.endswith("True\n")


def _say(app: Served, at: Listening, *, as_json: bool) -> None:
    """Say what is served and recorded, and how to look at it."""
    collector = DEFAULT.text(app.otlp) if app.otlp else ""
    page = opening_address(app, at)
    if as_json:
        say_json({
            "app": app.target,
            "store": app.store,
            "server": at.server,
            "host": None if at.uds else at.host,
            "port": None if at.uds else at.port,
            "uds": at.uds,
            "workers": at.workers,
            "otlp": collector or None,
            "inspector": page or None,
        })  # fmt: skip
        return
    context = click.get_current_context()
    given = context.get_parameter_source("store") is ParameterSource.COMMANDLINE
    where = f" --store {shlex.quote(context.params['store'])}" if given else ""
    click.echo(f"Recording to {printable(app.store)}", err=True)
    if collector:
        click.echo(f"Sending traces, metrics and logs to {printable(collector)}", err=True)
    if page:
        click.echo(f"Look at it in a browser: {page}", err=True)
    click.echo(f"Look at it from another terminal: asgi-mw tail{where}", err=True)
