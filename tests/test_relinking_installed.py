"""What was installed in an app of a framework is seen layer by layer, where it is really called."""

from __future__ import annotations

from contextlib import suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any

import blacksheep
import fastapi
import litestar
import litestar.middleware
import nexios
import pytest
import sanic
import starlette.applications
import starlette.middleware
import starlette.responses
import starlette.routing

from asgi_mw import (
    compression,
    install,
    layer,
    open_store,
    production,
    record,
    request_id,
    stack,
    timing,
    tracing,
)
from asgi_mw.boundaries import Tap, Watch
from asgi_mw.chains import walk
from asgi_mw.faults import Faults
from asgi_mw.relinking import Chain
from asgi_mw.testing import lifespan, request, websocket
from asgi_mw.wrapped import Wrapped
from tests.test_installing import FRAMEWORKS, WITH_WEBSOCKETS, Own, forget_sanic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from asgi_mw.events import Exchange
    from asgi_mw.layers import Factory, Layer
    from asgi_mw.testing import Result
    from asgi_mw.types import App

__all__ = ["forget_sanic"]

# Half of the frameworks need asyncio
pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

MAKERS: dict[str, Callable[[], Any]] = {
    **{name: make for name, (make, *_) in FRAMEWORKS.items()},
    "of-nobody": Own,
}
RECOMMENDED = (
    *("tracing", "request_id", "access_log", "timing", "compression", "decompression"),
    "server_error",
)
everywhere = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


async def _asked(app: Any, path: str = "/crash/x") -> Result:
    return await request(app, "GET", path, headers=[("accept-encoding", "gzip")])


async def _started(app: Any) -> Any:
    """*app*, once it serves: some refuse to before."""
    if isinstance(app, blacksheep.Application):
        await app.start()  # type: ignore[no-untyped-call]  # it has no types
    elif isinstance(app, sanic.Sanic):
        await lifespan(app)
    return app


async def _seen(app: App, path: str = "/crash/x") -> tuple[Result, Exchange]:
    """The second answer of *app* with a look between its layers, and what was recorded of it."""
    store = open_store("memory:")
    recorded = record(app, store=store, layers=True)
    await _asked(recorded, path)
    result = await _asked(recorded, path)
    assert {} == store.stats().faults
    [newest, _] = store.exchanges()
    return result, newest


def _at_work(exchange: Exchange, names: Iterable[str]) -> list[tuple[Any, ...]]:
    """Of each of these layers: whether it was seen and took part, and what it added."""
    return [
        (
            one.name,
            one.visible and None not in {one.entered, one.handed_on, one.left},
            one.answered,
            [name for name, _ in one.response.headers.added],
        )
        for one in exchange.layers
        if one.name in names
    ]


def _expected(result: Result, names: Iterable[str]) -> list[tuple[Any, ...]]:
    """The same, by what reached the client, whom only our layers send any of these."""
    added = {
        "request_id": [name for name, _ in result.headers if name == b"x-request-id"],
        "timing": [name for name, _ in result.headers if name == b"server-timing"],
        "compression": [
            name
            for name, value in result.headers
            if name == b"content-encoding" or (name, value) == (b"vary", b"Accept-Encoding")
        ],
    }
    return [(name, True, False, added.get(name, [])) for name in names]


@everywhere
@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ((), RECOMMENDED),
        ((request_id, timing), ("request_id", "timing")),
        ((request_id, compression), ("request_id", "compression")),
        ((timing,), ("timing",)),
    ],
    ids=["recommended", "one-driver", "two-drivers", "one-layer"],
)
async def test_each_layer_that_was_installed_is_seen_at_work(
    make: Callable[[], Any], layers: tuple[Factory, ...], names: tuple[str, ...]
) -> None:
    """It was called, it handed on, and what it added is its own; the client gets it as before."""
    options: Any = {} if layers else {"compression": {"minimum_size": 0}}
    app = await _started(install(make(), *layers, **options))
    bare = await _asked(app)

    result, exchange = await _seen(app)

    assert _expected(result, names) == _at_work(exchange, names)
    assert {name for name, _ in bare.headers} == {name for name, _ in result.headers}
    assert [] == [one.name for one in exchange.layers if one.visible and one.entered is None]


@everywhere
async def test_once_the_taps_are_out_an_installed_app_is_as_it_was(make: Callable[[], Any]) -> None:
    """By identity, in every place where somebody holds an app; and its layers go on."""
    app = await _started(install(make()))
    await _asked(app)
    before = list(_references(app))
    chain = Chain(app, Watch(Faults("test")))

    chain.link()
    within = list(_references(app))
    during = await _asked(chain.head)
    chain.restore()
    after = list(_references(app))

    assert [] != [place for place, value in within if isinstance(value, Tap)]
    assert [place for place, _ in before] == [place for place, _ in after]
    changed = zip(before, after, strict=True)
    assert [] == [place for (place, was), (_, now) in changed if was is not now]
    assert {name for name, _ in during.headers} == {name for name, _ in (await _asked(app)).headers}


def _references(app: App) -> Iterator[tuple[str, object]]:
    """What *app*, its layers and their functions hold, each with the way there."""
    objects = [one for one in walk(app) if not isinstance(one, FunctionType)]
    seen: set[int] = set()

    def look(thing: Any, way: str) -> Iterator[tuple[str, object]]:
        if id(thing) in seen:
            return
        seen.add(id(thing))
        for name, value in [*_held_by(thing)]:
            yield f"{way}.{name}", value
            if isinstance(value, (FunctionType, Wrapped)) or any(value is one for one in objects):
                yield from look(value, f"{way}.{name}")

    for place, one in enumerate(walk(app)):
        yield from look(one, str(place))


def _held_by(thing: Any) -> Iterator[tuple[str, object]]:
    if isinstance(thing, FunctionType):
        for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
            with suppress(ValueError):  # it is not set yet
                yield name, cell.cell_contents
        if "__run__" in vars(thing):
            yield from ((name, thing.__globals__[name]) for name in ("app", "lifespan"))
    elif isinstance(thing, Wrapped):
        yield "__call__", thing.__call__
        return
    else:
        yield "class", type(thing).__call__
    yield from sorted(getattr(thing, "__dict__", {}).items())


def _litestar() -> Any:
    given: Any = timing
    return litestar.Litestar([], middleware=[litestar.middleware.DefineMiddleware(given)])


def _nexios() -> Any:
    app = nexios.NexiosApp()

    async def stamped(request: Any, response: Any, call_next: Any) -> Any:
        return await call_next()

    app.add_middleware(stamped)
    return app


def _blacksheep() -> Any:
    app = blacksheep.Application(router=blacksheep.Router())

    async def stamped(request: Any, handler: Any) -> Any:
        return await handler(request)

    app.middlewares.append(stamped)
    return app


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (FRAMEWORKS["Django"][0], "RouteMiddleware"),
        (FRAMEWORKS["Falcon"][0], "_RouteMiddleware"),
        (_blacksheep, "stamped"),
        (_nexios, "stamped"),
        (_litestar, "timing"),
    ],
    ids=["Django", "Falcon", "BlackSheep", "Nexios", "Litestar"],
)
async def test_what_cannot_be_seen_in_an_installed_app_is_named_once(
    make: Callable[[], Any], name: str
) -> None:
    """Though its object stands outside and inside of the layers."""
    chain = Chain(install(make(), request_id), Watch(Faults("test")))
    chain.link()
    assert [name] == [one.name for one in chain.nodes if one.why]
    chain.restore()


@everywhere
async def test_two_recordings_of_an_installed_app_see_the_same(make: Callable[[], Any]) -> None:
    """The one that is linked first, and the one round it."""
    app = await _started(install(make()))
    stores = open_store("memory:"), open_store("memory:")
    inner = record(app, store=stores[0], layers=True)
    outer = record(inner, store=stores[1], layers=True)

    for asked in (inner, outer, outer):
        result = await _asked(asked)

    found = [[_at_work(one, RECOMMENDED) for one in store.exchanges()] for store in stores]
    expected = _expected(result, RECOMMENDED)
    assert [[expected] * 3, [expected] * 2] == found


@everywhere
async def test_a_recording_among_installed_layers_sees_those_inside_of_it(
    make: Callable[[], Any],
) -> None:
    """It does not take the framework's object, which is round all of them, for an app inside."""
    store = open_store("memory:")
    recorded = layer(record, store=store, layers=True)
    app = await _started(install(make(), tracing, recorded, request_id, timing))

    results = [await _asked(app) for _ in range(2)]

    exchange = next(one for one in store.exchanges() if one.type == "http")
    names = ("tracing", "request_id", "timing")
    assert _expected(results[1], names[1:]) == _at_work(exchange, names)
    sent = [{name for name, _ in one.headers} for one in results]
    assert sent[0] == sent[1] >= {b"x-request-id", b"server-timing"}
    assert {} == store.stats().faults


@pytest.mark.parametrize("framework", WITH_WEBSOCKETS)
async def test_websockets_and_lifespans_pass_each_layer_that_was_installed(framework: str) -> None:
    """Also when the taps were out in between."""
    store = open_store("memory:")
    app = record(install(MAKERS[framework]()), store=store, layers=True)

    await websocket(app, "/ws", messages=())
    await lifespan(app)
    await websocket(app, "/ws", messages=())

    talk = [(one, True, False, [b"x-request-id"] * (one == "request_id")) for one in RECOMMENDED]
    phase: list[tuple[Any, ...]] = [(one, True, False, []) for one in RECOMMENDED]
    assert [("websocket", talk), ("lifespan", phase), ("websocket", talk)] == [
        (one.type, _at_work(one, RECOMMENDED)) for one in store.exchanges()
    ]


def _route(app: fastapi.FastAPI) -> fastapi.FastAPI:
    @app.get("/a")
    async def a() -> str:
        return "a" * 5000

    return app


def _with(*factories: Any) -> fastapi.FastAPI:
    """An app with middleware, the outermost first."""
    app = _route(fastapi.FastAPI())
    for one in reversed(factories):
        app.add_middleware(one)
    return app


def _some(app: App) -> App:
    return stack(app, request_id, timing, compression)


def _starlette(*factories: Factory) -> App:
    async def home(request: Any) -> Any:
        return starlette.responses.PlainTextResponse("a" * 5000)

    return starlette.applications.Starlette(
        routes=[starlette.routing.Route("/a", home)],
        middleware=[starlette.middleware.Middleware(one) for one in factories],
    )


def _mounting(inner: App) -> fastapi.FastAPI:
    app = fastapi.FastAPI()
    app.mount("/", inner)
    return app


SOME = ("request_id", "timing", "compression")


def _inside_a_mount(inner: App) -> App:
    return _installed(_mounting(inner), request_id, timing)


ELSEWHERE: dict[str, tuple[Callable[[], App], tuple[str, ...]]] = {
    "add_middleware": (lambda: _with(request_id, timing, compression), SOME),
    "add_middleware-stack": (lambda: _with(_some), SOME),
    "add_middleware-production": (lambda: _with(production), RECOMMENDED),
    "middleware": (lambda: _starlette(request_id, timing, compression), SOME),
    "installed-and-added": (
        lambda: _installed(_with(timing, compression), request_id, tracing),
        ("request_id", "tracing", "timing", "compression"),
    ),
    "round-what-is-installed": (
        lambda: stack(_installed(_with(), timing, tracing), request_id, compression),
        ("request_id", "compression", "timing", "tracing"),
    ),
    "round-a-mount-of-what-is-installed": (
        lambda: _inside_a_mount(_installed(_with(), tracing, compression)),
        ("request_id", "timing"),
    ),
    "round-a-mount-of-a-stack": (
        lambda: _inside_a_mount(stack(_with(), tracing, compression)),
        ("request_id", "timing"),
    ),
}


def _installed(app: fastapi.FastAPI, *layers: Layer | Factory) -> App:
    return install(app, *layers)


@pytest.mark.parametrize(("make", "names"), ELSEWHERE.values(), ids=ELSEWHERE)
async def test_each_layer_is_seen_at_work_wherever_it_was_put(
    make: Callable[[], App], names: tuple[str, ...]
) -> None:
    """A run of ours within a framework's own chain, in two places, round another app."""
    result, exchange = await _seen(make(), "/a")

    assert 200 == result.status
    assert _expected(result, names) == _at_work(exchange, names)
