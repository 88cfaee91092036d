"""Two bodies, line by line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis.strategies import dictionaries, floats, integers, lists, recursive, text

from asgi_mw.parts import Body
from asgi_mw.recorder.comparing.bodies import bodies, laid_out

LEFT = '{"a":[1,2,3,4,5,6,7,8],"n":12345678901234567890,"s":"{,}"}'


def body(data: bytes, *, size: int | None = None, cut: bool = False) -> Body:
    """A body of *data*."""
    return Body(data, len(data) if size is None else size, cut=cut, decoded=False)


def test_json_is_compared_by_values() -> None:
    """It is laid out, numbers stay as they were written, what is the same is counted."""
    right = LEFT.replace("7890,", "7891,").replace("[1,", "[0,")
    found = bodies(body(LEFT.encode()), body(right.encode()))

    assert (2, 0) == (found.differ, found.usual)
    assert [
        ("same", "{"),
        ("same", '  "a": ['),
        ("removed", "    1,"),
        ("added", "    0,"),
        ("same", "    2,"),
        ("same", "    3,"),
        ("left out", "4"),
        ("same", "    8"),
        ("same", "  ],"),
        ("removed", '  "n": 12345678901234567890,'),
        ("added", '  "n": 12345678901234567891,'),
        ("same", '  "s": "{,}"'),
        ("same", "}"),
    ] == found.lines


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (body(b""), body(b""), "None."),
        (body(b"ab"), body(b"ab"), "The same, 2 B."),
        (
            body(b"ab", size=9, cut=True),
            body(b"ab", size=9, cut=True),
            "The same, 9 B, as far as they were kept.",
        ),
        (
            body(b"[1]"),
            body(b"[ 1 ]"),
            "The same values, written in another way: 3 B and 5 B.",
        ),
        (body(b"a"), body(b"b", size=9, cut=True), "One was cut when it was recorded."),
        (
            body(b"a" * 200_001),
            body(b"\xff"),
            "200 kB, SHA-256 299c0ddb1d4e3514 and 1 B, SHA-256 a8100ae6aa1940d0.",
        ),
    ],
)
def test_what_there_is_to_say(left: Body, right: Body, said: str) -> None:
    """Above 200 kB, and of what is no text, the digests."""
    assert said == bodies(left, right).said


def test_the_end_that_is_the_same_is_counted() -> None:
    """It is not there line by line."""
    lines = bodies(body(b"a\n" + b"x\n" * 9), body(b"b\n" + b"x\n" * 9)).lines
    assert ("left out", "8") == lines[-1]


JSON = recursive(
    integers() | floats(allow_nan=False, allow_infinity=False) | text(),
    lambda inner: lists(inner) | dictionaries(text(), inner),
)


@given(lists(JSON) | dictionaries(text(), JSON))
def test_json_that_is_laid_out_has_the_same_values(value: object) -> None:
    """Whatever they are."""
    assert value == json.loads(laid_out(json.dumps(value)))
    assert value == json.loads(laid_out(json.dumps(value, ensure_ascii=False, indent=1)))


@pytest.mark.parametrize("said", ["", "text", "1", "[1", "[" * 100_000, '"a"'])
def test_other_text_stays_as_it_is(said: str) -> None:
    """What is no object or array of JSON."""
    assert said == laid_out(said)
