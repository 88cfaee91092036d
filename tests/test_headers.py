"""Headers are byte pairs: found, replaced and added to without touching what is somebody else's."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from asgi_mw.errors import Problems
from asgi_mw.headers import (
    add_vary,
    find,
    find_all,
    firsts,
    header_name,
    is_named,
    is_token,
    listed,
    members,
    replace,
    settle,
    weights,
    with_header,
    without,
)
from asgi_mw.testing import HEADER_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS = [(b"a", b"1"), (b"B", b"2"), (b"b", b"3")]
names = st.sampled_from([b"a", b"A", b"b", b"vary", b"Vary", b"x-y"])
pairs = st.lists(st.tuples(names, st.binary(max_size=6)), max_size=6)
odd_names = names | st.sampled_from([b"", b"1"])
odd_pairs = st.tuples(odd_names, st.binary(max_size=3)).flatmap(
    lambda pair: st.sampled_from([pair, list(pair), (), pair[:1], (pair[0], 5)])
)

MALFORMED: list[Any] = [
    [5],
    [None],
    [()],
    [(b"a",)],
    [(b"a", b"1", b"2")],
    [(b"a", None)],
    [(None, b"1")],
    [("a", "1")],
    [{}],
    ["a1"],
]


@pytest.mark.parametrize("kind", HEADER_KINDS)
def test_every_kind_can_be_read_twice_once_it_is_listed(kind: str) -> None:
    """And says the same each time, in order."""
    headers = listed(HEADER_KINDS[kind](PAIRS))

    assert [tuple(pair) for pair in headers] == PAIRS
    assert [tuple(pair) for pair in headers] == PAIRS


def test_the_items_of_a_multidict_are_read_as_pairs() -> None:
    """Lilya and Ravyn give one."""
    headers: Any = MultiDict([("a", b"1"), ("a", b"2")]).items()

    assert list(map(tuple, listed(headers))) == list(headers)


def test_what_is_listed_already_is_not_copied() -> None:
    """Servers give a list of tuples: the same list goes on."""
    assert listed(PAIRS) is PAIRS


def test_a_list_of_iterators_can_be_read_twice() -> None:
    """Each pair may be any iterable of two."""
    headers = listed([iter((b"a", b"1")), iter((b"b", b"2"))])

    assert [tuple(pair) for pair in headers] == [(b"a", b"1"), (b"b", b"2")]
    assert [tuple(pair) for pair in headers] == [(b"a", b"1"), (b"b", b"2")]


@pytest.mark.parametrize("headers", MALFORMED, ids=repr)
@pytest.mark.parametrize(
    "use",
    [
        listed,
        lambda headers: find(headers, b"a"),
        lambda headers: without(headers, b"a"),
        lambda headers: replace(headers, b"a", b"9"),
        lambda headers: add_vary(headers, b"origin"),
        lambda headers: with_header({"headers": headers}, b"x", b"1"),
        lambda headers: settle({"headers": headers}),
    ],
    ids=["listed", "find", "without", "replace", "add_vary", "with_header", "settle"],
)
def test_a_malformed_pair_raises_nothing(headers: Any, use: Callable[[Any], object]) -> None:
    """Judging what an app sends is the server's part."""
    before = deepcopy(headers)
    use(headers)

    assert headers == before


@pytest.mark.parametrize("malformed", MALFORMED, ids=repr)
def test_a_malformed_pair_hides_no_good_one_and_is_never_found(malformed: Any) -> None:
    """Before or behind it; and it is never taken for a header itself."""
    assert find([*malformed, (b"b", b"2")], b"b") == b"2"
    assert find_all([(b"b", b"2"), *malformed, (b"B", b"3")], b"b") == [b"2", b"3"]
    assert find_all(malformed, b"a") == []
    assert not is_named(malformed[0], b"a")


@given(pairs)
def test_names_are_compared_without_case(headers: list[tuple[bytes, bytes]]) -> None:
    """The first one is found, all of them in order."""
    values = [value for name, value in headers if name.lower() == b"a"]

    assert find_all(headers, b"a") == values
    assert find(headers, b"a") == (values[0] if values else None)


@given(pairs)
def test_without_leaves_the_rest_in_order(headers: list[tuple[bytes, bytes]]) -> None:
    """A new list, and the old one as it was."""
    before = list(headers)
    rest = without(headers, b"a")

    assert rest == [pair for pair in before if pair[0].lower() != b"a"]
    assert headers == before
    assert rest is not headers


@given(pairs)
def test_replace_leaves_exactly_one(headers: list[tuple[bytes, bytes]]) -> None:
    """Where it first stood, or at the end; the rest in order."""
    before = list(headers)
    changed = replace(headers, b"a", b"9")

    assert find_all(changed, b"a") == [b"9"]
    assert without(changed, b"a") == without(before, b"a")
    assert headers == before


@given(pairs)
def test_vary_names_the_field_once(headers: list[tuple[bytes, bytes]]) -> None:
    """What the app said stays before it, and adding it again changes nothing."""
    before = list(headers)
    changed = add_vary(headers, b"Origin")

    assert changed[: len(before)] == before
    assert add_vary(changed, b"origin") == add_vary(changed, b"ORIGIN") == changed
    assert headers == before


@pytest.mark.parametrize(
    ("vary", "expected"),
    [
        ([], [b"origin"]),
        ([b"Accept, Cookie"], [b"Accept, Cookie", b"origin"]),
        ([b"Accept, ORIGIN"], [b"Accept, ORIGIN"]),
        ([b"Accept", b" origin "], [b"Accept", b" origin "]),
        ([b"*"], [b"*"]),
        ([b"Accept, *"], [b"Accept, *"]),
        ([b"x-origin"], [b"x-origin", b"origin"]),
        ([b""], [b"", b"origin"]),
    ],
)
def test_vary_is_added_where_it_is_missing(vary: list[bytes], expected: list[bytes]) -> None:
    """``*`` says it already; a part of another name does not."""
    headers = [(b"vary", value) for value in vary]

    assert find_all(add_vary(headers, b"origin"), b"vary") == expected


@pytest.mark.parametrize("kind", HEADER_KINDS)
def test_a_header_is_added_to_a_new_message(kind: str) -> None:
    """Whatever the app's headers are; its message and its list stay as they were."""
    message = {"type": "http.response.start", "status": 200, "headers": HEADER_KINDS[kind](PAIRS)}
    given_headers = message["headers"]
    changed = with_header(message, b"x", b"9")

    assert [tuple(pair) for pair in changed["headers"]] == [*PAIRS, (b"x", b"9")]
    assert changed["status"] == 200
    assert message["headers"] is given_headers


def test_headers_that_are_no_iterable_are_left_for_the_server() -> None:
    """The server refuses them, as it would without us."""
    message = {"type": "http.response.start", "headers": 5}

    assert with_header(message, b"x", b"1") is message
    assert settle(message) is message


def test_an_iterator_that_raises_does_so_once() -> None:
    """It is the app's own exception."""

    def broken() -> Any:
        yield (b"a", b"1")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        settle({"headers": broken()})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", []),
        (b",", []),
        (b" , ,\t,", []),
        (b"gzip", [b"gzip"]),
        (b"gzip, ,br;q=0.5", [b"gzip", b"br;q=0.5"]),
        (b"a\x0b,b", [b"a\x0b", b"b"]),
    ],
)
def test_members_of_a_list(value: bytes, expected: list[bytes]) -> None:
    """Without the empty ones; only space and tab are space (RFC 9110 5.6.3)."""
    assert members(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"gzip", [(b"gzip", 1000)]),
        (b"GZIP;Q=0.5", [(b"gzip", 500)]),
        (b"a;q=1.000", [(b"a", 1000)]),
        (b"a;q=0.001", [(b"a", 1)]),
        (b"a;q=0", [(b"a", 0)]),
        (b"a;q=0.", [(b"a", 0)]),
        (b"a ; q=0.25", [(b"a", 250)]),
        (b"a;q=1.001", [(b"a", 0)]),
        (b"a;q=0.0001", [(b"a", 0)]),
        (b"a;q=-1", [(b"a", 0)]),
        (b"a;q=inf", [(b"a", 0)]),
        (b"a;q=nan", [(b"a", 0)]),
        (b"a;q=1e3", [(b"a", 0)]),
        (b"a;q=", [(b"a", 0)]),
        (b"a;q", [(b"a", 0)]),
        (b"a;q =0", [(b"a", 0)]),
        (b"a;q =1", [(b"a", 0)]),
        (b"a;q= 1", [(b"a", 0)]),
        (b"a;level=1;q=0.5", [(b"a", 500)]),
        (b"*;q=0.1, identity;q=0", [(b"*", 100), (b"identity", 0)]),
    ],
)
def test_weights_in_thousandths(value: bytes, expected: list[tuple[bytes, int]]) -> None:
    """RFC 9110 12.4.2; any other weight counts as not acceptable."""
    assert weights(value) == expected


@given(st.binary(max_size=60))
def test_any_bytes_have_weights_within_bounds(value: bytes) -> None:
    """A parser of what strangers send never raises."""
    assert all(0 <= weight <= 1000 for _, weight in weights(value))


@given(st.binary(max_size=8))
def test_a_token_is_made_of_token_characters(value: bytes) -> None:
    """RFC 9110 5.6.2, written another way."""
    allowed = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

    assert is_token(value) == (value != b"" and set(value) <= set(allowed))


@pytest.mark.parametrize("name", ["X-Id\n", "", "x y", "é", "\udc80", "x:y", b"x", None, 5])
def test_an_option_that_is_no_header_name_is_a_problem(name: object) -> None:
    """The trailing newline too, which a ``$`` in a pattern would let pass."""
    problems = Problems("timing")
    header_name(name, "header", problems)

    assert [(problem.option, problem.value) for problem in problems.found] == [("header", name)]


@given(pairs=st.lists(odd_pairs))
def test_the_firsts_are_what_a_search_finds(pairs: list[Any]) -> None:
    """In any case of letters, of malformed pairs too."""
    assert firsts(pairs) == {
        name: find_all(pairs, name)[0]
        for name in (b"a", b"b", b"vary", b"x-y", b"", b"1")
        if find_all(pairs, name)
    }
