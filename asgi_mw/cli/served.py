"""The app that ``asgi-mw run`` gives to the server: the user's, recorded and perhaps traced.

Every worker process imports this module anew, so what to serve comes in the environment.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

import click

from asgi_mw.chains import peek, walk
from asgi_mw.cli.options import STORE_VARIABLE
from asgi_mw.cli.target import load
from asgi_mw.errors import AsgiMwError, ConfigError, Problem
from asgi_mw.layers import Layer, rules_of
from asgi_mw.printable import printable_lines
from asgi_mw.recorder.layer import record

if TYPE_CHECKING:
    from asgi_mw.types import App

TARGET, FACTORY, APP_DIR = "ASGI_MW_RUN", "ASGI_MW_RUN_FACTORY", "ASGI_MW_RUN_APP_DIR"
OTLP = "ASGI_MW_RUN_OTLP"


def __getattr__(name: str) -> App:
    """Give ``app`` when the server asks for it.

    No factory: uvicorn calls factories while its event loop runs, but imports apps before, and
    what an app does as it is imported may depend on that.
    """
    if name != "app":
        raise AttributeError(name)
    return _app()


@cache
def _app() -> App:
    sys.path.insert(0, os.environ[APP_DIR])
    try:
        app = load(os.environ[TARGET], factory=os.environ[FACTORY] == "1")
        if endpoint := os.environ.get(OTLP):
            app = _exporting(app, endpoint)
        return record(app, store=os.environ[STORE_VARIABLE])
    except AsgiMwError as error:
        click.echo(f"Error: {printable_lines(str(error))}", err=True)
        sys.exit(1)


def _exporting(app: App, endpoint: str) -> App:
    """*app*, traced if it is not by itself, and its telemetry on the way to *endpoint*."""
    from asgi_mw.middleware.tracing import tracing  # noqa: PLC0415  # only with --otlp
    from asgi_mw.otlp import configure, exporting  # noqa: PLC0415  # the same

    # Variables that name the service win over our guess
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    guess = os.environ[TARGET].partition(":")[0]
    try:
        telemetry = configure(service_name=None if named else guess, endpoint=endpoint)
    except ConfigError as error:
        if all(one.option != "globally" for one in error.problems):
            raise
        reason = "the app, or opentelemetry-instrument, sets up its own telemetry"
        problem = Problem("--otlp", endpoint, reason, "leave out --otlp")
        raise ConfigError("run", (problem,)) from None
    made = (peek(one, "__layer__") for one in walk(app))
    if not any(isinstance(one, Layer) and rules_of(one.factory).kind == "tracing" for one in made):
        app = tracing(app)
    return exporting(app, telemetry=telemetry)
