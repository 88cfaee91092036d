"""Beside another tracer a connection has one span and one measurement, whoever is outside."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI, WebSocket  # noqa: TC002  # FastAPI reads the annotation
from litestar import Litestar, get
from litestar.middleware.base import DefineMiddleware
from litestar.plugins.opentelemetry import OpenTelemetryConfig, OpenTelemetryPlugin
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.trace import SpanKind
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.opentelemetry import OpenTelemetryMiddleware as OfStarlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute

from asgi_mw import ConfigError, explain, production, stack
from asgi_mw.middleware.tracing import tracing
from asgi_mw.testing import request, websocket
from tests.middleware.tracing.conftest import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw.types import App, Receive, Scope, Send
    from tests.middleware.tracing.conftest import Sdk

pytestmark = pytest.mark.anyio

ok = answering()


def fastapi(sdk: Sdk, *, native: bool, **telemetry: Any) -> App:
    """Make an app of FastAPI, traced from outside or natively."""
    providers = {
        "tracer_provider": sdk.tracer_provider,
        "meter_provider": sdk.meter_provider,
        "logger_provider": sdk.logger_provider,
    }
    options: Any = {**providers, **telemetry}
    app = FastAPI(telemetry=options)

    @app.get("/users/{user}")
    async def users(user: str) -> str:
        return user

    @app.get("/crash/{user}")
    async def crash(user: str) -> None:
        raise ValueError(user)

    @app.websocket("/ws/{room}")
    async def ws(websocket: WebSocket, room: str) -> None:
        await websocket.accept()
        await websocket.close()

    if not native:
        return sdk.tracing(app)
    layer: Any = sdk.tracing
    app.add_middleware(layer)
    return app


def starlette(sdk: Sdk, *, native: bool) -> App:
    """Make an app of Starlette with its own middleware, inside of us or round us."""

    async def users(request: object) -> PlainTextResponse:
        return PlainTextResponse("ok")

    async def crash(request: object) -> None:
        raise ValueError

    async def ws(websocket: Any) -> None:
        await websocket.accept()
        await websocket.close()

    layer: Any = sdk.tracing
    theirs = Middleware(OfStarlette, tracer_provider=sdk.tracer_provider)
    ours = Middleware(layer)
    return Starlette(
        routes=[
            Route("/users/{user}", users),
            Route("/crash/{user}", crash),
            WebSocketRoute("/ws/{room}", ws),
        ],
        middleware=[theirs, ours] if native else [ours, theirs],
    )


def servers(sdk: Sdk) -> list[str]:
    """Who made the spans of kind SERVER, and their names."""
    return [
        f"{span.instrumentation_scope and span.instrumentation_scope.name}: {span.name}"
        for span in sdk.spans
        if span.kind is SpanKind.SERVER
    ]


def measured(sdk: Sdk) -> Counter[Any]:
    """How often the duration of each route was measured."""
    counts: Counter[Any] = Counter()
    for point in sdk.points():
        counts[point.attributes.get("http.route")] += point.count
    return counts


@pytest.mark.parametrize(
    ("make", "native", "whose"),
    [
        (fastapi, False, "asgi_mw"),
        (fastapi, True, "fastapi"),
        (starlette, False, "asgi_mw"),
        (starlette, True, "starlette"),
    ],
)
async def test_a_request_has_one_span_and_one_measurement(
    sdk: Sdk,
    make: Callable[..., App],
    native: bool,  # noqa: FBT001  # a column
    whose: str,
) -> None:
    """With the route on both, however the request ends."""
    app = make(sdk, native=native)
    await request(app, "GET", "/users/7")
    await request(app, "GET", "/crash/7")

    assert servers(sdk) == [f"{whose}: GET /users/{{user}}", f"{whose}: GET /crash/{{user}}"]
    assert measured(sdk) == {"/users/{user}": 1, "/crash/{user}": 1}


@pytest.mark.parametrize(
    ("make", "native", "name"),
    [
        (fastapi, False, "asgi_mw: GET /ws/{room}"),
        (fastapi, True, "fastapi: WS /ws/{room}"),
        (starlette, False, "asgi_mw: GET /ws/{room}"),
        (starlette, True, "asgi_mw: GET /ws/{room}"),
    ],
)
async def test_a_websocket_has_one_span(
    sdk: Sdk,
    make: Callable[..., App],
    native: bool,  # noqa: FBT001  # a column
    name: str,
) -> None:
    """Starlette traces none."""
    await websocket(make(sdk, native=native), "/ws/7")

    assert servers(sdk) == [name]


async def test_where_the_others_tracing_is_off_ours_is_on(sdk: Sdk) -> None:
    """FastAPI's measurement is a matter of its own option, and keeps its route."""
    app = fastapi(sdk, native=True, tracing=False, metrics=False)
    await request(app, "GET", "/users/7")

    assert servers(sdk) == ["asgi_mw: GET /users/{user}"]
    assert measured(sdk) == {"/users/{user}": 1}


async def test_what_the_other_excludes_is_ours(sdk: Sdk) -> None:
    """Starlette marks it as if it were traced."""
    theirs = OfStarlette(
        sdk.tracing(ok), excluded_urls="/users", tracer_provider=sdk.tracer_provider
    )
    await request(theirs, "GET", "/users/7")
    await request(theirs, "GET", "/other")

    assert servers(sdk) == ["asgi_mw: GET", "starlette: GET"]
    assert measured(sdk) == {None: 2}


async def test_what_is_skipped_here_is_theirs_all_the_same(sdk: Sdk) -> None:
    """What their span has for children stays."""
    tracer = sdk.tracer_provider.get_tracer("service")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tracer.start_span("work").end()
        await ok(scope, receive, send)

    theirs = OfStarlette(sdk.tracing(app, skip=["/"]), tracer_provider=sdk.tracer_provider)
    await request(theirs)

    assert [span.name for span in sdk.spans] == ["work", "GET"]
    assert measured(sdk) == {}


def contributed(app: App, sdk: Sdk) -> App:
    """Wrap *app* in the middleware of OpenTelemetry's instrumentation."""
    providers: Any = {"tracer_provider": sdk.tracer_provider, "meter_provider": sdk.meter_provider}
    made: App = OpenTelemetryMiddleware(app, exclude_spans=["receive", "send"], **providers)
    return made


def instrumented(sdk: Sdk) -> App:
    """Make an app of FastAPI that is instrumented, with us inside."""
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
    app.get("/users/{user}")(lambda user: user)
    layer: Any = sdk.tracing
    app.add_middleware(layer)
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=sdk.tracer_provider,
        meter_provider=sdk.meter_provider,
        exclude_spans=["receive", "send"],
    )
    return app


def litestar(sdk: Sdk) -> App:
    """Make an app of Litestar with its plugin, and us inside."""

    @get("/users/7")
    async def users() -> str:
        return "ok"

    config = OpenTelemetryConfig(
        tracer_provider=sdk.tracer_provider,
        meter_provider=sdk.meter_provider,
        exclude_spans=["receive", "send"],
    )
    plugin = OpenTelemetryPlugin(config)
    layer: Any = sdk.tracing
    app: Any = Litestar([users], plugins=[plugin], middleware=[DefineMiddleware(layer)])
    return app  # type: ignore[no-any-return]  # its own names for the same


@pytest.mark.parametrize(
    "make",
    [lambda sdk: contributed(sdk.tracing(ok), sdk), instrumented, litestar],
    ids=["round the app", "FastAPI", "Litestar"],
)
async def test_inside_of_an_instrumentation_the_span_is_its(
    sdk: Sdk, make: Callable[[Sdk], App]
) -> None:
    """It knows no key, but its span is the current one."""
    app = make(sdk)
    for _ in range(2):
        await request(app, "GET", "/users/7")

    [scope] = {span.instrumentation_scope and span.instrumentation_scope.name for span in sdk.spans}
    assert str(scope).startswith("opentelemetry.instrumentation.")
    assert len(sdk.spans) == 2
    assert "asgi_mw" not in str(sdk.points())
    assert sdk.points() == []


async def test_an_instrumentations_span_that_has_ended_is_no_reason_to_be_silent(sdk: Sdk) -> None:
    """A server leaves it in the context for the next request."""
    from opentelemetry import context, trace  # noqa: PLC0415

    tracer = sdk.tracer_provider.get_tracer("opentelemetry.instrumentation.asgi")
    last = tracer.start_span("GET", kind=SpanKind.SERVER)
    last.end()
    token = context.attach(trace.set_span_in_context(last))
    await request(sdk.tracing(ok))
    context.detach(token)

    assert servers(sdk) == ["opentelemetry.instrumentation.asgi: GET", "asgi_mw: GET"]


class Stranger:
    """Look like a middleware of somebody else."""

    def __init__(self, app: App, **options: object) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def of(module: str) -> Any:
    """Make the class one of *module*."""
    return type("OpenTelemetryMiddleware", (Stranger,), {"__module__": module})


class Listing:
    """Keep middleware in a list, as BlackSheep does."""

    middlewares = (of("blacksheep.server.otel")(ok),)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


def lilya() -> App:
    """Make an app of Lilya with its own middleware."""
    from lilya.apps import Lilya  # noqa: PLC0415
    from lilya.middleware import DefineMiddleware as Lilyas  # noqa: PLC0415

    app: App = Lilya(middleware=[Lilyas(of("lilya.contrib.opentelemetry.middleware"))])
    return app


@pytest.mark.parametrize(
    ("app", "name"),
    [
        (OpenTelemetryMiddleware(ok), "opentelemetry-instrumentation-asgi"),
        (Stranger(OpenTelemetryMiddleware(ok)), "opentelemetry-instrumentation-asgi"),
        (
            Starlette(middleware=[Middleware(OpenTelemetryMiddleware)]),
            "opentelemetry-instrumentation-asgi",
        ),
        (Litestar(plugins=[OpenTelemetryPlugin()]), "opentelemetry-instrumentation-asgi"),
        (lilya(), "Lilya's OpenTelemetryMiddleware"),
        (Listing(), "BlackSheep's OTELMiddleware"),
    ],
    ids=["round", "deeper", "planned", "Litestar", "Lilya", "BlackSheep"],
)
@pytest.mark.parametrize("layer", [tracing, production])
def test_one_inside_that_knows_no_key_is_refused(layer: Any, app: App, name: str) -> None:
    """It would make a second span of every request."""
    with pytest.raises(ConfigError, match=f"{name} stands inside: each request would have two"):
        layer(app)


def test_what_the_environment_may_have_instrumented_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The app starts: nobody wrote it there."""
    app = FastAPI()
    FastAPIInstrumentor.instrument_app(app)
    explained = explain(stack(app, tracing))

    assert "FastAPI is instrumented by OpenTelemetry: each request has two spans" in explained
    assert [record.levelname for record in caplog.records] == ["WARNING"]


class Odd:
    """Raise whatever is asked."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def __getattr__(self, name: str) -> Any:
        if name == "middleware":
            return 5
        raise RuntimeError(name)


def test_an_odd_app_is_no_obstacle() -> None:
    """What it keeps under these names is its own affair."""
    assert callable(tracing(Odd()))
