from __future__ import annotations

import os
from collections import UserDict, deque
from collections import namedtuple as named_tuple
from enum import IntEnum
from http import HTTPStatus
from typing import Any

import pytest

from asgi_mw.spec import kinds
from asgi_mw.spec.kinds import is_one_shot, named, pairs_in
from asgi_mw.testing import HEADER_KINDS

_Pair = named_tuple("_Pair", "name value")  # noqa: PYI024  # frameworks have such
_PAIRS = [(b"a", b"1"), (b"b", b"2")]


class _Keyed:
    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)


class _Indexed:
    def __getitem__(self, index: int) -> Any:
        return _PAIRS[index]


class _Code(IntEnum):
    AWAY = 1001


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (kinds.TEXT, ""),
        (kinds.TEXT_OR_NONE, None),
        (kinds.BYTES, b""),
        (kinds.FLAG, False),
        (kinds.WHOLE, -(2**63)),
        (kinds.WHOLE, HTTPStatus.OK),
        (kinds.WHOLE, _Code.AWAY),
        (kinds.WHOLE_OR_NONE, None),
        (kinds.TEXTS, ("a", "")),
        (kinds.TEXTS, iter("a")),
        (kinds.OCTETS, {b"a": 1}.keys()),
        (kinds.CLIENT, ("::1", 1)),
        (kinds.CLIENT, None),
        (kinds.SERVER, ["/run/app.sock", None]),
        (kinds.OBJECTS, {"tls": {}}),
        (kinds.OBJECTS, None),
        (kinds.KEYED, {}),
        (kinds.STATE, None),
        (kinds.FILE, 0),
        (kinds.PAIRS, _Indexed()),
        (kinds.PAIRS, {_Pair(b"a", b"1")}),
        (kinds.PAIRS, deque([[b"a", b"1"]])),
    ],
)
def test_what_is_right(kind: kinds.Kind, value: Any) -> None:
    assert kind.wrong(value) == ""


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (kinds.TEXT, b"", "is bytes, not str"),
        (kinds.TEXT, None, "is None, not str"),
        (kinds.TEXT_OR_NONE, 1, "is int, not str or None"),
        (kinds.BYTES, bytearray(), "is bytearray, not bytes"),
        (kinds.FLAG, 1, "is int, not bool"),
        (kinds.WHOLE, True, "is bool, not int"),
        (kinds.WHOLE, 2**63, "does not fit in signed 64 bits"),
        (kinds.WHOLE, 1.0, "is float, not int"),
        (kinds.WHOLE_OR_NONE, "1", "is str, not int"),
        (kinds.TEXTS, "ab", "is str, not an iterable"),
        (kinds.TEXTS, ["a", None], "holds None, not str"),
        (kinds.OCTETS, ["a"], "holds str, not bytes"),
        (kinds.CLIENT, ("::1",), "has 1 items, not two"),
        (kinds.CLIENT, (None, 1), "has a host that is None, not str"),
        (kinds.CLIENT, ("::1", None), "has a port that is None, not int"),
        (kinds.SERVER, ("::1", "80"), "has a port that is str, not int"),
        (kinds.SERVER, ("::1", 2**63), "has a port that does not fit in signed 64 bits"),
        (kinds.SERVER, 80, "is int, not an iterable"),
        (kinds.OBJECTS, {"tls": True}, "['tls'] is bool, not dict"),
        (kinds.OBJECTS, {1: {}}, "has a key that is int, not str"),
        (kinds.OBJECTS, UserDict(), "is UserDict, not dict"),
        (kinds.KEYED, {"": 1, None: 2}, "has a key that is None, not str"),
        (kinds.STATE, [], "is list, not dict"),
        (kinds.FILE, "/etc/hosts", "is str, not a file"),
        (kinds.FILE, object(), "is object, without a file of the system"),
        (kinds.PAIRS, {b"a": b"1"}, "is dict, not an iterable"),
        (kinds.PAIRS, _Keyed(), "is _Keyed, not an iterable"),
        (kinds.PAIRS, _PAIRS[0], "[0] is bytes, not an iterable of two"),
        (kinds.PAIRS, [_PAIRS[0], ()], "[1] has 0 items, not two"),
        (kinds.PAIRS, [("a", b"1")], "[0] has a name that is str, not bytes"),
        (kinds.PAIRS, [[b"a", 1]], "[0] has a value that is int, not bytes"),
    ],
)
def test_what_is_wrong_is_said(kind: kinds.Kind, value: Any, said: str) -> None:
    assert kind.wrong(value) == said


def test_an_open_file_is_one() -> None:
    with open(os.devnull, "rb") as file:  # noqa: PTH123  # the point
        assert kinds.FILE.wrong(file) == ""
    assert kinds.FILE.wrong(file) == "is BufferedReader, without a file of the system"


@pytest.mark.parametrize("kind", sorted(HEADER_KINDS))
def test_headers_of_every_kind_are_right_and_not_read_up(kind: str) -> None:
    headers = HEADER_KINDS[kind](_PAIRS)
    assert kinds.PAIRS.wrong(headers) == ""
    found = pairs_in(headers)
    assert found in (None, _PAIRS)
    assert [tuple(pair) for pair in headers] == _PAIRS


def test_what_can_be_read_only_once_is_left_alone() -> None:
    """And what may be so, as it cannot say how long it is."""
    assert is_one_shot(iter(())) and is_one_shot(map(str, []))
    assert not is_one_shot([]) and not is_one_shot("") and not is_one_shot(5)
    assert pairs_in([iter((b"a", b"1"))]) is None


def test_a_type_is_named_in_words() -> None:
    assert (named(None), named(HTTPStatus.OK), named([])) == ("None", "HTTPStatus", "list")
