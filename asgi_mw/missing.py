"""What is known of events that a recording no longer has: how much they were, and how long."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Missing:
    """What is known of the events that are missing at one place; moments are in ns.

    Attributes:
        received: Bytes of payload that the app received.
        sent: Bytes of payload that it sent.
        since: When the first of them was called; 0 if none is known of.
        until: When the last of them was over.
        receive: How long the app waited between the two for ``receive`` alone, in ns.
        send: How long it waited for ``send``, whatever else it waited for, in ns.
    """

    received: int = 0
    sent: int = 0
    since: int = 0
    until: int = 0
    receive: int = 0
    send: int = 0

    def joined(self, later: Missing) -> Missing:
        """These and *later* ones.

        >>> Missing(1, 2, 30, 40, 5, 6).joined(Missing(1, 1, 50, 60, 1, 1))
        Missing(received=2, sent=3, since=30, until=60, receive=6, send=7)
        """
        return Missing(
            self.received + later.received,
            self.sent + later.sent,
            self.since or later.since,
            max(self.until, later.until),
            self.receive + later.receive,
            self.send + later.send,
        )

    def after(self, moment: int) -> Missing:
        """The same with moments that are counted from *moment*.

        >>> Missing(since=30, until=40).after(10)
        Missing(received=0, sent=0, since=20, until=30, receive=0, send=0)
        """
        if not self.until:
            return self
        return replace(self, since=self.since - moment, until=self.until - moment)
