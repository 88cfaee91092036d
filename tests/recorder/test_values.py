from __future__ import annotations

import builtins
import importlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.recorder import values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXTS = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(["$bytes", "\ud800", "\0"])
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, 2**64, -(2**63) - 1, 10**400])
    | st.floats(allow_nan=False)
    | TEXTS
    | st.binary(max_size=8)
)
PAIRS = st.lists(st.tuples(st.binary(max_size=4), st.binary(max_size=4)), min_size=1, max_size=3)
PLAIN = st.recursive(
    ATOMS | PAIRS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@pytest.fixture
def without_msgspec(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The room as it is where the extra is not installed."""
    real = builtins.__import__

    def missing(name: str, *args: Any, **options: Any) -> Any:
        if name == "msgspec":
            raise ImportError(name)
        return real(name, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(builtins, "__import__", missing)
        importlib.reload(values)
    yield
    importlib.reload(values)


def normal(value: Any) -> Any:
    """Pairs of bytes are tuples, every other sequence is a list."""
    if isinstance(value, (list, tuple)):
        if value and all(
            isinstance(pair, (list, tuple))
            and len(pair) == 2
            and isinstance(pair[0], bytes)
            and isinstance(pair[1], bytes)
            for pair in value
        ):
            return [tuple(pair) for pair in value]
        return [normal(inner) for inner in value]
    if isinstance(value, dict):
        return {key: normal(inner) for key, inner in value.items()}
    return value


def through_json(value: Any) -> Any:
    text = values.dumps(values.freeze(value))
    text.encode()  # SQLite takes it
    json.loads(text)  # and others read it
    return values.thaw(values.loads(text))


@given(PLAIN)
def test_plain_values_survive_json(value: Any) -> None:
    """What goes in comes out, of the same type."""
    assert repr(through_json(value)) == repr(normal(value))


@pytest.mark.usefixtures("without_msgspec")
@pytest.mark.parametrize(
    "value",
    [b"\x00\xff", [(b"a", b"\xe9")], "\ud800", "é\0", 2**70, float("inf"), {"$int": 1}, {"é": 1.5}],
    ids=repr,
)
def test_json_of_the_standard_library_does_as_well(value: Any) -> None:
    """The extra is for speed alone."""
    assert through_json(value) == value


def test_nan_survives() -> None:
    """NaN equals nothing, so it is looked at by name."""
    assert repr(through_json(float("nan"))) == "nan"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(object(), "<object>", id="an object"),
        pytest.param({1: 2}, {"1": 2}, id="a key that is no text"),
        pytest.param([[b"a", b"b"], [b"a"]], [[b"a", b"b"], [b"a"]], id="not only pairs"),
        pytest.param([[b"a", "b"]], [[b"a", "b"]], id="a pair of bytes and text"),
    ],
)
def test_what_is_no_plain_value_becomes_one(value: Any, expected: Any) -> None:
    """Nothing that an app can send stops the writer."""
    assert through_json(value) == expected


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_deep_values_end_with_their_type() -> None:
    """The recorder never nests so deep; nor does anybody get to use up the stack."""
    assert "<list>" in values.dumps(values.freeze(nested(10_000)))


HOSTILE = [
    ("deep", "[" * 100_000 + "]" * 100_000),
    ("rather deep", "[" * 100 + "]" * 100),
    ("NaN", "NaN"),
    ("infinity", "1e999"),
    ("a number of 10,000 digits", "1" * 10_000),
    ("cut", '{"a": '),
    ("unknown mark", '{"$what": 1}'),
    ("bytes beyond latin-1", '{"$bytes": "\u20ac"}'),
    ("bytes that are a number", '{"$bytes": 1}'),
    ("no hexadecimal", '{"$int": "ten"}'),
    ("another float", '{"$float": "1.5"}'),
    ("an unhashable float", '{"$float": []}'),
    ("pairs of three", '{"$pairs": [["a", "b", "c"]]}'),
    ("pairs that are numbers", '{"$pairs": 1}'),
    ("payload out of range", '{"$blob": [0, 100]}'),
    ("payload before the beginning", '{"$blob": [-1, 1]}'),
    ("payload at a truth value", '{"$blob": [true, true]}'),
    ("a key that is a number", '{"$dict": [[1, 2]]}'),
    ("deep keys", '{"$dict": [[' * 5_000 + "1" + ", 1]]}" * 5_000),
]


@pytest.mark.parametrize("text", [text for _, text in HOSTILE], ids=[name for name, _ in HOSTILE])
@pytest.mark.parametrize("json_of", ["msgspec", "standard library"])
def test_hostile_json_is_refused_cleanly(
    text: str, json_of: str, request: pytest.FixtureRequest
) -> None:
    """Whatever the text, one of four exceptions that the reader turns into a StoreError."""
    if json_of != "msgspec":
        request.getfixturevalue("without_msgspec")
    load: Callable[[str], Any] = values.loads
    with pytest.raises((ValueError, TypeError, RecursionError)):
        values.thaw(load(text))
