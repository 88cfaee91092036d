"""The result of comparing exchanges: each pair, the noise, and whether the comparison fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from asgi_mw.printable import without_password
from asgi_mw.redaction.hiding import Hider
from asgi_mw.titles import method_of, status_of, target_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgi_mw.answers import Answer, Close
    from asgi_mw.differences import Difference
    from asgi_mw.events import Exchange
    from asgi_mw.troubles import Trouble

Verdict: TypeAlias = Literal["alike", "different", "added", "removed"]

# How many differences of one pair are kept, and how much of each value
_MOST, _LONGEST = 100, 2_000
_NOTHING = Hider()


class Side(NamedTuple):
    """One exchange of a pair: its id, and what the client got."""

    id: str
    answer: Answer | None = None
    close: Close | None = None

    @property
    def status(self) -> str:
        """Its status as `ls` shows it."""
        return status_of(self.answer, self.close)

    @classmethod
    def of(cls, exchange: Exchange) -> Side:
        """The side that *exchange* is."""
        return cls(exchange.id, exchange.answer, exchange.close)


@dataclass(frozen=True, slots=True)
class Compared:
    """One pair of exchanges, or one exchange without a counterpart.

    Attributes:
        what: What was asked for, as ``"GET /items?page=2"``.
        left: The exchange before; ``None`` if only the right side has it.
        right: The exchange now; ``None`` if only the left side has it.
        differences: Those that count; if there are many, only the first ones.
        more: How many more there are.
        departed: Where a replay departed from its recording; empty if it did not.
        noise: How many differences were left out as noise: see `Noise`.
    """

    what: str
    left: Side | None
    right: Side | None
    differences: tuple[Difference, ...] = ()
    more: int = 0
    departed: str = ""
    noise: int = 0

    @property
    def verdict(self) -> Verdict:
        """The result of comparing this pair."""
        if self.left is None:
            return "added"
        if self.right is None:
            return "removed"
        return "different" if self.differences or self.departed else "alike"

    @property
    def count(self) -> int:
        """How many differences there are."""
        return len(self.differences) + self.more


def what_of(exchange: Exchange, hide: Hider) -> str:
    """What *exchange* asked for."""
    return hide.text(f"{method_of(exchange)} {target_of(exchange)}".rstrip())


def shown(found: Iterable[Difference], hide: Hider) -> tuple[tuple[Difference, ...], int]:
    """The first of *found* that count, masked and cut, and how many more there are."""
    counting = [one for one in found if one.counts]
    kept = tuple(
        replace(
            one,
            path=hide.text(one.path),
            left=hide.value(one.left, _LONGEST),
            right=hide.value(one.right, _LONGEST),
        )
        for one in counting[:_MOST]
    )
    return kept, len(counting) - len(kept)


def pair_of(
    left: Exchange, right: Exchange, found: Sequence[Difference], *, noise: int = 0
) -> Compared:
    """The pair of two exchanges that differ as was *found*."""
    differences, more = shown(found, _NOTHING)
    what, other = what_of(left, _NOTHING), what_of(right, _NOTHING)
    both = what if what == other else f"{what} → {other}"
    return Compared(both, Side.of(left), Side.of(right), differences, more, noise=noise)


class Comparison:
    """All pairs of one comparison.

    Args:
        left: The name of what is compared.
        right: The name of what it is compared with.

    Attributes:
        pairs: In their order.
        noise: The names of the differences that were left out as noise.
        troubles: What else failed.
        left_out: How many exchanges were not compared, by reason.
        problems: The parts of a store that could not be read.
        stuck: Whether something runs that nobody can stop: the process has to be ended at once.
    """

    def __init__(self, left: str, right: str) -> None:
        self.left, self.right = without_password(left), without_password(right)
        self.pairs: list[Compared] = []
        self.noise: dict[str, None] = {}
        self.troubles: list[Trouble] = []
        self.left_out: dict[str, int] = {}
        self.problems: tuple[str, ...] = ()
        self.stuck = False

    def counts(self) -> dict[Verdict, int]:
        """How many pairs have which verdict."""
        counts: dict[Verdict, int] = {"alike": 0, "different": 0, "added": 0, "removed": 0}
        for one in self.pairs:
            counts[one.verdict] += 1
        return counts

    @property
    def fails(self) -> bool:
        """Whether something differs or failed, or nothing was compared, which proves nothing."""
        return (
            bool(self.troubles)
            or self.is_empty
            or any(one.verdict != "alike" for one in self.pairs)
        )

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to compare."""
        return not self.pairs and not self.troubles
