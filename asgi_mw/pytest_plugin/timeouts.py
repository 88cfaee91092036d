"""Has pytest-timeout, where it is installed, print the connections as it ends a test."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

TITLE = "ASGI connections still open"


class Timeouts:
    """Prints the connections after the stacks of the threads: nothing is cancelled at that time.

    With the method ``thread``, the process ends right after, and there is no report.

    Args:
        text: Gives what to print, if anything.
    """

    def __init__(self, text: Callable[[], str]) -> None:
        self._module = cast("Any", sys.modules.get("pytest_timeout"))
        self._printing = printing = cast("Any", getattr(self._module, "dump_stacks", None))

        def dump_stacks(terminal: Any) -> None:
            printing(terminal)
            if said := text():
                terminal.sep("~", title=TITLE)
                terminal.write(said + "\n")

        if printing is not None:
            self._module.dump_stacks = dump_stacks

    def restore(self) -> None:
        """Leave it as it was."""
        if self._printing is not None:
            self._module.dump_stacks = self._printing
