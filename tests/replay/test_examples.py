"""The traffic of the example apps, recorded over sockets, happens again."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest
import uvicorn

from asgi_mw import open_store, record
from asgi_mw.cli.replaying import Course, How
from asgi_mw.differences.compared import Comparison
from asgi_mw.replay import Remote, Replayer
from examples.traffic import SECRETS, drive
from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgi_mw.events import Exchange
    from asgi_mw.types import App, Message, Receive, Scope, Send

NAMES = ["fastapi_app", "starlette_app", "nexios_app", "raw_app"]
KNOWN = {**SECRETS, "session": SECRETS["cookie"]}
# What their apps answer depends on what other clients do at that moment
_TOGETHER = ("/changes/", "/ws/room")


@contextlib.contextmanager
def served(app: App) -> Iterator[str]:
    """Serve *app* with its lifespan, in a thread."""
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=PATIENCE)
    assert not thread.is_alive()


def fresh(name: str) -> App:
    """The app as it is when it starts: the state of one of them is in its module."""
    app: App = importlib.reload(importlib.import_module(f"examples.{name}")).app
    return app


def recorded(name: str, folder: Path) -> list[Exchange]:
    """What a visit of the app is, the oldest first."""
    store = open_store(folder)
    with served(record(fresh(name), store=store)) as url:
        asyncio.run(drive(url))
    store.close()
    found = [one for one in store.exchanges() if one.type != "lifespan"]
    return [one for one in reversed(found) if not one.path.startswith(_TOGETHER)]


def replayed(replayer: Replayer, exchanges: list[Exchange]) -> Comparison:
    """What comes of replaying them."""
    comparison = Comparison("then", "now")
    how = How(pace=0.0, timeout=5.0, unsafe=True)
    Course(replayer, how, comparison, lambda _: None).run(exchanges)
    return comparison


def differing(comparison: Comparison) -> dict[str, list[str]]:
    """What differs, by what was asked."""
    assert [] == comparison.troubles
    return {
        one.what: [*map(str, one.differences), *([one.departed] if one.departed else [])]
        for one in comparison.pairs
        if one.verdict != "alike"
    }


def planted(app: App) -> App:
    """*app* with bugs: in an answer, an event of a stream and a message of a WebSocket."""
    bugs = ((b'"Ada"', b'"Ida"'), (b'{"n": 1}', b'{"n": 7}'))

    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_wrong(message: Message) -> None:
            body = message.get("body", b"")
            for right, bug in bugs:
                body = body.replace(right, bug).replace(
                    right.replace(b" ", b""), bug.replace(b" ", b"")
                )
            if "body" in message:
                message = {**message, "body": body}
            elif message.get("text") == "two":
                message = {**message, "text": "too"}
            await send(message)

        await app(scope, receive, send_wrong if scope["type"] != "lifespan" else send)

    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_example_does_again_what_it_did(name: str, tmp_path: Path) -> None:
    """HTTP, uploads, Server-Sent Events, clients that leave, crashes and WebSockets."""
    exchanges = recorded(name, tmp_path)
    assert {"http", "websocket"} == {one.type for one in exchanges}
    assert {"complete", "client_gone"} <= {one.outcome for one in exchanges}
    same = replayed(Replayer(fresh(name), secrets=KNOWN), exchanges)
    bugs = replayed(Replayer(planted(fresh(name)), secrets=KNOWN), exchanges)
    with served(fresh(name)) as url:
        sockets = replayed(Remote(url, secrets=KNOWN), exchanges)

    assert ({}, {}) == (differing(same), differing(sockets))
    assert {
        "GET /users/1?token=[redacted]&page=1": ['body $.name: "Ada" → "Ida"'],
        "GET /events": ["message 2 $.n: 1 → 7"],
        "WS /ws/echo?token=[redacted]": ['message 2 line 1: "two" → "too"'],
    } == differing(bugs)
