"""The order of the messages of one side: a state machine, as a table."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Step(NamedTuple):
    """Where a message leads.

    Attributes:
        state: The state afterwards.
        rule: The rule that it breaks; empty if none.
    """

    state: str
    rule: str = ""


class Order(NamedTuple):
    """The order of the messages of one side.

    Attributes:
        first: The state at the beginning.
        steps: What each message does in each state.
        otherwise: By state, the rule that a message without a step breaks; ``""`` for a state in
            which any message may come.
    """

    first: str
    steps: dict[tuple[str, str], Step]
    otherwise: Mapping[str, str] = MappingProxyType({})

    def then(self, rule: str) -> Order:
        """The same, with the *rule* that every message breaks once the app's call is over."""
        return self._replace(otherwise={**self.otherwise, "over": rule})

    def step(self, state: str, kind: str) -> Step:
        """What a message of this kind does in *state*."""
        found = self.steps.get((state, kind))
        return Step(state, self.otherwise.get(state, "")) if found is None else found


_GOES_ON: Final = {
    "http.response.body": "more_body",
    "http.response.zerocopysend": "more_body",
    "websocket.http.response.body": "more_body",
    "http.request": "more_body",
    "http.response.trailers": "more_trailers",
}


def kind_of(message: Any) -> str:
    """The type of a message as the tables have it.

    >>> kind_of({"type": "http.response.body", "more_body": True})
    'http.response.body+'
    """
    # A member of an Enum of strings is the string
    kind = str.__str__(message["type"])
    more = _GOES_ON.get(kind)
    return f"{kind}+" if more is not None and message.get(more) else kind


def within(prefix: str, table: dict[str, dict[str, str | Step]]) -> dict[tuple[str, str], Step]:
    """The steps of *table*, by state and then by what follows *prefix* in the type."""
    return {
        (state, prefix + kind): Step(step) if isinstance(step, str) else step
        for state, steps in table.items()
        for kind, step in steps.items()
    }


def breaks(state: str, rule: str, kinds: str) -> dict[str, str | Step]:
    """The steps of *kinds* that break *rule* in *state*, which stays the same."""
    return {kind: Step(state, rule) for kind in kinds.split()}
