"""Attributes of one's own are bounded in number and length."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.errors import Problems
from asgi_mw.faults import Faults
from asgi_mw.middleware.tracing.own import OwnAttributes, own_attributes


def test_each_is_asked_of_the_scope() -> None:
    """``None`` is no attribute, any other value its text."""
    own = OwnAttributes(
        {"a": lambda scope: scope["a"], "b": lambda scope: None, "c": lambda scope: 5},  # type: ignore[dict-item,return-value]  # no text
        10,
        Faults("tracing"),
    )

    assert own.of({"a": "x"}) == {"a": "x", "c": "5"}


@given(st.lists(st.text(), max_size=50), st.integers(1, 10))
def test_no_client_makes_more_series_than_the_limit(paths: list[str], most: int) -> None:
    """Those that were there first stay, and one more is for all others."""
    own = OwnAttributes({"path": lambda scope: scope["path"]}, most, Faults("tracing"))
    found = [own.of({"path": path})["path"] for path in paths]

    assert len(set(found)) <= most + 1
    assert all(one in {path, "_OTHER"} for one, path in zip(found, paths, strict=True))
    assert [own.of({"path": path})["path"] for path in paths] == found


def test_a_long_value_is_another() -> None:
    """It would be kept for ever."""
    own = OwnAttributes({"a": lambda scope: "x" * 129}, 10, Faults("tracing"))

    assert own.of({}) == {"a": "_OTHER"}


def test_a_function_that_raises_says_nothing() -> None:
    """That is counted."""
    faults = Faults("tracing")

    assert OwnAttributes({"a": lambda scope: scope["a"]}, 10, faults).of({}) == {}
    assert dict(faults.counts) == {"metrics_attributes: KeyError": 1}


@pytest.mark.parametrize(
    ("options", "most", "said"),
    [
        (["a"], 1, "metrics_attributes=['a']: is no mapping of names to functions of the scope"),
        ({"http.route": str}, 1, "metrics_attributes='http.route': is set by the conventions"),
        ({" ": str}, 1, "metrics_attributes=' ': is no name of an attribute"),
        ({"a": "b"}, 1, "metrics_attributes['a']='b': is no function of the scope"),
        ({}, 0, "metrics_attributes_limit=0: is out of range"),
        ({}, True, "metrics_attributes_limit=True: is no number"),
    ],
)
def test_mistakes_are_collected(options: Any, most: Any, said: str) -> None:
    """With what to write."""
    problems = Problems("tracing")
    own_attributes(options, most, problems, Faults("tracing"))

    assert [str(problem).partition(";")[0] for problem in problems.found] == [said]
