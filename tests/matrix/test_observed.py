"""The outcome of a call by what the observer saw of it, without any code of the package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.matrix.observed import calls
from tests.matrix.observer import observed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from asgi_mw import App, Message, Receive, Scope, Send

pytestmark = pytest.mark.anyio

START = {"type": "http.response.start", "status": 200, "headers": []}
PART = {"type": "http.response.body", "body": b"abc", "more_body": True}
END = {"type": "http.response.body"}
FAILED = {**START, "status": 500}
ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close", "code": 4000}
GONE = {"type": "http.disconnect"}
# What an app does: sends a message, receives one, or raises
Step = Any


def app_of(steps: Sequence[Step]) -> App:
    """An app that does *steps*."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for step in steps:
            if step == "receive":
                await receive()
            elif isinstance(step, BaseException):
                raise step
            else:
                await send(step)

    return app


@pytest.mark.parametrize(
    ("kind", "steps", "received", "expected"),
    [
        ("http", [START, PART, END], None, ("complete", 200)),
        ("http", [START, END, ValueError()], None, ("complete", 200)),
        ("http", [FAILED, END, ValueError()], None, ("error", 500)),
        ("http", [FAILED, END], None, ("complete", 500)),
        ("http", [ValueError()], None, ("error", None)),
        ("http", [START, PART], None, ("incomplete", 200)),
        ("http", [START, PART, "receive"], GONE, ("client_gone", 200)),
        ("http", [START, END, "receive"], GONE, ("complete", 200)),
        ("http", [START, OSError()], None, ("error", 200)),
        ("http", [START, GeneratorExit()], None, ("cancelled", 200)),
        ("websocket", [ACCEPT, CLOSE], None, ("complete", 101)),
        ("websocket", [CLOSE], None, ("complete", 403)),
        ("websocket", [ACCEPT, "receive"], 4001, ("complete", 101)),
        ("websocket", [ACCEPT, "receive"], 1006, ("client_gone", 101)),
        ("websocket", [ACCEPT], None, ("incomplete", 101)),
    ],
)
async def test_the_first_row_that_fits_is_the_outcome(
    kind: str, steps: list[Step], received: Any, expected: tuple[str, Any], tmp_path: Path
) -> None:
    """The rows are those of docs/reference.md."""
    message = {"type": "websocket.disconnect", "code": received}
    await drive(kind, app_of(steps), tmp_path, message if isinstance(received, int) else received)

    [call] = calls(tmp_path / "notes")
    assert expected == (call.outcome, call.status)
    assert ("case", kind) == (call.case, call.type)
    assert len([step for step in steps if not isinstance(step, BaseException)]) == len(call.passed)


async def test_a_send_to_nobody_is_a_client_that_left(tmp_path: Path) -> None:
    """``send`` raises an ``OSError`` then, since version 2.4."""

    async def send(message: Message) -> None:
        raise BrokenPipeError

    await drive("http", app_of([START]), tmp_path, send=send)

    [call] = calls(tmp_path / "notes")
    assert ("client_gone", "gone: BrokenPipeError") == (call.outcome, call.passed[0].failed)


async def test_a_call_that_never_ended_is_lost(tmp_path: Path) -> None:
    """Its process was killed."""
    await drive("http", app_of([START]), tmp_path)
    notes = tmp_path / "notes"
    lines = [line for line in notes.read_text().splitlines() if "ended" not in json.loads(line)]
    notes.write_text("\n".join(lines))

    [call] = calls(notes)
    assert ("lost", False) == (call.outcome, call.over)


async def drive(
    kind: str,
    app: App,
    folder: Path,
    received: Message | None = None,
    send: Callable[[Message], Awaitable[None]] | None = None,
) -> None:
    """Call *app* observed, and ignore what it raises."""

    async def receive() -> Message:
        assert received is not None
        return received

    async def sent(message: Message) -> None:
        """Take it."""

    scope = {"type": kind, "path": "/", "query_string": b"case=case"}
    with (folder / "notes").open("w") as notes:
        try:
            await observed(app, notes)(scope, receive, send or sent)
        except (Exception, GeneratorExit):  # noqa: BLE001  # it is noted
            return
