"""Why a cell of the matrix is not as it should be: what the framework or the server does itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.matrix.cells import Cell
    from tests.matrix.checks import Deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason, and which deviations it is the reason of.

    Attributes:
        text: For the docs.
        case: The scenarios, as a regular expression for the whole name.
        what: What is seen, as one that is searched for.
        frameworks: Those that it is about; all if empty.
        servers: The same.
        ours: It is about runs with our layers, and not about the bare one.
        because: What the bare run must show for it, as scenario and what is seen.
    """

    text: str
    case: str
    what: str = ""
    frameworks: frozenset[str] = frozenset()
    servers: frozenset[str] = frozenset()
    ours: bool = False
    because: tuple[str, str] | None = None

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


def explained(cell: Cell) -> tuple[list[str], list[str]]:
    """The reasons that a cell needs, by their keys; and what none of them explains."""
    needed: dict[str, None] = {}
    left = []
    for attached, deviation in cell.deviations:
        for key, reason in REASONS.items():
            if reason.fits(cell, attached, deviation):
                needed[key] = None
                break
        else:
            left.append(f"{cell.name} {attached}, {deviation.case}: {deviation.what}")
    return [key for key in REASONS if key in needed], left


def _shows(cell: Cell, case: str, what: str) -> bool:
    return any(one.case == case and re.search(what, one.what) for one in cell.holes)


REASONS: dict[str, Reason] = {}
"""By a short name, in the order of the docs."""
