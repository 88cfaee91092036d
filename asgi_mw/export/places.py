"""Mark the places of masked values in a request that is made again, to find them later."""

from __future__ import annotations

import re
import secrets
from typing import NamedTuple


class Part(NamedTuple):
    """A part of a text: unchanged text, or the place of a masked value.

    Attributes:
        text: The text; for a place, its name.
        masked: Whether it is a place.
    """

    text: str
    masked: bool


class Places:
    """Marks that no recording has, because they contain a secret number.

    Attributes:
        mark: What stands for a masked value; ``{}`` is its name.

    >>> places = Places()
    >>> places.parts("Bearer " + places.mark.format("authorization"))
    [Part(text='Bearer ', masked=False), Part(text='authorization', masked=True)]
    """

    def __init__(self) -> None:
        number = secrets.token_hex(8)
        self.mark = f"[{number}:{{}}:{number}]"
        self._found = re.compile(rf"\[{number}:([\w.-]*):{number}\]")

    def parts(self, text: str) -> list[Part]:
        """The parts of *text*, without empty text."""
        # split() puts the group into the list, too: every second item is a name
        found = [Part(one, at % 2 == 1) for at, one in enumerate(self._found.split(text))]
        return [one for one in found if one.text or one.masked]

    def names(self, text: str) -> list[str]:
        """The names of the places in *text*."""
        return self._found.findall(text)
