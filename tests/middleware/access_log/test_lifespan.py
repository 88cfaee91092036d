"""Each phase of the lifespan is one event."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_mw import access_log
from asgi_mw.testing import Wire, before, idle, lifespan, lifespan_scope

if TYPE_CHECKING:
    from asgi_mw.types import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

STARTED: Message = {"type": "lifespan.startup.complete"}
NOT_STARTED: Message = {"type": "lifespan.startup.failed", "message": "no password=cAnArY"}
STOPPED: Message = {"type": "lifespan.shutdown.complete"}
NOT_STOPPED: Message = {"type": "lifespan.shutdown.failed"}
ERROR = LookupError("mine")


class Memory:
    """A logger that keeps the level and the fields."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def info(self, event: str, **fields: Any) -> None:
        """Take an event."""
        self.events.append({"level": "info", "event": event, **fields})

    def warning(self, event: str, **fields: Any) -> None:
        """Take a warning."""
        self.events.append({"level": "warning", "event": event, **fields})

    def error(self, event: str, **fields: Any) -> None:
        """Take an error."""
        self.events.append({"level": "error", "event": event, **fields})


def phases(*steps: Message | BaseException | None) -> App:
    """Receive before each step; send it, raise it, or return at ``None``."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for step in steps:
            await receive()
            if step is None:
                return
            if isinstance(step, BaseException):
                raise step
            await send(step)

    return app


async def at_once(scope: Scope, receive: Receive, send: Send) -> None:
    """Have no lifespan, as Django."""
    raise ValueError("Django can only handle ASGI/HTTP connections, not lifespan.")


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Return without a word."""


# What the app does; phase, outcome and level of each event.
TABLE: dict[str, tuple[App, list[tuple[str, str, str]]]] = {
    "complete": (
        phases(STARTED, STOPPED),
        [("startup", "complete", "info"), ("shutdown", "complete", "info")],
    ),
    "a failed startup": (phases(NOT_STARTED), [("startup", "error", "error")]),
    "a failed startup that raises": (
        phases(NOT_STARTED, ERROR),
        [("startup", "error", "error")],
    ),
    "a failed shutdown": (
        phases(STARTED, NOT_STOPPED),
        [("startup", "complete", "info"), ("shutdown", "error", "error")],
    ),
    "raises before it asks": (at_once, [("startup", "unsupported", "info")]),
    "raises in the startup": (phases(ERROR), [("startup", "error", "error")]),
    "raises in the shutdown": (
        phases(STARTED, ERROR),
        [("startup", "complete", "info"), ("shutdown", "error", "error")],
    ),
    "is interrupted": (phases(KeyboardInterrupt()), [("startup", "error", "error")]),
    "returns in the startup": (phases(None), [("startup", "incomplete", "warning")]),
    "returns in the shutdown": (
        phases(STARTED, None),
        [("startup", "complete", "info"), ("shutdown", "incomplete", "warning")],
    ),
    "returns before it asks": (nothing, [("startup", "unsupported", "info")]),
}


@pytest.mark.parametrize(("app", "events"), TABLE.values(), ids=TABLE)
async def test_each_phase_is_one_event(app: App, events: list[tuple[str, str, str]]) -> None:
    """However it ends; and the server sees what it would have seen without the layer."""
    memory = Memory()
    bare = await lifespan(app)
    result = await lifespan(access_log(app, logger=memory))

    assert [(event["phase"], event["outcome"], event["level"]) for event in memory.events] == events
    assert (result.sent, result.returned) == (bare.sent, bare.returned)
    assert type(result.raised) is type(bare.raised)
    assert {event["event"] for event in memory.events} == {"lifespan"}


async def test_each_phase_has_its_own_duration() -> None:
    """From the message that asked for it; the time between them is nobody's."""
    memory = Memory()
    moments = count(0, 1_000_000)
    await lifespan(access_log(phases(STARTED, STOPPED), logger=memory, clock=moments.__next__))

    assert memory.events == [
        {
            "level": "info",
            "event": "lifespan",
            "phase": "startup",
            "outcome": "complete",
            "duration_ms": 1.0,
        },
        {
            "level": "info",
            "event": "lifespan",
            "phase": "shutdown",
            "outcome": "complete",
            "duration_ms": 1.0,
        },
    ]


@pytest.mark.parametrize(
    ("moment", "events"),
    [
        (before("send", 1), [("startup", "cancelled")]),
        (before("send", 2), [("startup", "complete"), ("shutdown", "cancelled")]),
    ],
    ids=["startup", "shutdown"],
)
async def test_a_cancelled_phase(moment: Any, events: list[tuple[str, str]]) -> None:
    """It is no error."""
    memory = Memory()
    result = await lifespan(access_log(phases(STARTED, STOPPED), logger=memory), cancel=moment)

    assert [(event["phase"], event["outcome"]) for event in memory.events] == events
    assert "exception" not in memory.events[-1]
    assert isinstance(result.raised, anyio.get_cancelled_exc_class())


async def test_the_wait_between_the_phases_is_no_phase() -> None:
    """A server that cancels then leaves one event."""
    memory = Memory()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(STARTED)
        await anyio.sleep_forever()

    async with Wire(
        access_log(app, logger=memory), lifespan_scope(), messages=[{"type": "lifespan.startup"}]
    ) as wire:
        await wire.take()

    assert [event["phase"] for event in memory.events] == ["startup"]


async def test_an_app_without_lifespan_is_said_without_a_traceback() -> None:
    """The specification allows it."""
    memory = Memory()
    await lifespan(access_log(at_once, logger=memory))

    [event] = memory.events
    assert event["reason"].startswith("ValueError: Django can only handle")
    assert {"error", "exception"}.isdisjoint(event)


async def test_of_a_traceback_in_the_message_the_last_line_is_kept() -> None:
    """Starlette sends the whole, which the server logs."""
    memory = Memory()
    text = "Traceback (most recent call last):\n  File ...\nConnectionError: no database\n"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": text})

    await lifespan(access_log(app, logger=memory))

    assert "ConnectionError: no database" == memory.events[0]["error"]


async def test_the_message_of_a_failure_is_masked() -> None:
    """It often holds a connection string."""
    memory = Memory()
    await lifespan(access_log(phases(NOT_STARTED), logger=memory))

    assert memory.events[0]["error"] == "no password=[redacted]"


@pytest.mark.parametrize("answer", [STARTED, NOT_STARTED], ids=lambda message: message["type"])
async def test_a_send_that_fails_leaves_the_phase_an_error(answer: Message) -> None:
    """The server never got the answer."""
    memory = Memory()
    error = RuntimeError("closed")
    result = await lifespan(access_log(phases(answer), logger=memory), send_errors={1: error})

    assert [(event["phase"], event["outcome"]) for event in memory.events] == [("startup", "error")]
    assert result.raised is error


async def test_a_logger_that_raises_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is counted, and said once."""

    class Broken:
        def info(self, event: str, **fields: Any) -> None:
            raise MemoryError

    result = await lifespan(access_log(phases(STARTED, STOPPED), logger=Broken()))

    assert (result.sent, result.returned) == ([STARTED, STOPPED], True)
    assert len(caplog.records) == 1


async def test_the_scope_and_its_state_pass_untouched() -> None:
    """The state is the app's to fill."""
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        scope["state"]["pool"] = 1
        await receive()

    result = await lifespan(access_log(app, logger=Memory()), disconnect=idle())

    assert scopes[0] is result.scope
    assert result.scope["state"] == {"pool": 1}
