"""One difference between two exchanges."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Part: TypeAlias = Literal[
    "request", "status", "outcome", "error", "header", "body", "message", "close", "time"
]
"""Of what: ``"message"`` is one of a WebSocket or an event of a stream, ``"close"`` its end."""
Kind: TypeAlias = Literal["changed", "added", "removed"]

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """What one has and the other has not, or has otherwise.

    Attributes:
        part: Of which part of the exchange.
        path: Where in it: the name of a header in lower case, the JSONPath of a value (RFC 9535,
            of the left one; of what was added, of the right one), a line from 1, the number of a
            message from 1 and what is in it; empty for the whole.
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
        """What it is about, as it is ignored by: ``"header etag"``, ``"body $.items[2].price"``."""
        return f"{self.part} {self.path}".rstrip()

    @property
    def counts(self) -> bool:
        """Whether what was said differs; how long it took is another matter."""
        return self.part != "time"

    def plain(self) -> dict[str, Any]:
        """The same as data for JSON."""
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
