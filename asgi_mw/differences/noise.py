"""What differs by itself: seen by asking the same app for the same twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.differences.difference import Difference

_NUMBER = re.compile(r"\[[0-9]+\]|(?<=line )[0-9]+")


class Noise:
    """The places in which two answers of one app differ.

    A place within a list stands for the same place in each of its items: where one order has an
    id of its own, the others have as well.

    >>> from asgi_mw.differences import Difference
    >>> noise = Noise([Difference("body", "$.orders[0].id", "changed", 7, 8)])
    >>> noise.has(Difference("body", "$.orders[1].id", "changed", 1, 2))
    True
    >>> noise.has(Difference("body", "$.orders[1].price", "changed", 1, 2))
    False
    >>> noise.names
    ['body $.orders[*].id']
    """

    def __init__(self, found: Iterable[Difference] = ()) -> None:
        self._names: dict[str, None] = {}
        self.learn(found)

    @property
    def names(self) -> list[str]:
        """What `ignore` would leave out."""
        return [*self._names]

    def learn(self, found: Iterable[Difference]) -> None:
        """Take in *found*, how two answers of one app differ."""
        for one in found:
            self._names[_general(one)] = None

    def has(self, difference: Difference) -> bool:
        """Whether *difference* is where answers differ by themselves."""
        return self.name_of(difference) is not None

    def name_of(self, difference: Difference) -> str | None:
        """Which of the *names* means *difference*, if one does."""
        name = _general(difference)
        return name if name in self._names else None


def _general(difference: Difference) -> str:
    return _NUMBER.sub(lambda found: "[*]" if found[0][0] == "[" else "*", difference.name)
