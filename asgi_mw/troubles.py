"""What went wrong as an app was driven, beside what any rule or comparison is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["hang", "startup", "shutdown", "document", "connection", "raised"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What no rule is about, and whoever drives an app wants to know.

    Attributes:
        kind: ``"hang"``, ``"startup"``, ``"shutdown"``, ``"document"``, ``"connection"``, or
            ``"raised"``, which an app may.
        what: What was asked.
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
