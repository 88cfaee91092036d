"""Compare layers in many short rounds, so that other load on the machine hits all alike."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from asgi_mw.types import App


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of what was measured and its quartiles, in ns."""

    median: float
    low: float
    high: float


async def added(
    measure: Callable[[App], Awaitable[float]],
    bare: App,
    layered: Mapping[str, App],
    *,
    rounds: int,
    after: Callable[[], None] | None = None,
) -> dict[str, Spread]:
    """The time that each of *layered* adds to *bare*, in ns.

    In every round all are measured one after the other, in an order that rotates, and each is
    compared with the *bare* of its own round.  The garbage collector runs as it always does.

    Args:
        measure: Gives the ns per request or event of one short round.
        bare: The app without a layer.
        layered: The app in each of the layers, by name.
        rounds: How many rounds to do.
        after: Called between rounds, off the clock: frees what a peer gathers without limit.
    """
    apps = {"": bare, **layered}
    names = list(apps)
    for name in names:  # so that caches are filled and bytecode is specialised
        await measure(apps[name])
    differences: dict[str, list[float]] = {name: [] for name in layered}
    for number in range(rounds):
        turn = number % len(names)
        times = {name: await measure(apps[name]) for name in names[turn:] + names[:turn]}
        for name, found in differences.items():
            found.append(times[name] - times[""])
        if after is not None:
            after()
    return {name: _spread(found) for name, found in differences.items()}


def _spread(found: list[float]) -> Spread:
    low, _, high = quantiles(found, n=4)
    return Spread(median(found), low, high)
