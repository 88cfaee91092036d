"""Taps are put between the layers of any app, and taken out again without a trace."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import a2wsgi
import anyio
import blacksheep
import falcon.asgi
import fastapi
import lilya.apps
import lilya.middleware
import litestar
import litestar.middleware
import nexios
import pytest
import quart
import starlette.applications
import starlette.middleware
import starlette.responses
import starlette.routing
from asgiref.wsgi import WsgiToAsgi
from starlette.middleware.gzip import GZipMiddleware

from asgi_mw import (
    explain,
    install,
    layer,
    open_store,
    record,
    request_id,
    stack,
    timing,
    tracing,
)
from asgi_mw.boundaries import Tap, Watch
from asgi_mw.faults import Faults
from asgi_mw.middleware.compression import compression
from asgi_mw.relinking import Chain
from asgi_mw.testing import lifespan, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.events import Exchange
    from asgi_mw.recorder import Store
    from asgi_mw.types import App, Receive, Scope, Send

pytestmark = pytest.mark.anyio
_HELD = "where it holds the app inside it could not be found"
_KEPT = "it gave back another app than the one that was put into it"


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def passing(app: App) -> App:
    """Be somebody's middleware: a function."""

    async def passed(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return passed


class Passing:
    """Somebody's middleware: a class, which calls the app inside as it likes."""

    def __init__(self, inner: App) -> None:
        self.whatever = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass."""
        await self.whatever(scope, receive, send)


class Hiding:
    """Somebody's middleware that keeps the app inside where nobody looks."""

    def __init__(self, app: App) -> None:
        self._apps = [app]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass."""
        await self._apps[0](scope, receive, send)


class Showing:
    """Somebody's middleware that shows the app inside, and takes no other for it."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def app(self) -> App:
        """What is inside."""
        return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass."""
        await self._app(scope, receive, send)


class Keeping(Hiding):
    """Somebody's middleware that shows the app inside, and keeps it whatever it is given."""

    @property
    def app(self) -> App:
        """What is inside."""
        return self._apps[0]

    @app.setter
    def app(self, app: App) -> None:
        """Do nothing."""


class Refusing(Hiding):
    """Somebody's middleware that shows the app inside, and lets nobody put another there."""

    @property
    def app(self) -> App:
        """What is inside."""
        return self._apps[0]


class Deaf(Hiding):
    """Somebody's middleware that shows the app inside where it does not call it."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self.app = app


def _starlette() -> starlette.applications.Starlette:
    async def home(request: Any) -> Any:
        return starlette.responses.PlainTextResponse("ok")

    return starlette.applications.Starlette(
        routes=[starlette.routing.Route("/", home)],
        middleware=[
            starlette.middleware.Middleware(GZipMiddleware),
            starlette.middleware.Middleware(compression),
            starlette.middleware.Middleware(passing),
        ],
    )


def _chain(app: App) -> Chain:
    return Chain(app, Watch(Faults("test")))


def _names(app: App) -> list[str]:
    chain = _chain(app)
    chain.link()
    found = [one.name if not one.why else f"({one.name})" for one in chain.nodes]
    chain.restore()
    return found


async def test_our_layers_are_linked_one_by_one_and_no_factory_is_called_again() -> None:
    """Two of them share a driver, and one has options that can be read only once."""
    made: list[str] = []

    def counted(app: App) -> App:
        made.append("counted")
        return passing(app)

    app = stack(_app, request_id, timing, compression, counted)
    assert ["request_id", "timing", "compression", "counted"] == _names(app)
    assert ["counted"] == made


@pytest.mark.parametrize(
    ("factory", "visible"),
    [(passing, True), (Passing, True), (Hiding, False)],
    ids=["function", "class", "hiding"],
)
async def test_a_layer_is_visible_only_between_two_boundaries(
    factory: Callable[[App], App],
    visible: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """One that hides what is inside it takes its next neighbour with it, and no more."""
    chain = _chain(stack(_app, timing, layer(factory), request_id, compression))
    chain.link()
    assert ["timing", factory.__name__, "request_id", "compression"] == [
        one.name for one in chain.nodes
    ]
    outside = "the layer outside holds it where it could not be found"
    assert ["", "" if visible else _HELD, "" if visible else outside, ""] == [
        one.why for one in chain.nodes
    ]


@pytest.mark.parametrize("factory", [passing, Passing, Showing])
async def test_a_run_inside_of_a_layer_of_somebodys_is_seen_at_work(
    factory: Callable[[App], App],
) -> None:
    """Two that share a driver, wherever that is held."""
    exchange = await _seen(stack(_app, layer(factory), request_id, timing, compression))
    assert ["request_id", "timing", "compression"] == _at_work(exchange)[1:]
    assert [b"x-request-id"] == [name for name, _ in exchange.layers[1].response.headers.added]
    assert [b"server-timing"] == [name for name, _ in exchange.layers[2].response.headers.added]


@pytest.mark.parametrize(
    ("factory", "visible", "why"),
    [
        (Hiding, ["tracing", "compression"], _HELD),
        (Keeping, ["tracing", "compression"], _KEPT),
        (Refusing, ["tracing", "compression"], _KEPT),
        (Deaf, ["tracing"], _HELD),
    ],
)
async def test_what_nobody_can_look_into_is_not_said_to_have_answered(
    factory: Callable[[App], App], visible: list[str], why: str
) -> None:
    """Nor are those inside of it said not to have been reached."""
    exchange = await _seen(stack(_app, tracing, layer(factory), request_id, timing, compression))
    assert visible == _at_work(exchange)
    assert visible == [one.name for one in exchange.layers if one.visible]
    assert (factory.__name__, why) == (exchange.layers[1].name, exchange.layers[1].why)


def _at_work(exchange: Exchange) -> list[str]:
    """Which layers were seen, have been called and have not answered."""
    return [
        one.name
        for one in exchange.layers
        if one.visible and one.entered is not None and not one.answered
    ]


async def _seen(app: App) -> Exchange:
    store = _store()
    await request(record(app, store=store, layers=True))
    assert {} == store.stats().faults
    [exchange] = store.exchanges()
    return exchange


def _fastapi() -> App:
    app = fastapi.FastAPI()
    app.add_middleware(passing)
    return app


def _litestar() -> Any:
    given: Any = passing
    return litestar.Litestar([], middleware=[litestar.middleware.DefineMiddleware(given)])


def _nexios() -> App:
    app = nexios.NexiosApp()

    async def stamped(request: Any, response: Any, call_next: Any) -> Any:
        return await call_next()

    app.add_middleware(stamped)
    app.wrap_asgi(passing)
    return app


def _quart() -> App:
    app: Any = quart.Quart(__name__)
    app.asgi_app = passing(app.asgi_app)
    wrapped: App = app
    return wrapped


def _falcon() -> App:
    class Stamp:
        async def process_request(self, req: Any, resp: Any) -> None:
            """Do nothing."""

    app: Any = falcon.asgi.App(middleware=[Stamp()])
    made: App = app
    return made


def _blacksheep() -> App:
    app = blacksheep.Application()

    async def stamped(request: Any, handler: Any) -> Any:
        return await handler(request)

    app.middlewares.append(stamped)
    return app


_FRAMEWORKS: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "Starlette": (
        _starlette,
        [
            *("Starlette", "ServerErrorMiddleware", "GZipMiddleware", "compression", "passed"),
            "ExceptionMiddleware",
        ],
    ),
    "FastAPI": (
        _fastapi,
        [
            *("FastAPI", "ServerErrorMiddleware", "ExceptionTelemetryMiddleware"),
            *("AppBodyLimitMiddleware", "passed", "ExceptionMiddleware"),
            "AsyncExitStackMiddleware",
        ],
    ),
    "Lilya": (
        lambda: lilya.apps.Lilya(middleware=[lilya.middleware.DefineMiddleware(passing)]),
        [
            *("Lilya", "ScopeIsolationMiddleware", "ServerErrorMiddleware"),
            *("ScopeIsolationMiddleware", "ScopeIsolationMiddleware", "passed"),
            *("ScopeIsolationMiddleware", "ScopeIsolationMiddleware", "ExceptionMiddleware"),
            "ScopeIsolationMiddleware",
        ],
    ),
    "Litestar": (
        _litestar,
        ["Litestar", "ExceptionHandlerMiddleware", "(passing)"],
    ),
    "Nexios": (_nexios, ["NexiosApp", "passed", "(stamped)"]),
    "Quart": (_quart, ["Quart", "passed"]),
    "Falcon": (_falcon, ["(Stamp)"]),
    "BlackSheep": (_blacksheep, ["(stamped)"]),
}


@pytest.mark.parametrize("name", _FRAMEWORKS)
async def test_the_layers_of_a_framework_have_their_own_names(name: str) -> None:
    """What is none of ASGI, or is made anew for each request, is named as not visible."""
    make, expected = _FRAMEWORKS[name]
    assert expected == _names(make())


@pytest.mark.parametrize(
    ("anyio_backend", "name"),
    [
        *product(["asyncio", "trio"], ["Starlette", "FastAPI", "Lilya", "Litestar", "Nexios"]),
        ("asyncio", "Quart"),  # it needs asyncio
    ],
)
async def test_layers_that_were_installed_are_linked_inside_of_the_framework(name: str) -> None:
    """And what a client gets is the same."""
    make, _ = _FRAMEWORKS[name]
    bare = await request(install(make(), request_id, timing))
    store = open_store("memory:")
    app = install(make(), request_id, timing)
    seen = await request(record(app, store=store, layers=True))
    assert (bare.status, bare.body) == (seen.status, seen.body)
    [exchange] = store.exchanges()
    assert ["request_id", "timing"] == [
        name for name in _at_work(exchange) if name in {"request_id", "timing"}
    ]
    assert [("request_id", [b"x-request-id"]), ("timing", [b"server-timing"])] == [
        (one.name, [name for name, _ in one.response.headers.added])
        for one in exchange.layers
        if one.name in {"request_id", "timing"}
    ]


def _store() -> Store:
    return open_store("memory:")


async def test_the_app_is_as_it_was_when_the_lifespan_is_over() -> None:
    """By identity, and it can be started again."""
    inner = _starlette()
    store = _store()
    ours = stack(inner, request_id, timing)
    app = record(ours, store=store, layers=True)
    before = explain(ours)
    await lifespan(app)
    built: Any = inner.middleware_stack
    found = []
    while built is not None:
        found.append(built)
        built = getattr(built, "app", None)
    assert [] == [one for one in found if isinstance(one, Tap)]
    assert before.splitlines()[:3] == explain(ours).splitlines()[:3]
    for _ in range(2):
        await lifespan(app)
        await request(app)
    assert 2 == len([one for one in store.exchanges() if one.type == "http" and one.layers])


async def test_while_they_are_linked_explain_shows_layers_alone() -> None:
    """No tap is one."""
    inner = _starlette()
    app = record(stack(inner, request_id, timing), store=_store(), layers=True)
    await request(app)
    lines = explain(app).splitlines()
    assert ["request_id()", "timing()", "Starlette", "ServerErrorMiddleware"] == lines[1:5]
    assert "passed" == lines[-1]  # a function of somebody's says nothing of what is inside it


async def test_two_recordings_look_at_one_chain_and_leave_it_as_it_was() -> None:
    """Each has its own boundaries, whoever is linked or taken out first."""
    first, second = _store(), _store()
    core = stack(_app, timing, compression)
    inner = record(core, store=second, layers=True)
    outer = record(stack(inner, request_id), store=first, layers=True)
    for _ in range(2):
        await request(inner)
        await request(outer)
        await lifespan(outer)
    await request(core)
    assert [["request_id", "record", "timing", "compression"]] * 4 == [
        [one.name for one in exchange.layers if one.visible] for exchange in first.exchanges()
    ]
    assert [["timing", "compression"]] * 6 == [
        [one.name for one in exchange.layers if one.visible] for exchange in second.exchanges()
    ]
    assert all(one.crossings for exchange in first.exchanges() for one in exchange.layers)
    chain = _chain(core)
    chain.link()
    chain.restore()
    assert {} == {**first.stats().faults, **second.stats().faults}


async def test_a_call_that_is_another_connection_is_not_taken_for_this() -> None:
    """An app that asks itself, within one request."""
    store = _store()

    async def asking(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            await request(core, "GET", "/inner")
        await _app(scope, receive, send)

    core = stack(asking, timing)
    await request(record(core, store=store, layers=True))
    [exchange] = store.exchanges()
    [one] = exchange.layers
    assert 2 == len(one.crossings)


async def test_first_requests_at_the_same_time_link_once() -> None:
    """Nothing is tapped twice."""
    store = _store()
    app = record(stack(_app, timing, passing), store=store, layers=True)
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(partial(request, app))
    assert {(2, 2)} == {
        (len(one.layers[0].crossings), len(one.layers[1].crossings)) for one in store.exchanges()
    }


async def test_a_fault_in_linking_leaves_the_app_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is counted, and the exchange has no layers."""

    def broken(*_: object) -> None:
        raise RuntimeError("no such luck")

    store = _store()
    app = record(stack(_app, timing, compression), store=store, layers=True)
    monkeypatch.setattr("asgi_mw.relinking.unseen", broken)
    result = await request(app)
    assert (200, b"ok") == (result.status, result.body)
    assert {"link: RuntimeError": 1} == store.stats().faults
    [exchange] = store.exchanges()
    assert () == exchange.layers


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("adapter", [a2wsgi.WSGIMiddleware, WsgiToAsgi])
async def test_a_wsgi_app_in_an_adapter_is_called_as_one(adapter: Any, anyio_backend: str) -> None:
    """The adapter holds it as a layer holds its app, and calls it in another way."""

    def hello(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("content-type", "text/plain")])
        return [b"hello"]

    store = _store()
    app = record(stack(adapter(hello), timing), store=store, layers=True)
    result = await request(app)
    assert (200, b"hello") == (result.status, result.body)
    [exchange] = store.exchanges()
    assert ["timing"] == [one.name for one in exchange.layers]


async def test_headers_that_are_none_are_no_fault() -> None:
    """They are for the server to refuse."""

    async def odd(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", None), 7]})

    store = _store()
    await request(record(stack(odd, timing), store=store, layers=True))
    assert {} == store.stats().faults


async def test_a_fault_in_looking_never_reaches_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever part of it fails."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no such luck")

    for name in ("enter", "put", "leave", "take"):
        store = _store()
        app = record(stack(_app, timing), store=store, layers=True)
        with monkeypatch.context() as patch:
            patch.setattr(f"asgi_mw.ledger.Ledger.{name}", broken)
            result = await request(app)
        assert (200, b"ok") == (result.status, result.body)
