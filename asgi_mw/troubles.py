"""What went wrong while an app was driven, and is not about any rule or comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["hang", "startup", "shutdown", "document", "connection", "raised"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What no rule is about, but whoever drives an app wants to know.

    Attributes:
        kind: ``"hang"``, ``"startup"``, ``"shutdown"``, ``"document"``, ``"connection"``, or
            ``"raised"``, which an app may do.
        what: What was requested.
        said: What happened.
    """

    kind: Kind
    what: str
    said: str

    @property
    def fails(self) -> bool:
        """Whether the check fails by it."""
        return self.kind != "raised"

    def plain(self) -> dict[str, Any]:
        """It as one object of JSON."""
        return {"kind": self.kind, "what": self.what, "said": self.said, "fails": self.fails}
