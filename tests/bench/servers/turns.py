"""Load on several servers in turns, so that other load on the machine hits all alike."""

from __future__ import annotations

import sys
from dataclasses import astuple
from typing import TYPE_CHECKING, TypeVar

from tests.bench.servers.load import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


def in_turns(
    what: str, given: Mapping[str, T], load: Callable[[T], Figures], rounds: int
) -> dict[str, Figures]:
    """The figures of each of *given*, over *rounds* in a rotating order.

    Each figure is the best of all rounds: other load on the machine takes cores and caches, and
    can only make a figure worse.

    Args:
        what: Said on stderr as it goes on.
        given: What to load, by name.
        load: Gives the figures of one load.
        rounds: How many.
    """
    names = list(given)
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for at, name in enumerate(names[turn:] + names[:turn]):
            done = number * len(names) + at
            say(f"{what}: {done * 100 // (rounds * len(names)):3} %  {name}")
            found[name].append(load(given[name]))
    say("")
    return {name: _best(figures) for name, figures in found.items()}


def _best(figures: list[Figures]) -> Figures:
    rates, p50s, p99s, cpus = zip(*map(astuple, figures), strict=True)
    return Figures(max(rates), min(p50s), min(p99s), min(cpus))


def say(text: str) -> None:
    """Show how far it is, on one line where a terminal can replace it."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
