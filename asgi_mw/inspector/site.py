"""The page and its API, as an ASGI app over a store: who asks for what, and who answers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from anyio import to_thread

from asgi_mw.errors import Problems, StoreError
from asgi_mw.inspector.changes import ID, Changes, posted
from asgi_mw.inspector.comparison import comparison
from asgi_mw.inspector.feed import feed
from asgi_mw.inspector.files import ENTRANCE, FILES, PAGE, document, file
from asgi_mw.inspector.guard import cookie_of, guard_of, headers_of
from asgi_mw.inspector.hub import Hub, Page
from asgi_mw.inspector.listing import listing
from asgi_mw.inspector.opened import opening
from asgi_mw.inspector.replies import Reply
from asgi_mw.inspector.source import Source
from asgi_mw.inspector.token import Token
from asgi_mw.recorder.lag import heartbeat_of
from asgi_mw.refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.inspector.guard import Asked, Guard, Kind
    from asgi_mw.recorder.store import Store
    from asgi_mw.types import App, Receive, Scope, Send

_POSTED = {"api/keep": "keep", "api/resend": "resend", "api/recording": "recording"}
_NO_SUCH = "there is no exchange with this id, or no more"


class Site:
    """The page over *store*.

    Args:
        store: What it shows.
        guard: Who may see it.
        app: The app that records into *store*; the page can send requests to it again.
    """

    def __init__(self, store: Store, guard: Guard, app: App | None = None) -> None:
        self.guard = guard
        self.source = Source(store)
        heart = None if app is None else heartbeat_of(store)
        more: dict[str, Any] = {"resend": app is not None}
        if app is None:  # nobody records here: there is nothing to switch
            more["recording"] = None
        self.hub = Hub(self.source, more, heart)
        self.changes = Changes(self.source, app)
        self._refusals = Refusals("inspector")

    async def __call__(self, scope: Scope, receive: Receive, send: Send, below: str) -> None:
        """Answer a request for what is *below* the page's path, as ``"/api/exchanges"``."""
        asked, reply = headers_of(scope), Reply(scope, send)
        if not self.guard.token.is_known:
            await to_thread.run_sync(self.guard.token.value)
        name = below.removeprefix("/")
        kind = _kind(name, below, scope)
        refusal = self.guard.refusal(scope, asked, kind or "read")
        if refusal is not None:
            if refusal.note:
                self._refusals.note(scope, refusal.note, level=logging.WARNING)
            allow = [(b"allow", ", ".join(refusal.allow).encode())] if refusal.allow else []
            await reply.refuse(refusal.status, refusal.reason, allow)
        elif kind is None:
            await reply.refuse(404, "there is nothing of this name")
        elif kind == "document":
            await self._document(reply, below, asked)
        elif kind == "file":
            await file(reply, name)
        elif kind == "entry":
            await self._enter(receive, reply, asked)
        elif kind == "change":
            given = await posted(receive)
            await self.changes(reply, _POSTED[name], {} if given is None else given)
        else:
            try:
                await self._read(receive, reply, name.removeprefix("api/"))
            except StoreError as error:  # as a database that is down
                await reply.refuse(503, str(error))

    async def _document(self, reply: Reply, below: str, asked: Asked) -> None:
        if not below:  # the page's links are relative: its address must end with a slash
            last = str(reply.scope["path"]).rstrip("/").rpartition("/")[2]
            where = [(b"location", f"{last}/".encode("latin-1", "replace"))]
            await reply.answer(307, "text/plain; charset=utf-8", b"", where)
        elif below == "/enter":
            await document(reply, ENTRANCE)
        elif self.guard.is_entered(asked):
            await document(reply, PAGE)
        else:
            await document(reply, ENTRANCE, 401)

    async def _enter(self, receive: Receive, reply: Reply, asked: Asked) -> None:
        """Exchange the token for a cookie."""
        given = (await posted(receive) or {}).get("token")
        if not isinstance(given, str) or not self.guard.token.fits(given):
            self._refusals.note(reply.scope, "a wrong token", level=logging.WARNING)
            reason = "this token is of another run: open the address that was printed last"
            await reply.refuse(403, reason)
            return
        # Without a Path attribute, the browser sends it for the directory of this request's URL
        # (RFC 6265 5.1.4): behind any proxy, that is the page and nothing else
        cookie = f"{cookie_of(asked)}={given}; HttpOnly; SameSite=Strict"
        cookie += "; Secure" if reply.scope.get("scheme") == "https" else ""
        more = [(b"set-cookie", cookie.encode("latin-1"))]
        await reply.answer(200, "application/json", b"{}", more)

    async def _read(self, receive: Receive, reply: Reply, name: str) -> None:
        given = bytes(reply.scope.get("query_string") or b"").decode("latin-1")
        query = {name: values[0] for name, values in parse_qs(given).items()}
        match name.split("/"):
            case ["feed"]:
                await self._feed(receive, reply, query.get("q", ""))
            case ["words"]:
                await reply.say({"words": self.source.words()})
            case ["exchanges"]:
                await listing(reply, self.source, query)
            case ["exchanges", found, *rest] if ID.fullmatch(found):
                exchange = await to_thread.run_sync(self.source.store.get, found)
                if exchange is None:
                    await reply.refuse(404, _NO_SUCH)
                else:
                    await opening(reply, exchange, rest, query)
            case ["compare"]:
                await comparison(reply, self.source, query)
            case _:
                await reply.refuse(404, "there is nothing of this name")

    async def _feed(self, receive: Receive, reply: Reply, search: str) -> None:
        if reply.scope["method"] == "HEAD":
            await reply.answer(200, "text/event-stream", b"")
            return
        try:
            page = Page(search, self.source.matcher(search))
        except ValueError as error:
            await reply.refuse(400, str(error))
        else:
            await feed(receive, reply, self.hub, page)


def site_of(
    where: str,
    store: Store,
    *,
    allowed_hosts: Iterable[str] = (),
    allowed_clients: Iterable[str] = (),
    app: App | None = None,
) -> Site:
    """The page over *store*, with its guard.

    Raises:
        ConfigError: A host name or a client address is not valid; the message names *where*.
    """
    problems = Problems(where)
    guard = guard_of(
        Token(store, problems),
        allowed_hosts=allowed_hosts,
        allowed_clients=allowed_clients,
        problems=problems,
    )
    problems.check()
    return Site(store, guard, app)


def _kind(name: str, below: str, scope: Scope) -> Kind | None:
    """What is asked for; ``None`` if there is nothing of this name."""
    if name == "enter":
        return "entry" if scope.get("method") == "POST" else "document"
    if not name:
        return "document"
    if not below.startswith("/") or below.startswith("//"):
        return None
    if name in _POSTED:
        return "change"
    if name.startswith("api/"):
        return "read"
    return "file" if name in FILES else None
