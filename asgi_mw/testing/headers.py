"""Headers in every shape that the ASGI specification lets a server or an app give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Pairs: TypeAlias = Iterable[tuple[bytes, bytes]]
Headers: TypeAlias = Mapping[str, str] | Iterable[Iterable[str]] | Iterable[Iterable[bytes]]


class PairsView:
    """Header pairs as an iterable with a length that is no list, as a multidict gives them.

    >>> view = PairsView([(b"a", b"1")])
    >>> list(view), len(view), isinstance(view, list)
    ([(b'a', b'1')], 1, False)
    """

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = tuple(pairs)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """Go through the pairs in order, as often as wanted."""
        return iter(self._pairs)

    def __len__(self) -> int:
        """Count the pairs."""
        return len(self._pairs)


def _generator(pairs: Pairs) -> Iterator[tuple[bytes, bytes]]:
    yield from tuple(pairs)


# "an iterable of two-item iterables" (HTTP connection scope): one-shot iterators satisfy that too.
HEADER_KINDS: Final[Mapping[str, Callable[[Pairs], Iterable[Iterable[bytes]]]]] = {
    "list of tuples": list,
    "list of lists": lambda pairs: [list(pair) for pair in pairs],
    "tuple of tuples": tuple,
    "generator": _generator,
    "view": PairsView,
    "list of one-shot pairs": lambda pairs: [iter(pair) for pair in pairs],
    "generator of one-shot pairs": lambda pairs: (iter(pair) for pair in tuple(pairs)),
}
"""Every kind of header iterable by name: ``HEADER_KINDS["generator"](pairs)`` makes one."""


def encoded(headers: Headers) -> Iterable[Iterable[bytes]]:
    """Encode headers of ``str`` as bytes; return headers without any ``str`` untouched.

    Args:
        headers: A mapping, or pairs.  A list or tuple with a ``str`` in it is encoded as
            latin-1, its names in lower case; anything else is given back untouched, so that a
            generator stays a generator and an odd name stays odd.

    >>> encoded({"Accept": "*/*"})
    [(b'accept', b'*/*')]
    """
    if isinstance(headers, Mapping):
        headers = list(headers.items())
    if isinstance(headers, list | tuple) and any(
        isinstance(part, str) for pair in headers if isinstance(pair, list | tuple) for part in pair
    ):
        return [
            (_bytes(name).lower() if isinstance(name, str) else name, _bytes(value))
            for name, value in headers
        ]
    return cast("Iterable[Iterable[bytes]]", headers)


def _bytes(text: str | bytes) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text
