"""Serve with hypercorn."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import ssl
import sys
import threading
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, NoReturn

from hypercorn.config import Config
from hypercorn.run import run

from asgi_mw.cli import served
from asgi_mw.cli.servers import PATIENCE, STARTUP_FAILED
from asgi_mw.cli.servers.stopping import noting_signals

if TYPE_CHECKING:
    from types import FrameType

    from asgi_mw.cli.plan import Listening
    from asgi_mw.types import App, Message, Receive, Scope, Send

_logger = logging.getLogger("hypercorn.error")
_FAILURES = {f"lifespan.{phase}.failed": phase for phase in ("startup", "shutdown")}


def serve(at: Listening) -> bool:
    """Serve until a signal comes; ``False`` if it failed instead."""
    if at.reload:
        _reload(at)
        return True
    config = Config()
    # It is evaluated in the module
    config.application_path = f"{__name__}:application()"
    host = f"[{at.host}]" if ":" in at.host else at.host
    config.bind = f"unix:{at.uds}" if at.uds else f"{host}:{at.port}"
    # This process serves by itself, unless there have to be others
    config.workers = at.workers if at.workers > 1 else 0
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
            _see_off()
            return stopped()
    except SystemExit as error:
        return not error.code


def _reload(at: Listening) -> None:
    """Serve anew at each change, until a signal comes.

    Hypercorn's own reloader ends with the first app that it cannot import, and imports it itself.
    """
    from uvicorn import Config as Watched  # noqa: PLC0415  # only with --reload
    from uvicorn.supervisors import ChangeReload  # noqa: PLC0415  # the same

    watched = Watched(__name__, reload=True, reload_dirs=at.app_dir, log_config=None)
    ChangeReload(watched, target=partial(_once, replace(at, reload=False)), sockets=[]).run()


def _once(at: Listening, sockets: object) -> None:  # noqa: ARG001  # what the reloader gives
    """Serve in this process, until the reloader ends it."""
    if not serve(at):
        sys.exit(STARTUP_FAILED)


def application() -> App:
    """The app of this process, whose startup and shutdown fail as under the other servers.

    Hypercorn raises what the app says of its failure at the app, which is still handling it: the
    two would be one traceback, with the first in the words of the second.
    """
    app = served.application()
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        _end_with(parent.pid)

    async def ending(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        failed = ""

        async def receiving() -> Message:
            if failed:  # it would wait for ever
                asyncio.get_running_loop().call_soon(_give_up, failed)
            return await receive()

        async def sending(message: Message) -> None:
            nonlocal failed
            if message["type"] not in _FAILURES:
                await send(message)
                return
            failed = _FAILURES[message["type"]]
            if said := message.get("message"):
                _logger.error("%s", said)

        try:
            await app(scope, receiving, sending)
        except Exception:
            if not failed:
                raise
        if failed:
            if (task := asyncio.current_task()) is not None:
                # Else asyncio would say that nobody asked how the task ended
                task.add_done_callback(asyncio.Task.exception)
            _give_up(failed)

    return ending


def _end_with(parent: int) -> None:
    """Let the *parent* say when this worker ends, so that it ends what it serves and records it.

    Hypercorn leaves a worker no answer to SIGTERM, and sends it to all once the first has ended.
    The parent takes a SIGTERM that is passed on for one that it got itself.  So none is passed on
    that comes from the parent, which sets its event before.
    """
    # The worker's own arguments: hypercorn shows them to nobody else
    asked = getattr(multiprocessing.current_process(), "_kwargs", {}).get("shutdown_event")
    if asked is None:  # its parent is the reloader
        return

    def pass_on() -> None:
        if os.getppid() == parent and not asked.is_set():
            os.kill(parent, signal.SIGTERM)

    def heard(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # what signal gives
        # The event has a lock, which the interrupted code may hold
        threading.Thread(target=pass_on, daemon=True).start()

    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # otherwise the app's own handler stays
        signal.signal(signal.SIGTERM, heard)


def _see_off() -> None:
    """Wait for the workers that hypercorn no longer waits for, and kill what does not end."""
    until = monotonic() + PATIENCE
    for worker in multiprocessing.active_children():
        worker.join(max(0, until - monotonic()))
        if worker.is_alive():
            worker.kill()


def _give_up(phase: str) -> NoReturn:
    _logger.error("Lifespan failure in %s.", phase)
    sys.exit(STARTUP_FAILED)
