"""The part of a page that a command writes, between two lines that mark it."""

from __future__ import annotations


def put(page: str, begin: str, end: str, text: str) -> str:
    r"""*page*, with *text* in the place of what stands between *begin* and *end*.

    >>> put("a\n<!-- 1 -->\nold\n<!-- 2 -->\nb", "<!-- 1 -->", "<!-- 2 -->", "new")
    'a\n<!-- 1 -->\n\nnew\n\n<!-- 2 -->\nb'
    """
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}"


def between(page: str, begin: str, end: str) -> str:
    """What stands there."""
    return page.partition(begin)[2].partition(end)[0]
