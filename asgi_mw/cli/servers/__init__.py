"""The servers that ``asgi-mw run`` can use, one file for each."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from asgi_mw.errors import AsgiMwError, MissingExtraError

if TYPE_CHECKING:
    from asgi_mw.cli.plan import Listening

SERVERS = ("uvicorn", "granian", "hypercorn")
# The status with which a process ends that cannot start: uvicorn does not restart such a process
STARTUP_FAILED = 3
# How long a worker may take to end, in seconds, before it is killed
PATIENCE = 30


class ServerError(AsgiMwError):
    """The server is not installed, or lacks a part; the message says how to get it."""


def check(name: str, *, reload: bool) -> None:
    """Go on if the server called *name* is installed, with what it needs to *reload*.

    Raises:
        MissingExtraError: It is not installed, and an extra brings it.
        ServerError: It is not installed, or lacks what it needs.
    """
    if find_spec(name) is None:
        if name == "uvicorn":
            raise MissingExtraError(name, "cli")
        raise ServerError(f"{name} is not installed; install it with: pip install {name}")
    if name == "hypercorn" and reload and find_spec("uvicorn") is None:
        raise MissingExtraError("uvicorn", "cli")  # whose reloader it is
    if name == "granian" and reload and find_spec("watchfiles") is None:
        raise ServerError(
            'granian needs watchfiles for --reload; install it with: pip install "granian[reload]"'
        )


def serve(at: Listening) -> bool:
    """Serve until the server is stopped; ``False`` if it failed instead."""
    stopped: bool = import_module(f"asgi_mw.cli.servers.by_{at.server}").serve(at)
    return stopped
