"""Spans of time, as pairs of beginning and end: joined, cut out of each other, added."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Spans: TypeAlias = list[tuple[int, int]]


def union(spans: Iterable[tuple[int, int]]) -> Spans:
    """*spans* in order, with those that overlap or touch joined.

    >>> union([(5, 9), (0, 3), (2, 4)])
    [(0, 4), (5, 9)]
    """
    joined: Spans = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def without(spans: Iterable[tuple[int, int]], others: Iterable[tuple[int, int]]) -> Spans:
    """What is in *spans*, and in none of the *others*.

    >>> without([(0, 10)], [(2, 3), (8, 12)])
    [(0, 2), (3, 8)]
    """
    left: Spans = []
    cuts = union(others)
    at = 0
    for start, end in union(spans):
        begin = start
        while at < len(cuts) and cuts[at][1] <= begin:
            at += 1
        place = at
        while place < len(cuts) and cuts[place][0] < end:
            if cuts[place][0] > begin:
                left.append((begin, cuts[place][0]))
            begin = max(begin, cuts[place][1])
            place += 1
        if begin < end:
            left.append((begin, end))
    return left


def total(spans: Iterable[tuple[int, int]]) -> int:
    """How long *spans* are together.

    >>> total([(0, 4), (5, 9)])
    8
    """
    return sum(end - start for start, end in spans)
