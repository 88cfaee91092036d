"""What differs by itself is left out wherever it stands."""

from __future__ import annotations

import pytest

from asgi_mw import compare
from asgi_mw.differences import Noise
from tests.recorder.made import made

BODY = '{"at": "%s", "orders": [{"id": %d, "price": 1}, {"id": %d, "price": %d}]}'


def test_noise_is_found_by_asking_twice() -> None:
    """The same place in another item is noise as well; what is new is not."""
    before = made(1, response=(BODY % ("a", 1, 2, 1)).encode(), sent=[(b"date", b"1")])
    again = made(2, response=(BODY % ("b", 3, 2, 1)).encode(), sent=[(b"date", b"2")])
    after = made(3, response=(BODY % ("c", 4, 5, 7)).encode(), sent=[(b"date", b"3")])
    noise = Noise(compare(before, again))

    assert noise.names == ["header date", "body $.at", "body $.orders[*].id"]
    assert [one.name for one in compare(before, after) if not noise.has(one)] == [
        "body $.orders[1].price"
    ]


@pytest.mark.parametrize("line", [1, 3])
def test_a_line_of_a_text_stands_for_all(line: int) -> None:
    """Lines have no names: where one differs by itself, no other can be told from it."""
    left, right = ["a", "b", "c"], ["a", "b", "c"]
    right[line - 1] = "other"
    found = compare(
        made(1, response="\n".join(left).encode()), made(2, response="\n".join(right).encode())
    )
    assert [f"body line {line}"] == [one.name for one in found]
    assert Noise(found).names == ["body line *"]
