"""Clients of HTTP/1.1, HTTP/2 and HTTP/3 that can stop at any byte, and show what they got."""

from __future__ import annotations

from typing import Protocol, TypeAlias

PATIENCE = 30.0  # seconds: what comes at all comes in a small part of it
Pairs: TypeAlias = list[tuple[bytes, bytes]]


class CutError(Exception):
    """The server ended the connection or the stream in the middle."""


class HangError(Exception):
    """Nothing comes, and nothing ends."""


class Stream(Protocol):
    """One request and its response."""

    def write(self, data: bytes, *, ends: bool = True) -> None:
        """Send a part of the body, or frames once it is a WebSocket."""

    def head(self, patience: float = PATIENCE) -> tuple[int, Pairs]:
        """The status and the headers, names as they came.

        Raises:
            CutError: There is no response.
            HangError: Nothing comes within *patience*.
        """

    def read(self, patience: float = PATIENCE) -> bytes:
        """The next part of the body; empty at its end.

        Raises:
            CutError: It ended in the middle.
            HangError: Nothing comes within *patience*.
        """

    def leave(self) -> None:
        """Leave, whatever is under way."""


class Client(Protocol):
    """Asks one server.

    Attributes:
        answers: Whether it answers the close of a WebSocket with its own close, as it should.
    """

    answers: bool

    def ask(
        self, method: str, target: str, headers: Pairs | None = None, *, more: bool = False
    ) -> Stream:
        """Send the head of a request; *more* says that a body follows."""

    def dial(self, target: str) -> Stream:
        """Ask for a WebSocket: if the head accepts it, its frames are written and read."""

    def close(self) -> None:
        """Free what it holds."""
