"""What the observer wrote down, as calls of the app, and the outcome of each call."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(slots=True)
class Passed:
    """One call of ``receive`` or ``send``.

    Attributes:
        direction: Which of the two.
        type: Of the message; empty while a ``receive`` is awaited.
        size: Of its payload, in bytes.
        failed: How the call failed: ``gone``, ``cancelled`` or ``raised``, with the exception.
    """

    direction: str
    type: str = ""
    size: int = 0
    failed: str | None = None


@dataclass(slots=True)
class Call:
    """One call of the app.

    Attributes:
        type: Of the connection.
        case: The scenario, or its helper.
        passed: All calls of ``receive`` and ``send``, in their order.
        ended: How the call ended; ``None`` where it never did.
        left: The keys of what the app left in the scope.
        status: Of the response; 101 and 403 for a WebSocket, as in the log.
        code: The code with which the WebSocket was closed.
        complete, gone, answered: How far it came.
        after: How often the app called or was answered after its own call had ended.
    """

    type: str
    case: str
    version: str | None
    passed: list[Passed] = field(default_factory=list)
    ended: str | None = None
    left: list[str] = field(default_factory=list)
    status: int | None = None
    code: int | None = None
    complete: bool = False
    gone: bool = False
    answered: bool = False
    after: int = 0
    _last: int | None = None
    _parted: bool = False

    @property
    def outcome(self) -> str:
        """The outcome: the first row of the table in the docs that fits."""
        if self.ended is None and not self.complete:
            return "lost"
        raised = (self.ended or "").startswith(("raised", "gone"))
        if self.complete:
            return "error" if raised and (self.status or 0) >= 500 else "complete"
        if self.gone:
            return "client_gone"
        if self.ended == "returned":
            return "incomplete"
        return "error" if raised else "cancelled"

    @property
    def over(self) -> bool:
        """Whether it came to an end before the process did."""
        return self.outcome != "lost"

    def note(self, fact: dict[str, Any]) -> None:
        """Take the next line; lines after the end say nothing about the connection."""
        if self.ended is not None:
            self.after += 1
        elif "receives" in fact:
            self.passed.append(Passed("receive"))
        elif "sends" in fact:
            self.passed.append(Passed("send", fact["type"], fact["size"]))
            self._sending(fact)
        elif "returned" in fact:
            one = self.passed[fact["returned"]]
            if one.direction == "receive":
                one.type, one.size = fact["type"], fact["size"]
                self._received(fact)
            elif fact["returned"] == self._last:
                self.complete, self.gone = True, False
        elif "failed" in fact:
            self.passed[fact["failed"]].failed = fact["error"]
            self._failed(fact["failed"], fact["error"])
        elif "ended" in fact:
            self.ended, self.left = fact["ended"], fact["left"]

    def _sending(self, fact: dict[str, Any]) -> None:
        kind = fact["type"]
        ends = False
        if kind in {"http.response.start", "websocket.http.response.start"}:
            self.status = self.status or fact["status"]
            self.answered = True
        elif kind == "websocket.accept":
            self.status, self.answered = 101, True
        elif kind in {"http.response.body", "websocket.http.response.body"}:
            ends = not fact.get("more_body")
        elif kind == "websocket.close" and not self.gone and not self.complete:
            self.status = self.status or 403
            self.code = fact.get("code", 1000)
            ends = True
        if ends and not self.gone and not self.complete:
            self._last = len(self.passed) - 1

    def _received(self, fact: dict[str, Any]) -> None:
        if self.complete or not fact["type"].endswith(".disconnect"):
            return
        if self._last is not None:  # servers say it of every response that is over
            self._parted = True
            return
        self.gone = True
        if fact["type"] == "websocket.disconnect":
            self.code = fact.get("code")
            if self.answered and self.code != 1006:
                self.complete, self.gone = True, False

    def _failed(self, place: int, error: str) -> None:
        if self.complete or self.passed[place].direction == "receive":
            return
        if place == self._last:
            self._last = None
            if self._parted and error.startswith("cancelled"):
                self.complete = True
                return
            self.gone = self._parted
        self.gone = self.gone or error.startswith("gone")


def calls(file: Path) -> list[Call]:
    """All calls, in the order in which they began."""
    found: dict[int, Call] = {}
    for line in file.read_text("utf-8").splitlines():
        fact = json.loads(line)
        number = fact["call"]
        if number not in found:
            found[number] = Call(fact["type"], fact["case"], fact["version"])
        else:
            found[number].note(fact)
    return list(found.values())
