"""Serve with granian."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from asgi_mw.cli.plan import Served
from asgi_mw.cli.served import application
from asgi_mw.cli.servers import PATIENCE

if TYPE_CHECKING:
    from watchfiles import Change, DefaultFilter

    from asgi_mw.cli.plan import Listening

# Added to the logging that is set up already: granian's lines go where all others go
_LOGGING: dict[str, Any] = {
    "incremental": True,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}},
}


def serve(at: Listening) -> bool:
    """Serve until a signal comes; ``False`` if it failed instead."""
    # As the other servers do: a forked worker would begin with the logging of its parent
    multiprocessing.set_start_method("spawn", force=True)
    more: dict[str, Any] = {}
    if at.reload:
        more = {
            "reload_paths": [Path(at.app_dir).resolve()],
            "reload_filter": beside(Path(Served.found().store)),
            "reload_ignore_worker_failure": True,
        }
    server = Granian(
        "asgi_mw.cli.served:app",
        address=at.host,
        port=at.port,
        uds=Path(at.uds) if at.uds else None,
        interface=Interfaces.ASGI,
        workers=at.workers,
        # It loses a signal that comes just as a worker is ready, and would wait for ever
        workers_kill_timeout=PATIENCE,
        reload=at.reload,
        url_path_prefix=at.root_path or None,
        log_level=LogLevels(at.level or "info"),
        log_dictconfig=_LOGGING,
        ssl_cert=Path(at.certfile) if at.certfile else None,
        ssl_key=Path(at.keyfile) if at.keyfile else None,
        ssl_key_password=at.password or None,
        ssl_ca=Path(at.ca_certs) if at.ca_certs else None,
        ssl_client_verify=at.ca_certs is not None,
        **more,
    )
    try:
        # Not by its name, which granian takes for a file's if the folder has an __init__.py
        server.serve(target_loader=application, wrap_loader=False)
    except SystemExit as error:
        return not error.code
    return True


def beside(store: Path) -> type[DefaultFilter]:
    """A filter of changes that restart the app: those that granian reacts to, but none of *store*.

    What recording writes would restart it for ever: granian watches every file, except in hidden
    folders.
    """
    from watchfiles import DefaultFilter  # noqa: PLC0415  # only with --reload

    folder = str(store.resolve())
    below = folder + os.sep

    class Beside(DefaultFilter):
        def __call__(self, change: Change, path: str) -> bool:
            return path != folder and not path.startswith(below) and super().__call__(change, path)

    return Beside
