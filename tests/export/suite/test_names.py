"""Names of tests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asgi_mw.export.suite.names import Names
from tests.recorder.made import made


@given(st.lists(st.text(max_size=80) | st.sampled_from(["a", "a 2", "A_2"]), max_size=12))
def test_each_is_an_identifier_of_its_own(whats: list[str]) -> None:
    """Whatever is in an address."""
    names = Names()
    found = [names.new(what) for what in whats]
    assert len(found) == len(set(found))
    assert all(name.isidentifier() and name.startswith("test_") for name in found)


def test_a_route_says_more_than_a_path() -> None:
    """And nothing is called root."""
    names = Names()
    assert ["test_get_orders", "test_get_users_id", "test_root"] == [
        names.of(made()),
        names.of(made(path="/users/7", route="/users/{id}")),
        names.new("/"),
    ]
