"""Attributes are made when they are read, of what is wanted, and bounded where they must be."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.telemetry.attributes import (
    StartAttributes,
    Wanted,
    metric_attributes,
    path_of,
    version_of,
)


def test_start_attributes_are_made_once_and_only_when_read() -> None:
    """Of what they were given."""
    calls: list[Any] = []

    def make(*given: Any) -> dict[str, Any]:
        calls.append(given)
        return {"a": 1, "b": "x"}

    attributes = StartAttributes(make, {"type": "http"}, [], {})

    assert calls == []
    assert (len(attributes), list(attributes), attributes["a"]) == (2, ["a", "b"], 1)
    assert (dict(attributes), attributes.get("c"), "b" in attributes) == (
        {"a": 1, "b": "x"},
        None,
        True,
    )
    assert calls == [({"type": "http"}, [], {})]


def test_start_attributes_can_be_copied_through_a_proxy() -> None:
    """As SDKs do until 1.41: ``MappingProxyType(attributes).copy()``."""
    attributes = StartAttributes(lambda *_: {"a": 1}, {}, [], {})
    copied = MappingProxyType(attributes).copy()
    copied["b"] = 2

    assert (copied, dict(attributes)) == ({"a": 1, "b": 2}, {"a": 1})


def test_wanted_headers_are_found_in_any_case_and_in_order() -> None:
    """Every value of each; the second look is a plain one."""
    wanted = Wanted({b"a", b"b"}.__contains__)
    headers = [(b"A", b"1"), (b"c", b"2"), (b"a", b"3"), (b"b", b"4")]

    assert wanted.scan(headers) == {b"a": [b"1", b"3"], b"b": [b"4"]}
    assert wanted.scan(headers) == {b"a": [b"1", b"3"], b"b": [b"4"]}


def test_what_is_remembered_is_bounded() -> None:
    """Names come from clients."""
    wanted = Wanted({b"a"}.__contains__)
    for number in range(2000):
        wanted.scan([(b"x-%d" % number, b"")])
    wanted.scan([(b"y" * 100, b"")])

    assert len(wanted) <= 512
    assert b"y" * 100 not in wanted


@given(
    st.lists(
        st.one_of(
            st.tuples(st.binary(max_size=5), st.binary(max_size=3)),
            st.lists(st.binary(max_size=2), max_size=3),
            st.none(),
            st.integers(),
            st.tuples(st.text(max_size=2), st.text(max_size=2)),
        ),
        max_size=6,
    )
)
def test_a_scan_never_raises(headers: Any) -> None:
    """Whatever stands in the place of a header."""
    found = Wanted(lambda _: True).scan(headers)

    assert all(isinstance(value, bytes) for values in found.values() for value in values)


@given(st.dictionaries(st.sampled_from(["raw_path", "path", "http_version"]), st.one_of(
    st.none(), st.binary(max_size=8), st.text(max_size=8), st.integers()
)))  # fmt: skip
def test_a_path_and_a_version_never_raise(scope: dict[str, Any]) -> None:
    """Whatever a server puts there."""
    assert "?" not in path_of(scope)
    assert version_of(scope) in {"1.0", "1.1", "2", "3", None}


def test_metric_attributes_are_shared_and_full() -> None:
    """All of them, and the same object for the same request."""
    made = metric_attributes("GET", "http", "2", "/r", 500, "500")

    assert made == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "http.response.status_code": 500,
        "http.route": "/r",
        "network.protocol.version": "2",
        "error.type": "500",
    }
    assert metric_attributes("GET", "http", "2", "/r", 500, "500") is made
