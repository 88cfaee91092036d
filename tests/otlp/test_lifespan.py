"""The telemetry stops with the server, after the app and before the server goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from litestar import Litestar, get
from litestar.middleware import DefineMiddleware
from nexios import NexiosApp
from quart import Quart
from starlette.applications import Starlette
from starlette.routing import Mount

from asgi_mw import ConfigError, explain, install, layer, stack, timing
from asgi_mw.otlp import Telemetry, exporting
from asgi_mw.otlp.telemetry import Providers
from asgi_mw.testing import lifespan, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_mw import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio


class Watched(Telemetry):
    """Notes that it is shut down."""

    def __init__(self) -> None:
        super().__init__(Providers(), (), 1)
        self.stopped = 0

    def shutdown(self, timeout: float | None = None) -> bool:
        """Note it."""
        self.stopped += 1
        return True


@pytest.fixture
def telemetry() -> Watched:
    """Telemetry of nothing."""
    return Watched()


def noting(seen: list[object], telemetry: Watched) -> Callable[[Message], object]:
    """What the server is told, and whether the telemetry was stopped by then."""

    async def note(message: Message) -> None:
        seen.append((message["type"], telemetry.stopped))

    return note


async def polite(scope: Scope, receive: Receive, send: Send) -> None:
    """Be an app with a lifespan."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    """Know no lifespan, as Django."""
    raise ValueError(scope["type"])


async def listens_and_raises(scope: Scope, receive: Receive, send: Send) -> None:
    """Give up late."""
    await receive()
    raise ValueError(scope["type"])


async def returns(scope: Scope, receive: Receive, send: Send) -> None:
    """Know no lifespan, and say nothing."""


async def starts_and_returns(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the startup alone, as FastASGI."""
    await receive()
    await send({"type": "lifespan.startup.complete"})


async def hears_and_returns(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the startup, and end at the shutdown without a word."""
    await starts_and_returns(scope, receive, send)
    await receive()


@pytest.mark.parametrize(
    "app",
    [polite, raises, listens_and_raises, returns, starts_and_returns, hears_and_returns],
)
async def test_it_stops_before_the_server_is_told(app: App, telemetry: Watched) -> None:
    """By every app, with a lifespan or not."""
    seen: list[object] = []
    result = await lifespan(
        exporting(app, telemetry=telemetry),
        on_send=noting(seen, telemetry),  # type: ignore[arg-type]  # a coroutine function
    )

    assert [("lifespan.startup.complete", 0), ("lifespan.shutdown.complete", 1)] == seen
    assert result.raised is None


@pytest.mark.parametrize("hears", [False, True])
async def test_an_app_that_fails_later_is_stopped_for(telemetry: Watched, hears: bool) -> None:  # noqa: FBT001  # a parameter
    """What it raised reaches the server, once there is nothing left to send."""
    failure = RuntimeError("the task that it had begun")

    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        await (hears_and_returns if hears else starts_and_returns)(scope, receive, send)
        raise failure

    result = await lifespan(exporting(fails, telemetry=telemetry))

    assert failure is result.raised
    assert ["lifespan.startup.complete"] == [message["type"] for message in result.sent]
    assert 1 == telemetry.stopped


async def test_a_start_that_fails_is_the_apps_affair(telemetry: Watched) -> None:
    """The message and the exception pass."""
    failure = OSError("no database")

    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        raise failure

    result = await lifespan(exporting(fails, telemetry=telemetry))

    assert failure is result.raised
    assert ["lifespan.startup.failed"] == [message["type"] for message in result.sent]


async def test_a_shutdown_that_fails_stops_it_too(telemetry: Watched) -> None:
    """What was measured until then is sent."""

    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed"})

    await lifespan(exporting(fails, telemetry=telemetry))

    assert 1 == telemetry.stopped


async def test_where_no_lifespan_passes_is_said_once(
    telemetry: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    """A mounted app gets none: it would send nothing when the server ends."""
    app = Starlette(routes=[Mount("/api", exporting(polite, telemetry=telemetry))])
    await lifespan(app)
    await request(app, target="/api/")
    await request(app, target="/api/")

    assert 1 == caplog.text.count("no lifespan reached exporting")


async def test_where_a_lifespan_passes_nothing_is_said(
    telemetry: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    """As round any app that is served."""
    app = exporting(polite, telemetry=telemetry)
    await lifespan(app)
    await request(app)

    assert "no lifespan" not in caplog.text


async def test_a_lifespan_after_the_end_is_warned_of_once(
    telemetry: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    """As mangum has one for each request: nothing is sent after the first."""
    app = exporting(polite, telemetry=telemetry)
    await lifespan(app)
    assert "a lifespan begins" not in caplog.text
    await lifespan(app)
    await lifespan(app)

    assert 1 == caplog.text.count("a lifespan begins after another has ended, as mangum does")


@get("/")
async def answer() -> str:
    """Be a handler of Litestar's."""
    return "answered"


def test_a_place_without_lifespan_is_refused(telemetry: Watched) -> None:
    """In the middleware of Litestar and Nexios, whatever stands inside."""
    native: Any = [DefineMiddleware(cast("Any", timing))]
    native.append(DefineMiddleware(cast("Any", exporting), telemetry=telemetry))
    for middleware in (native, native[::-1]):
        with pytest.raises(ConfigError, match="Litestar gives its own middleware no lifespan"):
            Litestar([answer], middleware=middleware)
    app: Any = NexiosApp()
    app.wrap_asgi(timing)
    with pytest.raises(ConfigError, match=r"Nexios gives its own .*; put it around the app: stack"):
        app.wrap_asgi(exporting, telemetry=telemetry)


class Shop(Litestar):
    """An app of one's own class."""


@pytest.mark.parametrize("app", [Litestar(), Shop(), NexiosApp(), Starlette(), Quart("q").asgi_app])
def test_round_an_app_it_is_let_be(telemetry: Watched, app: App) -> None:
    """There the lifespan passes."""
    made = stack(app, layer(exporting, telemetry=telemetry), timing)

    assert explain(made).startswith("exporting(")


@pytest.mark.parametrize("app", [Litestar(), Shop(), NexiosApp(), Starlette(), Quart("q")])
def test_installed_in_an_app_it_is_let_be(telemetry: Watched, app: App) -> None:
    """The same, whatever that app has inside."""
    installed = install(app, layer(exporting, telemetry=telemetry), timing)

    assert explain(installed).startswith("exporting(")


async def test_requests_pass(telemetry: Watched) -> None:
    """Untouched."""
    app = stack(polite, layer(exporting, telemetry=telemetry))

    assert 204 == (await request(app)).status
    assert 0 == telemetry.stopped
    assert "exporting(telemetry=<Telemetry of nothing>)\npolite" == explain(app)


@pytest.mark.parametrize("wrong", ["shop", None, Telemetry], ids=["name", "none", "class"])
def test_something_else_than_telemetry_is_said(wrong: object) -> None:
    """Before the server stops, when it would be too late."""
    with pytest.raises(ConfigError) as caught:
        exporting(polite, telemetry=wrong)  # type: ignore[arg-type]  # the mistake

    assert (
        f"exporting: telemetry={wrong!r}: is not what configure returns; "
        "write telemetry=configure(service_name='shop')"
    ) == str(caught.value)
