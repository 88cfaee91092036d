"""Mark what is to be masked in a text, and mask it there or in the pieces it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MASK = "[redacted]"
MASK_BYTES = MASK.encode()


class Span(NamedTuple):
    """*mask* replaces the characters from *start* to *end*, because of *name*.

    Bytes are scanned as Latin-1, where the position of a character is that of its byte.
    A mask is always ASCII and a span never empty.  A span with several secrets is named
    after the first.
    """

    start: int
    end: int
    mask: str = MASK
    name: str = ""


class Piece(NamedTuple):
    """What is missing of a text: its end if it is *cut*, its beginning if it is *headless*."""

    cut: bool = False
    headless: bool = False


WHOLE = Piece()


class Within(Protocol):
    """Finds the secrets in a text that is a value within another text."""

    def __call__(self, text: str, *, cut: bool) -> list[Span]:
        """Merged spans of *text*, which goes on beyond its end if it is *cut*."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """Sort *spans* and join those that overlap: the one that begins first keeps its mask.

    >>> merged([Span(4, 9), Span(0, 6, "*", "pin")])
    [Span(start=0, end=9, mask='*', name='pin')]
    """
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if result and span.start < result[-1].end:
            if span.end > result[-1].end:
                result[-1] = result[-1]._replace(end=span.end)
        else:
            result.append(span)
    return result


def masked(text: str, spans: Sequence[Span]) -> str:
    """Mask the merged *spans* of *text*.

    >>> masked("pin=1234&x=1", [Span(4, 8)])
    'pin=[redacted]&x=1'
    """
    if not spans:
        return text
    kept: list[str] = []
    at = 0
    for span in spans:
        kept += text[at : span.start], span.mask
        at = span.end
    kept.append(text[at:])
    return "".join(kept)


def masked_pieces(pieces: Sequence[bytes], spans: Sequence[Span]) -> tuple[bytes, ...]:
    """Mask the merged *spans* of the joined *pieces*, keeping the borders between them.

    A span that crosses a border is masked where it begins; its rest is dropped.

    >>> masked_pieces([b"pin=12", b"34&x=1"], [Span(4, 8)])
    (b'pin=[redacted]', b'&x=1')
    """
    if not spans:
        return tuple(pieces)
    result = []
    offset = index = 0
    for piece in pieces:
        end = offset + len(piece)
        kept: list[bytes] = []
        at = offset
        while index < len(spans) and spans[index].start < end:
            span = spans[index]
            if span.start >= offset:
                kept += piece[at - offset : span.start - offset], span.mask.encode("ascii")
            at = min(span.end, end)
            if span.end > end:
                break
            index += 1
        kept.append(piece[at - offset :])
        result.append(b"".join(kept))
        offset = end
    return tuple(result)
