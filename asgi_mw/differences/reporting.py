"""What came of comparing, as plain data for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asgi_mw.differences.compared import Compared, Comparison


def report_json(found: Comparison) -> dict[str, Any]:
    """The report as one object."""
    return {
        "left": found.left,
        "right": found.right,
        "fails": found.fails,
        "counts": found.counts(),
        "left_out": found.left_out,
        "noise": [*found.noise],
        "troubles": found.troubles,
        "pairs": [_pair(one) for one in found.pairs],
    }


def _pair(one: Compared) -> dict[str, Any]:
    return {
        "what": one.what,
        "verdict": one.verdict,
        "left": one.left and one.left._asdict(),
        "right": one.right and one.right._asdict(),
        "departed": one.departed or None,
        "differences": [difference.plain() for difference in one.differences],
        "more": one.more,
        "noise": one.noise,
    }
