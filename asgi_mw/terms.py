"""On what terms connections are recorded, and what all of them together may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# The budget is charged in steps of so many bytes, so that most events need not touch it
_STEP = 8192


class Budget:
    """The bytes that recorded connections may still take in this process.

    ``relieve`` is called when fewer are left than are needed; it may give some back.
    """

    __slots__ = ("left", "relieve", "total")

    def __init__(self, total: int) -> None:
        self.total = self.left = total
        self.relieve: Callable[[int], None] = _nothing


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms connections are recorded.

    Attributes:
        budget: What all of them may take.
        redact: What masks them when they are read.
        body: Bytes to keep of one payload.
        connection: Bytes to keep of one connection.
        keeps: Whether to keep one that has ended; ``None`` keeps all.
        notes: Take notes of what else happens, also while nothing else is witnessed.
        step: Bytes that may be kept until the limits are looked at again.
        known: Caches of the masking, for what many connections have in common.
    """

    budget: Budget
    redact: Any = None
    body: int = 65_536
    connection: int = 1_048_576
    keeps: Callable[[Any], bool] | None = None  # of a tape
    notes: bool = False
    step: int = field(init=False)
    known: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Fix the step."""
        object.__setattr__(self, "step", min(_STEP, self.body, self.connection // 4))


def _nothing(_: int) -> None:
    """Give nothing back."""
