"""Exceptions that left the app, by section 4 of the checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry._logs import SeverityNumber
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from asgi_mw.telemetry.exceptions import VARIABLE
from asgi_mw.testing import during, request, websocket
from tests.middleware.tracing.conftest import Sdk, answering

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from asgi_mw.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

ok = answering()


async def failing(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise with a secret in the message."""
    raise ValueError("cannot log in with password=hunter2")


async def late(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail in background work."""
    await ok(scope, receive, send)
    raise ValueError("in the background")


def facts(record: Any) -> dict[str, Any]:
    """What a log record says of an exception, without its stack trace."""
    attributes = dict(record.log_record.attributes)
    attributes.pop("exception.stacktrace")
    return attributes


async def test_an_exception_is_one_log_record_of_its_span(sdk: Sdk) -> None:
    """The event of the conventions, with severity ERROR; the span has no event beside it."""
    await request(sdk.tracing(failing))

    [record] = sdk.logs
    log = record.log_record
    assert (log.event_name, log.severity_number, log.severity_text) == (
        "http.server.request.exception",
        SeverityNumber.ERROR,
        "ERROR",
    )
    assert facts(record) == {
        "exception.type": "ValueError",
        "exception.message": "cannot log in with password=[redacted]",
    }
    assert sdk.span.context is not None
    assert (log.trace_id, log.span_id) == (sdk.span.context.trace_id, sdk.span.context.span_id)
    assert list(sdk.span.events) == []


async def test_the_stack_trace_is_there_and_masked(sdk: Sdk) -> None:
    """It ends in the message, which may hold what it should not."""
    await request(sdk.tracing(failing))

    trace = str(dict(sdk.logs[0].log_record.attributes or {})["exception.stacktrace"])
    assert trace.startswith("Traceback (most recent call last):")
    assert "in failing" in trace
    assert "hunter2" not in trace.splitlines()[-1]


async def test_the_message_can_be_left_out(sdk: Sdk) -> None:
    """Of the stack trace too, whose last line it is."""
    await request(sdk.tracing(failing, record_exception_message=False))

    attributes = dict(sdk.logs[0].log_record.attributes or {})
    assert "exception.message" not in attributes
    last = str(attributes["exception.stacktrace"]).strip().splitlines()[-1]
    assert not last.startswith("ValueError")


async def test_one_after_a_complete_response_is_a_log_record_alone(sdk: Sdk) -> None:
    """The span has ended, and all went well as far as the client knows."""
    await request(sdk.tracing(late))

    assert "error.type" not in sdk.attributes
    [record] = sdk.logs
    assert facts(record)["exception.message"] == "in the background"


async def test_a_cancellation_is_for_debugging(sdk: Sdk) -> None:
    """The conventions: one that means that the client went should have severity DEBUG."""
    await request(sdk.tracing(ok), cancel=during("send", 1))

    [record] = sdk.logs
    assert record.log_record.severity_number is SeverityNumber.DEBUG


async def chatting(websocket: WebSocket) -> None:
    """Listen until the client closes, as most handlers do."""
    await websocket.accept()
    while True:
        await websocket.receive_text()


@pytest.mark.parametrize("code", [1000, 1001, 1006])
async def test_a_client_that_says_goodbye_is_for_debugging_too(sdk: Sdk, code: int) -> None:
    """Starlette raises ``WebSocketDisconnect`` in the handler, who lets it pass."""
    app = Starlette(routes=[WebSocketRoute("/", chatting)])
    await websocket(sdk.tracing(app), close=(code, ""))

    [record] = sdk.logs
    assert facts(record)["exception.type"] == "starlette.websockets.WebSocketDisconnect"
    assert record.log_record.severity_number is SeverityNumber.DEBUG


async def test_what_is_not_sampled_is_logged_all_the_same(sdk: Sdk) -> None:
    """Logs have sampling of their own."""
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF  # noqa: PLC0415  # here alone

    quiet = Sdk(ALWAYS_OFF)
    await request(quiet.tracing(failing, logger_provider=sdk.logger_provider, metrics=False))

    assert (quiet.spans, len(sdk.logs)) == ([], 1)
    assert sdk.logs[0].log_record.trace_id != 0


@pytest.mark.parametrize(
    ("variable", "provider", "logs", "events"),
    [
        ("", True, 1, 0),
        ("", False, 0, 1),
        ("logs", True, 1, 0),
        ("logs", False, 0, 0),
        ("logs/dup", True, 1, 1),
        ("logs/dup", False, 0, 1),
        ("database/dup, logs/dup", True, 1, 1),
        ("whatever", True, 1, 0),
    ],
)
async def test_the_signal_can_be_chosen(  # noqa: PLR0917  # columns of the table
    sdk: Sdk,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    provider: bool,  # noqa: FBT001  # a column of the table
    logs: int,
    events: int,
) -> None:
    """By the variable of the conventions; without an SDK for logs nothing is lost."""
    monkeypatch.setenv(VARIABLE, variable)
    options: dict[str, Any] = {} if provider else {"logger_provider": None}
    await request(sdk.tracing(failing, **options))

    assert (len(sdk.logs), len(sdk.span.events)) == (logs, events)
    for event in sdk.span.events:
        assert event.name == "exception"
        assert "exception.escaped" not in dict(event.attributes or {})
        assert dict(event.attributes or {})["exception.type"] == "ValueError"


async def test_what_the_app_handles_is_not_recorded(sdk: Sdk) -> None:
    """A framework's own 404 is no exception of the app."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            raise LookupError  # noqa: TRY301  # as frameworks do
        except LookupError:
            await answering(404)(scope, receive, send)

    await request(sdk.tracing(app))

    assert sdk.logs == []


async def test_an_exception_without_a_text_costs_nobody_anything(sdk: Sdk) -> None:
    """Its author's ``__str__`` fails, and the app's exception still leaves as it was."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    error = MuteError()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    result = await request(sdk.tracing(app))

    assert result.raised is error
    assert sdk.span.status.description == "<no text: RuntimeError>"
