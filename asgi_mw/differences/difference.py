"""One difference between two exchanges."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Part: TypeAlias = Literal[
    "request", "status", "outcome", "error", "header", "body", "message", "close", "time"
]
"""The part of an exchange; ``"message"`` is one of a WebSocket or an event of a stream,
``"close"`` is its end."""
Kind: TypeAlias = Literal["changed", "added", "removed"]

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """What only one of the exchanges has, or what is not the same in both.

    Attributes:
        part: The part of the exchange that differs.
        path: Where in it: the name of a header in lower case, the JSONPath of a value (RFC 9535,
            in the left one; for an added value, in the right one), a line from 1, the number of a
            message from 1 and the path in it; empty for the whole.
        kind: ``"changed"``; ``"added"``, only the right one has it; ``"removed"``, only the left.
        left: What the left one has: plain data; ``None`` also where it has nothing.
        right: The same of the right one.

    >>> str(Difference("status", "", "changed", 200, 404))
    'status: 200 → 404'
    """

    part: Part
    path: str
    kind: Kind
    left: Any
    right: Any

    @property
    def name(self) -> str:
        """The name for ``ignore``, as ``"header etag"`` or ``"body $.items[2].price"``."""
        return f"{self.part} {self.path}".rstrip()

    @property
    def counts(self) -> bool:
        """Whether it counts: a difference of how long an exchange took does not."""
        return self.part != "time"

    def plain(self) -> dict[str, Any]:
        """The difference as data for JSON."""
        return {
            "part": self.part,
            "path": self.path,
            "kind": self.kind,
            "left": self.left,
            "right": self.right,
        }

    def __str__(self) -> str:
        """One line; long values are cut."""
        match self.kind:
            case "changed":
                said = f"{_short(self.left)} → {_short(self.right)}"
            case "added":
                said = f"+ {_short(self.right)}"
            case "removed":
                said = f"- {_short(self.left)}"
        return f"{self.name}: {said}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
