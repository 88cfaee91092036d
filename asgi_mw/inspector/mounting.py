"""Put the page into an app, and record what it does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from anyio import to_thread

from asgi_mw.chains import peek, walk
from asgi_mw.errors import Problems
from asgi_mw.inspector.address import base_of_request, page_address
from asgi_mw.inspector.guard import guard_of
from asgi_mw.inspector.listening import listening
from asgi_mw.inspector.paths import below_of, checked_path
from asgi_mw.inspector.production import SWITCH, says_production, switched
from asgi_mw.inspector.site import Site
from asgi_mw.inspector.token import Token
from asgi_mw.inspector.witness import witness
from asgi_mw.layers import middleware
from asgi_mw.paths import path_within
from asgi_mw.recorder.layer import record
from asgi_mw.recorder.open import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike

    from asgi_mw.events import Exchange
    from asgi_mw.inspector.guard import Guard
    from asgi_mw.recorder.store import Store
    from asgi_mw.redaction import Redaction
    from asgi_mw.types import A, App, Message, Receive, Scope, Send

PATH = "/__asgi__"
# The attribute of the layer that holds its page
_PAGE = "__page__"


@middleware(kind="record")
def inspect(
    app: A,
    *,
    path: str = PATH,
    store: Store | str | PathLike[str] | None = None,
    allowed_hosts: Iterable[str] = (),
    allowed_clients: Iterable[str] = (),
    allow_production: bool = False,
    announce: bool = True,
    body_limit: int = 65_536,
    connection_limit: int = 1_048_576,
    redact: Redaction | Iterable[str] | None = None,
    sample: float = 1.0,
    skip: Callable[[Scope], bool] | Iterable[str] = (),
    keep: str | Iterable[str] | Callable[[Exchange], bool] = "all",
    slow: float = 1.0,
    lag: bool = False,
    layers: bool = True,
) -> A:
    """Record *app*, and show what it does on a page below *path*, for development.

    The address to open, with a secret in it, is printed on stderr as the server starts.  The page
    answers browsers on this machine that opened that address, and nobody else; it is not
    recorded.  Lifespan and WebSockets go to *app*, as do all requests but those for the page.
    From the lifespan's start to its end, log records, spans and outgoing calls are noted as well,
    see :func:`~asgi_mw.inspector.witness.witness`.  While a page is open, what blocks the event
    loop is noted, too.

    It raises an error if the environment says production, as ``APP_ENV=production``.
    ``ASGI_MW_INSPECTOR=0`` leaves *app* as it is; ``=1`` is ``allow_production=True``.  If several
    processes that no common parent started serve one store in memory,
    ``ASGI_MW_INSPECTOR_TOKEN`` gives them one secret.

    Args:
        path: Where the page is.
        store: As for :func:`~asgi_mw.record`; for several workers, a folder.
        allowed_hosts: Host names by which the page may be called besides ``localhost`` and the
            like, for example those of a tunnel: ``"dev.example.org"``, ``"*.ngrok.app"``.
        allowed_clients: Addresses and networks of clients that may open the page besides this
            machine, for example a container's host: ``"172.17.0.1"``; ``"unix"`` for clients of a
            Unix socket, which have no address.
        allow_production: Add the page whatever the environment says.
        announce: Print the address.
        body_limit: This and the following: as for :func:`~asgi_mw.record`, but ``layers`` is on.

    Raises:
        ConfigError: An option cannot be right, or this is production.

    >>> from asgi_mw import explain
    >>> async def app(scope, receive, send): ...
    >>> print(explain(inspect(app, store="memory:")))
    inspect(store='memory:')
    app
    """
    problems = Problems("inspect")
    switch = switched(problems)
    if switch is False and not problems.found:
        return _as_it_is(app)
    said = says_production()
    if said and not (allow_production or switch):
        name, _, value = said.partition("=")
        mend = f"leave inspect out here, set {SWITCH}=0, or write allow_production=True"
        problems.add(name, value, "says that this is production", mend)
    checked_path(path, problems)
    kept = opened(store, problems)
    guard = guard_of(
        Token(kept, problems),
        allowed_hosts=allowed_hosts,
        allowed_clients=allowed_clients,
        problems=problems,
    )
    problems.check()
    recorded = record(
        app,
        store=kept,
        body_limit=body_limit,
        connection_limit=connection_limit,
        redact=redact,
        sample=sample,
        skip=skip,
        keep=keep,
        slow=slow,
        lag=lag,
        layers=layers,
    )
    return mounted(recorded, Site(kept, guard, recorded), path, announce=announce)


class Mounted:
    """A page in an app, which the code that serves the app can find.

    Attributes:
        site: The page.
        path: Where it is.
        announces: Whether its address is still to be printed.
    """

    __slots__ = ("announces", "path", "site")

    def __init__(self, site: Site, path: str, *, announces: bool) -> None:
        self.site, self.path, self.announces = site, path, announces


def page_in(app: object, path: str) -> Mounted | None:
    """The page that *app* has at *path* already; ``None`` if no layer shows one."""
    pages = (peek(one, _PAGE) for one in walk(app))
    return next((one for one in pages if isinstance(one, Mounted) and one.path == path), None)


def brought_out(app: A, page: Mounted, guard: Guard) -> A:
    """*app* with *page*, which is somewhere inside it, outside of all its layers.

    Args:
        app: Gets everything that is not for the page.
        page: Those whom *guard* lets in may see it, too; only its own token opens it.  Its address
            is not printed any more.
        guard: The guard of whoever serves the app.
    """
    page.announces = False
    page.site.guard = guard.beside(page.site.guard)

    async def outside(scope: Scope, receive: Receive, send: Send) -> None:
        below = below_of(scope, page.path) if scope["type"] == "http" else None
        if below is None:
            await app(scope, receive, send)
        else:
            await page.site(scope, receive, send, below)

    return cast("A", outside)


def mounted(app: A, site: Site, path: str, *, announce: bool) -> A:
    """*app*, with *site* below *path*.

    Args:
        app: Gets everything that is not for the page.
        site: The page.
        path: Where it is.
        announce: Print the address once it is known, on stderr.
    """
    page, half_said = Mounted(site, path, announces=announce), False

    async def tell(base: str | None) -> None:
        await to_thread.run_sync(_announce, site, base, path)

    async def inspected(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            below = below_of(scope, path)
            if page.announces:  # the server knows no lifespan, or did not show where it listens
                page.announces = False
                base = base_of_request(scope)
                if base or not half_said:
                    await tell(base)
            if below is None:
                await app(scope, receive, send)
            else:
                await site(scope, receive, send, below)
        elif scope["type"] == "lifespan":
            await _lifespan(scope, receive, send)
        else:
            await app(scope, receive, send)

    async def _lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        site.hub.begin()
        site.changes.lifespan = scope.get("state")
        seen = witness()
        started: bool | None = None

        async def receive_seen() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                site.hub.end()
            return message

        async def send_seen(message: Message) -> None:
            nonlocal started
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                started = True
                await _started()
            elif message["type"] == "lifespan.startup.failed":
                started = False

        try:
            await app(scope, receive_seen, send_seen)
        finally:
            if started is None:  # the app knows no lifespan; the server goes on
                await _started()
            else:
                seen.remove()

    async def _started() -> None:
        nonlocal half_said
        if page.announces:
            base, is_first = listening()
            half_said = base is None
            page.announces = half_said and is_first
            if is_first:
                await tell(base)

    vars(inspected)[_PAGE] = page
    return cast("A", inspected)


def alone(site: Site) -> App:
    """*site* as an app of its own, at the root."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await site(scope, receive, send, path_within(scope))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            site.hub.end()
            await send({"type": "lifespan.shutdown.complete"})

    return app


def _as_it_is(app: A) -> A:
    async def passed(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return cast("A", passed)


def _announce(site: Site, base: str | None, path: str) -> None:
    """Print where the page is, on stderr: no logger gets the secret in it."""
    address = page_address(base or "", path, site.guard.token.value())
    where = "" if base else "the address of this server, as http://127.0.0.1:8000, and then "
    sys.stderr.write(f"asgi-mw: the page with every message is at {where}{address}\n")
    sys.stderr.flush()
