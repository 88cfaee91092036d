"""A logger that keeps what it is told, and waiting for it."""

from __future__ import annotations

import time
from time import monotonic
from typing import TYPE_CHECKING, Any

import anyio

from tests.system import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable


class Told:
    """Keeps reports: the name of each with its fields."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **fields: Any) -> None:
        """Keep one."""
        self.reports.append((event, fields))

    def of(self, event: str) -> list[dict[str, Any]]:
        """The fields of those with a name."""
        return [fields for name, fields in list(self.reports) if name == event]

    def block(self, event: str, count: int = 1) -> None:
        """Hold the thread, and so its event loop, until there are so many of them."""
        end = monotonic() + PATIENCE
        while len(self.of(event)) < count:
            assert monotonic() < end, self.reports
            time.sleep(0.005)


async def until(holds: Callable[[], Any]) -> None:
    """Let others run until it does."""
    with anyio.fail_after(PATIENCE):
        while not holds():  # noqa: ASYNC110  # it is a thread that changes it
            await anyio.sleep(0.01)
