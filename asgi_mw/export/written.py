"""The result of an export: how many exchanges were written, and what was left out, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from asgi_mw.amounts import plural

# At most so many reasons are named
_MOST = 20


@dataclass(slots=True)
class Written:
    """What was written.

    Attributes:
        count: How many exchanges.
        left_out: How many were not, by reason.
    """

    count: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str) -> None:
        """Count one that cannot be written."""
        if reason not in self.left_out and len(self.left_out) >= _MOST:
            reason = "other reasons"
        self.left_out[reason] = self.left_out.get(reason, 0) + 1

    def lines(self) -> list[str]:
        """What was left out, in sentences.

        >>> Written(left_out={"lifespan, which is no HTTP": 2}).lines()
        ['2 exchanges are left out: lifespan, which is no HTTP.']
        """
        return [
            f"{plural(count, 'exchange')} {'is' if count == 1 else 'are'} left out: {reason}."
            for reason, count in self.left_out.items()
        ]
