"""Put a function of ours around a method of somebody else's class, and take it away again."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Wrapping:
    """One method of a class, wrapped while it is *on*.

    Args:
        owner: The class.
        name: The method.
        make: Takes the original, and returns the function that is called in its place.
    """

    __slots__ = ("_make", "_name", "_original", "_ours", "_owner", "on")

    def __init__(
        self, owner: type, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        self._owner = owner
        self._name = name
        self._make = make
        self._original: Any = None
        self._ours: Any = None
        self.on = False

    def install(self) -> None:
        """Wrap it, if it is not wrapped; what somebody put around our function since stays."""
        self.on = True
        if self._ours is None:
            self._original = vars(self._owner)[self._name]
            self._ours = wraps(self._original)(self._make(self._original))
            setattr(self._owner, self._name, self._ours)

    def remove(self) -> None:
        """Put the original back; if somebody wrapped our function, it stays and only hands on."""
        self.on = False
        if vars(self._owner)[self._name] is self._ours:
            setattr(self._owner, self._name, self._original)
            self._original = self._ours = None
