"""The app that ``asgi-mw run`` gives to the server: the user's, recorded, logged, perhaps traced.

Every worker process imports this module anew, so what to serve comes in the environment.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

import click

from asgi_mw.cli import process_logs
from asgi_mw.cli.plan import Served
from asgi_mw.cli.proxies import behind_proxies
from asgi_mw.cli.servers import STARTUP_FAILED
from asgi_mw.cli.target import load
from asgi_mw.errors import AsgiMwError, ConfigError, Problem
from asgi_mw.layers import layers_of, rules_of
from asgi_mw.middleware.access_log import access_log
from asgi_mw.printable import printable_lines
from asgi_mw.recorder.layer import record
from asgi_mw.recorder.open import open_store
from asgi_mw.redaction import DEFAULT

if TYPE_CHECKING:
    from asgi_mw.layers import Factory
    from asgi_mw.recorder.store import Store
    from asgi_mw.types import App


def __getattr__(name: str) -> App:
    """Give ``app`` when the server asks for it.

    No factory: uvicorn calls factories while its event loop runs, but imports apps before, and
    what an app does as it is imported may depend on that.
    """
    if name != "app":
        raise AttributeError(name)
    return application()


@cache
def application() -> App:
    """Make the app of this process, and set up the logging of the process.

    Raises:
        SystemExit: It cannot be made; why was said.
    """
    served = Served.found()
    sys.path.insert(0, served.app_dir)
    try:
        app = loaded = load(served.target, factory=served.factory)
        # First, so that what the others log goes there
        process_logs.set_up(served.level)
        if served.access and not _has(app, access_log):
            app = access_log(app)
        if served.otlp:
            app = _exporting(app, served)
        store = open_store(served.store)
        # Where there is a page it is development, and a thread is not worth saving
        watches = served.page is not None
        recorded = record(app, store=store, layers=served.layers, lag=watches)
        app = behind_proxies(recorded, served.proxies)
        if served.page is None:
            return app
        return app if served.page is None else _with_page(app, loaded, recorded, store, served)
    except AsgiMwError as error:
        click.echo(f"Error: {printable_lines(DEFAULT.text(str(error)))}", err=True)
        sys.exit(STARTUP_FAILED)


def _with_page(app: App, loaded: App, recorded: App, store: Store, served: Served) -> App:
    """*app*, with the page outside of it: what proxies say of a client counts for nothing there.

    That is the page of *loaded*, where the user put one at this path: there is but one.
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


def _has(app: App, factory: Factory) -> bool:
    """Whether *app* has such a layer, also one that its framework will make."""
    kind = rules_of(factory).kind
    return any(rules_of(one.factory).kind == kind for one in layers_of(app))


def _exporting(app: App, served: Served) -> App:
    """*app*, traced if it is not by itself, and its telemetry on the way to the collector."""
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
        app = tracing(app)
    return exporting(app, telemetry=telemetry)
