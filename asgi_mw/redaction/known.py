"""Remember what was searched and holds no secret, so that it is not searched again."""

from __future__ import annotations

from typing import TypeAlias

_MOST = 1024
LONGEST = 512

Pair: TypeAlias = tuple[bytes, bytes]


class Known:
    """What one policy leaves as it is, bounded in number and length.

    Attributes:
        texts: Free texts.
        pairs: Names and values of headers.
        bodies: Media types and whole bodies.

    What a policy masks is never kept here.

    >>> known = Known()
    >>> known.note_text("curl/8.0")
    >>> known.note_text("x" * 1000)
    >>> known.texts
    {'curl/8.0'}
    """

    __slots__ = ("bodies", "pairs", "texts")

    def __init__(self) -> None:
        self.texts: set[str] = set()
        self.pairs: set[Pair] = set()
        self.bodies: set[Pair] = set()

    def note_text(self, text: str) -> None:
        """*text* holds no secret."""
        if len(text) <= LONGEST:
            if len(self.texts) >= _MOST:
                self.texts.clear()
            self.texts.add(text)

    def note_pair(self, pair: Pair) -> None:
        """*pair* holds no secret."""
        _note(self.pairs, pair)

    def note_body(self, body: Pair) -> None:
        """A whole body of a media type, both in *body*, holds no secret."""
        _note(self.bodies, body)


def _note(known: set[Pair], pair: Pair) -> None:
    if len(pair[0]) + len(pair[1]) <= LONGEST:
        if len(known) >= _MOST:
            known.clear()
        known.add(pair)
