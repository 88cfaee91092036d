"""Each example app, served by uvicorn over real sockets, answers as a client expects."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from examples import nexios_app
from examples.traffic import STEPS, drive
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_mw.types import App, Receive, Scope, Send
    from examples.shared import Feed

ANSWERS: dict[str, Any] = {
    "startup_state": "started",
    "get_json": {"status": 200, "body": {"id": 1, "name": "Ada"}},
    "post_json": {"status": 201, "body": {"id": 3, "name": "Lin"}},
    "handled_errors": [404, 422],
    "upload": {"status": 200, "size": 100_000},
    "stream": ["line 0", "line 1", "line 2", "line 3", "line 4"],
    "server_sent_events": ['{"n": 0}', '{"n": 1}', '{"n": 2}'],
    "long_poll": {"heard": "created Mae", "then": 204},
    "background_task": {"status": 202, "heard": "welcomed Ada"},
    "mounted_app": {"status": 200, "body": {"status": "ok", "root_path": "/admin"}},
    "unhandled_error": 500,
    "leave_mid_stream": {"first": "tick 0\n", "heard": "ticks: client left"},
    "websocket_echo": {"heard": ["one", "two", b"\x00\xff"], "code": 4001},
    "websocket_broadcast": {
        "ann": ["hello from Ann", "hello from Bob"],
        "bob": ["hello from Ann", "hello from Bob"],
    },
}


@contextlib.contextmanager
def served(app: str | App) -> Iterator[tuple[str, uvicorn.Server]]:
    """Serve *app* in a thread as ``uvicorn <app>`` does, and stop it at the end of the block."""
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    # A socket that listens already holds connections until the server takes them: no race.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", server
        finally:
            server.should_exit = True
            thread.join(timeout=PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize("name", ["fastapi_app", "starlette_app", "nexios_app", "raw_app"])
def test_every_endpoint_answers_a_real_client(name: str) -> None:
    """One visit sees the same answers from all four apps, and their shutdown runs."""
    said: list[str] = []
    with served(f"examples.{name}:app") as (url, server):
        answers = asyncio.run(drive(url, say=said.append))

    if name == "raw_app":  # it counts the form as it came, boundaries and all
        assert answers["upload"]["size"] > 100_000
        answers["upload"]["size"] = 100_000
    expected = ANSWERS
    assert expected == answers
    assert len(STEPS) == len(said)
    # Nexios keeps the state of its lifespan itself and does not use the server's.
    state = nexios_app.app.state if name == "nexios_app" else server.lifespan.state
    feed: Feed = state["feed"]
    assert asyncio.run(feed.after(0))[-1] == "stopped"


def test_a_step_that_hangs_is_named() -> None:
    """The visit ends with TimeoutError, and its note says which step of which visit it was."""

    async def hang(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError  # how an app tells the server that it has no lifespan
        while (await receive())["type"] != "http.disconnect":
            pass

    with served(hang) as (url, _), pytest.raises(TimeoutError) as caught:
        asyncio.run(drive(url, step_seconds=0.1))

    assert [f"in the step 'startup_state' of the visit to {url}"] == caught.value.__notes__
