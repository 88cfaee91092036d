"""The telemetry stops with the server, after the app and before the server goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw import ConfigError, explain, layer, stack
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


@pytest.mark.parametrize("app", [polite, raises, listens_and_raises, returns])
async def test_it_stops_before_the_server_is_told(app: App, telemetry: Watched) -> None:
    """By every app, with a lifespan or not."""
    seen: list[object] = []
    result = await lifespan(
        exporting(app, telemetry=telemetry),
        on_send=noting(seen, telemetry),  # type: ignore[arg-type]  # a coroutine function
    )

    assert [("lifespan.startup.complete", 0), ("lifespan.shutdown.complete", 1)] == seen
    assert result.raised is None


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
