"""``asgi-mw run``: serve the user's app, and record its traffic."""

from __future__ import annotations

import errno
import os
import shlex
import socket
import subprocess
import sys
from importlib.util import find_spec

import click
from click.core import ParameterSource

from asgi_mw.cli import served
from asgi_mw.cli.options import STORE_VARIABLE, app_dir_option, json_option, store_option
from asgi_mw.cli.output import say_json
from asgi_mw.cli.served import APP_DIR, FACTORY, OTLP, TARGET
from asgi_mw.errors import AsgiMwError, MissingExtraError
from asgi_mw.printable import printable


class AddressError(AsgiMwError):
    """The server cannot listen there; the message says why and where it can."""


@click.command("run")
@click.argument("app")
@click.option("--factory", is_flag=True, help="APP is a function that makes the app.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--reload", is_flag=True, help="Start anew whenever a file changes.")
@app_dir_option
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
    host: str,
    port: int,
    workers: int,
    reload: bool,
    app_dir: str,
    otlp: str | None,
    store: str,
    as_json: bool,
) -> None:
    """Serve an ASGI app with uvicorn, and record its traffic.

    APP is written as module:app.  The app behaves as without recording; secrets are masked
    before anything is written.  ASGI 2 and WSGI apps are adapted.

    With --otlp the service is named by OTEL_SERVICE_NAME, or else by APP; the other OTEL_*
    variables count too.
    """
    if find_spec("uvicorn") is None:
        raise MissingExtraError("uvicorn", "cli")
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
    _check_address(host, port)
    folder = os.path.abspath(store)  # noqa: PTH100  # resolve() would follow links
    os.environ |= {
        TARGET: app,
        FACTORY: "1" if factory else "0",
        APP_DIR: os.path.abspath(app_dir),  # noqa: PTH100  # the same
        STORE_VARIABLE: folder,
        OTLP: otlp or "",
    }
    if workers > 1:
        _check_import()
    elif not reload:  # which waits until a wrong app is mended
        served.app  # noqa: B018  # imported before anything is promised
    if as_json:
        said = {"app": app, "store": folder, "host": host, "port": port, "workers": workers}
        say_json(said | ({"otlp": otlp} if otlp else {}))
    else:
        given = click.get_current_context().get_parameter_source("store")
        where = f" --store {shlex.quote(store)}" if given is ParameterSource.COMMANDLINE else ""
        click.echo(f"Recording to {printable(folder)}", err=True)
        if otlp:
            click.echo(f"Sending traces, metrics and logs to {printable(otlp)}", err=True)
        click.echo(f"Look at it from another terminal: asgi-mw tail{where}", err=True)
    import uvicorn  # noqa: PLC0415  # an extra

    uvicorn.run(
        "asgi_mw.cli.served:app",
        host=host,
        port=port,
        workers=workers,
        reload=reload,
        reload_dirs=app_dir if reload else None,
        access_log=not as_json,  # which goes to stdout
    )


def _check_import() -> None:
    """Try to import the app in a process of its own.

    The parent of workers never imports it, and would start those that fail anew for ever.
    """
    code = "from asgi_mw.cli.served import app"
    tried = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603  # our own words
    if tried.returncode:
        raise click.exceptions.Exit(1)


def _check_address(host: str, port: int) -> None:
    """Refuse an address that the server could not listen on, before anything starts.

    Raises:
        AddressError: It is taken, forbidden or not this machine's.
    """
    error = _listening_fails(host, port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        free = next((p for p in range(port + 1, 65536) if not _listening_fails(host, p)), 0)
        raise AddressError(
            f"port {port} of {host} is in use; stop the program that listens there, "
            f"or take another: --port {free}"
        )
    if error.errno == errno.EACCES:
        raise AddressError(f"port {port} needs privileges; take one from 1024 on: --port 8000")
    raise AddressError(
        f"nobody can listen on {host} here ({error.strerror or error}); --host 127.0.0.1 is for "
        "this machine alone, --host 0.0.0.0 for its networks"
    )


def _listening_fails(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET  # as uvicorn does
    with socket.socket(family) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            return error
    return None
