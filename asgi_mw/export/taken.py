"""The result of an import: how many exchanges were read, and what of a file could not be."""

from __future__ import annotations

from dataclasses import dataclass, field

# At most so many kinds are named
_MOST = 20


@dataclass(slots=True)
class Taken:
    """What was read.

    Attributes:
        count: How many exchanges.
        left_out: How many entries are no exchange, by reason.
        missing: How often something could not be had, by what it is.
    """

    count: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str) -> None:
        """Count an entry that is no exchange."""
        _add(self.left_out, reason)

    def note(self, what: str) -> None:
        """Count something that could not be had."""
        _add(self.missing, what)

    def lines(self) -> list[str]:
        """What was left out or could not be had, in sentences.

        >>> Taken(left_out={"it is no object": 1}, missing={"bodies": 2}).lines()
        ['1 entry left out: it is no object', 'not in the file, or not to be kept: 2 bodies']
        """
        out = [
            f"{count} {'entry' if count == 1 else 'entries'} left out: {reason}"
            for reason, count in self.left_out.items()
        ]
        return out + [
            f"not in the file, or not to be kept: {count} {what}"
            for what, count in self.missing.items()
        ]


def _add(counts: dict[str, int], reason: str) -> None:
    if reason not in counts and len(counts) >= _MOST:
        reason = "of other kinds"
    counts[reason] = counts.get(reason, 0) + 1
