"""Where a connection stands in its course, and what is wrong with a message at that point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(slots=True)
class Course:
    """Follows what an app sends on one connection, up to its completion.

    Attributes:
        kind: ``scope["type"]``.  Only HTTP and WebSocket connections complete.
    """

    kind: str
    phase: Literal["waiting", "open", "denying", "trailers", "complete"] = "waiting"
    _trailers: bool = False

    def advance(self, message: Any) -> bool:
        """Move on by one message; return whether it was due here.

        >>> course = Course("http")
        >>> course.advance({"type": "http.response.body"})
        False
        >>> course.advance({"type": "http.response.start", "status": 200})
        True
        """
        if self.kind not in ("http", "websocket"):
            return True
        kind = message.get("type") if isinstance(message, Mapping) else None
        if not isinstance(kind, str) or not kind.startswith(f"{self.kind}."):
            return False
        match self.phase, kind:
            case "waiting", "http.response.start":
                self.phase, self._trailers = "open", bool(message.get("trailers"))
            case "open", "http.response.body" | "http.response.zerocopysend":
                if not message.get("more_body"):
                    self._end_body()
            case "open", "http.response.pathsend":
                self._end_body()
            case "trailers", "http.response.trailers":
                if not message.get("more_trailers"):
                    self.phase = "complete"
            case "waiting", "websocket.accept":
                self.phase = "open"
            case "waiting" | "open", "websocket.close":
                self.phase = "complete"
            case "waiting", "websocket.http.response.start":
                self.phase = "denying"
            case "denying", "websocket.http.response.body":
                if not message.get("more_body"):
                    self.phase = "complete"
            # Servers differ in whether hints come before or after the start: both are due.
            case "waiting" | "open", "http.response.early_hint":
                pass
            case "waiting", "http.response.debug":
                pass
            case "open", "http.response.push" | "websocket.send":
                pass
            case _:
                return False
        return True

    def _end_body(self) -> None:
        self.phase = "trailers" if self._trailers else "complete"


def flaw(message: Any) -> str | None:
    """Say what is wrong with the content of a message that was read by `consumed`.

    >>> flaw({"type": "http.response.start", "headers": [("a", "b")]})
    'status is no int'
    >>> flaw({"type": "http.response.body", "body": "text"})
    'body is no bytes'
    """
    if not isinstance(message, Mapping) or not isinstance(message.get("type"), str):
        return "it is no mapping with a type"
    if message["type"].endswith("response.start") and not isinstance(message.get("status"), int):
        return "status is no int"
    if not isinstance(message.get("body", b""), bytes):
        return "body is no bytes"
    headers = message.get("headers")
    if headers is not None and not (isinstance(headers, list) and all(map(_is_pair, headers))):
        return "headers are no pairs of bytes"
    return None


def _is_pair(pair: object) -> bool:
    return (
        isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(half, bytes) for half in pair)
    )
