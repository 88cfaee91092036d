"""A reason for what a cell of the matrix lacks: its text, and the deviations that it explains."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.matrix.cells import Cell
    from tests.matrix.checks import Deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason, and the deviations that it explains.

    Attributes:
        text: For the docs.
        case: The scenarios, as a regular expression for the whole name.
        what: What is seen, as a regular expression that is searched for in it.
        frameworks: Those that it is about; all if empty.
        servers: The same.
        ours: It is about runs with our layers, and not about the bare one.
        because: What the bare run must show for it: the scenario, and what is seen there.
        seldom: It is not seen in each run.
    """

    text: str
    case: str
    what: str = ""
    frameworks: frozenset[str] = frozenset()
    servers: frozenset[str] = frozenset()
    ours: bool = False
    because: tuple[str, str] | None = None
    seldom: bool = False

    def fits(self, cell: Cell, attached: str, deviation: Deviation) -> bool:
        """Whether it explains *deviation*."""
        return (
            self.ours is (attached != "bare")
            and (not self.frameworks or cell.framework in self.frameworks)
            and (not self.servers or cell.server in self.servers)
            and re.fullmatch(self.case, deviation.case) is not None
            and re.search(self.what, deviation.what) is not None
            and (self.because is None or _shows(cell, *self.because))
        )


def _shows(cell: Cell, case: str, what: str) -> bool:
    return any(re.fullmatch(case, one.case) and re.search(what, one.what) for one in cell.holes)
