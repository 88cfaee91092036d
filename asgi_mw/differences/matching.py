"""The differences that do not matter, as the user names them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asgi_mw.differences.difference import Difference

Matcher: TypeAlias = Callable[[Any, Any], bool]
"""Whether two values are alike: it is called with the left and the right one."""


def present(left: object, right: object) -> bool:
    """Both have a value, whatever it is.

    >>> present("a", "b"), present("a", None)
    (True, False)
    """
    return left is not None and right is not None


def within(tolerance: float) -> Matcher:
    """Both are numbers that are at most *tolerance* apart.

    >>> within(0.5)(1, 1.5), within(0.5)(1, "1")
    (True, False)
    """

    def alike(left: Any, right: Any) -> bool:
        numbers = all(isinstance(one, (int, float)) for one in (left, right))
        return numbers and abs(left - right) <= tolerance

    return alike


def matching(pattern: str) -> Matcher:
    """Both are text that the regular expression *pattern* matches as a whole.

    >>> matching(r"ord-[0-9]+")("ord-1", "ord-22")
    True
    """
    compiled = re.compile(pattern)

    def alike(left: Any, right: Any) -> bool:
        return all(isinstance(one, str) and compiled.fullmatch(one) for one in (left, right))

    return alike


def unmatched(
    found: Iterable[Difference], ignore: Iterable[str], matchers: Mapping[str, Matcher]
) -> list[Difference]:
    """Those of *found* that neither *ignore* names nor *matchers* find alike."""
    names = [*ignore]
    return [
        one
        for one in found
        if not any(is_named(one, name) for name in names)
        and not any(
            is_named(one, name) and alike(one.left, one.right) for name, alike in matchers.items()
        )
    ]


def is_masked(difference: Difference) -> bool:
    """Whether one side is masked where the other is not, and all the rest is the same.

    Nobody knows then whether they differ, for example if one was recorded with other secrets.

    >>> from asgi_mw.differences import Difference
    >>> is_masked(Difference("body", "line 1", "changed", "a=[redacted]&b=1", "a=12&b=1"))
    True
    >>> is_masked(Difference("body", "line 1", "changed", "a=[redacted]&b=1", "a=12&b=2"))
    False
    """
    from asgi_mw.redaction.spans import MASK  # noqa: PLC0415  # slow to import

    both = difference.left, difference.right
    if difference.kind != "changed":
        return False
    return _hides(MASK, *both) or _hides(MASK, *reversed(both))


def _hides(mask: str, masked: object, other: object) -> bool:
    """Whether *masked* is *other* with masks."""
    if not isinstance(masked, str) or mask not in masked:
        return False
    if masked == mask:
        return True  # a mask may also stand for a value that is no text
    first, *between, last = masked.split(mask)
    if not isinstance(other, str) or len(other) < len(first) + len(last):
        return False
    at, end = len(first), len(other) - len(last)
    for piece in between:
        found = other.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return other.startswith(first) and other.endswith(last)


def is_named(difference: Difference, name: str) -> bool:
    """Whether *name*, as ``"header etag"``, covers it; ``*`` is anything, ``"body"`` all in it.

    >>> from asgi_mw.differences import Difference
    >>> one = Difference("body", "$.items[2].price", "changed", 1, 2)
    >>> is_named(one, "body $.items[*].price"), is_named(one, "body"), is_named(one, "header")
    (True, True, False)
    """
    return _pattern(name).fullmatch(difference.name) is not None


@lru_cache(maxsize=512)
def _pattern(name: str) -> re.Pattern[str]:
    # RFC 9535 2.3.2: [*] is every item of a list, and every member of an object
    parts = [".*".join(map(re.escape, one.split("*"))) for one in name.split("[*]")]
    return re.compile(r"[.\[].*".join(parts) + r"(?:[ .\[].*)?", re.DOTALL)
