"""Why a cell of the matrix is not as it should be: the framework or the server does so itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.matrix.reasons.frameworks import FRAMEWORKS
from tests.matrix.reasons.ours import OURS
from tests.matrix.reasons.pairs import PAIRS
from tests.matrix.reasons.servers import SERVERS

if TYPE_CHECKING:
    from tests.matrix.cells import Cell
    from tests.matrix.reasons.reason import Reason

REASONS: dict[str, Reason] = PAIRS | FRAMEWORKS | SERVERS | OURS
"""By a short name, in the order of the docs: the first that fits is the reason."""


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
