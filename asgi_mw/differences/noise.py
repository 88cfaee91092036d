"""Noise: what differs between two answers of the same app to the same request."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_mw.differences.difference import Difference

# A place in a list; and a key of an object that is an id, and so differs in each answer
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*[0-9])[0-9a-f]{12,}|[0-9]{6,}"
_ANY = re.compile(rf"\[[0-9]+\]|\[\"(?:{_ID})\"\]|\.(?:{_ID})(?=[.\[]|\Z)", re.ASCII)
# Lines and messages have only a number: at most so many are named one by one, and only if each
# answer has all of them
_MOST = 10
_NUMBER = re.compile(r"(?<=line )[0-9]+\Z|(?<=\Amessage )[0-9]+")


class Noise:
    """The places in which two answers of one app differ.

    A place within a list stands for the same place in each of its items: if one order has an id
    of its own, the others have, too.  A line of a text or a message of a stream stands only for
    itself; but if some are added or removed, or if many differ, it stands for all.

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
        """Their names, in the form that ``ignore`` of `compare` takes."""
        return [*self._names]

    def learn(self, found: Iterable[Difference]) -> None:
        """Add the places of *found*, the differences of two answers of one app."""
        found = [*found]
        counts = Counter(map(_of_all, found))
        counts.update({_of_all(one): _MOST for one in found if one.kind != "changed"})
        for one in found:
            name = _of_all(one)
            self._names[name if counts[name] > _MOST else _general(one)] = None

    def has(self, difference: Difference) -> bool:
        """Whether *difference* is in a place of noise."""
        return self.name_of(difference) is not None

    def name_of(self, difference: Difference) -> str | None:
        """Which of the *names* covers *difference*, if one does."""
        names = [_general(difference), _of_all(difference)]
        if isinstance(difference.left, list):  # in another order, or with other items
            names.append(f"{names[0]}[*]")
        return next((name for name in names if name in self._names), None)


def _general(difference: Difference) -> str:
    return _ANY.sub("[*]", difference.name)


def _of_all(difference: Difference) -> str:
    return _NUMBER.sub("*", _general(difference))
