"""WebDriver BiDi, the protocol that drives a browser: commands, and the events between them.

The client has no event loop: https://w3c.github.io/webdriver-bidi/ is JSON over one WebSocket.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.sync.client import ClientConnection


class BiDiError(Exception):
    """The browser refused a command, or a script in it raised."""


class Connection:
    """One session with a browser; commands are sent one after the other."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._sent = 0
        self._listeners: dict[str, list[Callable[[dict[str, Any]], None]]] = {}

    def listen(self, event: str, listener: Callable[[dict[str, Any]], None]) -> None:
        """Call *listener* with each *event* that comes while a command is awaited."""
        if event not in self._listeners:
            self._listeners[event] = []
            self.command("session.subscribe", events=[event])
        self._listeners[event].append(listener)

    def forget(self, *listeners: Callable[[dict[str, Any]], None]) -> None:
        """Do not call *listeners* any more."""
        for listening in self._listeners.values():
            listening[:] = [listener for listener in listening if listener not in listeners]

    def command(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Send a command, and wait for what it gives.

        Raises:
            BiDiError: The browser refuses it.
            TimeoutError: It says nothing.
        """
        self._sent += 1
        self._websocket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while True:
            message = json.loads(self._websocket.recv(PATIENCE))
            if message["type"] == "event":
                for listener in self._listeners.get(message["method"], ()):
                    listener(message["params"])
            elif message["id"] == self._sent:
                break
        if message["type"] == "error":
            raise BiDiError(f"{method}: {message['error']}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result
