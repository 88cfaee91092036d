"""The app that ``asgi-mw run`` gives to the server: the user's, recorded.

Every worker process imports this module anew, so what to serve comes in the environment.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

import click

from asgi_mw.cli.options import STORE_VARIABLE
from asgi_mw.cli.target import load
from asgi_mw.errors import AsgiMwError
from asgi_mw.printable import printable_lines
from asgi_mw.recorder.layer import record

if TYPE_CHECKING:
    from asgi_mw.types import App

TARGET, FACTORY, APP_DIR = "ASGI_MW_RUN", "ASGI_MW_RUN_FACTORY", "ASGI_MW_RUN_APP_DIR"


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
        return record(app, store=os.environ[STORE_VARIABLE])
    except AsgiMwError as error:
        click.echo(f"Error: {printable_lines(str(error))}", err=True)
        sys.exit(1)
