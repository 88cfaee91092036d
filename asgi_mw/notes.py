"""What else happened while an exchange was served, as frozen facts: :class:`Note`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind: TypeAlias = Literal["log", "span", "measure", "call", "blocked"]
KINDS: frozenset[str] = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened while an exchange was served, besides its events.

    Attributes:
        kind: ``"log"``, a log record; ``"span"``, an OpenTelemetry span; ``"measure"``, a block
            timed by :func:`~asgi_mw.measure`; ``"call"``, an outgoing HTTP request; ``"blocked"``,
            a time in which the event loop could do nothing else.
        at: When it was, or began, in ns after the beginning of the exchange.
        until: When it was over, in ns; ``None`` for a log record, and for what was not over when
            the app returned.
        title: What it was, in a line: the message of a log record, the name of a span.
        level: How serious it is, as a log level in lower case; ``None`` where nobody said.
        detail: More of it, as plain data, by name.
    """

    kind: Kind
    at: int
    until: int | None
    title: str
    level: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def took(self) -> int | None:
        """How long it took, in ns; ``None`` where nobody knows."""
        return None if self.until is None else self.until - self.at
