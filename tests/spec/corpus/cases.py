"""What the corpus is made of: an app or a server, and exactly what is found in it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from anyio.lowlevel import checkpoint

from asgi_mw import open_store, record
from asgi_mw.faults import ledger
from asgi_mw.spec import check, validate
from asgi_mw.spec.tables import EXTENSIONS
from asgi_mw.testing import http_scope, lifespan_scope, play, websocket_scope
from tests.spec.corpus import words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from asgi_mw.spec import Finding
    from asgi_mw.spec.rule import Profile
    from asgi_mw.types import App, Receive, Send

    Server = Callable[[App], Awaitable[None]]

_SECONDS = 5.0
_MAKERS: dict[str, Callable[..., dict[str, Any]]] = {
    "http": http_scope,
    "websocket": websocket_scope,
    "lifespan": lifespan_scope,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One connection, or a few.

    Attributes:
        name: What happens on it.
        found: The ids of the rules that are broken, in the order in which that is found.
        profile: Which rules are asked.
        app: The app.
        serve: What calls it, once the layer that looks on is around it.
    """

    name: str
    found: tuple[str, ...]
    profile: Profile
    app: App
    serve: Server

    def __str__(self) -> str:
        return self.name

    async def live(self) -> list[Finding]:
        """What ``validate`` finds."""
        found: list[Finding] = []
        layer = validate(self.app, on_violation=found.append, profile=self.profile)
        before = ledger()
        with anyio.fail_after(_SECONDS):
            await self.serve(layer)
        assert ledger() == before, "the layer failed, and said so"
        return found

    async def recorded(self) -> list[Finding]:
        """What ``check`` finds in a recording of it."""
        store = open_store("memory:")
        with anyio.fail_after(_SECONDS):
            await self.serve(record(self.app, store=store))
        exchanges = sorted(store.exchanges(), key=lambda one: one.began)
        return [finding for one in exchanges for finding in check(one, profile=self.profile)]


@dataclass(slots=True)
class Shelf:
    """Cases of one sort; a function is put there by a decorator, with what is found in it.

    Attributes:
        on: The type of their connections.
        profile: Which rules are asked.
        cases: All of them.
    """

    on: str = "http"
    profile: Profile = "spec"
    cases: list[Case] = field(default_factory=list)

    def app(
        self,
        *found: str,
        on: str | None = None,
        profile: Profile | None = None,
        scope: Mapping[str, Any] | None = None,
        messages: Iterable[Any] | None = None,
        **options: Any,
    ) -> Callable[[App], App]:
        """Add an app.

        Args:
            found: The ids of the rules that it breaks.
            on: The type of the connection, if it is another.
            profile: Which rules are asked, if others are.
            scope: What is different in its scope.
            messages: What a client and the server say, if not only what they have to.
            options: More for ``asgi_mw.testing.play``.
        """
        kind = on or self.on

        def add(app: App) -> App:
            async def serve(layer: App) -> None:
                said = usual(kind) if messages is None else deepcopy(list(messages))
                await play(layer, scope_of(kind, **deepcopy(dict(scope or {}))), said, **options)

            self._add(app, found, profile, app, serve)
            return app

        return add

    def server(
        self,
        *found: str,
        profile: Profile | None = None,
        receives: int = 1,
        app: App | None = None,
    ) -> Callable[[Server], Server]:
        """Add a server.

        Args:
            found: The ids of the rules that it breaks.
            profile: Which rules are asked.
            receives: How many messages an app that is right takes from it.
            app: Another app.
        """

        def add(serve: Server) -> Server:
            self._add(serve, found, profile, sound(receives) if app is None else app, serve)
            return serve

        return add

    def _add(
        self,
        named: Any,
        found: tuple[str, ...],
        profile: Profile | None,
        app: App,
        serve: Server,
    ) -> None:
        name = str(named.__name__).replace("_", " ")
        asked = profile or self.profile
        self.cases.append(Case(name=name, found=found, profile=asked, app=app, serve=serve))


def scope_of(kind: str, **keys: Any) -> dict[str, Any]:
    """The scope of a server that can do everything."""
    make = _MAKERS.get(kind)
    if make is None:
        return {"type": kind, "asgi": {"version": "3.0"}, **keys}
    if kind != "lifespan":
        every: dict[str, dict[str, Any]] = {name: {} for name in EXTENSIONS - {"tls"}}
        keys = {"extensions": every, "spec_version": "2.3", **keys}
    return make(**keys)


def usual(kind: str) -> list[Any]:
    """What a server has to say on such a connection."""
    return {
        "http": [words.request()],
        "websocket": [words.connect()],
        "lifespan": [words.startup(), words.shutdown()],
    }.get(kind, [])


async def bare(
    app: App,
    scope: Any,
    messages: Iterable[Any] = (),
    *,
    raises: Mapping[int, BaseException] | None = None,
) -> None:
    """Call *app* like a server that gives *messages*, and then nothing, and looks at nothing.

    Args:
        app: The app.
        scope: Its scope.
        messages: What ``receive`` gives.
        raises: What the calls of ``send`` raise, by their number from 1.
    """
    waiting, calls = list(messages), 0

    async def receive() -> Any:
        await checkpoint()
        return waiting.pop(0) if waiting else await anyio.sleep_forever()

    async def send(_: Any) -> None:
        nonlocal calls
        calls += 1
        await checkpoint()
        if raises and calls in raises:
            raise raises[calls]

    try:
        await app(scope, receive, send)
    except Exception:  # noqa: BLE001  # as servers do
        return


def sound(receives: int) -> App:
    """An app that is right: takes as many messages, and answers in full."""

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        kind = scope.get("type")
        if kind == "lifespan":
            await _lifespan(receives, receive, send)
            return
        for number in range(receives):
            await receive()
            if kind == "websocket" and not number:
                await send(words.accept())
        if kind == "websocket":
            await send(words.close())
        elif kind == "http":
            await send(words.start(headers=[]))
            await send(words.body())
        else:
            raise ValueError(kind)

    return app


async def _lifespan(receives: int, receive: Receive, send: Send) -> None:
    for _ in range(receives):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
