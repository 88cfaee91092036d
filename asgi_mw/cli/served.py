"""The app that ``asgi-mw run`` gives to the server: the user's, recorded, logged, perhaps traced.

Every worker process imports this module again, so what to serve comes in the environment.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from multiprocessing import parent_process
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import click

from asgi_mw.chains import peek
from asgi_mw.cli import process_logs
from asgi_mw.cli.options import is_address
from asgi_mw.cli.plan import Served
from asgi_mw.cli.proxies import behind_proxies
from asgi_mw.cli.servers import STARTUP_FAILED
from asgi_mw.cli.target import load
from asgi_mw.errors import AsgiMwError, ConfigError, Problem
from asgi_mw.installing import hook
from asgi_mw.layers import Layer, layers_of, rules_of
from asgi_mw.middleware.access_log import access_log
from asgi_mw.printable import printable, printable_lines
from asgi_mw.recorder.layer import record
from asgi_mw.recorder.open import open_store
from asgi_mw.redaction import DEFAULT
from asgi_mw.wrapped import bare

if TYPE_CHECKING:
    from asgi_mw.layers import Factory
    from asgi_mw.recorder.store import Store
    from asgi_mw.types import App

_LONGEST = 1000


def __getattr__(name: str) -> App:
    """Give ``app`` when the server asks for it.

    This is no factory, because uvicorn calls factories while its event loop runs, but imports apps
    before that.  What an app does when it is imported may depend on it.
    """
    if name != "app":
        raise AttributeError(name)
    return application()


@cache
def application() -> App:
    """Make the app of this process, and set up the logging of the process.

    Raises:
        SystemExit: It cannot be made; why was printed.
    """
    served = Served.found()
    sys.path.insert(0, served.app_dir)
    try:
        app = loaded = load(served.target, factory=served.factory)
        hook(app)
        # First, so that what the following steps log goes there
        process_logs.set_up(served.level)
        _say_twice(app, served)
        if served.access and not _has(app, access_log):
            app = _added(access_log(app))
        if served.otlp:
            app = _exporting(app, served)
        store = open_store(served.store)
        # A page means development, where one more thread does not matter
        watches = served.page is not None
        recorded = record(app, store=store, layers=served.layers, lag=watches)
        app = behind_proxies(recorded, served.proxies)
        return app if served.page is None else _with_page(app, loaded, recorded, store, served)
    except AsgiMwError as error:
        click.echo(f"Error: {printable_lines(DEFAULT.text(str(error)))}", err=True)
        sys.exit(STARTUP_FAILED)


def _with_page(app: App, loaded: App, recorded: App, store: Store, served: Served) -> App:
    """*app*, with the page outside of it: what proxies say about a client does not count there.

    If the user put a page into *loaded* at this path, it is that one: there is only one page.
    """
    from asgi_mw.inspector import mounting  # noqa: PLC0415  # only with the page
    from asgi_mw.inspector.site import site_of  # noqa: PLC0415  # the same

    path = served.page or ""
    site = site_of(
        "run",
        store,
        allowed_hosts=served.page_hosts,
        allowed_clients=served.page_clients,
        app=recorded,
    )
    page = mounting.page_in(loaded, path)
    if page is None:
        return mounting.mounted(app, site, path, announce=False)
    return mounting.brought_out(app, page, site.guard)


@dataclass(frozen=True, slots=True)
class _Added(Layer):
    """A layer that is none of the app's own: its name says so wherever layers are shown."""

    def __str__(self) -> str:
        return f"{Layer.__str__(self)} of asgi-mw run"


def _added(app: App) -> App:
    """*app*, whose outermost layer was added here."""
    made_by = layers_of(app)[0]
    vars(bare(app)[0])["__layer__"] = _Added(made_by.factory, made_by.options)
    return app


def _say_twice(app: App, served: Served) -> None:
    """Say that *app* itself records into the same store; once, however many workers there are.

    With --reload, each new worker says it, because each has another version of the app.
    """
    if (parent_process() is not None) is not served.reload:
        return
    folders = [_folder_of(one) for one in layers_of(app) if rules_of(one.factory).kind == "record"]
    if served.store in folders:
        where = Path(served.store)
        shown = where.relative_to(Path.cwd()) if where.is_relative_to(Path.cwd()) else where
        said = f"the app records to {shown} already; each exchange will be there twice"
        click.echo(f"Note: {printable(said, _LONGEST)}", err=True)


def _folder_of(recording: Layer) -> str | None:
    """The folder that a layer records to; ``None`` if it is none, or in memory."""
    store = recording.options.get("store")
    folder = peek(store, "folder", store)
    if not isinstance(folder, (str, PathLike)) or is_address(os.fspath(folder)):
        return None
    return os.path.abspath(folder)  # noqa: PTH100  # resolve() would follow links


def _has(app: App, factory: Factory) -> bool:
    """Whether *app* has a layer of this kind, also one that its framework will make."""
    kind = rules_of(factory).kind
    return any(rules_of(one.factory).kind == kind for one in layers_of(app))


def _exporting(app: App, served: Served) -> App:
    """*app*, traced if it does not trace itself, with its telemetry sent to the collector."""
    from asgi_mw.middleware.tracing import tracing  # noqa: PLC0415  # only with --otlp
    from asgi_mw.otlp import configure, exporting  # noqa: PLC0415  # the same

    # Variables that name the service win over our guess
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    guess = served.target.partition(":")[0]
    try:
        telemetry = configure(service_name=None if named else guess, endpoint=served.otlp)
    except ConfigError as error:
        if all(one.option != "globally" for one in error.problems):
            raise
        reason = "the app, or opentelemetry-instrument, sets up its own telemetry"
        problem = Problem("--otlp", served.otlp, reason, "leave out --otlp")
        raise ConfigError("run", (problem,)) from None
    if not _has(app, tracing):
        app = _added(tracing(app))
    return _added(exporting(app, telemetry=telemetry))
