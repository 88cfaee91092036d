"""How two values of JSON, two texts or two runs of octets differ, by path."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_mw.differences.kept import Known
from asgi_mw.parts import utf8
from asgi_mw.shortest import Step, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asgi_mw.differences.difference import Kind

# Longer octets are compared by their digest, longer lists item by item in their order
_LONGEST = 1_000_000
_MOST_ITEMS = 2_000
# RFC 9535 2.5.1.1: what needs no quotes in a path
_LETTER = r"A-Za-z_\x80-\ud7ff\ue000-\U0010ffff"
_WORD = re.compile(rf"[{_LETTER}][0-9{_LETTER}]*")


class Change(NamedTuple):
    """A difference between two values: see `Difference`."""

    path: str
    kind: Kind
    left: Any
    right: Any


def changes(left: bytes, right: bytes) -> Iterator[Change]:
    r"""How *left* and *right* differ: as JSON if both are, as text by line, else as octets.

    >>> [*changes(b'{"a": [1, 2]}', b'{"a": [1, 3]}')]
    [Change(path='$.a[1]', kind='changed', left=2, right=3)]
    >>> [*changes(b"one\ntwo", b"one\ntoo")]
    [Change(path='line 2', kind='changed', left='two', right='too')]
    """
    if left == right:
        return
    if isinstance(left, Known) and isinstance(right, Known):
        yield Change("", "changed", left.decode(), right.decode())
        return
    one, other = (utf8(data) if len(data) <= _LONGEST else None for data in (left, right))
    if one is None or other is None:
        yield Change("", "changed", _digest(left), _digest(right))
        return
    try:
        found = [*_of_values("$", json.loads(one), json.loads(other))]
    except (ValueError, RecursionError):  # no JSON, or deeper than Python reads or compares
        found = [*_of_lines(one.splitlines(), other.splitlines())]
    yield from found


def _digest(data: bytes) -> str:
    return f"{len(data)} bytes, SHA-256 {sha256(data).hexdigest()[:16]}"


def _of_values(path: str, left: Any, right: Any) -> Iterator[Change]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(key for key in right if key not in left)]:
            inner = f"{path}.{key}" if _WORD.fullmatch(key) else f"{path}[{json.dumps(key)}]"
            if key not in right:
                yield Change(inner, "removed", left[key], None)
            elif key not in left:
                yield Change(inner, "added", None, right[key])
            else:
                yield from _of_values(inner, left[key], right[key])
    elif isinstance(left, list) and isinstance(right, list):
        yield from _of_lists(path, left, right)
    elif not _are_equal(left, right):
        yield Change(path, "changed", left, right)


def _are_equal(left: Any, right: Any) -> bool:
    """Whether two values are the same in JSON, where 1 is 1.0 and no truth value."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right) or (left != left and right != right)  # noqa: PLR0124  # NaN


def _of_lists(path: str, left: list[Any], right: list[Any]) -> Iterator[Change]:
    if len(left) == len(right):
        moved = _reordered(left, right)
        if moved is not None:
            yield Change(path, "changed", left, right)
        for x, y in [(at, at) for at in range(len(left))] if moved is None else moved:
            yield from _of_values(f"{path}[{x}]", left[x], right[y])
        return
    for removed, added in _runs(_aligned(left, right)):
        pairs = min(len(removed), len(added))
        for x, y in zip(removed, added, strict=False):
            yield from _of_values(f"{path}[{x}]", left[x], right[y])
        for x in removed[pairs:]:
            yield Change(f"{path}[{x}]", "removed", left[x], None)
        for y in added[pairs:]:
            yield Change(f"{path}[{y}]", "added", None, right[y])


def _reordered(left: Sequence[Any], right: Sequence[Any]) -> list[tuple[int, int]] | None:
    """Which items are to be compared, if most that are not in their place are elsewhere.

    ``None`` if most are not: then each is compared with the one in its place.
    """
    apart = [at for at, (one, other) in enumerate(zip(left, right, strict=True)) if one != other]
    if not 1 < len(apart) <= _MOST_ITEMS // 2:
        return None
    lefts, rights = ({at: _spelled(side[at]) for at in apart} for side in (left, right))
    there: dict[str, list[int]] = {}
    for at in reversed(apart):
        there.setdefault(rights[at], []).append(at)
    gone, moved = [], 0
    for at in apart:
        places = there.get(lefts[at])
        if places:
            moved += places.pop() != at
        else:
            gone.append(at)
    if moved <= len(gone):
        return None
    new = sorted(chain(*there.values()))
    # Items that Python finds equal may still differ as JSON: to Python, True is 1
    stayed = [(at, at) for at in range(len(left)) if at not in lefts]
    return sorted([*stayed, *zip(gone, new, strict=True)])


def _spelled(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _aligned(left: Sequence[Any], right: Sequence[Any]) -> list[Step]:
    """Align the equal items of both; in very long lists, each with the one in its place."""
    if len(left) + len(right) <= _MOST_ITEMS:
        return steps([*map(_spelled, left)], [*map(_spelled, right)])
    return [
        *(Step("removed", at, 0) for at in range(len(left))),
        *(Step("added", len(left), at) for at in range(len(right))),
    ]


def _of_lines(left: Sequence[str], right: Sequence[str]) -> Iterator[Change]:
    found = False
    for removed, added in _runs(steps(left, right)):
        found = True
        pairs = min(len(removed), len(added))
        for x, y in zip(removed, added, strict=False):
            yield Change(f"line {x + 1}", "changed", left[x], right[y])
        for x in removed[pairs:]:
            yield Change(f"line {x + 1}", "removed", left[x], None)
        for y in added[pairs:]:
            yield Change(f"line {y + 1}", "added", None, right[y])
    if not found:
        yield Change("", "changed", "lines that end in one way", "lines that end in another")


def _runs(found: Sequence[Step]) -> Iterator[tuple[list[int], list[int]]]:
    """What was removed and what was added, between two items that are the same."""
    removed: list[int] = []
    added: list[int] = []
    for way, x, y in [*found, Step("same", 0, 0)]:
        if way == "removed":
            removed.append(x)
        elif way == "added":
            added.append(y)
        elif removed or added:
            yield removed, added
            removed, added = [], []
