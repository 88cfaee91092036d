"""Remember what was searched and holds no secret, so that it is not searched again."""

from __future__ import annotations

from typing import TypeAlias

_MOST = 1024
_LONGEST = 512

Pair: TypeAlias = tuple[bytes, bytes]


class Known:
    """Texts and header pairs that one policy leaves as they are, bounded in number and length.

    What a policy masks is never kept here.

    >>> known = Known()
    >>> known.note_text("curl/8.0")
    >>> known.note_text("x" * 1000)
    >>> known.texts
    {'curl/8.0'}
    """

    __slots__ = ("pairs", "texts")

    def __init__(self) -> None:
        self.texts: set[str] = set()
        self.pairs: set[Pair] = set()

    def note_text(self, text: str) -> None:
        """*text* holds no secret."""
        if len(text) <= _LONGEST:
            if len(self.texts) >= _MOST:
                self.texts.clear()
            self.texts.add(text)

    def note_pair(self, pair: Pair) -> None:
        """*pair* holds no secret."""
        if len(pair[0]) + len(pair[1]) <= _LONGEST:
            if len(self.pairs) >= _MOST:
                self.pairs.clear()
            self.pairs.add(pair)
