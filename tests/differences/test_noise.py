"""What differs by itself is left out wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgi_mw import compare
from asgi_mw.differences import Difference, Noise
from tests.recorder.made import made

if TYPE_CHECKING:
    from asgi_mw.events import Exchange

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


def test_what_is_wrong_in_a_list_whose_order_differs_by_itself_is_found() -> None:
    """The order is one difference, and what is not elsewhere another."""
    items = [f'{{"id": {number}, "price": 1}}' for number in range(4)]

    def listing(*order: int, price: int = 1) -> str:
        wrong = f'{{"id": 3, "price": {price}}}'
        return f"[{', '.join(items[at] if at < 3 else wrong for at in order)}]"

    noise = Noise(texts(listing(0, 1, 2, 3), listing(3, 0, 2, 1)))
    assert ["body $"] == noise.names
    assert all(map(noise.has, texts(listing(0, 1, 2, 3), listing(2, 0, 1, 3))))
    found = texts(listing(0, 1, 2, 3), listing(2, 3, 1, 0, price=2))
    assert ["body $[3].price"] == [one.name for one in found if not noise.has(one)]
    # A list whose items differ by themselves may have the same ones in another order
    assert Noise(texts("[1, 2]", "[3, 4]")).has(texts("[1, 2]", "[2, 1]")[0])


def texts(left: str, right: str) -> list[Difference]:
    """How two answers with these texts differ."""
    return compare(made(1, response=left.encode()), made(2, response=right.encode()))


def test_a_line_that_differs_by_itself_is_that_line() -> None:
    """What is wrong in another line is found."""
    noise = Noise(texts("a\nat 1\nc", "a\nat 2\nc"))
    assert ["body line 2"] == noise.names
    found = texts("a\nat 3\nc", "a\nat 4\nd")
    assert ["body line 3"] == [one.name for one in found if not noise.has(one)]


def test_where_lines_come_and_go_by_themselves_no_line_is_known() -> None:
    """Their numbers say nothing."""
    noise = Noise(texts("a\nb\nc", "c\na\nb"))
    assert ["body line *"] == noise.names
    assert all(map(noise.has, texts("a\nb\nc", "a\nx\nc")))
    many = Noise(texts("a\n" * 11, "b\n" * 11))
    assert ["body line *"] == many.names


def test_messages_of_a_stream_are_named_one_by_one_or_all_at_once() -> None:
    """If they are many, or if another run has more of them."""

    def events(number: int, count: int, price: int = 1) -> Exchange:
        said = [b'data: {"at": %d, "price": %d}\n\n' % (number, price) for _ in range(count)]
        kind = [(b"content-type", b"text/event-stream")]
        return made(number, response=b"".join(said), sent=kind)

    few, many = (Noise(compare(events(1, count), events(2, count))) for count in (2, 11))
    assert ["message 1 $.at", "message 2 $.at"] == few.names
    assert ["message * $.at"] == many.names
    other = compare(events(3, 12), events(4, 12, price=2))
    assert {"price"} == {one.name.rpartition(".")[2] for one in other if not many.has(one)}

    growing = Noise(compare(events(1, 2), events(2, 3)))
    assert "message *" in growing.names
    assert growing.has(compare(events(1, 4), events(1, 5))[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("b90f3246681544c39853a19f03eb162a", "7f0c8d7ecb1247b98d46d56699d8bcf2"),
        ("0b0f5a30-5b0a-4a4e-9d6b-0f4f8d3c2a11", "f00f5a30-5b0a-4a4e-9d6b-0f4f8d3c2a11"),
        ("1796005112985435054", "1796005121769361739"),
    ],
)
def test_a_key_that_is_an_id_stands_for_all_that_are(one: str, other: str) -> None:
    """As in an object of carts; a word is another key."""
    told = '{"by": {"%s": {"n": %d}}, "facade": 1}'
    noise = Noise(texts(told % (one, 1), told % (other, 1)))
    assert ["body $.by[*]"] == noise.names
    assert all(map(noise.has, texts(told % (one, 1), told % (other, 2))))
    assert not noise.has(Difference("body", "$.by.facade", "removed", 1, None))
    assert [] == compare(
        made(1, response=(told % (one, 1)).encode()),
        made(1, response=(told % (other, 1)).encode()),
        ignore=noise.names,
    )
