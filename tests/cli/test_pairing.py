"""Of two stores, the same requests belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.cli.pairing import entry_of, pairs
from tests.recorder.made import made

if TYPE_CHECKING:
    from asgi_mw.cli.pairing import Entry


def entry(number: int, **more: Any) -> Entry:
    """The place of an exchange in the index."""
    return entry_of(made(number, **more))


def test_the_same_requests_belong_together_in_their_order() -> None:
    """Whatever came between them."""
    lefts = [entry(1), entry(2, path="/b"), entry(3)]
    rights = [entry(4), entry(5), entry(6, path="/b"), entry(7)]

    assert [(0, 0), (1, 2), (2, 1), (None, 3)] == [*pairs(lefts, rights)]


@pytest.mark.parametrize(
    ("left", "right", "together"),
    [
        ({"method": "POST", "request": b"1"}, {"method": "POST", "request": b"2"}, True),
        ({"path": "/o/1", "route": "/o/{id}"}, {"path": "/o/2", "route": "/o/{id}"}, True),
        ({"path": "/o/1"}, {"path": "/o/2"}, False),
        ({"scope": {"query_string": b"a"}}, {"scope": {"query_string": b"b"}}, False),
        ({"method": "GET"}, {"method": "POST"}, False),
        ({"kind": "websocket", "method": ""}, {"method": "GET"}, False),
    ],
    ids=["body", "route", "path", "query", "method", "type"],
)
def test_what_is_a_counterpart(left: Any, right: Any, *, together: bool) -> None:
    """Another body, or another path of one route; not another route, query or method."""
    found = [*pairs([entry(1, **left)], [entry(2, **right)])]
    assert (1 if together else 2) == len(found)


def test_the_same_body_is_looked_for_first() -> None:
    """The one with another body has what is left."""
    lefts = [entry(1, request=b"x"), entry(2, request=b"y")]
    rights = [entry(3, request=b"y"), entry(4, request=b"z")]
    assert [(0, 1), (1, 0)] == [*pairs(lefts, rights)]


_entries = st.lists(
    st.builds(
        entry,
        st.integers(1, 999),
        path=st.sampled_from(["/a", "/b"]),
        request=st.sampled_from([b"", b"x"]),
        route=st.sampled_from([None, "/{name}"]),
    ),
    max_size=8,
)


@given(_entries, _entries)
def test_each_exchange_is_in_one_pair(lefts: list[Entry], rights: list[Entry]) -> None:
    """And none is alone while its counterpart is."""
    found = [*pairs(lefts, rights)]
    assert [*range(len(lefts))] == [left for left, _ in found if left is not None]
    assert [*range(len(rights))] == sorted(right for _, right in found if right is not None)
    alone = {lefts[left].path for left, right in found if left is not None and right is None}
    assert not alone & {
        rights[right].path for left, right in found if left is None and right is not None
    }
