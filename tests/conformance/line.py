"""The probe's end of the line to the kit, played by hand."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from asgi_mw.recorder.values import freeze

if TYPE_CHECKING:
    from asgi_mw.conformance.puppet import Stage


class App:
    """The other end: what a probe says, by hand."""

    def __init__(self, stage: Stage, scope: dict[str, Any], token: str | None = None) -> None:
        port, _, given = stage.address.partition("/")
        self.token = given if token is None else token
        self.sock = socket.create_connection(("127.0.0.1", int(port)), 5)
        self.say(say="scope", token=self.token, scope=freeze(scope))

    def say(self, **said: Any) -> None:
        """Say it."""
        self.sock.sendall(json.dumps(said).encode() + b"\n")

    def order(self) -> dict[str, Any]:
        """The next order."""
        line = b""
        while not line.endswith(b"\n"):
            line += self.sock.recv(1)
        order: dict[str, Any] = json.loads(line)
        return order
