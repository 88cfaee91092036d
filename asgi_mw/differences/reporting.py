"""The result of comparing, as plain data for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_mw.answers import answer_json, close_json

if TYPE_CHECKING:
    from asgi_mw.differences.compared import Compared, Comparison, Side


def report_json(found: Comparison) -> dict[str, Any]:
    """The report as one object."""
    return {
        "left": found.left,
        "right": found.right,
        "fails": found.fails,
        "counts": found.counts(),
        "left_out": found.left_out,
        "noise": [*found.noise],
        "troubles": [one.plain() for one in found.troubles],
        "problems": found.problems,
        "pairs": [_pair(one) for one in found.pairs],
    }


def _pair(one: Compared) -> dict[str, Any]:
    return {
        "what": one.what,
        "verdict": one.verdict,
        "left": one.left and _side(one.left),
        "right": one.right and _side(one.right),
        "departed": one.departed or None,
        "differences": [difference.plain() for difference in one.differences],
        "more": one.more,
        "noise": one.noise,
    }


def _side(one: Side) -> dict[str, Any]:
    return {"id": one.id, **answer_json(one.answer), "close": close_json(one.close)}
