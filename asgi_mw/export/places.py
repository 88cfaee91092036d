"""Find again, in a request to be made again, the places of what was masked."""

from __future__ import annotations

import re
import secrets
from typing import NamedTuple


class Part(NamedTuple):
    """A part of a text: as it was, or the place of something.

    Attributes:
        text: As it was; of a place its name.
        masked: It is a place.
    """

    text: str
    masked: bool


class Places:
    """Marks that no recording has, for a secret number is in them.

    Attributes:
        mark: What stands for something that was masked; ``{}`` is its name.

    >>> places = Places()
    >>> places.parts("Bearer " + places.mark.format("authorization"))
    [Part(text='Bearer ', masked=False), Part(text='authorization', masked=True)]
    """

    def __init__(self) -> None:
        number = secrets.token_hex(8)
        self.mark = f"[{number}:{{}}:{number}]"
        self._found = re.compile(rf"\[{number}:([\w.-]*):{number}\]")

    def parts(self, text: str) -> list[Part]:
        """What *text* is made of, without what is empty."""
        # A group is in the list, too: every other is a name
        found = [Part(one, at % 2 == 1) for at, one in enumerate(self._found.split(text))]
        return [one for one in found if one.text or one.masked]

    def names(self, text: str) -> list[str]:
        """The names of the places in *text*."""
        return self._found.findall(text)
