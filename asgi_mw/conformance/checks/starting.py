"""Start a server for one check alone, up to the first call of its app."""

from __future__ import annotations

import contextlib
from time import monotonic
from typing import TYPE_CHECKING

from asgi_mw.conformance.check import FailedError, NotOfferedError, expect
from asgi_mw.conformance.process import StartError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.conformance.kit import Kit
    from asgi_mw.conformance.process import Process
    from asgi_mw.conformance.puppet import Puppet

_STARTS = 30.0
ENDS = 10.0
"""Seconds within which a server has to serve or to end."""
_SETTLES = 2.0


@contextlib.contextmanager
def another(kit: Kit) -> Iterator[tuple[Process, Puppet]]:
    """A server whose app was called for its lifespan."""
    with kit.another() as process:
        app = _first_call(kit, process)
        if app is None or app.kind != "lifespan":
            raise NotOfferedError("the app is called without a lifespan")
        yield process, app


def _first_call(kit: Kit, process: Process) -> Puppet | None:
    end = monotonic() + _STARTS
    while not process.listens() and monotonic() < end:
        if (app := kit.app_or_none(0.1)) is not None:
            return app
        if process.status is not None:
            raise FailedError(f"it ended with status {process.status}: {process.tail}")
    if (app := kit.app_or_none(_SETTLES)) is not None:
        return app
    # If a request reaches the app, no lifespan comes before it
    http = kit.connect()
    http.ask("GET", "/early")
    app = kit.app_or_none(max(end - monotonic(), 0))
    http.close()
    return app


@contextlib.contextmanager
def up(kit: Kit) -> Iterator[tuple[Process, Puppet]]:
    """The same, after its startup."""
    with another(kit) as (process, app):
        expect("receive", {"type": "lifespan.startup"}, app.received())
        app.send("lifespan.startup.complete")
        process.wait_until_it_listens()
        yield process, app


def serves(kit: Kit, process: Process) -> None:
    """Go on if a request is served.

    Raises:
        FailedError: It is not.
    """
    try:
        process.wait_until_it_listens(ENDS)
    except StartError as error:
        raise FailedError(str(error)) from None
    http = kit.connect()
    http.ask("GET", "/up")
    app = app_at(kit, "/up")
    app.answer(b"up")
    expect("body", b"up", http.response().body)


def app_at(kit: Kit, path: str) -> Puppet:
    """The call for that path: calls from the time of the start may come before it."""
    while (app := kit.app(within=ENDS)).scope["path"] != path:
        app.close()
    return app
