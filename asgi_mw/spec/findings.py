"""What a check found, counted by rule, in as much memory for a million exchanges as for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asgi_mw.spec.rule import WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.events import Exchange
    from asgi_mw.spec import Finding, Rule
    from asgi_mw.spec.rule import Weight
    from asgi_mw.troubles import Trouble

# How many kinds of requests are listed that break a rule, and how many ids of each
_SPOTS, _IDS = 20, 3
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Subject:
    """One connection that was judged.

    Attributes:
        what: What was asked for, as ``"GET /users/{id}"``.
        id: The id of the exchange, if it was recorded; otherwise empty.
    """

    what: str
    id: str = ""


@dataclass(slots=True)
class Spot:
    """Where a rule was broken: all connections that asked for the same.

    Attributes:
        what: What they asked for.
        said: What was wrong with the first.
        at: The number of its event, from 0; ``None`` for its scope or its end.
        where: The same in words.
        count: How often in all.
        ids: The ids of the first exchanges.
    """

    what: str
    said: str
    at: int | None
    where: str
    count: int = 0
    ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Broken:
    """One rule that was broken.

    Attributes:
        rule: The rule.
        count: How often it was broken.
        exchanges: In how many exchanges.
        spots: Where; if it is broken everywhere, only the first spots.
        more: How often elsewhere.
    """

    rule: Rule
    count: int = 0
    exchanges: int = 0
    spots: dict[str, Spot] = field(default_factory=dict)
    more: int = 0

    @property
    def first(self) -> Spot:
        """Where it was seen first."""
        return next(iter(self.spots.values()))


class Findings:
    """All that a check found.

    Args:
        target: What was checked: a store, or an app.
        rules: Those that it was judged by.
        place: Its folder, or the file of its module.

    Attributes:
        judged: How many connections were judged.
        broken: By the id of the rule.
        troubles: What else went wrong.
        problems: The parts of a store that could not be read.
    """

    def __init__(self, target: str, rules: Iterable[Rule], place: str) -> None:
        self.target = target
        self.place = place
        self.rules = {rule.id: rule for rule in rules}
        self.judged = 0
        self.broken: dict[str, Broken] = {}
        self.troubles: list[Trouble] = []
        self.problems: tuple[str, ...] = ()

    def add(self, subject: Subject, found: Iterable[Finding]) -> None:
        """Count what was found on one connection, by the rules that count."""
        self.judged += 1
        seen: set[str] = set()
        for finding in found:
            rule = finding.rule
            if rule.id not in self.rules:
                continue
            broken = self.broken.setdefault(rule.id, Broken(rule))
            broken.count += 1
            broken.exchanges += rule.id not in seen
            _place(broken, subject, finding, again=rule.id in seen)
            seen.add(rule.id)

    def sorted(self) -> list[Broken]:
        """The broken rules: violations first, then the app's, then what is broken most."""
        return sorted(
            self.broken.values(),
            key=lambda one: (
                WEIGHTS.index(one.rule.counts_as),
                one.rule.fault != "app",
                -one.count,
                one.rule.id,
            ),
        )

    def counts(self) -> dict[Weight, int]:
        """How many rules were broken, by what that counts as."""
        words = [one.rule.counts_as for one in self.broken.values()]
        return {word: words.count(word) for word in WEIGHTS}

    @property
    def fails(self) -> bool:
        """Whether something is wrong: the text forbids it, or the app hangs or does not start."""
        return self.counts()["violation"] > 0 or any(one.fails for one in self.troubles)


def _place(broken: Broken, subject: Subject, finding: Finding, *, again: bool) -> None:
    spot = broken.spots.get(subject.what)
    if spot is None:
        if len(broken.spots) >= _SPOTS:
            broken.more += 1
            return
        said = finding.said[:_LONGEST]
        spot = Spot(subject.what, said, finding.at, finding.where)
        broken.spots[subject.what] = spot
    spot.count += 1
    if subject.id and not again and len(spot.ids) < _IDS:
        spot.ids.append(subject.id)


def subject_of(exchange: Exchange) -> Subject:
    """What an exchange asked for, without its query: by the route if that is known."""
    name = {"websocket": "WS", "lifespan": "lifespan"}.get(exchange.type, exchange.type)
    asked = exchange.route or exchange.path
    return Subject(f"{exchange.method or name} {asked}".strip()[:_LONGEST], exchange.id)
