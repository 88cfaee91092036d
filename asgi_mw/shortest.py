"""The shortest way from one list to another: what is the same, what goes, what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Way: TypeAlias = Literal["same", "removed", "added"]

# The most steps to look for: the time grows with their square
_MOST = 1000


class Step(NamedTuple):
    """One item, and how it goes on.

    Attributes:
        way: Whether it is in both lists, in the left or in the right one.
        left: Its place in the left list; for an added item, the place of the next one there.
        right: The same for the right list.
    """

    way: Way
    left: int
    right: int


def steps(left: Sequence[str], right: Sequence[str], most: int = _MOST) -> list[Step]:
    """The steps from *left* to *right*, by Myers (https://doi.org/10.1007/BF01840446).

    If more than *most* items differ, all items between the common beginning and the common end
    count as removed and added.

    >>> [step.way for step in steps("abc", "axc")]
    ['same', 'removed', 'added', 'same']
    """
    less = min(len(left), len(right))
    head = next((at for at in range(less) if left[at] != right[at]), less)
    rest = less - head
    tail = next((at for at in range(rest) if left[-1 - at] != right[-1 - at]), rest)
    ends = len(left) - tail, len(right) - tail
    found = [Step("same", at, at) for at in range(head)]
    for way, x, y in _between(left[head : ends[0]], right[head : ends[1]], most):
        found.append(Step(way, x + head, y + head))
    found += [Step("same", ends[0] + at, ends[1] + at) for at in range(tail)]
    return found


def _between(left: Sequence[str], right: Sequence[str], most: int) -> list[Step]:
    """The same, for lists that neither begin nor end alike."""
    reach = min(len(left) + len(right), most)
    # How far in *left* so many differences lead, by diagonal (place left minus place right)
    far, zero = [0] * (2 * reach + 3), reach + 1
    before = []
    for count in range(reach + 1):
        before.append(far[zero - count - 1 : zero + count + 2])
        for diagonal in range(-count, count + 1, 2):
            x = far[zero + diagonal + 1]
            if not _comes_down(diagonal, count, far[zero + diagonal - 1], x):
                x = far[zero + diagonal - 1] + 1
            while x < len(left) and x - diagonal < len(right) and left[x] == right[x - diagonal]:
                x += 1
            far[zero + diagonal] = x
            if x >= len(left) and x - diagonal >= len(right):
                return _back(before, x, x - diagonal)
    removed = [Step("removed", at, 0) for at in range(len(left))]
    return removed + [Step("added", len(left), at) for at in range(len(right))]


def _comes_down(diagonal: int, count: int, below: int, above: int) -> bool:
    """Whether the way to *diagonal* that leads furthest ends with an added item."""
    return diagonal == -count or (diagonal != count and below < above)


def _back(before: list[list[int]], x: int, y: int) -> list[Step]:
    """The steps to the end, which is found backwards."""
    found = []
    for count in range(len(before) - 1, 0, -1):
        far, here = before[count], x - y + count + 1
        if _comes_down(x - y, count, far[here - 1], far[here + 1]):
            from_x = far[here + 1]
            from_y = from_x - (x - y + 1)
        else:
            from_x = far[here - 1]
            from_y = from_x - (x - y - 1)
        while x > from_x and y > from_y:
            x, y = x - 1, y - 1
            found.append(Step("same", x, y))
        if x == from_x:
            y -= 1
            found.append(Step("added", x, y))
        else:
            x -= 1
            found.append(Step("removed", x, y))
    while x > 0 and y > 0:
        x, y = x - 1, y - 1
        found.append(Step("same", x, y))
    return found[::-1]
