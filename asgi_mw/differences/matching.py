"""What is no difference though it differs: named by the user."""

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
    """Both have a value, whichever.

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
    """Those of *found* that nobody wants left out."""
    names = [*ignore]
    return [
        one
        for one in found
        if not any(is_named(one, name) for name in names)
        and not any(
            is_named(one, name) and alike(one.left, one.right) for name, alike in matchers.items()
        )
    ]


def is_named(difference: Difference, name: str) -> bool:
    """Whether *name* means it: ``"header etag"``; ``*`` stands for anything, ``"body"`` for all.

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
