"""``asgi-mw run``: serve the user's app, and record its traffic."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from asgi_mw.cli import address, process_logs, served, servers, tls
from asgi_mw.cli.options import app_dir_option, json_option, store_option
from asgi_mw.cli.output import say_json
from asgi_mw.cli.plan import Listening, Served
from asgi_mw.cli.proxies import trusted
from asgi_mw.errors import MissingExtraError, StoreError
from asgi_mw.printable import printable
from asgi_mw.recorder.open import open_store
from asgi_mw.redaction import DEFAULT

if TYPE_CHECKING:
    from types import FrameType

_LEVELS = ("critical", "error", "warning", "info", "debug")
_FILE = click.Path(exists=True, dir_okay=False, readable=True)
_STATUSES = (
    "Exit status: 0 stopped by Ctrl-C or SIGTERM; 1 the app, its startup, the address or a worker "
    "failed, or the server is not installed; 2 an option is wrong, or the store cannot be written."
)


def _load_env(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Put the variables of a file into the environment, before other options look there."""
    if value is not None and not ctx.resilient_parsing:
        if find_spec("dotenv") is None:
            raise MissingExtraError("python-dotenv", "cli")
        from dotenv import load_dotenv  # noqa: PLC0415  # an extra

        try:
            load_dotenv(value)
        except (OSError, ValueError) as error:
            raise click.BadParameter(f"{value} cannot be read: {error}", ctx, param) from None
    return value


@click.command("run", epilog=_STATUSES)
@click.argument("app")
@click.option("--factory", is_flag=True, help="APP is a function that makes the app.")
@click.option(
    "--server",
    type=click.Choice(servers.SERVERS),
    default="uvicorn",
    show_default=True,
    help="Which server serves.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 takes one that is free.",
)
@click.option("--uds", metavar="PATH", help="Listen on this Unix socket instead.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--reload", is_flag=True, help="Start anew whenever a file changes.")
@app_dir_option
@click.option(
    "--env-file",
    type=_FILE,
    is_eager=True,
    expose_value=False,
    callback=_load_env,
    help="Set the variables in this file, but those that are set already.",
)
@click.option("--root-path", default="", metavar="PATH", help="Where a proxy shows the app: /api.")
@click.option(
    "--proxy-headers/--no-proxy-headers",
    default=True,
    help="Believe X-Forwarded-For and -Proto of trusted proxies, or of nobody.",
)
@click.option(
    "--forwarded-allow-ips",
    metavar="LIST",
    envvar="FORWARDED_ALLOW_IPS",
    show_envvar=True,
    default="127.0.0.1,::1",
    show_default=True,
    help="Trusted proxies: addresses and networks with commas between, or *.",
)
@click.option("--ssl-certfile", type=_FILE, help="Serve HTTPS: the certificate, in PEM.")
@click.option("--ssl-keyfile", type=_FILE, help="Its key; if not in the file of the certificate.")
@click.option(
    "--ssl-keyfile-password",
    default="",
    metavar="TEXT",
    envvar="ASGI_MW_SSL_KEYFILE_PASSWORD",
    show_envvar=True,
    help="That of the key.",
)
@click.option("--ssl-ca-certs", type=_FILE, help="Clients need a certificate of these authorities.")
@click.option(
    "--log-level",
    type=click.Choice(_LEVELS, case_sensitive=False),
    help="The least level to log; info, unless the app says one.",
)
@click.option("--access-log/--no-access-log", default=True, help="Log a line for each request.")
@click.option(
    "--otlp",
    metavar="URL",
    help="Trace the app, and send traces, metrics and logs to this collector, as "
    "http://127.0.0.1:4318.",
)
@store_option
@json_option
def command(
    *,
    app: str,
    factory: bool,
    server: str,
    host: str,
    port: int,
    uds: str | None,
    workers: int,
    reload: bool,
    app_dir: str,
    root_path: str,
    proxy_headers: bool,
    forwarded_allow_ips: str,
    ssl_certfile: str | None,
    ssl_keyfile: str | None,
    ssl_keyfile_password: str,
    ssl_ca_certs: str | None,
    log_level: str | None,
    access_log: bool,
    otlp: str | None,
    store: str,
    as_json: bool,
) -> None:
    """Serve an ASGI app, and record its traffic.

    APP is written as module:app.  The app behaves as without recording; secrets are masked
    before anything is written.  ASGI 2 and WSGI apps are adapted.  An app that sets up no logging
    gets one; each request is logged once.

    With --otlp the service is named by OTEL_SERVICE_NAME, or else by APP; the other OTEL_*
    variables count too.
    """
    _check_options(store=store, otlp=otlp, workers=workers, reload=reload, uds=uds)
    if root_path and not root_path.startswith("/"):
        raise click.UsageError(f"--root-path begins with a slash; write it as /{root_path}")
    tls.check(ssl_certfile, ssl_keyfile, ssl_keyfile_password, ssl_ca_certs)
    servers.check(server, reload=reload)
    folder = _writable(store)
    if uds is None:
        port = address.checked(host, port)
    else:
        uds = os.path.abspath(uds)  # noqa: PTH100  # resolve() would follow links
        address.check_uds(uds)
    folder_of_app = os.path.abspath(app_dir)  # noqa: PTH100  # the same
    proxies = trusted(forwarded_allow_ips, uds=uds is not None) if proxy_headers else ()
    Served(
        target=app,
        factory=factory,
        app_dir=folder_of_app,
        store=folder,
        otlp=otlp or "",
        level=log_level or "",
        access=access_log,
        proxies=proxies,
    ).leave()
    listening = Listening(
        host=host,
        port=port,
        uds=uds,
        workers=workers,
        reload=reload,
        app_dir=folder_of_app,
        root_path=root_path.rstrip("/"),
        certfile=ssl_certfile,
        keyfile=ssl_keyfile or ssl_certfile,
        password=ssl_keyfile_password,
        ca_certs=ssl_ca_certs,
        level=log_level or "info",
    )
    signal.signal(signal.SIGTERM, _stop)
    try:
        _make_ready(listening)
        _say(app, server, listening, folder=folder, otlp=otlp, as_json=as_json)
        stopped = servers.serve(server, listening)
    except KeyboardInterrupt:
        stopped = True
    finally:
        if uds is not None:
            address.remove_uds(uds)
    if not stopped:
        raise click.exceptions.Exit(1)


def _stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # what signal gives
    """End as it was asked for: uvicorn raises the signal again when it has shut down."""
    sys.exit(0)


def _check_options(
    *, store: str, otlp: str | None, workers: int, reload: bool, uds: str | None
) -> None:
    """Refuse what cannot be meant.

    Raises:
        click.UsageError: It says what.
    """
    if store.startswith("memory"):
        raise click.UsageError(
            f"--store {store} could be read by nobody: the server is a process of its own; "
            "name a folder"
        )
    if otlp == "":
        raise click.UsageError(
            "--otlp is empty; name a collector, as http://127.0.0.1:4318, or leave it out"
        )
    if reload and workers > 1:
        raise click.UsageError("--reload serves with one process: leave out --workers")
    if uds is not None:
        context = click.get_current_context()
        for name in ("host", "port"):
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--uds is in the place of --{name}: leave out one of them")


def _writable(store: str) -> str:
    """The folder called *store*, which can be written.

    Raises:
        ConfigError: It is no name of a folder.
        StoreError: It cannot be written; why, and what to do.
    """
    open_store(store)
    folder = os.path.abspath(store)  # noqa: PTH100  # resolve() would follow links
    from asgi_mw.recorder.writable import why_not_writable  # noqa: PLC0415  # --help needs no store

    if why := why_not_writable(Path(folder)):
        raise StoreError(
            f"the store {folder} cannot be written: {why}; name another folder: --store FOLDER"
        )
    return folder


def _make_ready(at: Listening) -> None:
    """Import the app, before anything is promised; in other processes if those will serve.

    Raises:
        click.exceptions.Exit: It failed, which was said.
    """
    if at.workers == 1 and not at.reload:
        try:
            served.application()
        except SystemExit:
            raise click.exceptions.Exit(1) from None
        return
    # With --reload, a wrong app is waited for until it is mended
    process_logs.set_up(at.level, json=not at.reload and _tried())


def _tried() -> bool:
    """Import the app in a process of its own; whether its lines are JSON of ours.

    The parent of workers never imports it, and would start those that fail anew for ever.
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


def _say(
    app: str, server: str, at: Listening, *, folder: str, otlp: str | None, as_json: bool
) -> None:
    """Say what is served and recorded, and how to look at it."""
    collector = DEFAULT.text(otlp) if otlp else ""
    if as_json:
        said: dict[str, Any] = {"app": app, "store": folder, "server": server}
        said |= {"uds": at.uds} if at.uds else {"host": at.host, "port": at.port}
        say_json(said | {"workers": at.workers} | ({"otlp": collector} if collector else {}))
        return
    context = click.get_current_context()
    given = context.get_parameter_source("store") is ParameterSource.COMMANDLINE
    where = f" --store {shlex.quote(context.params['store'])}" if given else ""
    click.echo(f"Recording to {printable(folder)}", err=True)
    if collector:
        click.echo(f"Sending traces, metrics and logs to {printable(collector)}", err=True)
    click.echo(f"Look at it from another terminal: asgi-mw tail{where}", err=True)
