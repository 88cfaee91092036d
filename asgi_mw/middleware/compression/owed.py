"""Hold an app to the length that it declared, in the place of the server, which no longer can."""

from __future__ import annotations


class Owed:
    """What a compressed response still owes of its declared length, in bytes.

    Its ``Content-Length`` counts the body before the coding and is removed, so the server cannot
    compare any more.  Without this check, a body that is cut would reach the client as a whole one.

    Args:
        length: The length that the app declared; ``None`` if it did not.

    >>> owed = Owed(10)
    >>> owed.take(4, more=True), owed.take(6, more=True)
    (False, True)
    """

    __slots__ = ("_rest",)

    def __init__(self, length: int | None) -> None:
        self._rest = length

    def take(self, size: int, *, more: bool) -> bool:
        """Whether the body ends with a part of *size* bytes: as declared, or as the app says.

        RFC 9112 6.3: once all of a declared length is there, the body is over, whatever the app
        sends after it.

        Raises:
            RuntimeError: The body ends before its declared length, or goes beyond it.
        """
        if self._rest is None:
            return not more
        if self._rest < size:
            raise RuntimeError("Response content longer than Content-Length")
        self._rest -= size
        if self._rest and not more:
            raise RuntimeError("Response content shorter than Content-Length")
        return not self._rest
