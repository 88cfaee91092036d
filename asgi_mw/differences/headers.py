"""How the headers of two responses differ: their order matters only where HTTP says so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from asgi_mw.differences.difference import Difference
from asgi_mw.parts import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Lists whose order means nothing (RFC 9110 10.2.1, 12.5.5; RFC 9111 5.2; Fetch 3.3.3), and whose
# items are case-insensitive
_SETS = frozenset(
    {"vary", "allow", "cache-control", "connection", "trailer", "pragma"}
    | {"access-control-allow-methods", "access-control-allow-headers"}
    | {"access-control-expose-headers"}
)


def header_differences(
    left: Iterable[tuple[bytes, bytes]], right: Iterable[tuple[bytes, bytes]]
) -> Iterator[Difference]:
    """Each name whose values differ; the order of different names means nothing (RFC 9110 5.3).

    A name that occurs several times is compared as a multiset: a value that occurs as often on
    both sides is left out.

    >>> before = [(b"Vary", b"Origin, Accept"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    >>> after = [(b"set-cookie", b"b=2"), (b"vary", b"accept,origin")]
    >>> [str(one) for one in header_differences(before, after)]
    ['header set-cookie: - "a=1"']
    """
    lefts, rights = _values(left), _values(right)
    for name in [*lefts, *(name for name in rights if name not in lefts)]:
        before, after = lefts.get(name, Counter()), rights.get(name, Counter())
        gone, new = [*(before - after).elements()], [*(after - before).elements()]
        if name in _SETS and before and after:
            gone, new = [", ".join(gone)] * bool(gone), [", ".join(new)] * bool(new)
        pairs = min(len(gone), len(new))
        for one, other in zip(gone, new, strict=False):
            yield Difference("header", name, "changed", one, other)
        for one in gone[pairs:]:
            yield Difference("header", name, "removed", one, None)
        for other in new[pairs:]:
            yield Difference("header", name, "added", None, other)


def _values(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for name, value in pairs:
        key, text = readable(name).lower(), readable(value).strip()
        items = [text]
        if key in _SETS:
            items = [item.strip().lower() for item in text.split(",") if item.strip()]
        found.setdefault(key, Counter()).update(items)
    return found
