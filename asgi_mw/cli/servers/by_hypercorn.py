"""Serve with hypercorn."""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
from typing import TYPE_CHECKING

from hypercorn.config import Config
from hypercorn.run import run
from hypercorn.utils import LifespanFailureError

from asgi_mw.cli import served
from asgi_mw.cli.servers import STARTUP_FAILED
from asgi_mw.cli.servers.stopping import noting_signals

if TYPE_CHECKING:
    from asgi_mw.cli.plan import Listening
    from asgi_mw.types import App, Receive, Scope, Send

_logger = logging.getLogger("hypercorn.error")


def serve(at: Listening) -> bool:
    """Serve until a signal comes; ``False`` if it failed instead."""
    config = Config()
    # It is evaluated in the module
    config.application_path = f"{__name__}:application()"
    host = f"[{at.host}]" if ":" in at.host else at.host
    config.bind = f"unix:{at.uds}" if at.uds else f"{host}:{at.port}"
    # This process serves by itself, unless there have to be others
    config.workers = at.workers if at.workers > 1 or at.reload else 0
    config.use_reloader = at.reload
    config.root_path = at.root_path
    config.certfile = at.certfile
    config.keyfile = at.keyfile
    config.keyfile_password = at.password or None
    config.ca_certs = at.ca_certs
    config.verify_mode = ssl.CERT_REQUIRED if at.ca_certs else None
    # A logger is left as it is; a name would give it a handler of hypercorn's
    config.errorlog = _logger
    try:
        if config.workers == 0:
            return run(config) == 0
        with noting_signals() as stopped:
            run(config)  # whose status is that of the worker that ended last
            return stopped()
    except SystemExit as error:
        return not error.code


def application() -> App:
    """The app of this process, whose startup fails without a traceback of hypercorn's."""
    app = served.application()

    async def ending(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except LifespanFailureError as error:
            _logger.error("%s", error)  # noqa: TRY400  # the app said what there is to say
            if (task := asyncio.current_task()) is not None:
                # Else asyncio would say that nobody asked how the task ended
                task.add_done_callback(asyncio.Task.exception)
            sys.exit(STARTUP_FAILED)

    return ending
