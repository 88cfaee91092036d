"""Serve with uvicorn."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import uvicorn

from asgi_mw.cli.servers.stopping import noting_signals

if TYPE_CHECKING:
    from asgi_mw.cli.plan import Listening


def serve(at: Listening) -> bool:
    """Serve until a signal comes; ``False`` if it failed instead."""
    with noting_signals() as stopped:
        try:
            uvicorn.run(
                "asgi_mw.cli.served:app",
                host=at.host,
                port=at.port,
                uds=at.uds,
                workers=at.workers,
                reload=at.reload,
                reload_dirs=at.app_dir if at.reload else None,
                root_path=at.root_path,
                log_config=None,
                access_log=False,
                proxy_headers=False,
                ssl_certfile=at.certfile,
                ssl_keyfile=at.keyfile,
                ssl_keyfile_password=at.password or None,
                ssl_ca_certs=at.ca_certs,
                ssl_cert_reqs=ssl.CERT_REQUIRED if at.ca_certs else ssl.CERT_NONE,
            )
        except SystemExit as error:
            return not error.code
        # Where a worker cannot start, the parent ends without saying so
        return at.workers == 1 or stopped()
